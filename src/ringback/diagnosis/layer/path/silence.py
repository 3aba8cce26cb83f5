"""Where the packets to a silent port are lost: before the target, or perhaps by it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.path.beside import port_beside
from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt
from ringback.diagnosis.layer.tcp.outcome import EXCEEDED
from ringback.diagnosis.layer.tunnel.server import authority
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

WAIT = 0.5
"""Seconds for the answer of a router."""


def silence(scene: Scene, address: str, last: int) -> None:
    """Tell whether packets to another port get further than those to the asked one.

    Both are sent with one hop more than the last that answers for the asked port. A router that
    answers for the other port alone has never seen the asked one: a firewall before it drops that.
    A full queue of the service, which looks the same from afar, cannot do so.
    """
    began = scene.now()
    port, other = scene.asked.port, port_beside(scene.asked)
    made = together(scene, [partial(_try, scene, address, one, last + 1) for one in (port, other)])
    here, there = made
    if here is None or there is None:
        return
    before = _lost_before(here, there)
    passing = there.icmp is not None and (there.icmp.family, there.icmp.type) in EXCEEDED
    scene.tell(
        "path",
        "silence",
        authority(address, port),
        result=_TOLD[before],
        since=began,
        facts={
            "address": address,
            "port": port,
            "ttl": last + 1,
            "other_port": other,
            "other_sender": there.icmp.sender if there.icmp and passing else None,
            "other_reached": there.icmp is None and there.outcome != "timeout",
            "lost_before": before,
        },
    )


_TOLD = {
    True: "lost before the next router, which another port reaches",
    False: "lost at the target or right before it, where another port is answered",
    None: "another port shows no more",
}


def _try(scene: Scene, address: str, port: int, ttl: int) -> Attempt:
    made = attempt(address, port, scene.left(WAIT), hops=ttl)
    made.close()
    if made.icmp is None and made.outcome in {"open", "refused", "reset"}:
        scene.may_connect(address, port)  # it was one more, counted only
    return made


def _lost_before(here: Attempt, there: Attempt) -> bool | None:
    """Whether the asked port's packets are lost on the way; ``None``: not known."""
    if here.outcome != "timeout":
        return None
    if there.icmp is not None:
        return True if (there.icmp.family, there.icmp.type) in EXCEEDED else None
    return False if there.outcome in {"open", "refused", "reset"} else None
