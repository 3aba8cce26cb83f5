"""Addresses that another nameserver gave, asked where those the program used all fail."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.neighbours.choice import Neighbour
from ringback.diagnosis.layer.neighbours.reading import ask
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.scene import Scene

MOST = 2
"""Addresses that are tried at most."""

PATIENCE = 1.2
"""Seconds for an answer: one repeated SYN."""


def other_answers(scene: Scene, addresses: Sequence[str]) -> None:
    """Connect to what other nameservers say the name is."""
    port = scene.asked.port
    others = [one for one in _answers(scene) if one not in addresses][:MOST]
    asked = [
        Neighbour(address=one, port=port, role="other_answer")
        for one in others
        if scene.may_connect(one, port)
    ]
    together(scene, [partial(ask, scene, one, PATIENCE) for one in asked])


def _answers(scene: Scene) -> list[str]:
    found: dict[str, None] = {}
    for reading in scene.readings():
        if reading.what == "nameserver":
            found |= dict.fromkeys(str(one) for one in reading.facts.get("answers") or ())
    return list(found)
