"""A connection to the target, along a route that was found open.

One that a stage has made to see whether a port is open is kept for the stage after it.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
import weakref
from collections.abc import Hashable
from typing import TYPE_CHECKING

from ringback.diagnosis.facts import ConnectionFacts
from ringback.diagnosis.layer.connect import attempt_connect, describe_attempt
from ringback.diagnosis.layer.kernel import sockaddr_of
from ringback.diagnosis.layer.proxy_tunnel import (
    TunnelError,
    authority,
    proxy_server,
    request_tunnel,
    secure_tunnel,
)
from ringback.failure.codes import KIND_OF_ERRNO

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.connect import ConnectResult
    from ringback.diagnosis.model import Stage
    from ringback.failure.names import KindName


FRESH_SECONDS = 1.0
"""Seconds for which an unused connection is as good as a new one."""

_Store = dict[Hashable, tuple[float, "socket.socket"]]

_kept: weakref.WeakKeyDictionary[DiagnosisContext, _Store] = weakref.WeakKeyDictionary()


def subject_of(route: OpenRoute) -> str:
    """Return an address and port as readings name them."""
    return authority(route.address, route.port)


def keep_connection(
    context: DiagnosisContext, route: OpenRoute, target: tuple[str, int] | None, sock: socket.socket
) -> None:
    """Keep an unused connection for the next ``open_connection`` along its route."""
    if context not in _kept:
        _kept[context] = {}
        weakref.finalize(context, _close_all, _kept[context])
    key = _key(route, target)
    before = _kept[context].pop(key, None)
    _kept[context][key] = (time.monotonic(), sock)
    if before is not None:
        before[1].close()


def take_connection(
    context: DiagnosisContext, route: OpenRoute, target: tuple[str, int] | None
) -> socket.socket | None:
    """Return a connection that was kept less than a second ago, once."""
    since, sock = _kept.get(context, {}).pop(_key(route, target), (0.0, None))
    if sock is not None and time.monotonic() - since > FRESH_SECONDS:
        sock.close()
        return None
    return sock


def release_connections(context: DiagnosisContext) -> None:
    """Close the connections that were kept and not used."""
    _close_all(_kept.get(context, {}))


def _key(route: OpenRoute, target: tuple[str, int] | None) -> Hashable:
    return route.address, route.port, route.proxy, target


def _close_all(store: _Store) -> None:
    while store:
        store.popitem()[1][1].close()


class NotPolite(OSError):  # noqa: N818 - named for what happened
    """One more connection to this port would be more than a diagnosis may make."""

    def __init__(self) -> None:
        super().__init__(errno.EBUSY, "as many connections as are polite were made")


def open_connection(  # noqa: PLR0913 - whom, which way, how long, and two options by name
    context: DiagnosisContext,
    route: OpenRoute,
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
    inner = wants_tunnel(context, route) if through_tunnel is None else through_tunnel
    target = (host, port) if inner else None
    if segment_size is None and (sock := take_connection(context, route, target)):
        sock.settimeout(timeout)
        return sock
    until = time.monotonic() + context.left(timeout)
    sock = connected(context, route.address, route.port, until, segment_size)
    try:
        if route.proxy is not None:
            sock = _through(context, sock, route.proxy, target, until)
    except BaseException:
        sock.close()
        raise
    sock.settimeout(timeout)
    return sock


def wants_tunnel(context: DiagnosisContext, route: OpenRoute) -> bool:
    """Return whether a proxy has to make a tunnel for what is asked."""
    if route.proxy is None:
        return False
    plain = context.asked.protocol == "http" and not context.asked.tls
    return not (plain and proxy_server(route.proxy).speaks_http)


def connected(
    context: DiagnosisContext,
    address: str,
    port: int,
    until: float,
    segment_size: int | None = None,
) -> socket.socket:
    """Return a TCP connection to an address, made before ``until`` of ``time.monotonic()``."""
    family, where = sockaddr_of(address, port)
    if not context.may_connect(address, port):
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
    context: DiagnosisContext,
    sock: socket.socket,
    proxy: str,
    target: tuple[str, int] | None,
    until: float,
) -> socket.socket:
    server = proxy_server(proxy)
    if server.scheme == "https":
        sock = secure_tunnel(sock, server, context.options.trust, until)
    if target is not None:
        answer = request_tunnel(sock, server, *target, until)
        if answer.outcome != "open":
            sock.close()
            raise TunnelError(answer)
    return sock


_CONNECT_TIMEOUT = 3.4
"""Seconds: what a host takes to say that it is not there."""


def raw_connection(
    context: DiagnosisContext,
    stage: Stage,
    route: OpenRoute,
    port: int,
    *,
    tunnel: bool | None = None,
) -> socket.socket | None:
    """Return a connection to the host that is asked for; where none is made, record that."""
    since = context.now()
    left = context.left(_CONNECT_TIMEOUT)
    try:
        if route.proxy is None:
            return _direct(context, stage, route, left)
        return open_connection(
            context, route, context.asked.host, port, left, through_tunnel=tunnel
        )
    except ConnectionResetError as error:
        if route.proxy is None:
            raise
        _record(context, stage, route, error, since)
    except OSError as error:
        _record(context, stage, route, error, since)
    return None


def _direct(
    context: DiagnosisContext, stage: Stage, route: OpenRoute, left: float
) -> socket.socket | None:
    """Connect and hear what answers: it may be a router or a firewall (ICMP)."""
    since = context.now()
    sock = take_connection(context, route, None)
    if sock is None:
        if not context.may_connect(route.address, route.port):
            raise NotPolite
        made = attempt_connect(route.address, route.port, left)
        if made.outcome == "reset":
            raise ConnectionResetError(errno.ECONNRESET, "reset while connecting")
        if made.sock is None:
            _record_attempt(context, stage, route, made, since)
            return None
        sock = made.sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(left)
    return sock


def _record_attempt(
    context: DiagnosisContext, stage: Stage, route: OpenRoute, made: ConnectResult, since: float
) -> None:
    context.record(
        ConnectionFacts,
        subject_of(route),
        stage=stage,
        state="failed",
        result=f"no further connection: {describe_attempt(made)}",
        kind=made.kind,
        since=since,
        facts=ConnectionFacts({**made.facts()}),
    )


def _record(
    context: DiagnosisContext, stage: Stage, route: OpenRoute, error: OSError, since: float
) -> None:
    polite = isinstance(error, NotPolite)
    name = errno.errorcode.get(error.errno or 0)
    silent = isinstance(error, TimeoutError)
    kind: KindName = "tcp.timed_out" if silent else KIND_OF_ERRNO.get(name or "", "tcp.failed")
    context.record(
        ConnectionFacts,
        subject_of(route),
        stage=stage,
        state="skipped" if polite else "failed",
        result=f"no further connection: {error.strerror or error}"[:200],
        kind=None if polite or route.proxy is not None else kind,
        since=since,
        facts=ConnectionFacts(address=route.address, port=route.port, errno=name),
    )
