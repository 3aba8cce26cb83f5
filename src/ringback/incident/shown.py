"""The state that each endpoint is shown in, since when, and how many of each group are in which.

It is kept up with every change, so that nobody who shows it goes through all endpoints: of 10,000
that takes milliseconds, in which nothing else is done.
"""

from collections import Counter
from collections.abc import Collection, Mapping

from ringback.incident.model import EndpointState


class ShownStates:
    """What is shown of the endpoints that are watched."""

    def __init__(self) -> None:
        self.total: Counter[EndpointState] = Counter()
        self._of: dict[str, tuple[EndpointState, float | None, str]] = {}  # State, since, group
        self._groups: dict[str, Counter[EndpointState]] = {}
        self._unwell: dict[EndpointState, dict[str, None]] = {}  # Who is in each state but `ok`

    def __contains__(self, endpoint: str) -> bool:
        return endpoint in self._of

    @property
    def groups(self) -> Mapping[str, Counter[EndpointState]]:
        """Group to how many of it are in each state; those that nobody is in are left out."""
        return self._groups

    def of(self, endpoint: str) -> tuple[EndpointState, float | None]:
        """Return the state of an endpoint, and since when; ``None``: it was not seen yet."""
        state, since, _ = self._of.get(endpoint, ("unknown", None, ""))
        return state, since

    def unwell(self, state: EndpointState) -> Collection[str]:
        """Return who is in a state other than ``ok``, those first that were first in it."""
        return self._unwell.get(state, {})

    def show(
        self, endpoint: str, state: EndpointState, since: float | None, group: str | None = None
    ) -> None:
        """Show an endpoint so from now on; ``None``: it stays in its group."""
        if (before := self._of.get(endpoint)) is not None:
            self._count(endpoint, before[0], before[2], -1)
            group = before[2] if group is None else group
        self._of[endpoint] = state, since, group or ""
        self._count(endpoint, state, group or "", 1)

    def forget(self, endpoint: str) -> None:
        if (before := self._of.pop(endpoint, None)) is not None:
            self._count(endpoint, before[0], before[2], -1)

    def _count(self, endpoint: str, state: EndpointState, group: str, step: int) -> None:
        counts = self._groups.setdefault(group, Counter())
        for counter in (counts, self.total):
            counter[state] += step
            if not counter[state]:
                del counter[state]
        if not counts:
            del self._groups[group]
        if state == "ok":
            return
        who = self._unwell.setdefault(state, {})
        if step > 0:
            who[endpoint] = None
        else:
            del who[endpoint]
