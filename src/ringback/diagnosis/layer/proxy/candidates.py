"""Proxies that are set somewhere this program does not look: whether one of them leads there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.proxy.reach import reach
from ringback.diagnosis.layer.proxy.reading import through
from ringback.diagnosis.layer.tunnel.dialogue import forwarded
from ringback.diagnosis.layer.tunnel.server import ProxyServer, proxy_server
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    import socket

    from ringback.diagnosis.layer.tunnel.answer import Answer
    from ringback.diagnosis.scene import Scene

MOST = 3
"""Proxies that are tried at most."""

SECONDS = 1.0
"""Seconds for the name of each, for its connection, and for its answer."""


def candidates(scene: Scene) -> None:
    """Ask the proxies that are set but not used for the target, where the direct way has failed.

    They are asked without credentials.
    """
    together(scene, [partial(_try, scene, *one) for one in list(_named(scene))[:MOST]])


def _named(scene: Scene) -> Iterator[tuple[ProxyServer, str]]:
    for reading in scene.readings():
        if reading.what != "proxy_variables":
            continue
        for other in reading.facts.get("other") or ():
            try:
                yield proxy_server(str(other["url"])), str(other.get("source") or "")
            except (ValueError, KeyError):
                continue


def _try(scene: Scene, server: ProxyServer, source: str) -> None:
    began = scene.now()
    reached = reach(scene, server, SECONDS, SECONDS)
    answer = None if reached.sock is None else _answer(scene, server, reached.sock)
    works = answer is not None and answer.outcome == "open"
    scene.tell(
        "proxy",
        "candidate",
        server.url,
        result=f"{source}: {answer.text if answer else reached.text}"[:300],
        since=began,
        facts={
            "works": works,
            "outcome": answer.outcome if answer else reached.outcome,
            "source": source,
            "address": reached.made.address if reached.made else None,
            "status": answer.status if answer else None,
            "socks_code": answer.socks_code if answer else None,
        },
    )


def _answer(scene: Scene, server: ProxyServer, sock: socket.socket) -> Answer | None:
    """What a proxy answers to what is asked: a tunnel, or to pass a plain request on."""
    host, port = scene.asked.host, scene.asked.port
    plain = scene.asked.protocol == "http" and not scene.asked.tls and server.speaks_http
    made, answer = through(scene, server, sock, None if plain else (host, port), SECONDS)
    if made is None:
        return answer
    with made:
        if not plain:
            return answer
        return forwarded(made, server, host, port, time.monotonic() + scene.left(SECONDS))
