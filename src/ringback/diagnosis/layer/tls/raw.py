"""The connection that a stage above TCP speaks over."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.kept import take
from ringback.diagnosis.layer.opening import NotPolite, open_connection
from ringback.diagnosis.layer.tcp.attempt import attempt, told
from ringback.diagnosis.layer.tls.telling import subject_of
from ringback.failure.codes import KIND_OF_ERRNO

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.attempt import Attempt
    from ringback.diagnosis.model import Stage
    from ringback.diagnosis.scene import Route, Scene

_LONGEST = 3.4
"""Seconds: what a host takes to say that it is not there."""


def raw_connection(
    scene: Scene, stage: Stage, route: Route, port: int, *, tunnel: bool | None = None
) -> socket.socket | None:
    """Return a connection to the host that is asked for; where none is made, record that."""
    since = scene.now()
    left = scene.left(_LONGEST)
    try:
        if route.proxy is None:
            return _direct(scene, stage, route, left)
        return open_connection(scene, route, scene.asked.host, port, left, through_tunnel=tunnel)
    except ConnectionResetError as error:
        if route.proxy is None:
            raise
        _tell(scene, stage, route, error, since)
    except OSError as error:
        _tell(scene, stage, route, error, since)
    return None


def _direct(scene: Scene, stage: Stage, route: Route, left: float) -> socket.socket | None:
    """Connect and hear what answers: it may be a router or a firewall (ICMP)."""
    since = scene.now()
    sock = take(scene, route, None)
    if sock is None:
        if not scene.may_connect(route.address, route.port):
            raise NotPolite
        made = attempt(route.address, route.port, left)
        if made.outcome == "reset":
            raise ConnectionResetError(errno.ECONNRESET, "reset while connecting")
        if made.sock is None:
            _tell_attempt(scene, stage, route, made, since)
            return None
        sock = made.sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(left)
    return sock


def _tell_attempt(scene: Scene, stage: Stage, route: Route, made: Attempt, since: float) -> None:
    scene.tell(
        stage,
        "connection",
        subject_of(route),
        state="failed",
        result=f"no further connection: {told(made)}",
        kind=made.kind,
        since=since,
        facts=made.facts(),
    )


def _tell(scene: Scene, stage: Stage, route: Route, error: OSError, since: float) -> None:
    polite = isinstance(error, NotPolite)
    name = errno.errorcode.get(error.errno or 0)
    silent = isinstance(error, TimeoutError)
    kind = "tcp.timed_out" if silent else KIND_OF_ERRNO.get(name or "", "tcp.failed")
    scene.tell(
        stage,
        "connection",
        subject_of(route),
        state="skipped" if polite else "failed",
        result=f"no further connection: {error.strerror or error}"[:200],
        kind=None if polite or route.proxy is not None else kind,
        since=since,
        facts={"address": route.address, "port": route.port, "errno": name},
    )
