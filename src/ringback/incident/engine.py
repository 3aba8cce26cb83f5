"""Checks in, changes of incidents out: deterministic, and all of it can be kept and taken up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ringback.incident.book import Book
from ringback.incident.case import Case
from ringback.incident.grouping import (
    HOLD,
    own_network_down,
    parent_down,
    parent_suspect,
    shared,
)
from ringback.incident.model import (
    Change,
    Check,
    EndpointState,
    Incident,
    Transition,
)
from ringback.incident.outages import OUTAGES, signalled
from ringback.incident.pattern import pattern_of
from ringback.incident.quiet import Quiet, Silence
from ringback.incident.watched import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How incidents are told.

    Attributes:
        remind_every: Seconds until an incident that nobody has taken is told again; 0: never.
    """

    remind_every: float = 4 * 3600.0


class Engine:
    """The endpoints that are watched, and what is wrong with them.

    Args:
        watched: The endpoints.
        settings: How incidents are told.
    """

    def __init__(self, watched: Iterable[Watched], *, settings: Settings = Settings()) -> None:
        self._settings = settings
        self._cases = {one.id: Case(one) for one in watched}
        self._book = Book()
        self.quiet = Quiet()
        self._held: dict[str, float] = {}  # endpoint → since when its alarm waits for its parent
        self._transitions: list[Transition] = []
        self._undiagnosed: list[tuple[str, str]] = []

    def configure(self, watched: Iterable[Watched], now: float) -> list[Change]:
        """Watch these from now on; what is known of those that stay is kept.

        Args:
            watched: The endpoints.
            now: Seconds since 1970 UTC.
        """
        wanted = {one.id: one for one in watched}
        changes: list[Change] = []
        for gone in [one for one in self._cases if one not in wanted]:
            changes += self._forget(gone, now)
        for id_, one in wanted.items():
            if id_ in self._cases:
                self._cases[id_].configure(one)
            else:
                self._cases[id_] = Case(one)
        return changes

    def see(self, check: Check) -> list[Change]:
        """Return what changes with a check; one of an endpoint that is not watched changes nothing.

        Args:
            check: The newest; of one endpoint they come in order.
        """
        case = self._cases.get(check.endpoint)
        if case is None:
            return []
        transition, signals = case.see(check)
        changes: list[Change] = []
        if transition is not None:
            self._transitions.append(transition)
            changes += self._moved(case, transition)
        for signal in signals:
            changes += signalled(self._book, self.quiet, case, signal)
        if case.state == "down" and self._book.of(case.watched.id, *OUTAGES) is None:
            changes += self._found_down(case, check.at)
        return changes

    def tick(self, now: float) -> list[Change]:
        """Return what changes by the passing of time; to be called about once a second.

        Args:
            now: Seconds since 1970 UTC.
        """
        changes: list[Change] = []
        for case in self._cases.values():
            for signal in case.tick(now):
                changes += signalled(self._book, self.quiet, case, signal)
        for endpoint in list(self._held):
            changes += self._found_down(self._cases[endpoint], now)
        for incident in list(self._book.open.values()):
            changes += self._told_again(incident, now)
        return changes

    def state_of(self, endpoint: str) -> EndpointState:
        """Return the state of an endpoint.

        Args:
            endpoint: Its id.
        """
        case = self._cases.get(endpoint)
        return "unknown" if case is None else case.state

    def since(self, endpoint: str) -> float | None:
        """Return when the failures in a row began; ``None``: it is well.

        Args:
            endpoint: Its id.
        """
        case = self._cases.get(endpoint)
        return None if case is None else case.streak.since

    def watched(self) -> list[str]:
        """Return the ids of the endpoints that are watched."""
        return list(self._cases)

    def kind_of(self, endpoint: str) -> str | None:
        """Return the kind of an endpoint's newest failure, while it is failing.

        Args:
            endpoint: Its id.
        """
        case = self._cases.get(endpoint)
        return case.kind if case is not None and case.streak.since is not None else None

    def incident_of(self, endpoint: str) -> Incident | None:
        """Return the open incident that an endpoint is part of.

        Args:
            endpoint: Its id.
        """
        return self._book.of(endpoint)

    def wants_retry(self, endpoint: str) -> bool:
        """Return whether an endpoint is to be checked again soon: its state is not settled.

        Args:
            endpoint: Its id.
        """
        return self.state_of(endpoint) in {"suspect", "recovering"}

    def incidents(self) -> list[Incident]:
        """Return the incidents that are not over, oldest first."""
        return list(self._book.open.values())

    def transitions(self) -> list[Transition]:
        """Return the changes of state since the last call."""
        taken, self._transitions = self._transitions, []
        return taken

    def needs_diagnosis(self) -> list[tuple[str, str]]:
        """Return ``(incident, endpoint)`` of incidents opened since the last call."""
        taken, self._undiagnosed = self._undiagnosed, []
        return taken

    def diagnosed(self, id_: str, report: Mapping[str, Any], now: float) -> list[Change]:
        """Hang a diagnosis on an incident, if it is still open.

        Args:
            id_: The incident.
            report: As ``ringback diagnose --json`` gives it.
            now: Seconds since 1970 UTC.
        """
        incident = self._book.open.get(id_)
        return [] if incident is None else [self._book.diagnosed(now, incident, report)]

    def acknowledge(self, id_: str, who: str, now: float) -> list[Change]:
        """Note that somebody has taken an incident.

        Args:
            id_: The incident.
            who: Who.
            now: Seconds since 1970 UTC.
        """
        incident = self._book.open.get(id_)
        if incident is None or incident.state == "acknowledged":
            return []
        return [self._book.acknowledge(now, incident, who)]

    def silence(self, silence: Silence) -> None:
        """Tell nobody of what begins on some endpoints for a while.

        Args:
            silence: Which, and until when.
        """
        self.quiet.add(silence)

    def _moved(self, case: Case, transition: Transition) -> list[Change]:
        if transition.after != "ok":
            return []
        self._held.pop(case.watched.id, None)
        changes: list[Change] = []
        for incident in list(self._book.open.values()):
            if case.watched.id in incident.members and incident.pattern in OUTAGES:
                changes += self._recovered(case, incident, transition.at)
        return changes

    def _recovered(self, case: Case, incident: Incident, at: float) -> list[Change]:
        if incident.pattern == "flapping":
            return []  # its end is told when it has been steady, not at each recovery
        name = case.watched.name or case.watched.id
        changes = [self._book.leave(at, incident, case.watched.id, f"{name} is well again")]
        incident = self._book.open[incident.id]
        still = [one for one in incident.members if self.state_of(one) in {"down", "recovering"}]
        if not still:
            changes.append(
                self._book.finish(at, incident, f"over after {_span(at - incident.opened_at)}")
            )
        return changes

    def _found_down(self, case: Case, at: float) -> list[Change]:
        id_ = case.watched.id
        if self._waits_for_parent(case, at):
            return []
        self._held.pop(id_, None)
        if case.state != "down":
            return []
        name = case.watched.name or id_
        parent = parent_down(case, self._cases)
        joined = self._book.of(parent, *OUTAGES) if parent else None
        joined = (
            joined or self._own_network() or shared(case, self._cases, self._book.open.values())
        )
        if joined is not None:
            text = f"{name} is down too: {case.detail or case.kind or 'it fails'}"
            return [self._book.join(at, joined, id_, text)]
        return self._opened(case, at)

    def _waits_for_parent(self, case: Case, at: float) -> bool:
        if not parent_suspect(case, self._cases):
            return False
        return at - self._held.setdefault(case.watched.id, at) < HOLD

    def _own_network(self) -> Incident | None:
        return next(
            (one for one in self._book.open.values() if one.pattern == "own_network_down"), None
        )

    def _opened(self, case: Case, at: float) -> list[Change]:
        id_, name = case.watched.id, case.watched.name or case.watched.id
        alike = own_network_down(case, self._cases.values())
        if alike:
            members = tuple(dict.fromkeys((id_, *(one.watched.id for one in alike))))
            change = self._book.begin(
                at,
                "own_network_down",
                members,
                f"This host has lost its network: {len(members)} endpoints on several hosts fail "
                "alike, and nothing else answers.",
                kind=case.kind,
                evidence=tuple(f"{one.watched.id}: {one.kind}" for one in alike[:3]),
                confidence=0.85,
                told=not self.quiet.covers(members, at),
            )
        else:
            failures = case.streak.failures
            change = self._book.begin(
                at,
                pattern_of(case.kind),
                (id_,),
                f"{name} is down: {case.detail or case.kind or 'it fails'}",
                kind=case.kind,
                evidence=(f"{failures} failures in a row since {_clock(case.streak.since or at)}",),
                told=not self.quiet.covers((id_,), at),
            )
        self._undiagnosed.append((change.incident.id, id_))
        return [change]

    def _told_again(self, incident: Incident, now: float) -> list[Change]:
        if incident.state == "acknowledged" or self.quiet.covers(incident.members, now):
            return []
        told = self._book.told_at(incident.id)
        if told is None:
            return [self._book.remind(now, incident, "it goes on after its silence has ended")]
        every = self._settings.remind_every
        if not every or now - told < every:
            return []
        text = f"it goes on for {_span(now - incident.opened_at)}"
        return [replace(self._book.remind(now, incident, text), again=True)]

    def _forget(self, endpoint: str, now: float) -> list[Change]:
        del self._cases[endpoint]
        self._held.pop(endpoint, None)
        gone = [
            one
            for one in self._book.open.values()
            if endpoint in one.members and not any(member in self._cases for member in one.members)
        ]
        return [self._book.finish(now, one, "no longer watched") for one in gone]

    def dump(self) -> dict[str, Any]:
        """Return everything that is known, as JSON has it."""
        cases = {id_: case.dump() for id_, case in self._cases.items()}
        return {"format": 1, "cases": cases} | self.dump_incidents()

    def dump_incidents(self) -> dict[str, Any]:
        """Return what is known of incidents and silences, as JSON has it."""
        return {
            "book": self._book.dump(),
            "quiet": self.quiet.dump(),
            "held": dict(self._held),
        }

    def dump_case(self, endpoint: str) -> Any:
        """Return what is known of one endpoint, as JSON has it; ``None``: it is not watched.

        Args:
            endpoint: Its id.
        """
        case = self._cases.get(endpoint)
        return None if case is None else case.dump()

    def load(self, kept: Mapping[str, Any]) -> None:
        """Go on from what ``dump`` gave; endpoints that are no longer watched are passed over.

        Args:
            kept: From an earlier process.
        """
        for id_, one in kept["cases"].items():
            self.load_case(id_, one)
        self.load_incidents(kept)

    def load_case(self, endpoint: str, kept: Any) -> None:
        """Go on from what ``dump_case`` gave, if the endpoint is watched.

        Args:
            endpoint: Its id.
            kept: From an earlier process.
        """
        if endpoint in self._cases:
            self._cases[endpoint].load(kept)

    def load_incidents(self, kept: Mapping[str, Any]) -> None:
        """Go on from what ``dump_incidents`` gave.

        Args:
            kept: From an earlier process.
        """
        self._book.load(kept["book"])
        self.quiet.load(kept["quiet"])
        self._held = {id_: at for id_, at in kept["held"].items() if id_ in self._cases}


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _clock(at: float) -> str:
    hours, rest = divmod(int(at) % 86400, 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02} UTC"
