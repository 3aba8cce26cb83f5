"""The tunnel through a proxy, whatever its protocol."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ringback.client.dial import resolve
from ringback.client.trust import ssl_context
from ringback.diagnosis.layer.tunnel import http, socks
from ringback.diagnosis.layer.tunnel.answer import Answer, Outcome, TunnelError
from ringback.diagnosis.layer.tunnel.relay import relayed
from ringback.diagnosis.layer.tunnel.stream import Stream

_Ask = Callable[[Stream, "ProxyServer", str, int], Answer]

if TYPE_CHECKING:
    from ringback.client.trust import Trust
    from ringback.diagnosis.layer.tunnel.server import ProxyServer


def tunnel(sock: socket.socket, server: ProxyServer, host: str, port: int, until: float) -> Answer:
    """Ask a proxy for a tunnel and return what it answers; never raises."""
    ask = http.connect if server.speaks_http else socks.request
    method = "CONNECT" if server.speaks_http else server.scheme.upper()
    return _asked(ask, method, Stream(sock, until), server, _Target(host, port, until))


def forwarded(
    sock: socket.socket, server: ProxyServer, host: str, port: int, until: float
) -> Answer:
    """Let an HTTP proxy pass a plain request on and return what it answers; never raises."""
    return _asked(http.forward, "HEAD", Stream(sock, until), server, _Target(host, port, until))


def secured(
    sock: socket.socket, server: ProxyServer, trust: Trust | None, until: float
) -> socket.socket:
    """Return the connection to an ``https://`` proxy, in TLS."""
    try:
        context = (
            ssl.create_default_context() if trust is None else ssl_context(trust, host=server.host)
        )
        sock.settimeout(max(0.01, until - time.monotonic()))
        return relayed(context.wrap_socket(sock, server_hostname=server.host))
    except (OSError, ValueError, ImportError) as error:
        sock.close()
        late = isinstance(error, TimeoutError)
        outcome: Outcome = "timeout" if late else "tls_failed"
        reason = "within the TLS handshake" if late else _reason(error)
        raise TunnelError(Answer(method="CONNECT", outcome=outcome, reason=reason)) from error


class _Target(NamedTuple):
    host: str
    port: int
    until: float

    def named_to(self, server: ProxyServer) -> str:
        """The host as the proxy is to be told it."""
        if server.resolves:
            return self.host
        left = max(0.01, self.until - time.monotonic())
        family = socket.AF_INET if server.scheme == "socks4" else 0
        return str(resolve(self.host, self.port, timeout=left, family=family)[0][4][0])


def _asked(ask: _Ask, method: str, stream: Stream, server: ProxyServer, target: _Target) -> Answer:
    try:
        return ask(stream, server, target.named_to(server), target.port)
    except socket.gaierror as error:
        return Answer(method=method, outcome="unresolved", reason=_reason(error))
    except TimeoutError as error:
        return Answer(method=method, outcome="timeout", reason=_reason(error))
    except (OSError, UnicodeError) as error:
        return Answer(method=method, outcome="closed", reason=_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        told = getattr(error, "verify_message", "") or error.reason or ""
        return str(told).replace("_", " ").lower()[:200]
    if isinstance(error, TimeoutError):
        return ""
    return str(getattr(error, "strerror", None) or error)[:200]
