"""The attempts to connect to every address of the target, and what runs beside them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer import neighbours, path
from ringback.diagnosis.layer.kept import keep
from ringback.diagnosis.layer.tcp.again import again, worth_repeating
from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt, told
from ringback.diagnosis.layer.tcp.watch import Watch
from ringback.diagnosis.layer.tunnel.server import authority
from ringback.diagnosis.scene import Route, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.scene import Scene

MOST = 8
"""Addresses that are tried at most."""

PATIENCE = 3.4
"""Seconds for an answer: a dead host on the own link is known after 3.06 s, and ICMP is often only
sent for the second SYN."""

SILENT = 1.2
"""Seconds without an answer, and with the SYN sent twice, after which others are asked as well."""


def read(scene: Scene, addresses: Sequence[str]) -> tuple[Route, ...]:
    """Connect to every address at once, and return the ways that are open, in their order.

    Where none answers, the same is tried again, and the neighbours and the path are asked beside.
    The first open connection is kept for the next stage; the others are closed.
    """
    targets = list(dict.fromkeys(addresses))[:MOST]
    if not targets:
        return ()
    watch = Watch(targets)
    routes: dict[str, Route] = {}
    together(
        scene,
        [
            *(partial(_connect, scene, address, watch, routes) for address in targets),
            partial(_beside, scene, watch, routes),
        ],
    )
    return tuple(routes[address] for address in targets if address in routes)


def _connect(scene: Scene, address: str, watch: Watch, routes: dict[str, Route]) -> None:
    port = scene.asked.port
    began = scene.now()
    if not scene.may_connect(address, port):
        return
    made = attempt(address, port, scene.left(PATIENCE))
    tell(scene, made, began)
    use(scene, made, routes)
    watch.ended(made)


def tell(scene: Scene, made: Attempt, began: float) -> None:
    """Tell an attempt as a reading."""
    scene.tell(
        "tcp",
        "connect",
        authority(made.address, made.port),
        state="ok" if made.outcome == "open" else "failed",
        result=told(made),
        kind=made.kind,
        since=began,
        facts={**made.facts(), "proxied": False},
    )


def use(scene: Scene, made: Attempt, routes: dict[str, Route]) -> None:
    """Note the way that an attempt found open; its connection is kept where it is the first."""
    if made.sock is None:
        return
    route = Route(address=made.address, port=made.port, rtt=made.rtt)
    first = not routes
    routes.setdefault(made.address, route)
    if first:
        keep(scene, route, None, made.sock)
    else:
        made.close()


def _beside(scene: Scene, watch: Watch, routes: dict[str, Route]) -> None:
    """Ask others where no address has answered well."""
    made = watch.wait(SILENT)
    if routes:
        return
    silent = [address for address, one in made.items() if one is None]
    tasks = neighbours.tasks(scene, made)
    for address, count in worth_repeating(scene, silent):
        tasks.append(
            partial(again, scene, watch, address, count, partial(use, scene, routes=routes))
        )
    together(scene, [*tasks, *path.tasks(scene, made)])
