"""When each endpoint is checked next: pure, the time comes in.

Theory of operation. Checks are due at ``phase + k · every`` in seconds since 1970, where the phase
comes from a hash of the id: evenly spread, without drift, the same after a restart and on another
machine. ``_due`` says when each endpoint is due; the heap holds the same pairs, and those that were
overtaken by ``soon`` or ``retry``: an entry counts only while ``_due`` agrees with it, so that
nothing must ever be removed from the middle of the heap.

Three things move a time. A check that begins moves it to the next slot at least half an interval
away: what was missed is not made up for. A suspect endpoint is due again ``retry_every`` after its
last check began. And when the clock was set, all are due at their next slot by the new clock.

Where several places check the same endpoints each has its ``turn``, its rank among them by their
number, which is added to the phase: they do not check an endpoint all at once.

Whether an endpoint is suspect is known where it is checked (``Streaks``): nobody else is asked
before the next check is due.

An endpoint that was not seen before is checked soon, all such endpoints together within ``count /
FIRST_CHECKS_PER_SECOND`` seconds, even where an interval is shorter: a first check takes a new
connection, and a burst of them would make the monitor late and its late checks fail.
"""

import contextlib
import hashlib
import heapq
from collections.abc import Container, Iterable, Mapping
from math import floor
from typing import Any

from ringback.incident.model import Check, WatchedEndpoint
from ringback.incident.vote import Vote
from ringback.monitor.model import Endpoint

FIRST_CHECKS_PER_SECOND = 500.0
"""Endpoints checked for the first time in one second, so that a start is no burst."""


class Schedule:
    """The next check of each endpoint."""

    def __init__(
        self, endpoints: Iterable[Endpoint], now: float, kept: Mapping[str, float] | None = None
    ) -> None:
        self._endpoints: dict[str, Endpoint] = {}
        self._turn = 0.0
        self._due: dict[str, float] = dict(kept or {})
        self._heap: list[tuple[float, str]] = []
        self.configure(endpoints, now)

    def configure(self, endpoints: Iterable[Endpoint], now: float, *, turn: float = 0.0) -> None:
        """Schedule these from now on; those that stay with the same interval keep their times."""
        before, self._endpoints = self._endpoints, {endpoint.id: endpoint for endpoint in endpoints}
        self._turn = turn
        within = len(self._endpoints) / FIRST_CHECKS_PER_SECOND
        due: dict[str, float] = {}
        for id_, endpoint in self._endpoints.items():
            known = self._due.get(id_)
            changed = id_ in before and before[id_].every != endpoint.every
            if known is None or changed or not now < known <= now + 2 * endpoint.every:
                known = now + _interval_fraction(id_) * within
            due[id_] = known
        self._due = due
        self._heap = [(at, id_) for id_, at in due.items()]
        heapq.heapify(self._heap)

    def add(self, endpoint: Endpoint, now: float) -> None:
        """Schedule one endpoint more, at once."""
        self._endpoints[endpoint.id] = endpoint
        self._due[endpoint.id] = now
        heapq.heappush(self._heap, (now, endpoint.id))

    def remove(self, id_: str) -> None:
        """Schedule one no more."""
        self._endpoints.pop(id_, None)
        self._due.pop(id_, None)

    def move(self, now: float) -> None:
        """Go on after the clock was set: everything is due at its next time by the new clock."""
        self._due = {id_: self._slot(endpoint, now) for id_, endpoint in self._endpoints.items()}
        self._heap = [(at, id_) for id_, at in self._due.items()]
        heapq.heapify(self._heap)

    def due(self, now: float) -> list[str]:
        """Take those that are to be checked by now, in the order they were due."""
        found: list[str] = []
        heap, due = self._heap, self._due
        while heap and heap[0][0] <= now:
            at, id_ = heap[0]
            if due.get(id_) != at:
                heapq.heappop(heap)
                continue
            endpoint = self._endpoints[id_]
            due[id_] = then = self._slot(endpoint, now + endpoint.every / 2)
            heapq.heapreplace(heap, (then, id_))
            found.append(id_)
        return found

    def _slot(self, endpoint: Endpoint, after: float) -> float:
        """The first of an endpoint's times after a time; its phase follows from its id."""
        every = endpoint.every
        phase = (_interval_fraction(endpoint.id) + self._turn) % 1 * every
        at = phase + (floor((after - phase) / every) + 1) * every
        return at if at > after else at + every

    def next_at(self) -> float | None:
        """Return when the next check is due, in seconds since 1970 UTC; ``None``: never."""
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def retry(self, id_: str, began: float, ended: float) -> None:
        """Check a suspect endpoint ``retry_every`` after its last check began, once that ended."""
        endpoint = self._endpoints.get(id_)
        if endpoint is not None:
            self.soon(id_, max(ended, began + endpoint.retry_every))

    def soon(self, id_: str, at: float) -> None:
        """Check an endpoint at a time, unless it is checked before that anyway."""
        if at < self._due.get(id_, at):
            self._due[id_] = at
            heapq.heappush(self._heap, (at, id_))

    def at(self, id_: str) -> float:
        """Return when an endpoint is checked next, in seconds since 1970 UTC."""
        return self._due[id_]

    def dump(self) -> dict[str, float]:
        return dict(self._due)


class Streaks:
    """What the checks of this place alone say of each endpoint: which is to be checked again soon.

    It is the vote that the engine counts as well, with nothing else in it. An endpoint that is well
    has none.
    """

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self._votes: dict[str, Vote] = {}
        for id_, known in (kept or {}).items():
            with contextlib.suppress(LookupError, TypeError, ValueError):  # of another version
                self._votes[id_] = Vote.load(known)

    def see(self, check: Check, watched: WatchedEndpoint) -> None:
        vote = self._votes.get(check.endpoint)
        if vote is None:
            if check.up is not False:
                return
            vote = self._votes[check.endpoint] = Vote("probe:", "probe", "")
        vote.see(check, watched)
        if vote.state == "ok" and not vote.score:
            del self._votes[check.endpoint]

    def is_unsettled(self, id_: str) -> bool:
        vote = self._votes.get(id_)
        return vote is not None and vote.wants_retry

    def forget(self, id_: str) -> None:
        self._votes.pop(id_, None)

    def begin_anew(self) -> list[str]:
        """Forget all; return which there were."""
        failing, self._votes = list(self._votes), {}
        return failing

    def keep(self, ids: Container[str]) -> None:
        """Forget all but these."""
        self._votes = {id_: vote for id_, vote in self._votes.items() if id_ in ids}

    def dump(self) -> dict[str, Any]:
        return {id_: vote.dump() for id_, vote in self._votes.items()}


def _interval_fraction(id_: str) -> float:
    """Where in its interval an endpoint is checked: 0 to 1, the same on every machine."""
    return int.from_bytes(hashlib.sha256(id_.encode()).digest()[:6]) / 2**48
