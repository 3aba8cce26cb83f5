"""The routers between: a walk with TTL-limited attempts to connect, without privileges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.neighbours.choice import gateway_of
from ringback.diagnosis.layer.path.refusal import refusal
from ringback.diagnosis.layer.path.walk import walk

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.attempt import Attempt
    from ringback.diagnosis.scene import Scene

__all__ = ["refusal", "tasks", "walk"]


def tasks(scene: Scene, made: Mapping[str, Attempt | None]) -> list[Callable[[], None]]:
    """Return the questions to the path that decide something, for one address of each family.

    A silent address is walked to; where one refuses, it is seen whether that comes from so far.
    """
    walks: dict[bool, Callable[[], None]] = {}
    refusals: dict[bool, Callable[[], None]] = {}
    for address, one in made.items():
        six = ":" in address
        if one is None or one.withheld:
            withheld = one is not None and bool(one.withheld)
            walks.setdefault(six, partial(walk, scene, address, withheld=withheld))
        elif one.outcome == "refused" and one.icmp is None and gateway_of(scene, address):
            refusals.setdefault(six, partial(refusal, scene, address))
    return [*walks.values(), *refusals.values()]
