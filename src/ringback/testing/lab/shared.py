"""What several faults of one running lab have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ringback.testing.lab.lab import Lab

T = TypeVar("T")


def shared(make: Callable[[Lab], T]) -> Callable[[Lab], T]:
    """Return a function that calls ``make`` once for each running lab.

    Further calls return the same thing; it is forgotten when the lab stops. The lab starts one
    fault at a time, so no lock is needed.
    """
    made: dict[Lab, T] = {}

    @functools.wraps(make)
    def get(lab: Lab) -> T:
        if lab not in made:
            made[lab] = make(lab)
            lab.on_stop(functools.partial(made.pop, lab))
        return made[lab]

    return get
