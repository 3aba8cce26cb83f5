"""The network of an observer, and whether what it sees fail is that network's fault.

Theory of operation
-------------------

All observers of one failure domain, the probe and the programs of one host, share one network. The
question is asked when a vote becomes down with a kind that a missing network shows, on an endpoint
that is not local to the observer. The first row that fits answers it; *since* is when the failures
of that vote began:

1. Somebody beyond the gateway has replied since then (a success, an HTTP answer, a reset, an answer
   of TLS; a resolver off this link, a control target): it is **not** the own network, unless that
   network loses packets (below). A reply from a private address proves nothing about the way to
   public ones.
2. A local fact says so: no route, no carrier, the gateway's neighbour entry has failed. Own, 0.95,
   with any number of endpoints.
3. There are endpoints or controls that were not checked since then: they are asked now, those that
   were well first, and the alarm is held, `max(timeout, 5) + 2` seconds at most.
4. Of the sites that fail newly (they replied shortly before) and the control targets that no longer
   answer there are three: own, 0.85. There are two, and the resolver is silent: own, 0.7. Endpoints
   at one address, or behind one proxy, are one site.
5. Otherwise it is the endpoint: there is nothing to compare with.

A gateway that lives proves nothing about what is behind it, and the diagnosis of one endpoint is no
evidence about the network of all.

**A network that loses packets** makes each endpoint fail now and then, and others reply meanwhile.
Its mark is that sites *waver*: a failure, and a success after it, within the window. One service
that limps does that; that three unrelated sites do, or two of which one is a control, and at least
a third of all that were checked, has one cause, and it is here. Sites that fail and stay failed do
not count, so that outages of several services at once are never taken for it. An endpoint is down
all the same when it has failed more often in a row than the share that is lost makes by chance
(``_run_beyond_chance``).

While a network is at fault, what its observers see fail for it is unknown. It ends with two replies
within ``REPLIES_WITHIN`` seconds, or when the local fact has been well twice; a network that loses
packets is well when nothing has wavered in a whole window. Then what was counted meanwhile is
forgotten and everything is checked anew, so that whatever is really down is told as its own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import islice
from math import ceil, inf, log
from typing import TYPE_CHECKING, Any, Final, Literal

from ringback.incident.model import CONTROL_PREFIX
from ringback.incident.pattern import has_replied, is_of_the_network, may_be_loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringback.incident.model import Check
    from ringback.incident.tracker import EndpointTracker
    from ringback.incident.vote import Vote

GATEWAY, RESOLVER, TARGET = "gateway", "resolver", "target"

MIN_FAILING: Final = 3  # Sites and control targets that must fail alike
MIN_HOLD: Final = 5.0  # Seconds that an alarm is held at least, beside HOLD_GRACE
HOLD_GRACE: Final = 2.0
REPLIES_WITHIN: Final = 30.0  # Seconds within which two replies end it
CONTROL_FRESHNESS: Final = 30.0  # Seconds that what a control said counts
MIN_RUN: Final = 8  # Failures in a row that are more than loss, at least
CHANCE: Final = 1e-4  # Of a run that is taken for more than loss, though it is none
LOSS_WEIGHT: Final = 0.02  # Of the newest check in the share that is lost
LOSS_HOLD: Final = 30.0  # Seconds that an alarm is held while a network may lose packets
LOSS_WINDOW: Final = 120.0  # Seconds in which sites waver, at least
MAX_LOSS_WINDOW: Final = 300.0
MIN_WAVERING: Final = 3
WAVERING_SHARE: Final = 1 / 3  # Of the sites that were checked
MAX_ASKED: Final = 8  # Endpoints of one round
MAX_SAMPLED: Final = 64  # Endpoints that are gone through to find whom to ask
_MAX_LOSSES: Final = 256

Cause = Literal["local", "silence", "loss"]

_INSIDE: Final = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
            "fc00::/7", "fe80::/10",
        ),
    )
)  # fmt: skip


@lru_cache(131_072)  # asked for each check: fewer than there are endpoints would be none
def is_inside(address: str) -> bool:
    """Return whether an address is private: reached without the way to the public ones."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _INSIDE if network.version == found.version)


