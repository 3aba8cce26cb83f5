"""What the votes on one endpoint mean together: its state, and what sort of incident it is.

The table, by the probes, then by the programs; the first row that fits. A vote that is stale, whose
observer is cut off or sick, or that is held counts as *unknown*, which is never agreement. An *up*
refutes a *down* only if it is newer than the beginning of what it refutes; until then it counts as
unknown, and is asked for.

| probes down | probes up | besides | state | pattern, severity |
|---|---|---|---|---|
| none | some | | ok | |
| none | none | programs up | ok | |
| none | none | programs down | see below | |
| some | none | others unknown: ask, wait | suspect | |
| some | none | programs up, and it is about reaching | partial | prober_path, warn |
| some | none | | down | by kind, page |
| a majority | some | | partial | network_partition, page |
| half or fewer | some | for 60 s without a break | partial | network_partition, warn |

| programs down | probes up | besides | state | pattern, severity |
|---|---|---|---|---|
| 1 or 2 places | some, or other programs | | partial | callers_only, warn |
| 3 places or more | the same | | partial | callers_only, page |
| some | none | probes unknown: ask, wait | suspect | |
| 1 or 2 places | cut off | it is about reaching | down | callers_only, warn |
| some | none | | down | by kind, page |

There is one vote for each failure domain. Nobody answers for ever: what is waited for is waited for
``WAIT_SECONDS`` and the endpoint's timeout, and then said without it, and that it was not heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Final

from ringback.incident.pattern import concerns_reaching, pattern_of

if TYPE_CHECKING:
    from ringback.incident.model import EndpointState, Pattern, Severity, WatchedEndpoint
    from ringback.incident.vote import Vote

WAIT_SECONDS: Final = 12.0  # Seconds, beside the timeout, that other observers are waited for
SPLIT_SECONDS: Final = 60.0  # Seconds that a minority must fail without a break
MAX_NEWS: Final = 3  # Successes in a row of a program that are news to a probe
MIN_PAGING_PLACES: Final = 3  # Places whose programs fail before somebody has to act now


@dataclass(frozen=True, slots=True)
class Judgement:
    """What votes mean."""

    state: EndpointState
    pattern: Pattern | None = None  # `None`: there is nothing to tell
    severity: Severity = "page"
    votes: tuple[Vote, ...] = ()  # Those that say so
    against: tuple[Vote, ...] = ()  # Those that are well
    unheard: tuple[Vote, ...] = ()  # Those that were waited for in vain
    asks: bool = False  # Whether it is to be checked now
    split_at: float = inf  # Since when probes disagree
    until: float = inf  # When it may be another one without a vote that changes


class Waiting:
    """Since when something about one endpoint has been waited for."""

    __slots__ = ("others", "split")

    def __init__(self) -> None:
        self.others: float | None = None  # Others are asked
        self.split: float | None = None  # Observers disagree


def judged(
    votes: Iterable[Vote],
    counts: Callable[[Vote], bool],
    watched: WatchedEndpoint,
    waiting: Waiting,
    now: float,
) -> Judgement:
    """Return what the votes on an endpoint mean; ``counts`` says which are not unknown."""
    probes, programs, fresh = [], [], inf
    for vote in votes:
        if vote.is_program:
            programs.append(vote)
        else:
            probes.append(vote)
        until = vote.fresh_until(watched)
        if until > now:
            fresh = min(fresh, until)
    down, up, other = _sorted(probes, counts)
    called_down, called_up, called_other = _sorted(programs, counts)
    called_down = [
        vote for vote in called_down if not any(vote.is_refuted_by(probe) for probe in up)
    ]
    cut_off = any(vote.fresh_until(watched) > now and not counts(vote) for vote in probes)
    news = any(0 < vote.successes <= MAX_NEWS and counts(vote) for vote in programs)
    case = _Table(watched, waiting, now, fresh, cut_off, news)
    if down:
        if all(vote.pure for vote in down):  # who got through lately and then failed once: not yet
            called_up += [v for v in called_other if v.state == "suspect" and counts(v)]
        return case.probes_down(down, up, other, called_up)
    waiting.split = None
    if called_down:
        return case.programs_down(called_down, called_up, up, other)
    held = [vote.held_until for vote in other if vote.held_until is not None]
    case.note_held(held)
    if up or called_up:
        return Judgement("ok", until=fresh)
    failing = any(counts(vote) and vote.state == "suspect" for vote in (*probes, *programs))
    return Judgement("suspect" if failing or held else "unknown", until=min([fresh, *held]))


def _sorted(
    votes: Iterable[Vote], counts: Callable[[Vote], bool]
) -> tuple[list[Vote], list[Vote], list[Vote]]:
    """Return those that are down, up, and neither: one of each failure domain."""
    by_domain: dict[str, Vote] = {}
    counted: dict[str, bool] = {}
    for vote in votes:
        domain, counts_here = vote.domain, counts(vote)
        known = by_domain.get(domain)
        if known is None or _outweighs(vote, counts_here, known, counted[domain]):
            by_domain[domain], counted[domain] = vote, counts_here
    down: list[Vote] = []
    up: list[Vote] = []
    other: list[Vote] = []
    for domain, vote in by_domain.items():
        if not counted[domain] or vote.held_until is not None:
            other.append(vote)
        elif vote.is_broken:
            down.append(vote)
        else:
            (up if vote.state == "ok" else other).append(vote)
    return down, up, other


def _outweighs(vote: Vote, counts: bool, known: Vote, known_counts: bool) -> bool:
    """Return whether a vote is rather that of its domain: one that counts, is down, is newer."""
    if counts != known_counts:
        return counts
    if vote.is_broken != known.is_broken:
        broken, well = (vote, known) if vote.is_broken else (known, vote)
        refuted = well.state == "ok" and (well.at or 0.0) > (broken.since or 0.0)
        return (broken is vote) != refuted
    return (vote.at or 0.0) > (known.at or 0.0)


@dataclass(slots=True)
class _Table:
    watched: WatchedEndpoint
    waiting: Waiting
    now: float
    fresh: float  # Until when all votes that are fresh are
    cut_off: bool  # Whether a probe would see it, but for its own network
    news: bool  # Whether a program has just got through again: a probe is to check it now

    def probes_down(
        self, down: list[Vote], up: list[Vote], other: list[Vote], called_up: list[Vote]
    ) -> Judgement:
        against, older = _refuting(up, down)
        other = other + older
        if not against:
            if self.waiting.split is not None:
                # Who got through until now failed once: others were waited for before that.
                self.waiting.others = self.waiting.split = None
            if (wait := self._wait(other)) is not None:
                return wait
            reaching = all(concerns_reaching(vote.kind) for vote in down)
            against = _refuting(called_up, down)[0] if reaching else []
            found = self._down(down, other)
            if against:
                found = self._partial("prober_path", "warn", down, against)
            return replace(found, asks=reaching and self.news)
        if self.waiting.split is None:
            self.waiting.split = self.now
        if len(down) > len(against):
            self.waiting.others = None
            found = self._partial("network_partition", "page", down, against)
            return replace(found, split_at=self.waiting.split)
        undecided = len(down) + len(other) > len(against)
        return self._wait(other if undecided else []) or self._minority(
            self.waiting.split, down, against
        )

    def note_held(self, held: list[float]) -> None:
        """Note that others are asked while an alarm is held: they are waited for from now on."""
        if not held:
            self.waiting.others = None
        elif self.waiting.others is None:
            self.waiting.others = self.now

    def _minority(self, split_at: float, down: list[Vote], against: list[Vote]) -> Judgement:
        told_at = split_at + SPLIT_SECONDS
        if self.now < told_at:
            return Judgement("suspect", until=min(self.fresh, told_at))
        found = self._partial("network_partition", "warn", down, against)
        return replace(found, split_at=split_at)

    def programs_down(
        self, down: list[Vote], called_up: list[Vote], up: list[Vote], other: list[Vote]
    ) -> Judgement:
        against, older = _refuting(up, down)
        if (wait := self._wait([] if against else other + older)) is not None:
            return wait
        other = other + older
        against = against or _refuting(called_up, down)[0]
        severity: Severity = "page" if len(down) >= MIN_PAGING_PLACES else "warn"
        if against:
            return self._partial("callers_only", severity, down, against)
        found = self._down(down, other)
        if self.cut_off and all(concerns_reaching(vote.kind) for vote in down):
            # What cuts the probe off may be what the programs meet.
            return replace(found, pattern="callers_only", severity=severity)
        return found

    def _down(self, down: list[Vote], unheard: list[Vote]) -> Judgement:
        recovering = all(vote.state == "recovering" for vote in down)
        kind = max(down, key=lambda vote: vote.at or 0.0).kind
        return Judgement(
            "recovering" if recovering else "down",
            pattern_of(kind),
            "page",
            tuple(down),
            unheard=tuple(unheard),
            until=self.fresh,
        )

    def _partial(
        self, pattern: Pattern, severity: Severity, down: list[Vote], against: list[Vote]
    ) -> Judgement:
        return Judgement(
            "partial", pattern, severity, tuple(down), tuple(against), until=self.fresh
        )

    def _wait(self, other: list[Vote]) -> Judgement | None:
        """Return that others are asked and waited for; ``None``: nobody is, or for long enough."""
        if not other:
            self.waiting.others = None
            return None
        if self.waiting.others is None:
            self.waiting.others = self.now
        until = self.waiting.others + WAIT_SECONDS + self.watched.timeout
        if self.now >= until:
            return None
        return Judgement("suspect", asks=True, until=until)


def _refuting(up: list[Vote], down: list[Vote]) -> tuple[list[Vote], list[Vote]]:
    """Return who is up and was asked since the newest of those began that are down, and who not."""
    since = max(vote.since or 0.0 for vote in down)
    newer = [vote for vote in up if (vote.well_at or 0.0) > since]
    return newer, [vote for vote in up if vote not in newer]
