"""The incidents that are not over, and every change of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ringback.incident.model import Change, Incident, Pattern, TimelineEntry, What
from ringback.incident.pattern import pattern_of_diagnosis, was_warned_of

CorrelationKey = tuple[str, str]
"""What endpoints may have in common, and its value: ``("host", "db.example.com")``."""


class Membership:
    """The endpoints that something is wrong with, by incident, by endpoint and by key."""

    def __init__(self) -> None:
        self._incidents: dict[str, dict[str, None]] = {}  # endpoint → incidents
        self._endpoints: dict[str, dict[str, None]] = {}  # incident → endpoints
        self._keys: dict[str, tuple[CorrelationKey, ...]] = {}
        self._sharing: dict[CorrelationKey, Counter[str]] = {}

    def join(self, incident: str, endpoint: str) -> None:
        """Note that an endpoint is part of an incident."""
        if endpoint not in self._endpoints.setdefault(incident, {}):
            self._endpoints[incident][endpoint] = None
            self._incidents.setdefault(endpoint, {})[incident] = None
            self._count(incident, self._keys.get(endpoint, ()), 1)

    def leave(self, incident: str, endpoint: str) -> None:
        """Note that an endpoint is no longer part of an incident."""
        if self._endpoints.get(incident, {}).pop(endpoint, self) is self:
            return
        del self._incidents[endpoint][incident]
        if not self._incidents[endpoint]:
            del self._incidents[endpoint]
        self._count(incident, self._keys.get(endpoint, ()), -1)

    def end(self, incident: str) -> None:
        """Forget an incident."""
        for endpoint in list(self._endpoints.get(incident, ())):
            self.leave(incident, endpoint)
        self._endpoints.pop(incident, None)

    def set_keys(self, endpoint: str, keys: Iterable[CorrelationKey]) -> None:
        """Note what an endpoint may have in common with others."""
        incidents = list(self._incidents.get(endpoint, ()))
        for incident in incidents:
            self._count(incident, self._keys.get(endpoint, ()), -1)
        self._keys[endpoint] = tuple(keys)
        for incident in incidents:
            self._count(incident, self._keys[endpoint], 1)

    def forget(self, endpoint: str) -> None:
        """Forget what an endpoint may have in common with others."""
        self.set_keys(endpoint, ())
        self._keys.pop(endpoint, None)

    def incidents(self, endpoint: str) -> Iterable[str]:
        """Return the ids of the incidents that an endpoint is part of."""
        return self._incidents.get(endpoint, ())

    def of(self, incident: str) -> Iterable[str]:
        """Return the ids of the members of an incident, in the order they joined."""
        return self._endpoints.get(incident, ())

    def sharing(self, key: CorrelationKey) -> Iterable[str]:
        """Return the ids of the incidents of endpoints that have a key."""
        return self._sharing.get(key, ())

    def _count(self, incident: str, keys: Iterable[CorrelationKey], step: int) -> None:
        for key in keys:
            counts = self._sharing.setdefault(key, Counter())
            counts[incident] += step
            if not counts[incident]:
                del counts[incident]
                if not counts:
                    del self._sharing[key]


MAX_TIMELINE_ENTRIES = 200
"""Lines of a timeline that are kept; the first ones stay."""


class IncidentRegistry:
    """Opens, changes and closes incidents; what is closed is the store's.

    Attributes:
        open: By id, in the order they were opened.
        members: Who is part of which.
    """

    def __init__(self) -> None:
        self.open: dict[str, Incident] = {}
        self.members = Membership()
        self._by_pattern: dict[Pattern, dict[str, None]] = {}
        self._issued: tuple[str, set[str]] = ("", set())  # ids that were given in this second

    def of(self, endpoint: str) -> Incident | None:
        """Return the open incident that an endpoint is part of, an outage before a warning."""
        if not self.members.incidents(endpoint):  # asked several times for every check
            return None
        return min(
            self._all_of(endpoint),
            key=lambda incident: (incident.detector, incident.opened_at, incident.id),
        )

    def outage_of(self, endpoint: str) -> Incident | None:
        """Return the open outage that an endpoint is part of."""
        found = self.of(endpoint)
        return None if found is None or found.detector else found

    def seen_by(self, detector: str, endpoint: str) -> Incident | None:
        """Return the open incident that a detector sees at an endpoint, beside outages."""
        return next(
            (incident for incident in self._all_of(endpoint) if incident.detector == detector), None
        )

    def warning_of(self, endpoint: str, kind: str | None) -> Incident | None:
        """Return the open warning of what an endpoint fails with now; ``None``: there is none."""
        found = (incident for incident in self._all_of(endpoint) if incident.detector)
        return next((incident for incident in found if was_warned_of(incident, kind)), None)

    def of_pattern(self, pattern: Pattern) -> Incident | None:
        """Return the open incident of a sort, the oldest one."""
        return next((self.open[id_] for id_ in self._by_pattern.get(pattern, ())), None)

    def _all_of(self, endpoint: str) -> Iterable[Incident]:
        return (self.open[id_] for id_ in self.members.incidents(endpoint))

    def open_incident(  # noqa: PLR0913 - what an incident is made of
        self,
        at: float,
        pattern: Pattern,
        members: tuple[str, ...],
        summary: str,
        *,
        kind: str | None = None,
        evidence: tuple[str, ...] = (),
        advice: tuple[str, ...] = (),
        confidence: float = 1.0,
        detector: str = "",
        notify: bool = True,
    ) -> Change:
        """Open an incident."""
        incident = Incident(
            id=self._new_id(at, members[0]),
            pattern=pattern,
            state="open",
            kind=kind,
            summary=summary,
            members=members,
            opened_at=at,
            confidence=confidence,
            evidence=evidence,
            advice=advice,
            timeline=(TimelineEntry(at=at, what="opened", text=summary),),
            detector=detector,
        )
        for endpoint in members:
            self.members.join(incident.id, endpoint)
        return self._changed(at, "opened", incident, members[0], notify=notify)

    def escalate(
        self,
        at: float,
        warning: Incident,
        summary: str,
        *,
        kind: str | None,
        evidence: tuple[str, ...],
        notify: bool,
    ) -> Change:
        """Make a warning an outage of the same cause; an acknowledgement does not carry over."""
        outage = replace(
            warning,
            detector="",
            state="open",
            acknowledged_by="",
            summary=summary,
            kind=kind,
            evidence=(*warning.evidence, *evidence),
        )
        return self._changed(
            at,
            "opened",
            self._noted(outage, at, "opened", summary),
            outage.members[0],
            notify=notify,
        )

    def join(
        self, at: float, incident: Incident, endpoint: str, text: str, *, notify: bool = True
    ) -> Change:
        """Add a member, or one that was well meanwhile."""
        back = endpoint in incident.well  # whoever it concerns was notified, and of no end
        if back:
            well = tuple(member for member in incident.well if member != endpoint)
            grown = replace(incident, well=well)
        else:
            grown = replace(incident, members=(*incident.members, endpoint))
        self.members.join(incident.id, endpoint)
        noted = self._noted(grown, at, "joined", text)
        return self._changed(at, "joined", noted, endpoint, notify=notify and not back)

    def leave(self, at: float, incident: Incident, endpoint: str, text: str) -> Change:
        """Note that a member is well again; nobody is notified before the last of them is."""
        self.members.leave(incident.id, endpoint)
        left = replace(incident, well=(*incident.well, endpoint))
        return self._changed(at, "left", self._noted(left, at, "left", text), endpoint)

    def is_over(self, incident: Incident) -> bool:
        """Return whether every member is well again."""
        return not self.members.of(incident.id)

    def rename(
        self, at: float, incident: Incident, pattern: Pattern, text: str, *, summary: str = ""
    ) -> Change:
        """Note that an incident is of another sort than it was taken for."""
        renamed = replace(incident, pattern=pattern, summary=summary or incident.summary)
        return self._changed(at, "renamed", self._noted(renamed, at, "renamed", text))

    def diagnosed(self, at: float, incident: Incident, report: Mapping[str, Any]) -> Change:
        """Hang a diagnosis on an incident: its verdict names the sort and the summary."""
        verdict: Mapping[str, Any] = report.get("verdict") or {}
        summary = str(verdict.get("summary") or incident.summary)
        known = verdict.get("kind") not in {None, "healthy", "unknown"}
        changed = replace(
            incident,
            diagnosis=report,
            summary=summary if known else incident.summary,
            pattern=pattern_of_diagnosis(incident.pattern, verdict) if known else incident.pattern,
            confidence=float(verdict.get("confidence") or incident.confidence)
            if known
            else incident.confidence,
        )
        return self._changed(at, "diagnosed", self._noted(changed, at, "diagnosed", summary))

    def acknowledge(self, at: float, incident: Incident, who: str) -> Change:
        """Note that somebody has taken an incident: it is not notify again until it ends."""
        taken = replace(incident, state="acknowledged", acknowledged_by=who)
        text = f"taken by {who}" if who else "taken"
        return self._changed(at, "acknowledged", self._noted(taken, at, "acknowledged", text))

    def remind(self, at: float, incident: Incident, text: str, *, notify: bool = True) -> Change:
        """Tell that an incident goes on."""
        noted = self._noted(incident, at, "reminded", text)
        return self._changed(at, "reminded", noted, notify=notify)

    def close(self, at: float, incident: Incident, text: str) -> Change:
        """Close an incident; people are notified where they were notified of it."""
        closed = replace(self._noted(incident, at, "closed", text), state="closed", closed_at=at)
        self.members.end(incident.id)
        self._file(incident.id, None)
        return Change(at=at, what="closed", incident=closed, told=incident.told_at is not None)

    def unite(self, at: float, incident: Incident, other: Incident) -> Change:
        """Close an incident that turned out to be part of another."""
        return self.close(at, replace(incident, part_of=other.id), f"it is part of {other.id}")

    def _changed(
        self,
        at: float,
        what: What,
        incident: Incident,
        endpoint: str | None = None,
        *,
        notify: bool = True,
    ) -> Change:
        begins = what in {"opened", "reminded"}
        # Of one that is well the page tells; a message for each would be a storm.
        tells = notify and what != "left" and (begins or incident.told_at is not None)
        if tells and begins:
            incident = replace(incident, told_at=at)
        self._file(incident.id, incident)
        return Change(at=at, what=what, incident=incident, endpoint=endpoint, told=tells)

    def _file(self, id_: str, incident: Incident | None) -> None:
        before = self.open.get(id_)
        if before is not None and (incident is None or before.pattern != incident.pattern):
            del self._by_pattern[before.pattern][id_]
        if incident is None:
            del self.open[id_]
            return
        self.open[id_] = incident
        self._by_pattern.setdefault(incident.pattern, {})[id_] = None

    def _noted(self, incident: Incident, at: float, what: str, text: str) -> Incident:
        timeline = incident.timeline
        if len(timeline) >= MAX_TIMELINE_ENTRIES:
            timeline = (*timeline[:10], *timeline[-(MAX_TIMELINE_ENTRIES - 11) :])
        return replace(incident, timeline=(*timeline, TimelineEntry(at=at, what=what, text=text)))

    def _new_id(self, at: float, endpoint: str) -> str:
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
        if self._issued[0] != stamp:
            self._issued = (stamp, set())
        id_, number = f"{stamp}-{endpoint}", 1
        while id_ in self.open or id_ in self._issued[1]:
            number += 1
            id_ = f"{stamp}-{endpoint}-{number}"
        self._issued[1].add(id_)
        return id_

    def load(self, incidents: Iterable[Incident]) -> None:
        """Know incidents that an earlier process opened."""
        for incident in incidents:
            self._file(incident.id, incident)
            for endpoint in incident.members:
                if endpoint not in incident.well:
                    self.members.join(incident.id, endpoint)
