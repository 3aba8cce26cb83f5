"""Other ports and hosts, asked only where the target does not answer and they decide something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.neighbours.answers import other_answers
from ringback.diagnosis.layer.neighbours.choice import chosen
from ringback.diagnosis.layer.neighbours.reading import ask, ask_control

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.attempt import Attempt
    from ringback.diagnosis.scene import Scene

__all__ = ["other_answers", "tasks"]

CONTROLS = 2
"""Targets known to be well that are asked at most."""

PATIENCE = 3.4
"""Seconds for an answer beside a target that is silent."""

_SHORT = 0.3
_LONGEST_SHORT = 1.0


def tasks(scene: Scene, made: Mapping[str, Attempt | None]) -> list[Callable[[], None]]:
    """Return the questions that decide something, their connections counted."""
    wait = _patience(made)
    neighbours = [one for one in chosen(scene, made) if scene.may_connect(one.address, one.port)]
    return [
        *(partial(ask, scene, one, wait) for one in neighbours),
        *(partial(ask_control, scene, text, wait) for text in scene.options.controls[:CONTROLS]),
    ]


def _patience(made: Mapping[str, Attempt | None]) -> float:
    """Seconds to wait: some round trips where the target has answered, else as long as for it."""
    ended = [one for one in made.values() if one is not None]
    if len(ended) < len(made) or any(one.withheld for one in ended):
        return PATIENCE
    slowest = max((one.seconds for one in ended), default=0.0)
    return min(_LONGEST_SHORT, _SHORT + 3 * slowest)
