"""One endpoint: the votes on it, its state, what its detectors remember, and its newest failure."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from math import inf
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from ringback.incident.detector import detectors_of
from ringback.incident.detector.error_budget import ErrorBudgetDetector
from ringback.incident.detector.flapping import FlappingDetector
from ringback.incident.judgement import Judgement, Waiting, judged
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint
from ringback.incident.slo import ErrorBudget
from ringback.incident.vote import BROKEN, Vote

if TYPE_CHECKING:
    from ringback.failure.names import KindName
    from ringback.incident.model import CertificateSeen

MAX_VOTES = 256  # Observers of one endpoint whose votes are kept

MAX_FORGOTTEN_INTERVALS = 20
"""Intervals without a check after which an observer no longer has a vote, an hour at least."""

_LEAD_INTERVALS = 10  # Intervals after which another observer's checks are those of the detectors


_INSIDE: Final = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
            "fc00::/7", "fe80::/10",
        ),
    )
)  # fmt: skip


_UNSEEN: Final = Judgement("unknown")
_WELL: Final = Judgement("ok")  # As nearly all are: until when it holds is noted elsewhere


@lru_cache(131_072)  # asked for each check: fewer than there are endpoints would be none
def is_inside(address: str) -> bool:
    """Return whether an address is private: reached without the way to the public ones."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _INSIDE if network.version == found.version)


