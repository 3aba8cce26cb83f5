"""Which built-in exception says the same as a kind of failure."""

import socket
import ssl
from collections import deque
from errno import EPIPE, ESHUTDOWN
from functools import lru_cache

from ringback.failure import Failure

BUILTIN_OF_KIND: dict[str, type[Exception]] = {
    "url": ValueError,
    "client.resources_exhausted": OSError,
    "client.local_address": OSError,
    "client.deadline_exceeded": TimeoutError,
    "client.pool_exhausted": TimeoutError,
    "dns": socket.gaierror,
    "tcp": OSError,
    "tcp.refused": ConnectionRefusedError,
    "tcp.timed_out": TimeoutError,
    "tcp.address_unreachable.prohibited": PermissionError,
    "tcp.reset": ConnectionResetError,
    "tcp.closed": ConnectionResetError,
    "tcp.aborted": ConnectionAbortedError,
    "unix.not_found": FileNotFoundError,
    "unix.forbidden": PermissionError,
    "tls": ssl.SSLError,
    "tls.cert": ssl.SSLCertVerificationError,
    "tls.cert.pinned_key_not_in_cert_chain": ssl.SSLError,
    "tls.closed": ssl.SSLEOFError,
    "tls.timed_out": TimeoutError,
    "http.request.timed_out": TimeoutError,
    "http.response.timed_out": TimeoutError,
    "http.response.body_timed_out": TimeoutError,
    "http.response.invalid.empty": ConnectionResetError,
}
"""Kind, or a dotted prefix of kinds → built-in; the longest prefix wins.

An end without a response is a ``ConnectionResetError`` because the standard library says so
(``http.client.RemoteDisconnected``).
"""


def builtin_class(failure: Failure) -> type[Exception] | None:
    """Return the built-in exception that says the same as a failure, or ``None``.

    Args:
        failure: What went wrong; behind a proxy the inner kind (``via``) decides.
    """
    if failure.errno in {EPIPE, ESHUTDOWN} and failure.kind.startswith("tcp.closed"):
        return BrokenPipeError
    return _of_kind(failure.kind) or _of_kind(failure.via or "")


def find_builtin(exc: BaseException, wanted: type[Exception]) -> BaseException | None:
    """Return the nearest exception of the wanted class that an exception was raised over.

    Args:
        exc: Where to begin; its cause, context, ``reason`` and arguments are followed.
        wanted: The class looked for.
    """
    queue: deque[object] = deque([exc])
    seen: set[int] = set()
    while queue and len(seen) < 64:
        node = queue.popleft()
        if not isinstance(node, BaseException) or id(node) in seen:
            continue
        if isinstance(node, wanted):
            return node
        seen.add(id(node))
        queue.extend((node.__cause__, node.__context__, getattr(node, "reason", None), *node.args))
    return None


@lru_cache(maxsize=512)
def _of_kind(kind: str) -> type[Exception] | None:
    while kind:
        if found := BUILTIN_OF_KIND.get(kind):
            return found
        kind = kind.rpartition(".")[0]
    return None
