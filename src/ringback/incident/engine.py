"""Checks in, changes of incidents out: deterministic, and all of it can be kept and taken up."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ringback.failure.names import KindName
from ringback.incident.correlation import Correlator, correlation_keys_of
from ringback.incident.lifecycle import IncidentRegistry
from ringback.incident.model import (
    Change,
    Check,
    EndpointState,
    Incident,
    Transition,
    WatchedEndpoint,
)
from ringback.incident.pattern import duration_text
from ringback.incident.silences import Silence, Silences
from ringback.incident.tracker import EndpointTracker

REMINDER_INTERVAL = 4 * 3600.0
"""Seconds until an incident that nobody has taken is notified again, by default; 0: never."""


class Engine:
    """The endpoints that are watched, and what is wrong with them."""

    def __init__(
        self, watched: Iterable[WatchedEndpoint], *, remind_every: float = REMINDER_INTERVAL
    ) -> None:
        self._remind_every = remind_every
        self._trackers: dict[str, EndpointTracker] = {}
        self._registry = IncidentRegistry()
        self.silences = Silences()
        self._correlator = Correlator(self._trackers, self._registry, self.silences)
        self._shown: dict[str, tuple[EndpointState, float | None]] = {}
        self._transitions: list[Transition] = []
        self.configure(watched, 0.0)

    def configure(
        self,
        watched: Iterable[WatchedEndpoint],
        now: float,
        *,
        remind_every: float | None = None,
    ) -> list[Change]:
        """Watch these from now on; what is known of those that stay is kept."""
        self._remind_every = self._remind_every if remind_every is None else remind_every
        wanted = {endpoint.id: endpoint for endpoint in watched}
        gone = [id_ for id_ in self._trackers if id_ not in wanted]
        for id_, endpoint in wanted.items():
            if id_ in self._trackers:
                self._trackers[id_].configure(endpoint)
            else:
                self._trackers[id_] = EndpointTracker(endpoint)
                self._shown[id_] = ("unknown", None)
            self._registry.set_keys(id_, correlation_keys_of(self._trackers[id_]))
        changes: list[Change] = []
        for id_ in gone:
            changes += self._forget(id_, now)
        self._correlator.configure()
        return changes

    def see(self, check: Check) -> list[Change]:
        """Return what changes with a check; that of an endpoint not watched changes nothing."""
        tracker = self._trackers.get(check.endpoint)
        if tracker is None:
            return []
        id_, before, set_keys = tracker.watched.id, tracker.state, _keys_seen(tracker)
        signals = tracker.see(check)
        self._correlator.note(tracker)
        if _keys_seen(tracker) != set_keys:
            self._registry.set_keys(id_, correlation_keys_of(tracker))
        changes: list[Change] = []
        if before != "ok" and tracker.state == "ok":
            changes += self._correlator.well(tracker, check.at)
        for signal in signals:
            changes += self._correlator.signalled(tracker, signal)
        if tracker.state == "down" and self._registry.outage_of(id_) is None:
            changes += self._correlator.down(tracker, check.at)
        self._show((id_,), check.at, check.kind)
        return self._showing(changes)

    def tick(self, now: float) -> list[Change]:
        """Return what changes by the passing of time; to be called about once a second."""
        changes: list[Change] = []
        for tracker in self._trackers.values():
            for signal in tracker.tick(now):
                changes += self._correlator.signalled(tracker, signal)
        changes += self._correlator.tick(now)
        for incident in self._registry.all():
            changes += self._remind(incident, now)
        return self._showing(changes)

    def state_of(self, endpoint: str) -> EndpointState:
        """Return the state of an endpoint: unknown while this host has no network to ask it by."""
        tracker = self._trackers.get(endpoint)
        return "unknown" if tracker is None or self.is_cut_off(endpoint) else tracker.state

    def since(self, endpoint: str) -> float | None:
        """Return since when an endpoint is in its state; ``None``: it was not seen yet."""
        return self._shown.get(endpoint, (None, None))[1]

    def is_cut_off(self, endpoint: str) -> bool:
        """Return whether an endpoint fails because this host has no network."""
        incident = self._registry.outage_of(endpoint)
        return incident is not None and incident.pattern == "own_network_down"

    def watched(self) -> list[str]:
        return list(self._trackers)

    def kind_of(self, endpoint: str) -> KindName | None:
        """Return the kind of an endpoint's newest failure, while it is failing."""
        tracker = self._trackers.get(endpoint)
        return tracker.kind if tracker is not None and tracker.streak.since is not None else None

    def incident_of(self, endpoint: str) -> Incident | None:
        return self._registry.incident_of(endpoint)

    def wants_retry(self, endpoint: str) -> bool:
        """Return whether an endpoint is to be checked again soon: its state is not settled."""
        tracker = self._trackers.get(endpoint)
        return tracker is not None and tracker.state in {"suspect", "recovering"}

    def incidents(self) -> list[Incident]:
        """Return the incidents that are not over, oldest first."""
        return self._registry.all()

    def transitions(self) -> list[Transition]:
        taken, self._transitions = self._transitions, []
        return taken

    def needs_diagnosis(self) -> list[tuple[str, str]]:
        """Return ``(incident, endpoint)`` of incidents opened since the last call."""
        return self._correlator.take_undiagnosed()

    def diagnosed(self, id_: str, report: Mapping[str, Any], now: float) -> list[Change]:
        """Hang a diagnosis on an incident, if it is still open."""
        incident = self._registry.get(id_)
        if incident is None:
            return []
        return self._showing([self._registry.diagnosed(now, incident, report)])

    def acknowledge(self, id_: str, who: str, now: float) -> list[Change]:
        incident = self._registry.get(id_)
        if incident is None or incident.state == "acknowledged":
            return []
        return [self._registry.acknowledge(now, incident, who)]

    def silence(self, silence: Silence) -> None:
        """Notify nobody of what begins on some endpoints for a while."""
        self.silences.add(silence)

    def _remind(self, incident: Incident, now: float) -> list[Change]:
        if incident.state == "acknowledged" or self.silences.covers(incident.members, now):
            return []
        if incident.told_at is None:
            return [
                self._registry.remind(now, incident, "it goes on, and no silence covers all of it")
            ]
        every = self._remind_every
        if not every or now - incident.told_at < every:
            return []
        text = f"it goes on for {duration_text(now - incident.opened_at)}"
        return [replace(self._registry.remind(now, incident, text), again=True)]

    def _forget(self, endpoint: str, now: float) -> list[Change]:
        changes: list[Change] = []
        for incident in self._registry.incidents_of(endpoint):
            left = self._registry.leave(now, incident, endpoint, "no longer watched")
            changes.append(left)
            if not self._registry.members_of(left.incident):
                changes.append(self._registry.resolve(now, left.incident, "no longer watched"))
        self._registry.forget(endpoint)
        self._trackers.pop(endpoint, None)
        self._shown.pop(endpoint, None)
        return changes

    def _showing(self, changes: list[Change]) -> list[Change]:
        """Note whose state is another one because of what changed about incidents."""
        for change in changes:
            endpoint = change.endpoint
            alone = endpoint is not None and change.what in {"joined", "left"}
            kind = change.incident.kind if change.what == "opened" else None
            self._show(
                (endpoint,) if endpoint and alone else change.incident.members, change.at, kind
            )
        return changes

    def _show(self, endpoints: Iterable[str], at: float, kind: KindName | None = None) -> None:
        for id_ in endpoints:
            before, after = self._shown.get(id_), self.state_of(id_)
            if before is None or before[0] == after:
                continue
            self._shown[id_] = (after, at)
            self._transitions.append(
                Transition(at=at, endpoint=id_, before=before[0], after=after, kind=kind)
            )

    def dump_endpoint(self, endpoint: str) -> Any:
        """Return what is known of one endpoint, as JSON has it; ``None``: it is not watched."""
        tracker = self._trackers.get(endpoint)
        return None if tracker is None else tracker.dump() | {"shown": self._shown[endpoint]}

    def dump_silences(self) -> dict[str, Any]:
        """Return what is known of silences and of alarms that wait, as JSON has it."""
        return {"silences": self.silences.dump(), "held": self._correlator.dump()}

    def load(
        self,
        trackers: Mapping[str, Any],
        incidents: Iterable[Incident],
        silences: Mapping[str, Any] | None,
        now: float,
    ) -> list[Change]:
        """Go on from where an earlier process was; return what changes by what is gone since."""
        for id_, kept in trackers.items():
            if id_ in self._trackers:
                self._trackers[id_].load(kept)
                self._registry.set_keys(id_, correlation_keys_of(self._trackers[id_]))
                self._shown[id_] = (kept["shown"][0], kept["shown"][1])
        if silences is not None:
            self.silences.load(silences["silences"])
        self._correlator.configure()
        self._registry.load(incidents)
        members = {
            id_ for incident in self._registry.all() for id_ in self._registry.members_of(incident)
        }
        changes: list[Change] = []
        for gone in sorted(members - self._trackers.keys()):
            changes += self._forget(gone, now)
        self._correlator.load(silences["held"] if silences is not None else {})
        return changes


def _keys_seen(tracker: EndpointTracker) -> tuple[str | None, str | None]:
    return tracker.address, tracker.certificate
