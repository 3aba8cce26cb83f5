"""Names: each once, and none that there is not."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from ringback.monitor.config.identity import id_of
from ringback.monitor.config.merged import Item, Merged
from ringback.monitor.config.nearest import nearest
from ringback.monitor.config.shape.base import Shape
from ringback.monitor.config.slug import slug


def check_names(whole: Merged) -> None:
    """Note names that are there twice, and names of what there is not.

    Args:
        whole: The configuration.
    """
    _once(whole.endpoints, lambda shape: id_of(shape.name, shape.url), "an endpoint with the id")
    _once(whole.notifiers, lambda shape: shape.name, "a notifier called")
    _once(whole.tokens, lambda shape: shape.name, "a token called")
    notifiers = {name for name, _ in whole.named("notifier")}
    for item in whole.routes:
        for key in ("notifiers", "escalate_to"):
            _known(item, key, notifiers, "notifier")
    ids = {id_of(name, url) for name, url in whole.named("endpoint")}
    tables: list[Item[Any]] = [*whole.routes, *whole.maintenance]
    for table in tables:
        for index, pattern in enumerate(table.shape.endpoints):
            if not covered(pattern, ids):
                hint = nearest(slug(pattern), ids)
                _unknown(table, "endpoints", index, f"no endpoint is called {pattern!r}", hint)
        _known(table, "groups", _groups(whole), "group")


def covered(pattern: str, ids: Iterable[str]) -> list[str]:
    """Return the ids that a name, an id or a pattern with ``*`` means.

    Args:
        pattern: What was written.
        ids: Those that there are.
    """
    wanted = pattern.lower() if is_pattern(pattern) else slug(pattern)
    return [one for one in ids if fnmatchcase(one, wanted)]


def is_pattern(text: str) -> bool:
    """Return whether a text stands for several names; brackets may be in a name.

    Args:
        text: What was written.
    """
    return "*" in text or "?" in text


def _once(items: Iterable[Item[Any]], name_of: Callable[[Any], str], what: str) -> None:
    first: dict[str, Item[Any]] = {}
    for item in items:
        name = name_of(item.shape)
        if name not in first:
            first[name] = item
            continue
        other = first[name]
        line = other.source.positions.of_key(other.path).line
        key = "name" if item.shape.name else "url"
        item.complain(f"there is {what} {name!r} already: {other.source.file}:{line}", key)


def _known(item: Item[Any], key: str, names: set[str], what: str) -> None:
    for index, name in enumerate(getattr(item.shape, key)):
        if name not in names:
            _unknown(item, key, index, f"no {what} is called {name!r}", nearest(name, names))


def _unknown(item: Item[Shape], key: str, index: int, message: str, hint: str) -> None:
    item.complain(message, key, index, hint=hint)


def _groups(whole: Merged) -> set[str]:
    return {item.shape.group for item in whole.endpoints} | set(whole.groups)
