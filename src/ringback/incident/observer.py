"""An observer, and whether what it sees fail is its own network.

Theory of operation
-------------------

The question is asked when a vote becomes down with a kind that a missing network shows, on an
endpoint that is not local to the observer. The first row that fits answers it; ``since`` is when
the failures of that vote began:

1. Somebody beyond the gateway has replied since then (a success, an HTTP answer, a reset, an answer
   of TLS; a resolver off this link, a control target): it is **not** the own network, unless that
   network loses packets (below).
2. A local fact says so: no route, no carrier, the gateway's neighbour entry has failed. Own, 0.95,
   with any number of endpoints.
3. There are endpoints that were not looked at since then: they are asked now, those that were well
   first, and the alarm is held, ``max(timeout, 5) + 2`` seconds at most.
4. Of the hosts that fail newly (they replied shortly before) and the control targets that no longer
   answer there are three: own, 0.85. There are two, and the resolver is silent: own, 0.7.
5. Otherwise it is the endpoint: there is nothing to compare with.

A gateway that lives proves nothing about what is behind it, and the diagnosis of one endpoint is no
evidence about the network of all.

**A network that loses packets** makes each endpoint fail now and then, and others reply meanwhile.
Its mark is that hosts *waver*: a failure, and a success after it, within the window. One service
that limps does that; that ``MIN_WAVERING`` unrelated hosts do, and at least half of all that were
looked at, has one cause, and it is here. Hosts that fail and stay failed do not count, so that
outages of several services at once are never taken for it.

While the observer is cut off, what it sees fail is unknown. It ends with two replies within
``REPLIES_WITHIN`` seconds, or when the local fact has been well twice; a network that loses packets
is well when no two hosts have wavered in a whole window. Then what it counted meanwhile is
forgotten and everything is looked at anew, so that whatever is really down is told as its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal

from ringback.incident.pattern import is_of_the_network, is_reply
from ringback.incident.vote import PURE_AGAIN

if TYPE_CHECKING:
    from ringback.incident.model import Check, Origin
    from ringback.incident.tracker import EndpointTracker
    from ringback.incident.vote import Vote

CONTROL_PREFIX: Final = "control:"
"""Begins the name of what an observer looks at to know of its own network."""

GATEWAY, RESOLVER, TARGET = "gateway", "resolver", "target"

MIN_FAILING: Final = 3  # Hosts and control targets that must fail alike
MIN_HOLD: Final = 5.0  # Seconds that an alarm is held at least, beside HOLD_GRACE
HOLD_GRACE: Final = 2.0
REPLIES_WITHIN: Final = 30.0  # Seconds within which two replies end it
CONTROL_FRESHNESS: Final = 30.0  # Seconds that what a control said counts
LOSS_WINDOW: Final = 120.0  # Seconds in which hosts waver, at least
MIN_WAVERING: Final = 3
MAX_ASKED: Final = 8  # Endpoints of one round
MAX_SAMPLED: Final = 64  # Endpoints that are gone through to find whom to ask
_MAX_LOSSES: Final = 256

Cause = Literal["local", "silence", "loss"]


@dataclass(frozen=True, slots=True)
class NetworkFinding:
    """That an observer's own network is at fault."""

    cause: Cause
    confidence: float
    evidence: tuple[str, ...]
    failing: tuple[EndpointTracker, ...]  # What fails for it


@dataclass(slots=True)
class Control:
    """What an observer looks at to know of its own network."""

    up: bool = True
    at: float = 0.0
    since: float = 0.0  # When it began to be as it is
    in_a_row: int = 0  # How often it was so
    detail: str = ""


@dataclass(slots=True)
class CutOff:
    """That an observer's own network is at fault now."""

    incident: str
    cause: Cause
    since: float
    replied_at: float | None = None


