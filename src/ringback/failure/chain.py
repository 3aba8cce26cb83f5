"""The graph of exceptions below one exception, walked with a bound and a cycle guard."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ringback.failure.classes import CLASSES
from ringback.failure.model import Failure
from ringback.failure.reading import EXACT, SILENT, Reading
from ringback.failure.recognise import RECOGNISERS, Recogniser

MOST_NODES = 40
_MOST_CLASSES = 2048
_LINKS = (
    "reason",
    "os_error",
    "certificate_error",
    "orig",
    "error",
    "original_error",
    "original_exception",
    "inner_exception",
    "socket_err",
    "exc",
)
"""Attributes in which libraries keep the exception they wrap."""


@dataclass(slots=True, eq=False)
class Node:
    """One exception of the graph, what it says, and the index of the one that led to it."""

    exc: BaseException
    reading: Reading
    parent: int


class _Entry(NamedTuple):
    reading: Reading
    recognise: Recogniser | None


_entries: dict[type, _Entry] = {}


def _new_entry(cls: type) -> _Entry:
    if len(_entries) >= _MOST_CLASSES:
        _entries.clear()
    entry = _entries[cls] = _look_up(cls)
    return entry


def _look_up(cls: type) -> _Entry:
    """The nearest class of the MRO that the table or a recogniser knows."""
    for base in cls.__mro__:
        name = base.__name__
        if name in CLASSES or name in RECOGNISERS:
            return _Entry(CLASSES.get(name, SILENT), RECOGNISERS.get(name))
        if name in _FOREIGN and base.__module__ != "builtins":
            break
    return _Entry(SILENT, None)


_FOREIGN = frozenset({"ConnectionError", "RequestException", "TransportError", "HTTPError"})
"""Umbrellas of client libraries that derive from ``OSError`` but carry no number."""


def read(exc: BaseException) -> Reading:
    """What one exception says, without its chain."""
    entry = _entries.get(type(exc)) or _new_entry(type(exc))
    try:
        known = exc.__dict__.get("failure")
        if known is not None and isinstance(known, Failure):  # it says of itself what it is
            return Reading(known.kind, EXACT, final=True)
        if entry.recognise is None:
            return entry.reading
        return entry.recognise(exc, entry.reading)
    except Exception:  # noqa: BLE001 - a foreign attribute may raise anything; its name remains
        return entry.reading


def walk(exc: BaseException) -> list[Node]:
    """The exception and what is below it, outermost first, at most ``MOST_NODES``.

    Below a final reading nothing is looked at: there begins the noise.
    """
    nodes = [Node(exc, read(exc), -1)]
    seen = {id(exc)}
    for index, node in enumerate(nodes):  # it grows
        if node.reading.final:
            continue
        for inner in _below(node.exc):
            if id(inner) not in seen and len(seen) < MOST_NODES:
                seen.add(id(inner))
                nodes.append(Node(inner, read(inner), index))
    return nodes


def _below(exc: BaseException) -> list[BaseException]:
    cause, context = exc.__cause__, exc.__context__
    found: list[BaseException] = [] if cause is None else [cause]
    for argument in exc.args[:8]:
        kind = type(argument)
        if kind is str:
            continue
        if kind is tuple or kind is list:
            found.extend(item for item in argument[:8] if isinstance(item, BaseException))
        elif isinstance(argument, BaseException):
            found.append(argument)
    if isinstance(exc, BaseExceptionGroup):
        found.extend(exc.exceptions[:MOST_NODES])
    attributes: dict[str, object] | None = getattr(exc, "__dict__", None)
    if attributes and (named := _HOLDERS.intersection(attributes)):
        found.extend(_linked(attributes, named))
    if context is not None and context is not cause:
        found.append(context)
    return found


_HOLDERS = frozenset({*_LINKS, "kwargs"})


def _linked(attributes: dict[str, object], named: frozenset[str]) -> Iterator[BaseException]:
    for name in sorted(named, key=_ORDER) if len(named) > 1 else named:
        held = attributes[name]
        if name == "kwargs":
            held = held.get("error") if isinstance(held, dict) else None
        if isinstance(held, BaseException):
            yield held


_ORDER = {name: place for place, name in enumerate((*_LINKS, "kwargs"))}.__getitem__
