"""Handing a connection over: from the direct way to urllib3's own, within one call."""

from contextvars import ContextVar
from typing import Any

_HANDED: ContextVar[tuple[Any, Any, Any] | None] = ContextVar("ringback_handed_over", default=None)


def give(pool: Any, connection: Any, request: Any = None) -> None:
    """Let the next ``_get_conn`` of a pool in this context return a connection.

    Args:
        pool: Which it was taken from.
        connection: As it is now.
        request: One that must go to this pool, whichever it would go to otherwise.
    """
    _HANDED.set((pool, connection, request))


def pool_for(request: Any) -> Any:
    """Return the pool that a request must go to; ``None``: any.

    Args:
        request: Which is sent.
    """
    handed = _HANDED.get()
    return None if handed is None or handed[2] is not request else handed[0]


def take(pool: Any) -> Any:
    """Return the connection handed over to a pool; ``None``: there is none.

    Args:
        pool: Which is asked for a connection.
    """
    handed = _HANDED.get()
    if handed is None or handed[0] is not pool:
        return None
    _HANDED.set(None)
    return handed[1]


def drop() -> None:
    """Close the connection that was handed over and that nobody took."""
    handed = _HANDED.get()
    if handed is not None:
        _HANDED.set(None)
        discard(*handed[:2])


def discard(pool: Any, connection: Any) -> None:
    """Close a connection and make room for another in its pool, as urllib3 does.

    Args:
        pool: Which it was taken from.
        connection: Whatever state it is in.
    """
    connection.close()
    pool._put_conn(None)  # noqa: SLF001 - as urlopen does
