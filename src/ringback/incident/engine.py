"""Checks in, changes of incidents out: deterministic, and all of it can be kept and taken up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ringback.incident.lifecycle import Outages, signalled, traits_of
from ringback.incident.model import Change, Check, EndpointState, Incident, Transition, Watched
from ringback.incident.pattern import span
from ringback.incident.registry import Book
from ringback.incident.silences import Quiet, Silence
from ringback.incident.tracker import Case


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

    Attributes:
        quiet: Who is not to be told.
    """

    def __init__(self, watched: Iterable[Watched], *, settings: Settings = Settings()) -> None:
        self._settings = settings
        self._cases: dict[str, Case] = {}
        self._book = Book()
        self.quiet = Quiet()
        self._outages = Outages(self._cases, self._book, self.quiet)
        self._shown: dict[str, tuple[EndpointState, float | None]] = {}
        self._transitions: list[Transition] = []
        self.configure(watched, 0.0)

    def configure(
        self, watched: Iterable[Watched], now: float, *, settings: Settings | None = None
    ) -> list[Change]:
        """Watch these from now on; what is known of those that stay is kept."""
        self._settings = settings or self._settings
        wanted = {one.id: one for one in watched}
        gone = [id_ for id_ in self._cases if id_ not in wanted]
        for id_, one in wanted.items():
            if id_ in self._cases:
                self._cases[id_].configure(one)
            else:
                self._cases[id_] = Case(one)
                self._shown[id_] = ("unknown", None)
            self._book.members.known_by(id_, traits_of(self._cases[id_]))
        changes: list[Change] = []
        for id_ in gone:
            changes += self._forget(id_, now)
        self._outages.configure()
        return changes

    def see(self, check: Check) -> list[Change]:
        """Return what changes with a check; one of an endpoint that is not watched changes nothing."""
        case = self._cases.get(check.endpoint)
        if case is None:
            return []
        id_, before, known_by = case.watched.id, case.state, _known_by(case)
        signals = case.see(check)
        self._outages.note(case)
        if _known_by(case) != known_by:
            self._book.members.known_by(id_, traits_of(case))
        changes: list[Change] = []
        if before != "ok" and case.state == "ok":
            changes += self._outages.well(case, check.at)
        for signal in signals:
            changes += signalled(self._book, self.quiet, case, signal)
        if case.state == "down" and self._book.outage_of(id_) is None:
            changes += self._outages.down(case, check.at)
        self._show((id_,), check.at, check.kind)
        return self._showing(changes)

    def tick(self, now: float) -> list[Change]:
        """Return what changes by the passing of time; to be called about once a second."""
        changes: list[Change] = []
        for case in self._cases.values():
            for signal in case.tick(now):
                changes += signalled(self._book, self.quiet, case, signal)
        changes += self._outages.tick(now)
        for incident in list(self._book.open.values()):
            changes += self._told_again(incident, now)
        return self._showing(changes)

    def state_of(self, endpoint: str) -> EndpointState:
        """Return the state of an endpoint: unknown while this host has no network to ask it by."""
        case = self._cases.get(endpoint)
        return "unknown" if case is None or self.is_cut_off(endpoint) else case.state

    def since(self, endpoint: str) -> float | None:
        """Return since when an endpoint is in its state; ``None``: it was not seen yet."""
        return self._shown.get(endpoint, (None, None))[1]

    def is_cut_off(self, endpoint: str) -> bool:
        """Return whether an endpoint fails because this host has no network."""
        incident = self._book.outage_of(endpoint)
        return incident is not None and incident.pattern == "own_network_down"

    def watched(self) -> list[str]:
        """Return the ids of the endpoints that are watched."""
        return list(self._cases)

    def kind_of(self, endpoint: str) -> str | None:
        """Return the kind of an endpoint's newest failure, while it is failing."""
        case = self._cases.get(endpoint)
        return case.kind if case is not None and case.streak.since is not None else None

    def incident_of(self, endpoint: str) -> Incident | None:
        """Return the open incident that an endpoint is part of."""
        return self._book.of(endpoint)

    def wants_retry(self, endpoint: str) -> bool:
        """Return whether an endpoint is to be checked again soon: its state is not settled."""
        case = self._cases.get(endpoint)
        return case is not None and case.state in {"suspect", "recovering"}

    def incidents(self) -> list[Incident]:
        """Return the incidents that are not over, oldest first."""
        return list(self._book.open.values())

    def transitions(self) -> list[Transition]:
        """Return the changes of state since the last call."""
        taken, self._transitions = self._transitions, []
        return taken

    def needs_diagnosis(self) -> list[tuple[str, str]]:
        """Return ``(incident, endpoint)`` of incidents opened since the last call."""
        taken, self._outages.undiagnosed = self._outages.undiagnosed, []
        return taken

    def diagnosed(self, id_: str, report: Mapping[str, Any], now: float) -> list[Change]:
        """Hang a diagnosis on an incident, if it is still open."""
        incident = self._book.open.get(id_)
        if incident is None:
            return []
        return self._showing([self._book.diagnosed(now, incident, report)])

    def acknowledge(self, id_: str, who: str, now: float) -> list[Change]:
        """Note that somebody has taken an incident."""
        incident = self._book.open.get(id_)
        if incident is None or incident.state == "acknowledged":
            return []
        return [self._book.acknowledge(now, incident, who)]

    def silence(self, silence: Silence) -> None:
        """Tell nobody of what begins on some endpoints for a while."""
        self.quiet.add(silence)

    def _told_again(self, incident: Incident, now: float) -> list[Change]:
        if incident.state == "acknowledged" or self.quiet.covers(incident.members, now):
            return []
        if incident.told_at is None:
            return [self._book.remind(now, incident, "it goes on, and no silence covers all of it")]
        every = self._settings.remind_every
        if not every or now - incident.told_at < every:
            return []
        text = f"it goes on for {span(now - incident.opened_at)}"
        return [replace(self._book.remind(now, incident, text), again=True)]

    def _forget(self, endpoint: str, now: float) -> list[Change]:
        changes: list[Change] = []
        for id_ in list(self._book.members.incidents(endpoint)):
            left = self._book.leave(now, self._book.open[id_], endpoint, "no longer watched")
            changes.append(left)
            if self._book.is_over(left.incident):
                changes.append(self._book.finish(now, left.incident, "no longer watched"))
        self._book.members.forget(endpoint)
        self._cases.pop(endpoint, None)
        self._shown.pop(endpoint, None)
        return changes

    def _showing(self, changes: list[Change]) -> list[Change]:
        """Note whose state is another one because of what changed about incidents."""
        for change in changes:
            one = change.endpoint
            alone = one is not None and change.what in {"joined", "left"}
            kind = change.incident.kind if change.what == "opened" else None
            self._show((one,) if one and alone else change.incident.members, change.at, kind)
        return changes

    def _show(self, endpoints: Iterable[str], at: float, kind: str | None = None) -> None:
        for id_ in endpoints:
            before, after = self._shown.get(id_), self.state_of(id_)
            if before is None or before[0] == after:
                continue
            self._shown[id_] = (after, at)
            self._transitions.append(
                Transition(at=at, endpoint=id_, before=before[0], after=after, kind=kind)
            )

    def dump_case(self, endpoint: str) -> Any:
        """Return what is known of one endpoint, as JSON has it; ``None``: it is not watched."""
        case = self._cases.get(endpoint)
        return None if case is None else case.dump() | {"shown": self._shown[endpoint]}

    def dump_quiet(self) -> dict[str, Any]:
        """Return what is known of silences and of alarms that wait, as JSON has it."""
        return {"silences": self.quiet.dump(), "held": dict(self._outages.held)}

    def load(
        self,
        cases: Mapping[str, Any],
        incidents: Iterable[Incident],
        quiet: Mapping[str, Any] | None,
        now: float,
    ) -> list[Change]:
        """Go on from where an earlier process was; return what changes by what is gone since."""
        for id_, kept in cases.items():
            if id_ in self._cases:
                self._cases[id_].load(kept)
                self._book.members.known_by(id_, traits_of(self._cases[id_]))
                self._shown[id_] = (kept["shown"][0], kept["shown"][1])
        if quiet is not None:
            self.quiet.load(quiet["silences"])
            self._outages.held = dict(quiet["held"])
        self._outages.configure()
        self._book.load(incidents)
        members = {id_ for one in self._book.open.values() for id_ in self._book.members.of(one.id)}
        changes: list[Change] = []
        for gone in sorted(members - self._cases.keys()):
            changes += self._forget(gone, now)
        self._outages.undiagnosed = [
            (one.id, next(iter(self._book.members.of(one.id))))
            for one in self._book.open.values()
            if one.diagnosis is None and not one.detector
        ]
        return changes


def _known_by(case: Case) -> tuple[str | None, str | None]:
    return case.address, case.certificate
