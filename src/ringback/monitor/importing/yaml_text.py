"""YAML with the line of each value."""

from typing import Any

import yaml

from ringback.monitor.config.source import KeyPath

_MAX_VALUES = 1_000_000


class YAMLText:
    """A text read as YAML, safely."""

    def __init__(self, text: str) -> None:
        try:
            # The same as data; keys of mappings are text
            self.data = _Copy().of(yaml.safe_load(text))
            node = yaml.compose(text, yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(f"is not valid YAML: {' '.join(str(error).split())}") from error
        self._lines: dict[KeyPath, int] = {}
        self._seen: set[int] = set()
        if node is not None:
            self._walk(node, ())

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
