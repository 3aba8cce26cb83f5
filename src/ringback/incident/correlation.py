"""Which incident a failing endpoint belongs to: a parent's, the own network's, a shared cause's.

An endpoint that goes down is part of the first open outage that fits (its family, the own network,
a correlation key that can cause this kind), else it opens one, out of the warning that foretold it
where there is one. What a detector sees beside the state (a certificate, latency, flapping) opens
or renames an incident of its own, unless the endpoint is down for it already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.incident.pattern import (
    RESOLVER_KINDS,
    duration_text,
    is_of_the_network,
    pattern_of,
    time_of_day,
)

if TYPE_CHECKING:
    from ringback.failure.names import KindName
    from ringback.incident.lifecycle import CorrelationKey, IncidentRegistry
    from ringback.incident.model import Change, Incident, Pattern, Signal
    from ringback.incident.silences import Silences
    from ringback.incident.tracker import EndpointTracker

CORRELATION_WINDOW_SECONDS = 120.0
"""Seconds after an incident's newest member within which another joins it for the same cause."""

MIN_OWN_NETWORK_HOSTS = 3
"""Unrelated hosts that must fail alike, and none succeed, before the own network is blamed."""

MAX_PARENT_WAIT_SECONDS = 60.0  # Seconds that a child's alarm waits for a parent that is suspect

_KINDS_CAUSED_BY = {"zone": "dns.", "resolver": "dns.", "certificate": "tls.cert."}
"""A key that is a cause only of the kinds that begin so; the others are of every kind."""


def parent_down(tracker: EndpointTracker, trackers: Mapping[str, EndpointTracker]) -> str | None:
    """Return the parent that is down, so that this endpoint cannot be reached, or ``None``."""
    for parent in tracker.watched.parents:
        if parent in trackers and trackers[parent].is_broken:
            return parent
    return None


def parent_suspect(tracker: EndpointTracker, trackers: Mapping[str, EndpointTracker]) -> bool:
    """Return whether a parent is failing, and it is not known yet whether it is down."""
    return any(
        parent in trackers and trackers[parent].state == "suspect"
        for parent in tracker.watched.parents
    )


def own_network_down(
    tracker: EndpointTracker, trackers: Iterable[EndpointTracker]
) -> list[EndpointTracker]:
    """Return the endpoints that fail because this host has no network; ``[]``: it has one.

    Since the first failure every target that was asked has failed as a missing network shows, and
    they are on several hosts. What is on this host itself says nothing.
    """
    since = tracker.streak.since
    if since is None or not is_of_the_network(tracker.kind) or tracker.is_here:
        return []
    failing: list[EndpointTracker] = []
    for other in trackers:
        if other.is_here or other.seen is None or other.seen < since:
            continue
        if other.reached is not None and other.reached >= since:
            return []
        failing.append(other)
    hosts = {other.watched.host for other in failing}
    return failing if len(hosts) >= MIN_OWN_NETWORK_HOSTS else []


def correlation_keys_of(tracker: EndpointTracker) -> Iterator[CorrelationKey]:
    """Yield what an endpoint may have in common with others that fail."""
    if tracker.watched.host:
        yield "host", tracker.watched.host
    if tracker.address is not None:
        yield "address", tracker.address
    if zone := _zone(tracker):
        yield "zone", zone
    if tracker.certificate is not None:
        yield "certificate", tracker.certificate
    yield "resolver", tracker.watched.resolver


def outage_with_shared_cause(
    tracker: EndpointTracker, registry: IncidentRegistry
) -> Incident | None:
    """Return the open outage with which an endpoint shares its cause, the oldest; ``None``: none.

    The same kind within the window, and the same host, address, certificate (where that is what is
    wrong), or of names the same parent domain or the same resolver.
    """
    found = {
        incident.id: incident
        for key in correlation_keys_of(tracker)
        if _may_cause(key, tracker.kind)
        for incident in registry.sharing(key)
    }
    alike = [
        incident
        for incident in found.values()
        if not incident.detector
        and incident.kind == tracker.kind
        and is_recent(incident, tracker.seen or 0.0)
    ]
    return min(alike, key=lambda incident: (incident.opened_at, incident.id), default=None)


def of_same_certificate(
    tracker: EndpointTracker, registry: IncidentRegistry, signal: Signal
) -> Incident | None:
    """Return what is open of this kind for the same certificate, the oldest; ``None``: nothing."""
    if signal.detector != "certificate" or tracker.certificate is None:
        return None
    alike = [
        incident
        for incident in registry.sharing(("certificate", tracker.certificate))
        if incident.pattern == "certificate" and incident.kind == signal.kind
    ]
    return min(alike, key=lambda incident: (incident.opened_at, incident.id), default=None)


