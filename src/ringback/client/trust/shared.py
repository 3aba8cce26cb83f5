"""SSL contexts that many may use and nobody may change, and that distinguish a cut from an end.

A peer that has said all ends TLS with ``close_notify`` (RFC 8446, section 6.1). Where the
connection ends without it, anybody on the way may have cut it. OpenSSL 3 takes the two for one
where ``OP_IGNORE_UNEXPECTED_EOF`` is set, and before 3.11.3 Python set it on every context
(CPython's issue 95494).
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, TypeGuard

_CHANGES = (
    "load_cert_chain",
    "load_default_certs",
    "load_dh_params",
    "load_verify_locations",
    "set_ciphers",
    "set_default_verify_paths",
    "set_ecdh_curve",
    "set_npn_protocols",
    "set_psk_client_callback",
    "set_psk_server_callback",
    "set_servername_callback",
)


class Sealed:
    """Mixed into an ``ssl.SSLContext``: once sealed it refuses to be changed.

    Libraries write to the contexts they are given: urllib3 sets ``verify_mode`` and the
    application protocols on every connection, httpx the protocols. What says what is already
    so goes through, what would change it for all others raises.
    """

    def seal(self, alpn: tuple[str, ...]) -> None:
        """Refuse every later change."""
        refusals: dict[str, Any] = {name: partial(_refuse, name) for name in _CHANGES}
        refusals["set_alpn_protocols"] = partial(_same_protocols, frozenset(alpn))
        vars(self).update(refusals, sealed=True)

    def __setattr__(self, name: str, value: object) -> None:
        if "sealed" not in vars(self):
            super().__setattr__(name, value)
        elif name not in dir(type(self)) or getattr(self, name) != value:
            _refuse(name)


class SharedContext(Sealed, ssl.SSLContext):
    """Python's own SSL context, to be shared."""


def _same_protocols(known: frozenset[str], asked: Any) -> None:
    # A server chooses by its own order (RFC 7301, section 3.2), so that ours does not matter.
    if frozenset(asked) != known:
        _refuse("set_alpn_protocols")


def _refuse(name: str, *_: object, **__: object) -> None:
    raise RuntimeError(
        f"{name}: this SSL context is shared and cannot be changed; "
        "ask ringback.client.trust.ssl_context for one with what you need, or make your own"
    )


_IGNORED: Any = getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # OpenSSL 1.1.1 has no such option
_REASON = "UNEXPECTED_EOF_WHILE_READING"

_HELD: dict[int, int] = {}
"""Context, by its ``id`` → how many are making a connection with it; those that had the option."""
_LOCK = Lock()


def report_cuts(context: ssl.SSLContext) -> None:
    """Let the connections of a context distinguish a cut from an end."""
    context.options &= ~_IGNORED


@contextmanager
def reporting_cuts(context: Any) -> Iterator[None]:
    """Let the connections that are made meanwhile distinguish a cut from an end.

    A connection takes the options that its context has when it is made. Afterwards the context is
    as it was: a program may use it elsewhere too, with code that takes a cut for an end.
    """
    held = isinstance(context, ssl.SSLContext) and _hold(context)
    try:
        yield
    finally:
        if held:
            _release(context)


def is_cut(error: BaseException) -> TypeGuard[ssl.SSLError]:
    """Return whether an error of TLS is an end of the connection without ``close_notify``."""
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
            report_cuts(context)
        _HELD[id(context)] = others + 1
    return True


def _release(context: ssl.SSLContext) -> None:
    with _LOCK:
        _HELD[id(context)] -= 1
        if not _HELD[id(context)]:
            del _HELD[id(context)]
            context.options |= _IGNORED
