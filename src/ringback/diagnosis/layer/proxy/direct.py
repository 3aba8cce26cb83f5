"""Whether the target answers without the proxy that is set, where that has failed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.neighbours.speech import speech
from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt, told
from ringback.diagnosis.layer.tunnel.server import authority
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

SILENT = 1.2
"""Seconds without a word of the proxy after which the direct way is tried beside."""

PATIENCE = 3.4
"""Seconds for an answer; see ``tcp.reading.PATIENCE``."""

_MOST = 2
_STEP = 0.02


def direct(scene: Scene, addresses: Sequence[str], *, wait: bool = True) -> None:
    """Tell whether the target can be reached directly, unless the proxy works.

    It may run beside ``read``: it waits until that has told how the proxy does, or for 1.2 s.
    """
    if wait and _proxy_works(scene):
        return
    began = scene.now()
    port = scene.asked.port
    tried = [one for one in addresses[:_MOST] if scene.may_connect(one, port)]
    made = [one for one in together(scene, [partial(_try, scene, a) for a in tried]) if one]
    best = next((one for one in made if one.outcome == "open"), made[0] if made else None)
    spoken = speech(best.sock, port, scene.asked) if best and best.sock else None
    for one in made:
        one.close()
    scene.tell(
        "proxy",
        "direct",
        authority(best.address if best else scene.asked.host, port),
        result=f"without the proxy: {told(best) if best else 'the name is not resolved here'}",
        since=began,
        facts={
            "works": None if best is None else best.outcome == "open",
            "outcome": best.outcome if best else "unresolved",
            "address": best.address if best else None,
            "errno": best.errno if best else None,
            "icmp": best.icmp.facts() if best and best.icmp else None,
            "rtt": best.rtt if best else None,
            "speaks": spoken,
        },
    )


def _try(scene: Scene, address: str) -> Attempt:
    return attempt(address, scene.asked.port, scene.left(PATIENCE))


def _proxy_works(scene: Scene) -> bool:
    """Wait for what is told of the proxy, at most for a while, and say whether it does well."""
    ends = time.monotonic() + scene.left(SILENT)
    while time.monotonic() < ends:
        told_of = [one for one in scene.readings() if one.layer == "proxy"]
        if any(one.state == "failed" for one in told_of):
            return False
        plain = scene.asked.protocol == "http" and not scene.asked.tls
        enough = {"connect", "tunnel"} if plain else {"tunnel"}
        if any(one.what in enough for one in told_of):
            return True
        time.sleep(_STEP)
    return False