def is_recent(
    incident: Incident, now: float, whats: Collection[str] = ("opened", "joined")
) -> bool:
    """Return whether an incident's newest member joined it within the window."""
    joined = next(
        (entry.at for entry in reversed(incident.timeline) if entry.what in whats),
        incident.opened_at,
    )
    return now - joined <= CORRELATION_WINDOW_SECONDS


def _may_cause(key: CorrelationKey, kind: KindName | None) -> bool:
    if key[0] == "resolver" and kind not in RESOLVER_KINDS:
        return False
    return kind is not None and kind.startswith(_KINDS_CAUSED_BY.get(key[0], ""))


def _zone(tracker: EndpointTracker) -> str:
    labels = tracker.watched.host.rstrip(".").split(".")
    return ".".join(labels[-2:]) if len(labels) >= 2 else ""


PATTERN_BY_DETECTOR: dict[str, Pattern] = {
    "latency": "latency",
    "certificate": "certificate",
    "heartbeat": "heartbeat_missed",
}
"""Detector to the sort of incident that it opens by itself, beside outages."""

_NOTIFYING_CHANGES = {"opened", "reminded"}


class Correlator:
    """Finds the incident that an endpoint belongs to, or opens one."""

    def __init__(
        self,
        trackers: Mapping[str, EndpointTracker],
        registry: IncidentRegistry,
        silences: Silences,
    ) -> None:
        self._trackers, self._registry, self._silences = trackers, registry, silences
        self._children: dict[str, list[str]] = {}
        self._reached = 0.0
        self._held: dict[str, float] = {}  # endpoint: since when its alarm waits for its parent
        self._undiagnosed: list[tuple[str, str]] = []  # (incident, endpoint)

    def configure(self) -> None:
        """Take note of who is whose parent, after the endpoints changed."""
        self._children = {}
        for id_, tracker in self._trackers.items():
            for parent in tracker.watched.parents:
                self._children.setdefault(parent, []).append(id_)
        self._held = {id_: at for id_, at in self._held.items() if id_ in self._trackers}
        self._reached = 0.0
        for tracker in self._trackers.values():
            self.note(tracker)

    def take_undiagnosed(self) -> list[tuple[str, str]]:
        """Return ``(incident, endpoint)`` of the outages opened since the last call."""
        taken, self._undiagnosed = self._undiagnosed, []
        return taken

    def dump(self) -> dict[str, float]:
        """Return which alarms wait for a parent, and since when."""
        return dict(self._held)

    def load(self, held: Mapping[str, float]) -> None:
        """Go on from what ``dump`` gave, with the incidents that the registry has by now."""
        self._held = {id_: at for id_, at in held.items() if id_ in self._trackers}
        self._undiagnosed = [
            (incident.id, members[0])
            for incident in self._registry.all()
            if incident.diagnosis is None
            and not incident.detector
            and (members := self._registry.members_of(incident))
        ]

    def note(self, tracker: EndpointTracker) -> None:
        """Remember when something was last reached through the network."""
        if tracker.reached is not None and not tracker.is_here:
            self._reached = max(self._reached, tracker.reached)

    def down(self, tracker: EndpointTracker, at: float) -> list[Change]:
        """Return what changes with an endpoint that is part of no outage and may be down."""
        if parent_suspect(tracker, self._trackers):
            since = self._held.setdefault(tracker.id, at)
            if at - since < MAX_PARENT_WAIT_SECONDS:
                return []
        self._held.pop(tracker.id, None)
        if tracker.state != "down":
            return []
        known = (
            self._of_family(tracker, at)
            or self._of_own_network(tracker)
            or outage_with_shared_cause(tracker, self._registry)
        )
        warning = self._registry.warning_of(tracker.id, tracker.kind)
        if known is not None:
            joined = self._joined(tracker, known, at)
            return [
                joined,
                *([self._taken_from_warning(tracker, at, warning, known)] if warning else []),
            ]
        return self._own_network_lost(tracker, at) or self._begun(tracker, at, warning)

    def well(self, tracker: EndpointTracker, at: float) -> list[Change]:
        """Return what changes with an endpoint that is well again."""
        self._held.pop(tracker.id, None)
        incident = self._registry.outage_of(tracker.id)
        if incident is None or tracker.flaps:  # its end is notified when it has been steady
            return []
        left = self._registry.leave(at, incident, tracker.id, f"{tracker.name} is well again")
        if self._registry.members_of(left.incident):
            return [left]
        text = f"over after {duration_text(at - incident.opened_at)}"
        return [left, self._registry.resolve(at, left.incident, text)]

    def tick(self, now: float) -> list[Change]:
        """Return what changes because an alarm has waited long enough for a parent."""
        return [
            change for id_ in list(self._held) for change in self.down(self._trackers[id_], now)
        ]

    def _of_family(self, tracker: EndpointTracker, at: float) -> Incident | None:
        parent = parent_down(tracker, self._trackers)
        if parent is not None and (known := self._registry.outage_of(parent)) is not None:
            return known
        # A child may have been asked first, and be known to be down before its parent is.
        for child in self._children.get(tracker.id, ()):
            known = self._registry.outage_of(child)
            if known is not None and is_recent(known, at):
                return known
        return None

    def _of_own_network(self, tracker: EndpointTracker) -> Incident | None:
        if not is_of_the_network(tracker.kind) or tracker.is_here:
            return None
        return self._registry.of_pattern("own_network_down")

    def _joined(self, tracker: EndpointTracker, incident: Incident, at: float) -> Change:
        text = f"{tracker.name} is down too: {tracker.detail or tracker.kind or 'it fails'}"
        return self._registry.join(
            at,
            incident,
            tracker.id,
            text,
            notify=not self._silences.covers((tracker.id,), at),
        )

    def _own_network_lost(self, tracker: EndpointTracker, at: float) -> list[Change]:
        if tracker.streak.since is None or self._reached >= tracker.streak.since:
            return []
        alike = own_network_down(tracker, self._trackers.values())
        if not alike:
            return []
        ids = tuple(dict.fromkeys((tracker.id, *(other.id for other in alike))))
        text = (
            f"This host has lost its network: {len(ids)} endpoints on several hosts fail alike, "
            "and nothing else answers."
        )
        known = self._known_outages(ids)
        if known:
            return self._taken_together(known, ids, text, at)
        opened = self._registry.open_incident(
            at,
            "own_network_down",
            ids,
            text,
            kind=tracker.kind,
            evidence=tuple(f"{other.id}: {other.kind}" for other in alike[:3]),
            confidence=0.85,
            notify=not self._silences.covers(ids, at),
        )
        self._undiagnosed.append((opened.incident.id, tracker.id))
        return [opened]

    def _known_outages(self, ids: Iterable[str]) -> list[Incident]:
        found = {
            incident.id: incident
            for id_ in ids
            if (incident := self._registry.outage_of(id_)) is not None
        }
        return sorted(found.values(), key=lambda incident: (incident.opened_at, incident.id))

    def _taken_together(
        self, known: list[Incident], ids: tuple[str, ...], text: str, at: float
    ) -> list[Change]:
        """Take the outages of endpoints that turn out to fail for one reason for one outage."""
        first, *others = known
        changes = [
            self._registry.unite(at, incident, first)
            for incident in others
            if set(self._registry.members_of(incident)) <= set(ids)
        ]
        changes.append(self._registry.rename(at, first, "own_network_down", text, summary=text))
        alone = [id_ for id_ in ids if self._registry.outage_of(id_) is None]
        for id_ in alone:  # one after the other: each adds to what the incident is by then
            changes.append(self._joined(self._trackers[id_], changes[-1].incident, at))
        return changes

    def _taken_from_warning(
        self, tracker: EndpointTracker, at: float, warning: Incident, known: Incident
    ) -> Change:
        """Take an endpoint out of a warning, or close it where it warned of this one alone."""
        if len(self._registry.members_of(warning)) > 1:
            return self._registry.leave(
                at, warning, tracker.id, f"{tracker.name} is part of {known.id}"
            )
        return self._registry.unite(at, warning, known)

    def _begun(self, tracker: EndpointTracker, at: float, warning: Incident | None) -> list[Change]:
        if warning is None:
            return [self._opened(tracker, at, None)]
        changes = []
        for id_ in self._registry.members_of(warning):
            if id_ != tracker.id:  # it joins when it goes down as well
                text = f"{self._trackers[id_].name} is not down"
                changes.append(self._registry.leave(at, warning, id_, text))
                warning = changes[-1].incident
        return [*changes, self._opened(tracker, at, warning)]

    def _opened(self, tracker: EndpointTracker, at: float, warning: Incident | None) -> Change:
        id_, name = tracker.id, tracker.name
        since = time_of_day(tracker.streak.since or at)
        summary = f"{name} is down: {tracker.detail or tracker.kind or 'it fails'}"
        evidence = (f"{tracker.streak.failures} failures in a row since {since}",)
        notify = not self._silences.covers((id_,), at)
        if warning is not None:
            opened = self._registry.escalate(
                at, warning, summary, kind=tracker.kind, evidence=evidence, notify=notify
            )
        else:
            opened = self._registry.open_incident(
                at,
                pattern_of(tracker.kind),
                (id_,),
                summary,
                kind=tracker.kind,
                evidence=evidence,
                notify=notify,
            )
        self._undiagnosed.append((opened.incident.id, id_))
        return opened

    def signalled(self, tracker: EndpointTracker, signal: Signal) -> list[Change]:
        """Return what changes by what a detector saw."""
        notify = not self._silences.covers((tracker.id,), signal.at)
        if signal.detector == "flapping":
            return self._flapping(tracker, signal, notify=notify)
        return self._warned(tracker, signal, notify=notify)

    def _warned(self, tracker: EndpointTracker, signal: Signal, *, notify: bool) -> list[Change]:
        known = self._registry.seen_by(signal.detector, tracker.id)
        name, text = tracker.name, "; ".join(signal.evidence)
        summary = f"{name}: {text}."
        if known is not None and len(self._registry.members_of(known)) > 1:
            if (
                not signal.active or signal.kind is None
            ):  # it has another certificate than the others
                left = self._registry.leave(
                    signal.at, known, tracker.id, f"{name} has another certificate"
                )
                return [left, *self._warned(tracker, signal, notify=notify)]
            if known.kind == signal.kind and is_recent(known, signal.at, _NOTIFYING_CHANGES):
                return []  # another has just said so
        if not signal.active:
            return [self._registry.resolve(signal.at, known, "over")] if known else []
        if known is None:
            return self._warning_begun(tracker, signal, summary, notify=notify)
        newest = replace(
            known,
            kind=signal.kind,
            summary=summary,
            evidence=signal.evidence,
            advice=signal.advice,
        )
        return [self._registry.remind(signal.at, newest, text, notify=notify)]

    def _warning_begun(
        self, tracker: EndpointTracker, signal: Signal, summary: str, *, notify: bool
    ) -> list[Change]:
        if (same := of_same_certificate(tracker, self._registry, signal)) is not None:
            if not same.detector:
                return []  # it joins that outage when it goes down as well
            text = f"{tracker.name} has the same certificate"
            return [self._registry.join(signal.at, same, tracker.id, text, notify=notify)]
        outage = self._registry.outage_of(tracker.id)
        if outage is not None and signal.kind is not None and outage.kind == signal.kind:
            return []  # it is down for what is seen
        return [
            self._registry.open_incident(
                signal.at,
                PATTERN_BY_DETECTOR[signal.detector],
                (tracker.id,),
                summary,
                kind=signal.kind,
                evidence=signal.evidence,
                advice=signal.advice,
                detector=signal.detector,
                notify=notify,
            )
        ]

    def _flapping(self, tracker: EndpointTracker, signal: Signal, *, notify: bool) -> list[Change]:
        known = self._registry.outage_of(tracker.id)
        if not signal.active:
            return [] if known is None else self._steady(tracker, known, signal.at)
        name, text = tracker.name, "; ".join(signal.evidence)
        if known is not None:
            return [self._registry.rename(signal.at, known, "flapping", f"{name} flaps: {text}")]
        return [
            self._registry.open_incident(
                signal.at,
                "flapping",
                (tracker.id,),
                f"{name} comes and goes: {text}.",
                kind=signal.kind,
                evidence=signal.evidence,
                notify=notify,
            )
        ]

    def _steady(self, tracker: EndpointTracker, known: Incident, at: float) -> list[Change]:
        """Return what changes when one state has lasted: it is well, or it stays down."""
        changes: list[Change] = []
        if not tracker.is_broken:
            text = f"{tracker.name} has been well for a while"
            changes.append(self._registry.leave(at, known, tracker.id, text))
            known = changes[-1].incident
            if not self._registry.members_of(known):
                return [*changes, self._registry.resolve(at, known, text)]
        if known.pattern == "flapping":
            text = f"{tracker.name} is steady"
            changes.append(self._registry.rename(at, known, pattern_of(tracker.kind), text))
        return changes
