"""One neighbour asked: whether it answers, and what it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.client.dial import resolve
from ringback.diagnosis.layer.neighbours.choice import Neighbour
from ringback.diagnosis.layer.neighbours.speech import speech
from ringback.diagnosis.layer.tcp.attempt import attempt, told
from ringback.diagnosis.layer.tunnel.server import authority
from ringback.failure.target import split_port

if TYPE_CHECKING:
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.scene import Scene

_LOOKUP = 1.0
_PORT = 443
_SPOKEN_TO = frozenset({"partner", "common"})


def ask(scene: Scene, neighbour: Neighbour, wait: float) -> None:
    """Connect to a neighbour, whose connection is counted, and tell what came of it."""
    began = scene.now()
    made = attempt(neighbour.address, neighbour.port, scene.left(wait))
    spoken = None
    if made.sock is not None and neighbour.role in _SPOKEN_TO:
        spoken = speech(made.sock, neighbour.port, scene.asked)
    made.close()
    says = f", speaks {spoken}" if spoken else ""
    scene.tell(
        "neighbours",
        "connect",
        authority(neighbour.address, neighbour.port),
        result=f"{neighbour.role}: {told(made)}{says}",
        since=began,
        facts={
            **made.facts(),
            "role": neighbour.role,
            "speaks": spoken,
            "as_asked": _as_asked(scene.asked, spoken),
            "waited": round(made.seconds, 6),
        },
    )


def ask_control(scene: Scene, text: str, wait: float) -> None:
    """Connect to a target that is known to be well."""
    began = scene.now()
    host, port = split_port(text)
    number = port or _PORT
    try:
        address = str(resolve(host, number, timeout=scene.left(_LOOKUP))[0][4][0])
    except (OSError, UnicodeError) as error:
        scene.tell(
            "neighbours",
            "connect",
            text[:200],
            result=f"control: its name is not resolved: {error}"[:200],
            since=began,
            facts={**_UNRESOLVED, "port": number},
        )
        return
    if scene.may_connect(address, number):
        ask(scene, Neighbour(address=address, port=number, role="control"), wait)


_UNRESOLVED = {
    "address": None,
    "port": None,
    "family": None,
    "outcome": "unresolved",
    "errno": None,
    "icmp": None,
    "rtt": None,
    "source": None,
    "unsent": None,
    "repeats": None,
    "role": "control",
    "speaks": None,
    "as_asked": None,
    "waited": 0.0,
}


def _as_asked(asked: Asked, spoken: str | None) -> bool | None:
    """Whether a port speaks what was asked for; ``None``: nothing is known to be spoken."""
    if asked.protocol == "none" and not asked.tls:
        return None
    return spoken == ("tls" if asked.tls else asked.protocol)
