"""HTTP proxies (RFC 9110 sections 7.6 and 9.3.6): one that works, and every way one fails."""

from __future__ import annotations

import base64
import ipaddress
import selectors
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.testing.lab.dns import nameserver
from ringback.testing.lab.fault import Endpoint, Fault, FaultKind, new_fault
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import greeting
from ringback.testing.lab.message import answering, head, response, serve
from ringback.testing.lab.server import Connection
from ringback.testing.lab.timing import trickled_headers
from ringback.testing.lab.tls import hello_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.message import ReceivedRequest
    from ringback.testing.lab.server import Handler


_CHUNK = 64 * 1024
_CONNECT_TIMEOUT = 5.0


def connect_locally(host: str, port: int) -> socket.socket:
    """Connect to a target on this machine: nothing leaves it through the lab."""
    if host != "localhost" and not _is_loopback(host):
        raise PermissionError(f"{host} is not on this machine")
    return socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT)


def relay(connection: Connection, upstream: socket.socket) -> None:
    """Carry bytes both ways until either side ends, then close ``upstream``."""
    with upstream, selectors.DefaultSelector() as selector:
        upstream.settimeout(None)
        selector.register(connection.socket, selectors.EVENT_READ)
        selector.register(upstream, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is upstream:
                    connection.send(data := upstream.recv(_CHUNK))
                else:
                    upstream.sendall(data := connection.read())
                if not data:
                    return


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


USER = "lab:open-sesame"
"""User and password that the proxy with authentication accepts."""

_TLS_ALERT = bytes.fromhex("15 0301 0002 02 0a")
_ASKS = 'Proxy-Authenticate: Basic realm="lab"'


def proxy(connection: Connection) -> None:
    """Serve one connection as a working proxy: a tunnel (CONNECT) or one forwarded request."""
    request = connection.read_request()
    if request:
        _pass_on(connection, request)


def proxy_with_users(connection: Connection) -> None:
    """Serve as ``proxy`` whoever names ``USER``; ask all others for it."""
    credentials = f"Basic {base64.b64encode(USER.encode()).decode()}"
    while request := connection.read_request():
        if request.headers.get("proxy-authorization") == credentials:
            _pass_on(connection, request)
            return
        connection.send(response(407, b"", _ASKS))


def via_proxy(lab: Lab, proxied: Endpoint, *, scheme: str = "http", user: str = "") -> Endpoint:
    """Return a proxy's endpoint with its mapping, and as URL a target that must not be reached."""
    target = lab.reserve().endpoint
    proxied.url = target.url.replace("http:", "https:") if scheme.startswith("http") else target.url
    at = f"{user}@" if user else ""
    url = f"{scheme}://{at}{proxied.host}:{proxied.port}"
    proxied.proxies = {"http": url, "https": url}
    return proxied


def proxy_with(
    handler: Handler, *, scheme: str = "http", user: str = ""
) -> Callable[[Lab], Endpoint]:
    """Return a ``Fault.start`` for a proxy that gives each connection to ``handler``."""
    return lambda lab: via_proxy(lab, lab.listen(handler), scheme=scheme, user=user)


def working_proxy_without_tls(lab: Lab) -> Endpoint:
    """Start a working proxy and a healthy server behind it, to be called without TLS."""
    met = proxy_with(proxy)(lab)
    met.url = lab.listen(serve).url
    return met


def tunnelled(handler: Handler, user: str = "") -> Callable[[Lab], Endpoint]:
    """Return a ``Fault.start`` for a working proxy and a healthy TLS server behind it."""

    def start(lab: Lab) -> Endpoint:
        met = proxy_with(handler, user=user)(lab)
        target = secured()(lab)
        met.url, met.verify = target.url, target.verify
        return met

    return start


def forward_unauthorized(lab: Lab) -> Endpoint:
    """Start a proxy that asks for a user, with a target called without TLS."""
    met = proxy_with(proxy_with_users)(lab)
    met.url = lab.listen(serve).url
    return met


def proxy_port_closed(lab: Lab) -> Endpoint:
    """Reserve a port for a proxy that is not there."""
    return via_proxy(lab, lab.reserve().endpoint)


def name_missing(lab: Lab) -> Endpoint:
    """Name a proxy whose name does not exist."""
    met = lab.reserve().endpoint
    met.host = "nxdomain.lab.test"
    met.nameserver = nameserver(lab).address
    return via_proxy(lab, met)


def silent_proxy(connection: Connection) -> None:
    """Read the CONNECT and say nothing."""
    connection.read_head()
    connection.stall()


def closed(connection: Connection) -> None:
    """Read the CONNECT and close."""
    connection.read_head()


def reset(connection: Connection) -> None:
    """Read the CONNECT and reset."""
    connection.read_head()
    connection.reset()


def alerted(connection: Connection) -> None:
    """Answer in TLS, as a TLS server does that got something else."""
    connection.read_head()
    connection.send(_TLS_ALERT)


def _pass_on(connection: Connection, request: ReceivedRequest) -> None:
    connect = request.method == "CONNECT"
    target = urlsplit(f"//{request.target}" if connect else request.target)
    try:
        upstream = connect_locally(target.hostname or "", target.port or 80)
    except PermissionError:
        connection.send(response(403, b"only this machine\n", content_type="text/plain"))
    except OSError as error:
        connection.send(response(502, f"{error}\n".encode(), content_type="text/plain"))
    else:
        if connect:
            connection.send(head(200))
        else:
            upstream.sendall(forwarded(request))
        relay(connection, upstream)


def forwarded(request: ReceivedRequest) -> bytes:
    """Return the request as the target is to see it: without what concerns this hop only."""
    path = urlsplit(request.target)._replace(scheme="", netloc="").geturl() or "/"
    hop = {"connection", "proxy-connection", "proxy-authorization", "transfer-encoding"}
    fields = {name: value for name, value in request.headers.items() if name not in hop}
    if request.body:
        fields["content-length"] = str(len(request.body))
    fields["connection"] = "close"
    lines = [f"{request.method} {path} HTTP/1.1", *map(": ".join, fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + request.body


def _status(kind: FaultKind, status: int, summary: str) -> Fault:
    handler = answering(response(status, b"", "Connection: close"))
    start = proxy_with(handler)
    return new_fault(kind, f"{status}")(summary, start)


FAULTS: tuple[Fault, ...] = (
    new_fault("ok", "proxy")("a proxy that forwards a plain request", working_proxy_without_tls),
    new_fault("ok", "proxy_tunnel", needs=("cryptography",))(
        "a proxy that makes a tunnel", tunnelled(proxy)
    ),
    new_fault("ok", "proxy_user", needs=("cryptography",))(
        "a proxy that knows the user", tunnelled(proxy_with_users, USER)
    ),
    new_fault("proxy.unreachable", also=("tcp.refused",))(
        "nothing listens on the proxy's port", proxy_port_closed
    ),
    new_fault("proxy.unreachable", "name", also=("dns.name_not_resolved",))(
        "the proxy's name does not exist", name_missing
    ),
    new_fault("proxy.auth_required")("CONNECT is answered with 407", proxy_with(proxy_with_users)),
    new_fault("proxy.auth_required", "rejected")(
        "CONNECT with a wrong password is answered with 407",
        proxy_with(proxy_with_users, user="lab:wrong"),
    ),
    new_fault("proxy.auth_required", "forward", also=("http.error",))(
        "a plain request is answered with 407", forward_unauthorized
    ),
    _status("proxy.denied", 403, "CONNECT is answered with 403"),
    new_fault("proxy.upstream_failed")(
        "the target refuses the proxy, which answers CONNECT with 502", proxy_with(proxy)
    ),
    _status("proxy.upstream_failed", 502, "CONNECT is answered with 502"),
    _status("proxy.upstream_failed", 503, "CONNECT is answered with 503"),
    _status("proxy.upstream_failed", 504, "CONNECT is answered with 504"),
    new_fault(
        "proxy.no_response", "silent", also=("http.response.timed_out", "client.deadline_exceeded")
    )("CONNECT is read and not answered", proxy_with(silent_proxy)),
    new_fault(
        "proxy.no_response",
        "trickling_headers",
        also=("http.response.timed_out", "client.deadline_exceeded"),
    )(
        "CONNECT is answered by a byte of header each 0.1 s, without end",
        proxy_with(trickled_headers),
    ),
    new_fault("proxy.no_response", "closed", also=("http.response.invalid.empty",))(
        "FIN after CONNECT", proxy_with(closed)
    ),
    new_fault("proxy.no_response", "reset", also=("tcp.reset",))(
        "RST after CONNECT", proxy_with(reset)
    ),
    new_fault("proxy.no_response", "on_accept", also=("tcp.reset",))(
        "RST as soon as the connection is accepted", proxy_with(Connection.reset)
    ),
    new_fault(
        "proxy.protocol_error",
        "ssh",
        also=("http.response.invalid.not_http", "http.response.invalid.empty"),
    )("an SSH server on the proxy's port", proxy_with(greeting(b"SSH-2.0-OpenSSH_9.6\r\n"))),
    new_fault(
        "proxy.protocol_error",
        "tls",
        also=("http.response.invalid.not_http", "http.protocol.error"),
    )("CONNECT is answered with a TLS alert", proxy_with(alerted)),
    new_fault(
        "proxy.protocol_error",
        "https_url",
        also=("tls.protocol.error.not_tls", "config.proxy_invalid"),
    )("an https:// proxy URL for a proxy without TLS", proxy_with(hello_plain, scheme="https")),
)