class Observer:
    """Who sees endpoints: a vantage's probe, or the programs of one host."""

    def __init__(self, id_: str, origin: Origin, vantage: str, domain: str) -> None:
        self.id, self.origin, self.vantage, self.domain = id_, origin, vantage, domain
        self.cut_off: CutOff | None = None
        # What fails with a kind that a missing network shows: endpoint to its vote
        self.failing: dict[str, Vote] = {}
        # Votes whose alarm is held until it is known whether it is the network
        self.held: dict[str, Vote] = {}
        self.controls: dict[str, Control] = {}
        self.trackers: dict[str, EndpointTracker] = {}  # Those it votes on that are not local to it
        self._replied_at = -inf
        self._losses: deque[tuple[float, str]] = deque(maxlen=_MAX_LOSSES)

    def dump(self) -> Any:
        return {
            "who": [self.id, self.origin, self.vantage, self.domain],
            "cut_off": self.cut_off and astuple(self.cut_off),
            "failing": list(self.failing),
            "controls": {name: astuple(control) for name, control in self.controls.items()},
            "replied_at": None if self._replied_at == -inf else self._replied_at,
            "losses": list(self._losses),
        }

    @classmethod
    def load(cls, kept: Any, trackers: Mapping[str, EndpointTracker]) -> Observer:
        """Return an observer as ``dump`` gave it, with the votes that trackers have of it."""
        observer = cls(*kept["who"])
        if kept.get("cut_off"):
            observer.cut_off = CutOff(*kept["cut_off"])
        observer.controls = {name: Control(*of) for name, of in kept.get("controls", {}).items()}
        replied_at = kept.get("replied_at")
        observer._replied_at = -inf if replied_at is None else replied_at
        observer._losses.extend((at, id_) for at, id_ in kept.get("losses", ()))
        for id_, tracker in trackers.items():
            vote = tracker.votes.get(observer.id)
            if vote is not None and not tracker.is_here:
                observer.trackers[id_] = tracker
                if vote.held_until is not None:
                    observer.held[id_] = vote
        for id_ in kept.get("failing", ()):
            if id_ in observer.trackers:
                observer.failing[id_] = observer.trackers[id_].votes[observer.id]
        return observer

    @property
    def name(self) -> str:
        return self.vantage or "this host"

    def counts(self, vote: Vote) -> bool:
        """Return whether a vote of this observer says something of the endpoint."""
        if self.cut_off is None or vote.state in {"ok", "unknown"}:
            return True
        if self.cut_off.cause == "loss" and vote.failures >= PURE_AGAIN:
            return True  # chance does not lose so many in a row
        return not is_of_the_network(vote.kind)

    # What it sees.

    def see(self, tracker: EndpointTracker, vote: Vote, check: Check) -> bool:
        """Take a look at an endpoint that is not local; return whether that ends being cut off."""
        id_ = tracker.id
        if check.up is None:
            return False
        if check.up or is_reply(check.kind):
            self._replied_at = check.at
            if self.failing:
                self.failing.pop(id_, None)
            return self.cut_off is not None and self._replied(check.at)
        if is_of_the_network(check.kind):
            self.failing[id_] = vote
            self._losses.append((check.at, id_))
        return False

    def see_control(self, check: Check) -> bool:
        """Take a look at a control; return whether that ends being cut off."""
        if check.up is None:
            return False
        name = check.endpoint.removeprefix(CONTROL_PREFIX)
        control = self.controls.setdefault(name, Control(check.up, check.at, check.at))
        if control.up is not check.up:
            control.since, control.in_a_row = check.at, 0
        control.up, control.at, control.detail = check.up, check.at, check.detail
        control.in_a_row += 1
        if name == GATEWAY:
            cut = self.cut_off
            return cut is not None and cut.cause == "local" and check.up and control.in_a_row >= 2
        if not check.up:
            return False
        self._replied_at = check.at
        return self.cut_off is not None and self._replied(check.at)

    def _replied(self, at: float) -> bool:
        cut = self.cut_off
        assert cut is not None
        if cut.cause == "loss":
            return at - cut.since >= LOSS_WINDOW and len(self._wavering(at)) < 2
        before, cut.replied_at = cut.replied_at, at
        return before is not None and at - before <= REPLIES_WITHIN

    # What it means.

    def judged(
        self, tracker: EndpointTracker, vote: Vote, now: float
    ) -> NetworkFinding | Literal["held"] | None:
        """Return whether a vote that has become down is the fault of this observer's network."""
        since = vote.since if vote.since is not None else now
        if self._is_silent(GATEWAY, now) and self._replied_at < self.controls[GATEWAY].since:
            why = self.controls[GATEWAY].detail or "the gateway cannot be reached"
            return self._found("local", 0.95, since, tracker, why)
        if self._replied_at >= since:
            return self._loses(tracker, now)
        if self._holds(tracker, vote, since, now):
            return "held"
        hosts = {other.watched.host for other in self._newly_failing(since, tracker)}
        targets = [
            name for name, control in self.controls.items() if self._died(control, name, since)
        ]
        count = len(hosts) + len(targets)
        if count >= MIN_FAILING:
            return self._found("silence", 0.85, since, tracker, *targets)
        if count == MIN_FAILING - 1 and self._is_silent(RESOLVER, now):
            return self._found("silence", 0.7, since, tracker, *targets, "the resolver is silent")
        return None

    def unseen(self, since: float) -> Iterator[str]:
        """Yield endpoints that were not looked at since, those that were well first."""
        sampled = list(islice(self.trackers.items(), MAX_SAMPLED))
        for well in (True, False):
            for id_, tracker in sampled:
                vote = tracker.votes.get(self.id)
                if vote is None or vote.at is None or (vote.state == "ok") is not well:
                    continue
                if vote.at < since:
                    yield id_

    def asks(self) -> Iterator[str]:
        """Yield what is to be looked at now: endpoints whose state would tell, and the controls."""
        held = [vote.since for vote in self.held.values() if vote.since is not None]
        if held:
            yield from islice(self.unseen(min(held)), MAX_ASKED)
        if self.failing or self.cut_off is not None:
            yield from (CONTROL_PREFIX + name for name in self.controls)

    def _holds(self, tracker: EndpointTracker, vote: Vote, since: float, now: float) -> bool:
        if vote.held_until is None:
            if self.origin != "probe" or next(self.unseen(since), None) is None:
                return False
            vote.held_until = now + max(tracker.watched.timeout, MIN_HOLD) + HOLD_GRACE
        return now < vote.held_until and next(self.unseen(since), None) is not None

    def _newly_failing(self, since: float, tracker: EndpointTracker) -> Iterable[EndpointTracker]:
        """Yield what fails since then and replied shortly before, unless nobody ever has."""
        for id_, vote in self.failing.items():
            other = self.trackers.get(id_)
            if other is None or vote.since is None:
                continue
            span = 2 * other.watched.every + other.watched.timeout
            window = max(span, 2 * tracker.watched.every + tracker.watched.timeout)
            replied = vote.well_at is not None and vote.since - vote.well_at <= span
            unknown = self._replied_at == -inf
            if (replied or unknown) and abs(vote.since - since) <= window:
                yield other

    def _died(self, control: Control, name: str, since: float) -> bool:
        return name.startswith(TARGET) and not control.up and control.at >= since

    def _is_silent(self, name: str, now: float) -> bool:
        control = self.controls.get(name)
        return control is not None and not control.up and now - control.at <= CONTROL_FRESHNESS

    def _found(
        self,
        cause: Cause,
        confidence: float,
        since: float,
        tracker: EndpointTracker,
        *further: str,
    ) -> NetworkFinding:
        failing = tuple(dict.fromkeys((tracker, *self._newly_failing(since, tracker))))
        seen = (f"{other.id}: {other.votes[self.id].kind}" for other in failing[:3])
        return NetworkFinding(cause, confidence, (*further, *seen)[:3], failing)

    def _loses(self, tracker: EndpointTracker, now: float) -> NetworkFinding | None:
        wavering = self._wavering(now)
        hosts = {other.watched.host for other in wavering}
        seen = {
            other.watched.host
            for other in islice(self.trackers.values(), MAX_SAMPLED)
            if (vote := other.votes.get(self.id)) is not None
            and vote.at is not None
            and now - vote.at <= self._window(other)
        }
        if len(hosts | {tracker.watched.host}) < MIN_WAVERING or 2 * len(hosts) < len(seen):
            return None
        failing = tuple(
            dict.fromkeys(
                [tracker, *(self.trackers[id_] for id_ in self.failing if id_ in self.trackers)]
            )
        )
        words = f"{len(hosts)} of {len(seen)} hosts fail and answer in turn"
        return NetworkFinding("loss", 0.7, (words,), failing)

    def _wavering(self, now: float) -> list[EndpointTracker]:
        """What has failed within the window and was well after that."""
        found: dict[str, EndpointTracker] = {}
        for at, id_ in self._losses:
            tracker = self.trackers.get(id_)
            if tracker is None or now - at > self._window(tracker):
                continue
            vote = tracker.votes.get(self.id)
            if vote is not None and vote.well_at is not None and vote.well_at > at:
                found[id_] = tracker
        return list(found.values())

    def _window(self, tracker: EndpointTracker) -> float:
        return max(LOSS_WINDOW, 4 * tracker.watched.every)

    # What follows.

    def cut(self, incident: str, cause: Cause, now: float) -> None:
        self.cut_off = CutOff(incident, cause, now)
        self.held.clear()

    def restore(self) -> Iterator[tuple[EndpointTracker, Vote]]:
        """Be no longer cut off; yield what failed meanwhile."""
        cut, self.cut_off = self.cut_off, None
        self.failing.clear()
        self._losses.clear()
        for tracker in self.trackers.values():
            vote = tracker.votes.get(self.id)
            if cut is None or vote is None or vote.state in {"ok", "unknown"}:
                continue
            if is_of_the_network(vote.kind):
                yield tracker, vote


def observer_id(check: Check) -> str:
    """Return what an observer is known by: who it is, and where."""
    return f"{check.origin}:{check.vantage}"


Observers = Mapping[str, Observer]
