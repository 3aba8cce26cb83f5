"""A walk along the path to an address: each router on it is made to answer in turn."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.path.silence import silence
from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt
from ringback.diagnosis.layer.tcp.outcome import EXCEEDED, meaning
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

WINDOW = 3
"""TTLs that are tried at once."""

WAIT = 0.5
"""Seconds for the answer of a router."""

MOST = 30
"""Routers to ask at most."""

SECONDS = 2.9
"""Seconds for the whole walk, without the look at another port."""

_WITHHELD_WAIT = 1.3
_SILENT_BEYOND = 2


def walk(scene: Scene, address: str, *, withheld: bool = False) -> None:
    """Tell which routers answer on the way to the asked port of an address.

    A connection that may pass ``n`` routers is answered by the next one with ICMP "time exceeded"
    (RFC 792, RFC 4443), whose sender the error queue holds. The walk ends where the target answers
    or anybody says no, or behind two that are silent.
    """
    if sys.platform != "linux":
        scene.tell("path", "hop", "ttl 1", state="skipped", result="only known on Linux")
        return
    if withheld:
        _hop(scene, address, 1, _WITHHELD_WAIT)
        return
    last, over = _walked(scene, address, scene.now() + SECONDS)
    if not over:
        silence(scene, address, last)


def _walked(scene: Scene, address: str, ends: float) -> tuple[int, bool]:
    """Walk; return the last hop that answered, and whether that was the end of the way."""
    last = 0
    for first in range(1, MOST + 1, WINDOW):
        wait = min(WAIT, ends - scene.now())
        if wait <= 0:
            break
        ttls = range(first, first + WINDOW)
        hops = together(scene, [partial(_hop, scene, address, ttl, wait) for ttl in ttls])
        answered = [ttl for ttl, one in zip(ttls, hops, strict=True) if one and _answers(one)]
        last = max(answered, default=last)
        if any(one is not None and _is_end(one) for one in hops):
            return last, True
        if ttls[-1] - last >= _SILENT_BEYOND:
            break
    return last, False


def _hop(scene: Scene, address: str, ttl: int, wait: float) -> Attempt:
    began = scene.now()
    made = attempt(address, scene.asked.port, scene.left(wait), hops=ttl)
    made.close()
    reached = _reached(made)
    if reached:
        scene.may_connect(address, scene.asked.port)  # it was one more, counted only
    icmp = made.icmp
    scene.tell(
        "path",
        "hop",
        f"ttl {ttl}",
        result=_told(made, reached=reached),
        since=began,
        facts={
            "address": address,
            "ttl": ttl,
            "sender": icmp.sender if icmp else address if reached else None,
            "icmp_type": icmp.type if icmp else None,
            "icmp_code": icmp.code if icmp else None,
            "own": icmp.own if icmp else None,
            "reached": reached,
            "silent": made.outcome == "timeout" and not made.withheld,
            "unsent": "EPERM" if made.withheld else _unsent(made),
        },
    )
    return made


def _answers(made: Attempt) -> bool:
    return made.icmp is not None or _reached(made)


def _is_end(made: Attempt) -> bool:
    passing = made.icmp is not None and (made.icmp.family, made.icmp.type) in EXCEEDED
    return made.outcome != "timeout" and not passing


def _reached(made: Attempt) -> bool:
    """Whether the target itself has answered."""
    if made.icmp is not None:
        return made.icmp.is_target
    return made.outcome in {"open", "refused", "reset"}


def _unsent(made: Attempt) -> str | None:
    """The error with which this host itself did not send the packet."""
    local = made.icmp is None and made.outcome not in {"timeout", "open", "refused", "reset"}
    return made.errno if local else None


def _told(made: Attempt, *, reached: bool) -> str:
    if made.withheld:
        return "not sent: a rule of this host drops it"
    if made.icmp is not None:
        return f"{made.icmp.sender}: {meaning(made.icmp)}"
    if reached:
        return "the target answers"
    return "silent" if made.outcome == "timeout" else f"not sent ({made.errno})"
