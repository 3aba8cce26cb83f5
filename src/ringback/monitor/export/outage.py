"""The outages of an endpoint, from the changes of its state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.incident.model import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which an endpoint was down.

    Attributes:
        begins: When the first check failed, in seconds since 1970 UTC.
        ends: When the first one succeeded again; ``None``: it goes on.
        kind: Kind of the failure that made it down.
    """

    begins: float
    ends: float | None
    kind: str | None = None


def outages(transitions: Iterable[Transition]) -> list[Outage]:
    """Return the outages that changes of state tell of, oldest first.

    An endpoint counts as down from the first of the failures that made it so, and up from the
    first of the successes that confirmed it. A suspicion that was not confirmed is no outage.

    Args:
        transitions: All of an endpoint, oldest first.
    """
    found: list[Outage] = []
    suspect = begins = ends = kind = None
    for one in transitions:
        if one.after == "suspect":
            suspect = one.at
        elif one.after == "down":
            if begins is None:
                begins = suspect if one.before == "suspect" and suspect is not None else one.at
                kind = one.kind
            ends = None
        elif one.after == "recovering":
            ends = one.at
        elif begins is not None:
            found.append(Outage(begins=begins, ends=one.at if ends is None else ends, kind=kind))
            begins = ends = None
    if begins is not None:
        found.append(Outage(begins=begins, ends=None, kind=kind))
    return found
