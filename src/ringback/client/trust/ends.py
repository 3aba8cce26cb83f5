"""The end of a TLS stream, told from a cut.

A peer that has said all ends TLS with ``close_notify`` (RFC 8446, section 6.1). Where the
connection ends without it, anybody on the way may have cut it. OpenSSL 3 takes the two for one
where ``OP_IGNORE_UNEXPECTED_EOF`` is set, and before 3.11.3 Python set it on every context
(CPython's issue 95494).
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeGuard

from ringback.client.trust.shared import Sealed

_IGNORED: Any = getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # OpenSSL 1.1.1 has no such option
_REASON = "UNEXPECTED_EOF_WHILE_READING"

_HELD: dict[int, int] = {}
"""Context, by its ``id`` → how many are making a connection with it; those that had the option."""
_LOCK = Lock()


def tell_cuts(context: ssl.SSLContext) -> None:
    """Let the connections of a context tell a cut from an end.

    Args:
        context: Changed, for good: one that nobody else uses.
    """
    context.options &= ~_IGNORED


@contextmanager
def telling_cuts(context: Any) -> Iterator[None]:
    """Let the connections that are made meanwhile tell a cut from an end.

    A connection takes the options that its context has when it is made. Afterwards the context is
    as it was: a program may use it elsewhere too, with code that takes a cut for an end.

    Args:
        context: Anybody's; what is no context of ``ssl`` is left alone.
    """
    held = isinstance(context, ssl.SSLContext) and _hold(context)
    try:
        yield
    finally:
        if held:
            _release(context)


def is_cut(error: BaseException) -> TypeGuard[ssl.SSLError]:
    """Return whether an error of TLS is an end of the connection without ``close_notify``.

    Args:
        error: What ``ssl`` raised.
    """
    if isinstance(error, ssl.SSLEOFError):
        return True
    # As a Python that sets the option has it, where it is not set: it knows no class for that.
    return isinstance(error, ssl.SSLError) and getattr(error, "reason", None) == _REASON


def _hold(context: ssl.SSLContext) -> bool:
    if isinstance(context, Sealed):  # made without it
        return False
    with _LOCK:
        others = _HELD.get(id(context), 0)
        if not others:
            if not context.options & _IGNORED:
                return False
            tell_cuts(context)
        _HELD[id(context)] = others + 1
    return True


def _release(context: ssl.SSLContext) -> None:
    with _LOCK:
        _HELD[id(context)] -= 1
        if not _HELD[id(context)]:
            del _HELD[id(context)]
            context.options |= _IGNORED
