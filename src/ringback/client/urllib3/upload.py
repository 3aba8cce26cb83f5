"""Handing a request to the kernel: each wait fits into the deadline, and the bytes are counted."""

from collections.abc import Iterator
from math import inf
from time import monotonic
from typing import Any

from ringback.client.acknowledgement import look
from ringback.client.deadline import current
from ringback.client.wire import Wire

_NOTHING_TAKEN = frozenset({"timed out", "The write operation timed out"})
"""How ``socket`` and ``ssl`` word a timeout, which has no number."""


def write_bytes(sock: Any, data: Any, wire: Wire, limit: float | None) -> None:
    """Send all of ``data``, however many writes it takes.

    ``sendall`` does not say how much was taken when it fails, and over TLS its timeout begins
    anew with each record.

    Args:
        sock: The socket, or what urllib3 uses as one; its timeout is for the first write.
        data: Bytes, or a view of bytes.
        wire: Counts what is taken.
        limit: Seconds that each further write may wait; ``None`` is no limit.

    Raises:
        TimeoutError: A limit or the deadline has come.
        OSError: The connection is broken.
    """
    try:
        at = current()
        if wire.sends or (at is not None and at - monotonic() < (limit or inf)):
            _fit(sock, limit, at)
        sent = sock.send(data)
        wire.sent += sent
        wire.sends += 1
        if sent < len(data):
            _write_rest(sock, memoryview(data)[sent:], wire, limit)
    except BaseException as error:
        _note(error, sock, wire)
        raise


def _write_rest(sock: Any, rest: memoryview, wire: Wire, limit: float | None) -> None:
    while rest:
        _fit(sock, limit, current())
        sent = sock.send(rest)
        wire.sent += sent
        wire.sends += 1
        rest = rest[sent:]


def _fit(sock: Any, limit: float | None, at: float | None) -> None:
    """Let the socket wait for the limit, or for what the deadline leaves."""
    left = inf if at is None else at - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    seconds = limit if left == inf else min(left, limit or inf)
    if sock.gettimeout() != seconds:
        sock.settimeout(seconds)


def _note(error: BaseException, sock: Any, wire: Wire) -> None:
    wire.broken = True
    if not _took_nothing(error):
        wire.sent += 1
    elif isinstance(error, TimeoutError):
        look(sock, wire)


def _took_nothing(error: BaseException) -> bool:
    """Whether the last write failed; a signal's handler may raise after it has succeeded."""
    if not isinstance(error, OSError):
        return False
    return error.errno is not None or str(error) in _NOTHING_TAKEN


def bytes_of(data: Any, size: int) -> Iterator[Any]:
    """Return the pieces of a body as ``http.client`` sends them.

    Args:
        data: A file, anything that holds bytes, or an iterable of such.
        size: Bytes to read from a file at a time.

    Raises:
        TypeError: It is none of these.
    """
    if hasattr(data, "read"):
        while piece := data.read(size):
            yield piece.encode("iso-8859-1") if isinstance(piece, str) else piece
        return
    try:
        view = memoryview(data).cast("B")
    except TypeError:
        if isinstance(data, str):
            raise
        yield from data
    else:
        yield view
