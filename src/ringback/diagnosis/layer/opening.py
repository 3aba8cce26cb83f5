"""A connection to the target, along a route that was found open."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.address import sockaddr_of
from ringback.diagnosis.layer.kept import take
from ringback.diagnosis.layer.tunnel.answer import TunnelError
from ringback.diagnosis.layer.tunnel.dialogue import secured, tunnel
from ringback.diagnosis.layer.tunnel.server import proxy_server

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Route, Scene


class NotPolite(OSError):  # noqa: N818 - named for what happened
    """One more connection to this port would be more than a diagnosis may make."""

    def __init__(self) -> None:
        super().__init__(errno.EBUSY, "as many connections as are polite were made")


def open_connection(  # noqa: PLR0913 - whom, which way, how long, and two options by name
    scene: Scene,
    route: Route,
    host: str,
    port: int,
    timeout: float,
    *,
    segment_size: int | None = None,
    through_tunnel: bool | None = None,
) -> socket.socket:
    """Return a fresh connection to the target, blocking, with ``timeout`` as its time limit.

    Where the stage before has left its connection unused, that one is returned. Behind an
    ``https://`` proxy it is one end of a pair of sockets that a thread serves. ``None`` for
    ``through_tunnel`` means: unless the proxy takes a plain HTTP request itself.

    Raises ``NotPolite`` where it would be one connection too many, ``TunnelError`` where the proxy
    makes no tunnel, and ``OSError`` otherwise.
    """
    inner = wants_tunnel(scene, route) if through_tunnel is None else through_tunnel
    target = (host, port) if inner else None
    if segment_size is None and (sock := take(scene, route, target)):
        sock.settimeout(timeout)
        return sock
    until = time.monotonic() + scene.left(timeout)
    sock = connected(scene, route.address, route.port, until, segment_size)
    try:
        if route.proxy is not None:
            sock = _through(scene, sock, route.proxy, target, until)
    except BaseException:
        sock.close()
        raise
    sock.settimeout(timeout)
    return sock


def wants_tunnel(scene: Scene, route: Route) -> bool:
    """Return whether a proxy has to make a tunnel for what is asked."""
    if route.proxy is None:
        return False
    plain = scene.asked.protocol == "http" and not scene.asked.tls
    return not (plain and proxy_server(route.proxy).speaks_http)


def connected(
    scene: Scene, address: str, port: int, until: float, segment_size: int | None = None
) -> socket.socket:
    """Return a TCP connection to an address, made before ``until`` of ``time.monotonic()``."""
    family, where = sockaddr_of(address, port)
    if not scene.may_connect(address, port):
        raise NotPolite
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if segment_size is not None and hasattr(socket, "TCP_MAXSEG"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_size)
        sock.settimeout(left)
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _through(
    scene: Scene, sock: socket.socket, proxy: str, target: tuple[str, int] | None, until: float
) -> socket.socket:
    server = proxy_server(proxy)
    if server.scheme == "https":
        sock = secured(sock, server, scene.options.trust, until)
    if target is not None:
        answer = tunnel(sock, server, *target, until)
        if answer.outcome != "open":
            sock.close()
            raise TunnelError(answer)
    return sock
