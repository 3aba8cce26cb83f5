"""The graph of exceptions below one exception, walked with a bound and a cycle guard."""

from typing import Any, NamedTuple

from ringback.failure.classes import CLASSES
from ringback.failure.reading import SILENT, Reading
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


class Node(NamedTuple):
    """One exception of the graph, what it says, and the index of the one that led to it."""

    exc: BaseException
    reading: Reading
    parent: int


class _Entry(NamedTuple):
    reading: Reading
    recognise: Recogniser | None


_entries: dict[type, _Entry] = {}


def _entry(cls: type) -> _Entry:
    entry = _entries.get(cls)
    if entry is None:
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
    entry = _entry(type(exc))
    if entry.recognise is None:
        return entry.reading
    try:
        return entry.recognise(exc, entry.reading)
    except Exception:  # noqa: BLE001 - a foreign attribute may raise anything; its name remains
        return entry.reading


def walk(exc: BaseException) -> list[Node]:
    """The exception and what is below it, outermost first, at most ``MOST_NODES``.

    Below a final reading nothing is looked at: there begins the noise.
    """
    nodes: list[Node] = []
    seen = {id(exc)}
    queue: list[tuple[BaseException, int]] = [(exc, -1)]
    for current, parent in queue:
        reading = read(current)
        nodes.append(Node(current, reading, parent))
        if reading.final:
            continue
        index = len(nodes) - 1
        for inner in _below(current):
            if id(inner) not in seen and len(seen) < MOST_NODES:
                seen.add(id(inner))
                queue.append((inner, index))
    return nodes


def _below(exc: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    if exc.__cause__ is not None:
        found.append(exc.__cause__)
    for argument in exc.args[:8]:
        if isinstance(argument, BaseException):
            found.append(argument)
        elif type(argument) in {tuple, list}:
            found.extend(item for item in argument[:8] if isinstance(item, BaseException))
    found.extend(_linked(exc))
    if exc.__context__ is not None:
        found.append(exc.__context__)
    return found


def _linked(exc: Any) -> list[BaseException]:
    found: list[BaseException] = []
    if isinstance(exc, BaseExceptionGroup):
        found.extend(exc.exceptions[:MOST_NODES])
    attributes: dict[str, object] = getattr(exc, "__dict__", None) or {}
    for name in _LINKS:
        if name in attributes:
            inner = attributes[name]
            if isinstance(inner, BaseException):
                found.append(inner)
    options = attributes.get("kwargs")
    if isinstance(options, dict) and isinstance(options.get("error"), BaseException):
        found.append(options["error"])
    return found
