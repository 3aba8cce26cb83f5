"""One file against its model: everything that is wrong is noted, and what is right is kept."""

from collections.abc import Collection, Iterable
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import ValidationError

from ringback.monitor.config.complaint import complain_all, path_of
from ringback.monitor.config.position import KeyPath
from ringback.monitor.config.shape.settings import MANY, IncludedShape
from ringback.monitor.config.source import Source

F = TypeVar("F", bound=IncludedShape)


def validated(
    source: Source, model: type[F], main_only: Collection[str]
) -> tuple[F, dict[str, list[int]]]:
    """Return what a file says, and of each section which of its items that holds.

    A key that is wrong is left out, so that the rest can be checked too; an item that cannot do
    without it is left out whole.

    Args:
        source: The file.
        model: What it must be like.
        main_only: Keys that only the main file has, where this is another.
    """
    data: dict[str, Any] = source.data
    kept = {key: list(range(len(data[key]))) for key in MANY if isinstance(data.get(key), list)}
    try:
        return model.model_validate(data), kept
    except ValidationError as error:
        errors = error.errors(include_url=False)
    complain_all(source, errors, main_only)
    source.wrong.update(_key_of(path_of(one["loc"])) for one in errors)
    data = _without_keys(data, source.wrong)
    try:
        return model.model_validate(data), kept
    except ValidationError as error:
        left = [path_of(one["loc"])[:2] for one in error.errors(include_url=False)]
    for section in {path[0] for path in left}:
        bad = {path[1] for path in left if path[0] == section and len(path) > 1}
        data = _without_items(data, str(section), bad)
        kept[str(section)] = [one for one in kept.get(str(section), []) if one not in bad]
    return model.model_validate(data), kept


def _key_of(path: KeyPath) -> KeyPath:
    """The path up to its last key: of a list nothing can be left out but the whole."""
    while len(path) > 2 and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _without_keys(data: dict[str, Any], wrong: Iterable[KeyPath]) -> dict[str, Any]:
    kept = deepcopy(data)
    for *table, key in wrong:
        node: Any = kept
        for step in table:
            try:
                node = node[step]
            except (LookupError, TypeError):
                break  # a key around it is wrong as well, and gone
        else:
            if isinstance(node, dict):
                node.pop(key, None)
    return kept


def _without_items(data: dict[str, Any], section: str, bad: set[str | int]) -> dict[str, Any]:
    items = data.get(section)
    rest = {name: value for name, value in data.items() if name != section}
    if isinstance(items, list) and bad:
        return {**rest, section: [one for i, one in enumerate(items) if i not in bad]}
    if section == "group" and isinstance(items, dict) and bad:
        return {**rest, section: {k: v for k, v in items.items() if k not in bad}}
    return rest