class EndpointTracker:
    """What is known of one endpoint."""

    __slots__ = (
        "_certificate", "_lead", "_lead_at", "address", "certificate", "detail", "detectors",
        "judgement", "kind", "seen", "status", "ticks_at", "votes", "waiting", "wakes_at",
        "watched",
    )  # fmt: skip

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.watched = watched
        self.votes: dict[str, Vote] = {}  # Observer to its vote
        self.judgement = _UNSEEN
        self.waiting = Waiting()
        self.detectors = detectors_of(watched)
        self.kind: KindName | None = None  # Kind of the newest failure
        self.status: int | None = None  # HTTP status of the newest failure
        self.detail = ""  # Of the newest failure
        self.address: str | None = None
        # What the certificate seen last is known by: its identity
        self.certificate: str | None = None
        self._certificate: CertificateSeen | None = None  # That of the newest check that saw one
        self.seen: float | None = None  # When the newest check was, in seconds since 1970 UTC
        self.wakes_at = inf  # When it is judged again, whatever comes
        self.ticks_at = inf  # When its detectors are asked again, whatever comes
        # Detectors compare what one observer sees: whose checks they are given, and its newest
        self._lead, self._lead_at = "", float("-inf")

    @property
    def id(self) -> str:
        return self.watched.id

    @property
    def name(self) -> str:
        return self.watched.name or self.watched.id

    @property
    def state(self) -> EndpointState:
        return self.judgement.state

    @property
    def keys_seen(self) -> tuple[str | None, str | None]:
        """What checks have shown that others may have as well."""
        return self.address, self.certificate

    @property
    def is_broken(self) -> bool:
        """Whether it is down, and was not well for long enough since."""
        return self.judgement.state in BROKEN

    @property
    def is_failing(self) -> bool:
        """Whether the newest check of some observer failed."""
        return any(vote.failures for vote in self.votes.values())

    @property
    def is_here(self) -> bool:
        """Whether it is on this host, or is not asked at all: it needs no network."""
        where = self.address or self.watched.host
        is_loopback = where in {"localhost", "::1"} or where.startswith("127.")
        return is_loopback or self.watched.grace is not None

    @property
    def is_near(self) -> bool:
        """Whether it is inside: its reply says nothing about the way to others."""
        return not self.watched.proxy and is_inside(self.address or self.watched.host)

    @property
    def site(self) -> str:
        """What it is reached at: endpoints of one site fail together."""
        return self.watched.proxy or self.address or self.watched.host

    @property
    def since(self) -> float | None:
        """When the failures began that make it what it is; ``None``: it is well."""
        votes = self.judgement.votes or self.votes.values()
        begun = [vote.since for vote in votes if vote.state != "ok" and vote.since is not None]
        return min(begun, default=None)

    @property
    def flaps(self) -> bool:
        return any(
            isinstance(detector, FlappingDetector) and detector.active
            for detector in self.detectors
        )

    def configure(self, watched: WatchedEndpoint) -> None:
        """Take another configuration; what is known is kept."""
        kept = {detector.name: detector.dump() for detector in self.detectors}
        self.watched = watched
        self.detectors = detectors_of(watched)
        for detector in self.detectors:
            if detector.name in kept:
                detector.load(kept[detector.name])

    def new_vote(self, check: Check) -> Vote:
        """Return the vote of an observer that had none; the stalest goes where there are many."""
        # The same for all endpoints that an observer sees
        observer = intern(f"{check.origin}:{check.vantage}")
        vote = Vote(observer, check.origin, check.domain or check.vantage)
        if len(self.votes) >= MAX_VOTES:
            del self.votes[min(self.votes, key=lambda id_: self.votes[id_].at or 0.0)]
        self.votes[vote.observer] = vote
        return vote

    def see(self, check: Check, vote: Vote) -> None:
        """Take a check of an observer."""
        vote.see(check, self.watched)
        if check.up is None:
            return
        self.seen = check.at
        self.address = check.address or self.address
        seen = check.certificate
        if seen is not None and seen is not self._certificate:
            self._certificate, self.certificate = seen, seen.identity if seen.key else None
        if not check.up:
            self.kind, self.status, self.detail = check.kind, check.status, check.detail

    def judge(self, counts: Callable[[Vote], bool], now: float) -> Judgement:
        """Settle what the votes mean now."""
        if len(self.votes) > 1:
            for id_, vote in list(self.votes.items()):
                if self._is_forgotten(vote, now):
                    del self.votes[id_]
        found = judged(self.votes.values(), counts, self.watched, self.waiting, now)
        self.judgement = _WELL if found.state == "ok" else found
        return found

    def _is_forgotten(self, vote: Vote, now: float) -> bool:
        if vote.at is None or vote.fresh_until(self.watched) > now:
            return False
        if vote.until is not None:  # nobody can be asked for a report: it would be waited for
            return True
        return vote.at < now - max(MAX_FORGOTTEN_INTERVALS * self.watched.every, 3600.0)

    def detect(self, check: Check) -> list[Signal]:
        """Return what the detectors see in a check, which the judgement knows already."""
        observer = f"{check.origin}:{check.vantage}"
        if observer != self._lead:
            silent = check.at - self._lead_at > _LEAD_INTERVALS * self.watched.every
            if not silent and check.origin != "heartbeat":
                return []
            self._lead = intern(observer)
        self._lead_at = check.at
        return self._meant(detector.see(check, self.state) for detector in self.detectors)

    def _meant(self, seen: Iterable[Signal | None]) -> list[Signal]:
        """Return what was seen, each taken over before the next detector looks."""
        signals: list[Signal] = []
        for signal in seen:
            if signal is None:
                continue
            signals.append(signal)
            if signal.means is not None:
                self._take(signal)
        return signals

    def _take(self, signal: Signal) -> None:
        """Take what a detector saw as the endpoint's own word."""
        own = next((vote for vote in self.votes.values() if vote.origin == "heartbeat"), None)
        if own is None:
            own = self.votes["heartbeat:"] = Vote("heartbeat:", "heartbeat", "")
        own.at = signal.at
        if signal.means == "success":
            own.succeed(signal.at, self.watched)
        else:
            own.kind = signal.kind
            self.kind, self.status, self.detail = own.kind, None, "; ".join(signal.evidence)
            own.fail(signal.since, self.watched)
        self.judge(_every, signal.at)

    def budget(self, now: float) -> ErrorBudget | None:
        """Return how it stands to its target; ``None``: it has none."""
        for detector in self.detectors:
            if isinstance(detector, ErrorBudgetDetector):
                return detector.budget(now)
        return None

    @property
    def due(self) -> float:
        """When the passing of time may make a detector see something."""
        return min([detector.due for detector in self.detectors], default=inf)

    def tick(self, now: float) -> list[Signal]:
        """Return what the passing of time makes the detectors see."""
        seen = [detector.tick(now) for detector in self.detectors]
        return self._meant(seen)

    def settled(self) -> dict[str, float] | None:
        """Return when each observer saw it last; ``None``: not only that changes with a success."""
        if self.state != "ok" or self.watched.grace is not None:
            return None
        seen: dict[str, float] = {}
        for vote in self.votes.values():
            if vote.origin != "probe" or vote.state != "ok" or vote.score or vote.at is None:
                return None
            seen[vote.observer] = vote.at
        return seen

    def saw(self, seen: Mapping[str, float]) -> None:
        """Know when observers saw it last, where it was settled since it was dumped."""
        if self.settled() is None:
            return
        for observer, at in seen.items():
            vote = self.votes.get(observer)
            if vote is None or vote.at is None or vote.at >= at:
                continue
            vote.at = vote.well_at = at
            vote.replied_at = vote.replied_at and at
            self.seen = max(self.seen or at, at)
            if observer == self._lead:
                self._lead_at = at

    def dump(self) -> Any:
        newest = [
            self.kind, self.status, self.detail, self.address, self.certificate, self.seen,
        ]  # fmt: skip
        return {
            "judgement": self._dump_judgement(),
            "votes": [vote.dump() for vote in self.votes.values()],
            "waiting": [self.waiting.others, self.waiting.split],
            "lead": [self._lead, self._lead_at],
            "detectors": {detector.name: detector.dump() for detector in self.detectors},
            "last": newest,
        }

    def load(self, kept: Any) -> None:
        self.votes = {vote.observer: vote for vote in map(Vote.load, kept["votes"])}
        self._load_judgement(kept["judgement"])
        self.waiting.others, self.waiting.split = kept["waiting"]
        self._lead, self._lead_at = kept["lead"]
        newest = kept["last"]
        self.kind, self.status, self.detail, self.address, self.certificate, self.seen = newest
        for detector in self.detectors:
            if detector.name in kept["detectors"]:
                detector.load(kept["detectors"][detector.name])

    def _dump_judgement(self) -> Any:
        found = self.judgement
        named = [
            [vote.observer for vote in votes]
            for votes in (found.votes, found.against, found.unheard)
        ]
        wakes_at = None if self.wakes_at == inf else self.wakes_at
        return [found.state, found.pattern, found.severity, *named, wakes_at]

    def _load_judgement(self, kept: Any) -> None:
        state, pattern, severity, *named, wakes_at = kept
        votes, against, unheard = (
            tuple(self.votes[id_] for id_ in ids if id_ in self.votes) for ids in named
        )
        self.judgement = Judgement(state, pattern, severity, votes, against, unheard)
        self.wakes_at = inf if wakes_at is None else wakes_at


def known_tracker(watched: WatchedEndpoint, kept: Any) -> EndpointTracker:
    """Return what was known of an endpoint; what another version kept is not taken up."""
    tracker = EndpointTracker(watched)
    try:
        tracker.load(kept)
    except (LookupError, TypeError, ValueError):
        return EndpointTracker(watched)
    return tracker


def _every(vote: Vote) -> bool:
    del vote
    return True
