"""How far away a refusal comes from: the target's own, or that of a firewall before it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.path.beside import port_beside
from ringback.diagnosis.layer.tcp.attempt import attempt
from ringback.diagnosis.layer.tcp.outcome import EXCEEDED
from ringback.diagnosis.layer.tunnel.server import authority
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

SECONDS = 0.7
"""Seconds for the whole."""

WAIT = 0.25
"""Seconds for one router to answer."""

_MOST = 30


@dataclass(frozen=True, slots=True)
class Distance:
    """How far away the answer of a port comes from.

    Attributes:
        hops: The fewest with which it was answered; ``None``: it was not.
        passed: The routers that let it pass, in a row from the first.
    """

    hops: int | None
    passed: int


def refusal(scene: Scene, address: str) -> None:
    """Tell whether a port is refused from nearer than another port of the same host answers.

    A packet that may not go as far as the target cannot be refused by it: a firewall on the way, or
    of this host, does that in its name. Both ports are asked with ever more hops, one by one, until
    somebody answers. What answers from the same distance may be the target, or a firewall right
    before it.
    """
    if sys.platform != "linux":
        return
    began = scene.now()
    asked = scene.asked.port
    other = port_beside(scene.asked)
    here, there = (
        one or Distance(None, 0)
        for one in together(scene, [partial(_distance, scene, address, p) for p in (asked, other)])
    )
    near = _is_nearer(here, there)
    scene.tell(
        "path",
        "refusal",
        authority(address, asked),
        result=_told(here, near=near),
        since=began,
        facts={
            "address": address,
            "port": asked,
            "hops": here.hops,
            "other_port": other,
            "other_hops": there.hops,
            "other_passed": there.passed,
            "near": near,
        },
    )


def _distance(scene: Scene, address: str, port: int) -> Distance:
    ends = scene.now() + SECONDS
    passed = 0
    for ttl in range(1, _MOST + 1):
        wait = min(WAIT, ends - scene.now())
        if wait <= 0:
            break
        made = attempt(address, port, scene.left(wait), hops=ttl)
        made.close()
        if made.icmp is None and made.outcome != "timeout":
            scene.may_connect(address, port)  # it was one more, counted only
            return Distance(ttl, passed)
        if made.icmp is None or (made.icmp.family, made.icmp.type) not in EXCEEDED:
            break
        passed = ttl
    return Distance(None, passed)


def _is_nearer(here: Distance, there: Distance) -> bool | None:
    """Whether the first answers from nearer than the second; ``None``: not known."""
    if here.hops is None:
        return None
    if there.hops is not None:
        return here.hops < there.hops
    return True if here.hops <= there.passed else None


def _told(here: Distance, *, near: bool | None) -> str:
    if near:
        whom = "this host or the first router" if here.hops == 1 else f"hop {here.hops} or before"
        return f"it is refused by {whom}; another port gets further"
    if here.hops is None:
        return "how far away it is refused is not known"
    return f"it is refused {here.hops} hops away, as far as another port gets"