def is_near(tracker: EndpointTracker) -> bool:
    """Return whether an endpoint is inside: its reply says nothing about the way to others."""
    return is_inside(tracker.address or tracker.watched.host)


def reached_at(tracker: EndpointTracker) -> str:
    """Return what an endpoint is reached at: endpoints of one site fail together."""
    return tracker.watched.proxy or tracker.address or tracker.watched.host


@dataclass(frozen=True, slots=True)
class NetworkFinding:
    """That a network is at fault."""

    cause: Cause
    confidence: float
    evidence: tuple[str, ...]
    failing: tuple[EndpointTracker, ...]  # What fails for it
    far: bool = False  # Whether only the way to public addresses is


@dataclass(slots=True)
class Control:
    """What is checked to know of a network."""

    up: bool = True
    at: float = 0.0
    since: float = 0.0  # When it began to be as it is
    in_a_row: int = 0  # How often it was so
    detail: str = ""
    checked_at: float = 0.0  # When it was last checked, also where nothing followed
    well_at: float = -inf


@dataclass(slots=True)
class CutOff:
    """That a network is at fault now."""

    incident: str
    cause: Cause
    since: float
    far: bool
    replied_at: float | None = None


Voted = tuple[str, str]
"""An endpoint and an observer of it."""


class Network:
    """The network of one failure domain."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.has_probe = False
        self.cut_off: CutOff | None = None
        # What fails with a kind that a missing network shows
        self.failing: dict[Voted, Vote] = {}
        # Votes whose alarm is held until it is known whether it is the network
        self.held: dict[Voted, Vote] = {}
        self.controls: dict[str, Control] = {}
        self.trackers: dict[str, EndpointTracker] = {}  # Those checked through it
        self._replied_at = -inf
        self._replied_from_afar = -inf
        self._losses: deque[tuple[float, str]] = deque(maxlen=_MAX_LOSSES)
        self._lost_share = 0.0  # Of the checks, the newest weigh most

    def dump(self) -> Any:
        return {
            "who": [self.domain, self.has_probe],
            "cut_off": self.cut_off and astuple(self.cut_off),
            "failing": list(self.failing),
            "controls": {
                name: [*astuple(control)[:-1], _or_none(control.well_at)]
                for name, control in self.controls.items()
            },
            "replied_at": [_or_none(self._replied_at), _or_none(self._replied_from_afar)],
            "losses": list(self._losses),
            "lost_share": self._lost_share,
        }

    @classmethod
    def load(cls, kept: Any, trackers: Mapping[str, EndpointTracker]) -> Network:
        """Return a network as ``dump`` gave it, with the votes that trackers have of it."""
        network = cls(kept["who"][0])
        network.has_probe = kept["who"][1]
        if kept.get("cut_off"):
            network.cut_off = CutOff(*kept["cut_off"])
        for name, known in kept.get("controls", {}).items():
            network.controls[name] = control = Control(*known[:-1])
            control.well_at = _or_never(known[-1])
        near, far = kept.get("replied_at", (None, None))
        network._replied_at, network._replied_from_afar = _or_never(near), _or_never(far)
        network._losses.extend((at, id_) for at, id_ in kept.get("losses", ()))
        network._lost_share = kept.get("lost_share", 0.0)
        network._join(trackers)
        for id_, observer in kept.get("failing", ()):
            if id_ in network.trackers and observer in network.trackers[id_].votes:
                network.failing[id_, observer] = network.trackers[id_].votes[observer]
        return network

    def _join(self, trackers: Mapping[str, EndpointTracker]) -> None:
        for id_, tracker in trackers.items():
            for vote in tracker.votes.values():
                if vote.domain == self.domain and not tracker.is_here:
                    self.trackers[id_] = tracker
                    if vote.held_until is not None:
                        self.held[id_, vote.observer] = vote

    @property
    def name(self) -> str:
        return self.domain or "this host"

    def counts(self, tracker: EndpointTracker, vote: Vote) -> bool:
        """Return whether a vote through this network says something of the endpoint."""
        cut = self.cut_off
        if cut is None or vote.state in {"ok", "unknown"}:
            return True
        if cut.cause == "loss":  # chance does not lose so many in a row
            return vote.failures >= self._run_beyond_chance() or not may_be_loss(vote.kind)
        return not is_of_the_network(vote.kind) or (cut.far and is_near(tracker))

    def _run_beyond_chance(self) -> int:
        """Return how many failures in a row are more than this network makes by chance."""
        share = min(max(self._lost_share, 0.3), 0.75)
        return max(MIN_RUN, ceil(log(CHANCE) / log(share)))

    def forget(self, endpoint: str) -> None:
        """Know nothing of an endpoint that is no longer watched."""
        self.trackers.pop(endpoint, None)
        for known in (self.failing, self.held):
            for voted in [voted for voted in known if voted[0] == endpoint]:
                del known[voted]

    # What is seen through it.

    def see(self, tracker: EndpointTracker, vote: Vote, check: Check) -> bool:
        """Take a check of an endpoint that is not local; return whether that ends the fault."""
        if check.up is None:
            return False
        if vote.origin == "probe":
            self.has_probe = True
        lost = may_be_loss(check.kind)
        self._lost_share += LOSS_WEIGHT * (lost - self._lost_share)
        if lost:
            self._losses.append((check.at, tracker.id))
        if has_replied(check):
            if self.failing:
                self.failing.pop((tracker.id, vote.observer), None)
            return self._replied(check.at, far=not is_near(tracker))
        if is_of_the_network(check.kind):
            self.failing[tracker.id, vote.observer] = vote
        return False

    def see_control(self, check: Check) -> bool:
        """Take a check of a control; return whether that ends the fault."""
        name = check.endpoint.removeprefix(CONTROL_PREFIX)
        if check.up is None:
            if name in self.controls:
                self.controls[name].checked_at = check.at
            return False
        control = self.controls.setdefault(name, Control(check.up, check.at, check.at))
        control.checked_at = check.at
        if control.up is not check.up:
            control.since, control.in_a_row = check.at, 0
        control.up, control.at, control.detail = check.up, check.at, check.detail
        control.in_a_row += 1
        if check.up:
            control.well_at = check.at
        elif name != GATEWAY:
            self._losses.append((check.at, check.endpoint))
        if name == GATEWAY:
            cut = self.cut_off
            return cut is not None and cut.cause == "local" and check.up and control.in_a_row >= 2
        return check.up and self._replied(check.at, far=name == RESOLVER or name.startswith(TARGET))

    def is_calm(self, now: float) -> bool:
        """Return whether a network that lost packets has lost none for long enough."""
        cut = self.cut_off
        if cut is None or cut.cause != "loss" or now - cut.since < LOSS_WINDOW:
            return False
        last = self._losses[-1][0] if self._losses else -inf
        if now - last >= LOSS_WINDOW and self._replied_at > last:
            return True
        return self._replied_at == now and len(self._wavering(now)) < 2

    def _replied(self, at: float, *, far: bool) -> bool:
        """Note a reply; return whether it ends the fault."""
        self._replied_at = at
        if far:
            self._replied_from_afar = at
        cut = self.cut_off
        if cut is None or (cut.far and not far):
            return False
        if cut.cause == "loss":
            return self.is_calm(at)
        before, cut.replied_at = cut.replied_at, at
        return before is not None and at - before <= REPLIES_WITHIN

    # What it means.

    def judged(
        self, tracker: EndpointTracker, vote: Vote, now: float
    ) -> NetworkFinding | Literal["held"] | None:
        """Return whether a vote that has become down is the fault of this network."""
        since = vote.since if vote.since is not None else now
        if self._is_silent(GATEWAY, now) and self._replied_at < self.controls[GATEWAY].since:
            why = self.controls[GATEWAY].detail or "the gateway cannot be reached"
            return self._found("local", 0.95, since, tracker, why)
        if (self._replied_at if is_near(tracker) else self._replied_from_afar) > since:
            return self._loses(tracker, now) or self._may_lose(tracker, vote, now)
        if self._holds(tracker, vote, since, now):
            return "held"
        sites = {reached_at(other) for other in self._newly_failing(since, tracker)}
        targets = [
            name
            for name, control in self.controls.items()
            if name.startswith(TARGET) and not control.up and control.at >= since
        ]
        count = len(sites) + len(targets)
        if count >= MIN_FAILING:
            return self._found("silence", 0.85, since, tracker, *targets)
        if count == MIN_FAILING - 1 and self._is_silent(RESOLVER, now):
            return self._found("silence", 0.7, since, tracker, *targets, "the resolver is silent")
        return None

    def failing_with(self, control: Check) -> list[tuple[EndpointTracker, Vote]]:
        """Return what is down since a control is, and not for longer."""
        since = self.controls[control.endpoint.removeprefix(CONTROL_PREFIX)].since
        found = ((self.trackers.get(id_), vote) for (id_, _), vote in self.failing.items())
        return [
            (tracker, vote)
            for tracker, vote in found
            if tracker and vote.is_broken and vote.began_with(since, tracker.watched)
        ]

    def asks(self) -> Iterator[str]:
        """Yield what is to be checked now: endpoints whose state would tell, and the controls."""
        for (id_, _), vote in islice(self.held.items(), MAX_ASKED):
            if id_ in self.trackers and vote.since is not None:
                tracker = self.trackers[id_]
                since = vote.since if self._replied_at < vote.since else vote.at or vote.since
                yield from islice(self._unseen(tracker, since), MAX_ASKED)
        if self.failing or self.held or self.cut_off is not None:
            yield from (CONTROL_PREFIX + name for name in self.controls)

    def _unseen(self, tracker: EndpointTracker, since: float) -> Iterator[str]:
        """Yield endpoints that a probe has not checked since, those that were well first."""
        near = is_near(tracker)
        sampled = list(islice(self.trackers.items(), MAX_SAMPLED))
        for well in (True, False):
            for id_, other in sampled:
                if is_near(other) and not near:
                    continue
                for vote in other.votes.values():
                    if vote.origin != "probe" or vote.domain != self.domain or vote.at is None:
                        continue
                    if (vote.state == "ok") is well and vote.at < since:
                        yield id_

    def _holds(self, tracker: EndpointTracker, vote: Vote, since: float, now: float) -> bool:
        if vote.held_until is None:
            if vote.origin != "probe" or not self._awaits(tracker, since):
                return False
            vote.held_until = now + max(tracker.watched.timeout, MIN_HOLD) + HOLD_GRACE
        return now < vote.held_until and self._awaits(tracker, since)

    def _awaits(self, tracker: EndpointTracker, since: float) -> bool:
        """Return whether something was not checked since that would tell whose fault it is."""
        if next(self._unseen(tracker, since), None) is not None:
            return True
        return any(
            0 < since - control.checked_at <= 2 * CONTROL_FRESHNESS  # else nobody checks any more
            for control in self.controls.values()
        )

    def _newly_failing(self, since: float, tracker: EndpointTracker) -> Iterable[EndpointTracker]:
        """Yield what fails since then and replied shortly before, unless nobody ever has."""
        for (id_, _), vote in self.failing.items():
            other = self.trackers.get(id_)
            if other is None or vote.since is None:
                continue
            span = 2 * other.watched.every + other.watched.timeout
            window = max(span, 2 * tracker.watched.every + tracker.watched.timeout)
            replied = vote.well_at is not None and vote.since - vote.well_at <= span
            unknown = self._replied_at == -inf
            if (replied or unknown) and abs(vote.since - since) <= window:
                yield other

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
        seen = (f"{other.id}: {other.kind}" for other in failing[:3])
        far = cause == "silence" and not is_near(tracker) and self._replied_at >= since
        return NetworkFinding(cause, confidence, (*further, *seen)[:3], failing, far)

    def _loses(self, tracker: EndpointTracker, now: float) -> NetworkFinding | None:
        others, checked = self._wavering(now) - {reached_at(tracker)}, self._checked(now)
        count = len(others) + 1
        least = MIN_WAVERING - any(site.startswith(CONTROL_PREFIX) for site in others)
        if count < least or count < WAVERING_SHARE * len(checked):
            return None
        failing = (self.trackers[id_] for id_, _ in self.failing if id_ in self.trackers)
        words = f"{count} sites fail and answer in turn"
        return NetworkFinding("loss", 0.7, (words,), tuple(dict.fromkeys((tracker, *failing))))

    def _may_lose(self, tracker: EndpointTracker, vote: Vote, now: float) -> Literal["held"] | None:
        """Hold an alarm while it may turn out that this network loses packets.

        That is where other sites have wavered too, not yet enough of them, or where the endpoint
        itself fails and answers in turn; meanwhile others are asked.
        """
        if vote.origin != "probe" or (
            vote.pure and not self._wavering(now) - {reached_at(tracker)}
        ):
            return None
        if vote.held_until is None:
            vote.held_until = now + LOSS_HOLD
        return "held" if now < vote.held_until else None

    def _checked(self, now: float) -> set[str]:
        """Return the sites that were checked within the window."""
        found = {
            reached_at(other)
            for other in islice(self.trackers.values(), MAX_SAMPLED)
            if other.seen is not None and now - other.seen <= _window(other)
        }
        controls = (CONTROL_PREFIX + name for name in self.controls if name != GATEWAY)
        return found.union(controls)

    def _wavering(self, now: float) -> set[str]:
        """Return the sites that have failed within the window, and were well after that."""
        found: set[str] = set()
        for at, id_ in self._losses:
            if id_.startswith(CONTROL_PREFIX):
                if (
                    now - at <= LOSS_WINDOW
                    and self.controls[id_.removeprefix(CONTROL_PREFIX)].well_at > at
                ):
                    found.add(id_)
                continue
            tracker = self.trackers.get(id_)
            if tracker is None or now - at > _window(tracker):
                continue
            votes = (vote for vote in tracker.votes.values() if vote.domain == self.domain)
            if any(vote.well_at is not None and vote.well_at > at for vote in votes):
                found.add(reached_at(tracker))
        return found

    # What follows.

    def cut(self, incident: str, finding: NetworkFinding, now: float) -> None:
        self.cut_off = CutOff(incident, finding.cause, now, finding.far)
        for vote in self.held.values():
            vote.held_until = None
        self.held.clear()

    def restore(self) -> Iterator[tuple[EndpointTracker, Vote]]:
        """Be at fault no more; yield the votes that failed meanwhile."""
        self.cut_off = None
        self.failing.clear()
        self._losses.clear()
        for tracker in self.trackers.values():
            for vote in tracker.votes.values():
                if vote.domain != self.domain or vote.state in {"ok", "unknown"}:
                    continue
                if is_of_the_network(vote.kind) or may_be_loss(vote.kind):
                    yield tracker, vote


def _window(tracker: EndpointTracker) -> float:
    return min(max(LOSS_WINDOW, 4 * tracker.watched.every), MAX_LOSS_WINDOW)


def _or_none(at: float) -> float | None:
    return None if at == -inf else at


def _or_never(at: float | None) -> float:
    return -inf if at is None else at
