"""The proxy that is to be used: whether it can be reached, and what it answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.kept import keep
from ringback.diagnosis.layer.proxy.reach import Reached, reach
from ringback.diagnosis.layer.tunnel.answer import Answer, TunnelError
from ringback.diagnosis.layer.tunnel.dialogue import secured, tunnel
from ringback.diagnosis.layer.tunnel.server import ProxyServer, authority, proxy_server
from ringback.diagnosis.scene import Route
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    import socket

    from ringback.diagnosis.scene import Scene

ANSWER = 3.0
"""Seconds for a proxy to answer the wish for a tunnel, TLS with it included."""


def read(scene: Scene, proxy: str) -> Route | None:
    """Connect to a proxy, ask it for a tunnel where one is needed, and return the way through it.

    Plain HTTP goes through an HTTP proxy without a tunnel: what it answers is seen later.
    """
    try:
        server = proxy_server(proxy)
    except ValueError as error:
        _tell_invalid(scene, proxy, error)
        return None
    began = scene.now()
    reached = reach(scene, server)
    _tell_reached(scene, server, reached, began)
    if reached.made is None or reached.sock is None:
        return None
    route = Route(address=reached.made.address, port=server.port, proxy=proxy, rtt=reached.made.rtt)
    plain = scene.asked.protocol == "http" and not scene.asked.tls and server.speaks_http
    target = None if plain else (scene.asked.host, scene.asked.port)
    began = scene.now()
    sock, answer = through(scene, server, reached.sock, target, ANSWER)
    if answer is not None:
        _tell_answer(scene, server, answer, began, method="GET" if plain else answer.method)
    if sock is None:
        return None
    keep(scene, route, target, sock)
    return route


def through(
    scene: Scene,
    server: ProxyServer,
    sock: socket.socket,
    target: tuple[str, int] | None,
    seconds: float,
) -> tuple[socket.socket | None, Answer | None]:
    """Return a connection through a proxy, and what it answered; one of them may be missing."""
    until = time.monotonic() + scene.left(seconds)
    if server.scheme == "https":
        try:
            sock = secured(sock, server, scene.options.trust, until)
        except TunnelError as error:
            return None, error.answer
    if target is None:
        return sock, None
    answer = tunnel(sock, server, *target, until)
    if answer.outcome == "open":
        return sock, answer
    sock.close()
    return None, answer


def _tell_invalid(scene: Scene, proxy: str, error: ValueError) -> None:
    shown = without_secrets(proxy)[:200]
    scene.tell(
        "proxy",
        "connect",
        shown,
        state="failed",
        result=str(error)[:200],
        kind="config.proxy_invalid",
        facts={**Reached().facts(), "proxy": shown, "port": None, "outcome": "invalid"},
    )


def _tell_reached(scene: Scene, server: ProxyServer, reached: Reached, began: float) -> None:
    opened = reached.outcome == "open"
    scene.tell(
        "proxy",
        "connect",
        server.name,
        state="ok" if opened else "failed",
        result=reached.text,
        kind=None if opened else "proxy.unreachable",
        since=began,
        facts={**reached.facts(), "port": server.port, "proxy": server.url},
    )


def _tell_answer(
    scene: Scene, server: ProxyServer, answer: Answer, began: float, *, method: str
) -> None:
    scene.tell(
        "proxy",
        "tunnel",
        f"{server.name} → {authority(scene.asked.host, scene.asked.port)}",
        state="ok" if answer.outcome == "open" else "failed",
        result=answer.text,
        kind=answer.kind,
        since=began,
        facts={**answer.facts(), "proxy": server.url, "method": method},
    )
