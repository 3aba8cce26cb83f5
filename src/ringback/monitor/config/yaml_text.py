"""YAML with the line of each value."""

from typing import Any

import yaml

from ringback.monitor.config.source import KeyPath

_MAX_VALUES = 1_000_000


class YAMLText:
    """A text read as YAML, safely; its documents count as one that has the keys of all."""

    def __init__(self, text: str) -> None:
        try:
            node = _joined(list(yaml.compose_all(text, _Loader)))
            self._lines: dict[KeyPath, int] = {}
            self._seen: set[int] = set()
            if node is not None:
                _refuse_bomb(node)
                self._walk(node, ())  # before it is constructed: that resolves merge keys in it
            # The same as data; keys of mappings are text
            self.data = _Copy().of(_constructed(node))
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(f"is not valid YAML: {_reason(error)}") from error

    def line(self, *path: str | int) -> int:
        """Return the line of a value, counted from 1, or else of what is around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _walk(self, node: yaml.Node, path: KeyPath) -> None:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            return  # an alias: walked where it was defined
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, str(key.value))
                self._lines.setdefault(inner, key.start_mark.line + 1)
                self._walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, (*path, index))


class _Loader(yaml.SafeLoader):
    """Takes an anchor that is set again, as YAML 1.2 has it: what follows means the last one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.NodeEvent) and not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


def _reason(error: Exception) -> str:
    """Why it cannot be read, without the line itself, which may hold a password."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark = error.problem_mark
    return f"{error.problem}, line {mark.line + 1}, column {mark.column + 1}"


def _joined(documents: list[yaml.Node | None]) -> yaml.Node | None:
    """Documents as one: lists below the same key one after the other, and so tables."""
    nodes = [node for node in documents if node is not None and node.value not in ("", "null")]
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    keys: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for node in nodes:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.YAMLError("of its documents one is not a mapping")
        for key, value in node.value:
            _, before = keys.get(str(key.value), (None, None))
            if isinstance(value, yaml.CollectionNode) and type(before) is type(value):
                value.value[:0] = before.value
            keys[str(key.value)] = (key, value)
    return yaml.MappingNode(nodes[0].tag, list(keys.values()), nodes[0].start_mark)


def _constructed(node: yaml.Node | None) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_bomb(root: yaml.Node) -> None:
    """Count what aliases and merge keys would copy, before it is copied."""
    sizes: dict[int, int] = {}

    def size_of(node: yaml.Node) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        sizes[id(node)] = 0  # one that holds itself
        held = node.value if isinstance(node, yaml.CollectionNode) else ()
        inner = (part for item in held for part in (item if isinstance(item, tuple) else (item,)))
        sizes[id(node)] = size = min(1 + sum(map(size_of, inner)), _MAX_VALUES + 1)
        return size

    if size_of(root) > _MAX_VALUES:
        raise yaml.YAMLError(f"more than {_MAX_VALUES} values")


class _Copy:
    """Data as JSON would have it: aliases copied, but not so many as a bomb of them would need."""

    def __init__(self) -> None:
        self._left = _MAX_VALUES

    def of(self, data: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise yaml.YAMLError(f"more than {_MAX_VALUES} values")
        if isinstance(data, dict):
            return {str(key): self.of(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.of(value) for value in data]
        return data


def as_table(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def as_list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []


def without_nested(data: dict[str, Any], *nested: str) -> dict[str, Any]:
    """Return a table without lists and tables where a text, a number or a boolean belongs."""
    return {k: v for k, v in data.items() if k in nested or not isinstance(v, dict | list)}


def indexed_tables(data: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(index, item) for index, item in enumerate(as_list(data)) if isinstance(item, dict)]
