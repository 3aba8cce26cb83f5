"""The life-cycle of an incident: one table, and the registry that applies it.

An incident is one cause with the endpoints that it affects. It begins in one of two ways: as an
outage, when an endpoint goes down and belongs to no open outage, or as a warning, when a detector
sees something at an endpoint that may be up (its certificate ends soon, it has become slow). From
then on only the steps of ``LIFECYCLE`` happen to it:

- Endpoints **join** while they fail for the same cause and **leave** when they are well; one that
  fails again meanwhile **rejoins**. The last to leave **resolves** the incident.
- A warning whose cause takes the endpoint down **escalates**: it becomes the outage, under the same
  id. Nobody has acknowledged that outage, whoever acknowledged the warning.
- Incidents that turn out to have one cause **unite**: the oldest one stays, the others close as
  part of it. What becomes known of a cause may **rename** an incident, a **diagnosis** may as well.
- While it is open its pattern and severity only **rise**: from some observers to all, from a
  warning to what somebody has to act on now. What was partial and ends as a whole outage is one
  incident, and so is an outage that some observers see a little longer than others.
- What fails again within ``REOPEN_SECONDS`` **reopens** the incident that had ended: where nobody
  was notified of that end yet, nobody is of the reopening. Who was a member before and is well is
  none any more; the timeline tells of it, and it joins anew when it fails. So it is where an
  incident flaps, or is worse than it was taken for.
- Somebody **acknowledges** it; until then those who are responsible are **reminded**. Where two do,
  both stand in the timeline, and the later one has it. Who **gives it back** has people reminded
  again. A **note** stands in the timeline, and nobody is notified of it.

Who is notified follows from the table as well, so that no alarm is without its end and no end
without its alarm: a step notifies ``anew`` (unless a silence covers it), or only those who were
``informed`` that the incident exists, or nobody. ``told_at`` of the incident says whether anybody
was informed. A silence holds back the beginning only, and a reminder makes up for it.

An incident is a frozen value; the registry holds the newest one of each that is not closed, and
who is a member of which. It looks both up and searches for neither: in an outage of thousands of
endpoints every check asks, and going through all that is open each time would take longer the more
is wrong. What is closed is the store's. An id is derived from the time and the first member, so
that the same checks give the same ids again (replay, and a restart between two commits).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ringback.incident.model import (
    Change,
    Incident,
    IncidentState,
    Pattern,
    Severity,
    TimelineEntry,
    What,
)
from ringback.incident.pattern import SEEN_BY_SOME, pattern_of_diagnosis, was_warned_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringback.failure.names import KindName

CorrelationKey = tuple[str, str]

_GOT_THROUGH = "the diagnosis got through; the checks decide when it is well"
_ANSWERS_OTHERWISE = "connects and answers; what it answers is not what is expected"
"""What endpoints may have in common, and its value: ``("host", "db.example.com")``."""


class Membership:
    """The endpoints that something is wrong with, by incident, by endpoint and by key."""

    def __init__(self) -> None:
        self._incidents: dict[str, dict[str, None]] = {}  # endpoint → incidents
        self._endpoints: dict[str, dict[str, None]] = {}  # incident → endpoints
        self._keys: dict[str, tuple[CorrelationKey, ...]] = {}
        self._sharing: dict[CorrelationKey, Counter[str]] = {}
        self._carriers: dict[CorrelationKey, dict[str, None]] = {}  # key → endpoints that have it
        self._held: dict[CorrelationKey, CorrelationKey] = {}

    def join(self, incident: str, endpoint: str) -> None:
        if endpoint not in self._endpoints.setdefault(incident, {}):
            self._endpoints[incident][endpoint] = None
            self._incidents.setdefault(endpoint, {})[incident] = None
            self._count(incident, self._keys.get(endpoint, ()), 1)

    def leave(self, incident: str, endpoint: str) -> None:
        if self._endpoints.get(incident, {}).pop(endpoint, self) is self:
            return
        del self._incidents[endpoint][incident]
        if not self._incidents[endpoint]:
            del self._incidents[endpoint]
        self._count(incident, self._keys.get(endpoint, ()), -1)

    def end(self, incident: str) -> None:
        for endpoint in list(self._endpoints.get(incident, ())):
            self.leave(incident, endpoint)
        self._endpoints.pop(incident, None)

    def set_keys(self, endpoint: str, keys: Iterable[CorrelationKey]) -> None:
        incidents = list(self._incidents.get(endpoint, ()))
        for incident in incidents:
            self._count(incident, self._keys.get(endpoint, ()), -1)
        for key in self._keys.get(endpoint, ()):
            self._carriers[key].pop(endpoint, None)
            if not self._carriers[key]:
                del self._carriers[key], self._held[key]
        # What others have as well is held once: of 10,000 endpoints on one network it is the same.
        held = self._held.setdefault
        self._keys[endpoint] = tuple([held(key, key) for key in keys])
        for key in self._keys[endpoint]:
            self._carriers.setdefault(key, {})[endpoint] = None
        for incident in incidents:
            self._count(incident, self._keys[endpoint], 1)

    def forget(self, endpoint: str) -> None:
        self.set_keys(endpoint, ())
        self._keys.pop(endpoint, None)

    def incidents(self, endpoint: str) -> Iterable[str]:
        return self._incidents.get(endpoint, ())

    def of(self, incident: str) -> Iterable[str]:
        """Return the ids of the members of an incident, in the order they joined."""
        return self._endpoints.get(incident, ())

    def sharing(self, key: CorrelationKey) -> Iterable[str]:
        """Return the ids of the incidents of endpoints that have a key."""
        return self._sharing.get(key, ())

    def keys_of(self, endpoint: str) -> tuple[CorrelationKey, ...]:
        return self._keys.get(endpoint, ())

    def carriers(self, key: CorrelationKey) -> Mapping[str, None]:
        """Return the ids of the endpoints that have a key, failing or not."""
        return self._carriers.get(key, {})

    def _count(self, incident: str, keys: Iterable[CorrelationKey], step: int) -> None:
        for key in keys:
            counts = self._sharing.setdefault(key, Counter())
            counts[incident] += step
            if not counts[incident]:
                del counts[incident]
                if not counts:
                    del self._sharing[key]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the life-cycle."""

    what: What  # What the change is called where it is stored and shown
    # The states in which it can happen; `None`: there is no such incident yet
    before: frozenset[IncidentState | None]
    after: IncidentState | None  # The state that follows; `None`: the same
    # `anew`: people, unless a silence covers it. `informed`: those who were notified that the
    # incident exists. `nobody`: it stands in the timeline only.
    notifies: Literal["anew", "informed", "nobody"]


StepName = Literal[
    "opened",
    "escalated",
    "joined",
    "rejoined",
    "left",
    "renamed",
    "raised",
    "reopened",
    "diagnosed",
    "acknowledged",
    "unacknowledged",
    "noted",
    "reminded",
    "resolved",
    "united",
]

_NEW: frozenset[IncidentState | None] = frozenset({None})
_ACTIVE: frozenset[IncidentState | None] = frozenset({"open", "acknowledged"})
_TAKEN: frozenset[IncidentState | None] = frozenset({"acknowledged"})

LIFECYCLE: dict[StepName, Step] = {
    "opened": Step("opened", _NEW, "open", "anew"),
    "escalated": Step("opened", _ACTIVE, "open", "anew"),
    "joined": Step("joined", _ACTIVE, None, "informed"),
    "rejoined": Step("joined", _ACTIVE, None, "nobody"),
    "left": Step("left", _ACTIVE, None, "nobody"),
    "renamed": Step("renamed", _ACTIVE, None, "informed"),
    "raised": Step("raised", _ACTIVE, None, "anew"),
    "reopened": Step("reopened", _NEW, "open", "anew"),
    "diagnosed": Step("diagnosed", _ACTIVE, None, "informed"),
    "acknowledged": Step("acknowledged", _ACTIVE, "acknowledged", "informed"),
    "unacknowledged": Step("unacknowledged", _TAKEN, "open", "informed"),
    "noted": Step("noted", _ACTIVE, None, "nobody"),
    "reminded": Step("reminded", _ACTIVE, None, "anew"),
    "resolved": Step("closed", _ACTIVE, "closed", "informed"),
    "united": Step("closed", _ACTIVE, "closed", "informed"),
}
"""What can happen to an incident; docs/reference/incidents.md shows it."""

REOPEN_SECONDS = 600.0  # Seconds within which what fails again is the same incident

MAX_TIMELINE_ENTRIES = 200  # Lines of a timeline that are kept; the first ones stay


class IncidentRegistry:
    """The incidents that are not closed, and the steps of their life-cycle."""

    def __init__(self) -> None:
        self._open: dict[str, Incident] = {}  # by id, in the order they were opened
        self._membership = Membership()
        self._closed: dict[str, Incident] = {}  # by endpoint, those that may reopen, oldest first
        self._by_pattern: dict[Pattern, dict[str, None]] = {}
        self._issued: tuple[str, set[str]] = ("", set())  # ids that were given in this second

    # What is known

    def all(self) -> list[Incident]:
        """Return the incidents that are not closed, oldest first."""
        return list(self._open.values())

    def get(self, id_: str) -> Incident | None:
        return self._open.get(id_)

    def members_of(self, incident: Incident) -> list[str]:
        """Return the members that are not well, in the order they joined."""
        return list(self._membership.of(incident.id))

    def incidents_of(self, endpoint: str) -> list[Incident]:
        return [self._open[id_] for id_ in self._membership.incidents(endpoint)]

    def incident_of(self, endpoint: str) -> Incident | None:
        """Return the incident of an endpoint: its outage, else its observer's, else a warning."""
        if not self._membership.incidents(endpoint):  # asked several times for every check
            return None
        return min(
            self.incidents_of(endpoint),
            key=lambda found: (found.detector, found.observer, found.opened_at, found.id),
        )

    def outage_of(self, endpoint: str) -> Incident | None:
        found = self.incident_of(endpoint)
        return None if found is None or found.detector or found.observer else found

    def seen_by(self, detector: str, endpoint: str) -> Incident | None:
        """Return the incident that a detector sees at an endpoint, beside outages."""
        incidents = self.incidents_of(endpoint)
        return next((incident for incident in incidents if incident.detector == detector), None)

    def warning_of(self, endpoint: str, kind: KindName | None) -> Incident | None:
        """Return the warning of what an endpoint fails with now; ``None``: there is none."""
        warnings = (incident for incident in self.incidents_of(endpoint) if incident.detector)
        return next(
            (warning for warning in warnings if was_warned_of(warning.detector, kind)), None
        )

    def about(self, observer: str, pattern: Pattern) -> Incident | None:
        """Return the incident of a pattern that is about an observer; `""`: this monitor."""
        found = map(self._open.__getitem__, self._by_pattern.get(pattern, ()))
        return next((incident for incident in found if incident.observer == observer), None)

    def own_network_of(self, observer: str) -> Incident | None:
        return self.about(observer, "own_network_down")

    def sharing(self, key: CorrelationKey) -> list[Incident]:
        return [self._open[id_] for id_ in self._membership.sharing(key)]

    def keys_of(self, endpoint: str) -> tuple[CorrelationKey, ...]:
        return self._membership.keys_of(endpoint)

    def carriers(self, key: CorrelationKey) -> Mapping[str, None]:
        return self._membership.carriers(key)

    def ended(self) -> list[Incident]:
        """Return those that may reopen, in the order they ended."""
        return list({incident.id: incident for incident in self._closed.values()}.values())

    def ended_lately(self, endpoint: str, now: float) -> Incident | None:
        """Return the outage of an endpoint that ended so lately that a new one is the same."""
        incident = self._closed.get(endpoint)
        if incident is None or now - (incident.closed_at or 0.0) > REOPEN_SECONDS:
            return None
        return incident

    def set_keys(self, endpoint: str, keys: Iterable[CorrelationKey]) -> None:
        self._membership.set_keys(endpoint, keys)

    def forget(self, endpoint: str) -> None:
        self._membership.forget(endpoint)

    def load(self, incidents: Iterable[Incident]) -> None:
        """Know these incidents, and no others, oldest first, those that may reopen too."""
        for id_ in self._open:
            self._membership.end(id_)
        self._open, self._closed, self._by_pattern = {}, {}, {}
        for incident in incidents:
            if incident.state == "closed":
                self._remember(incident)
                continue
            self._file(incident)
            for endpoint in incident.members:
                if endpoint not in incident.well:
                    self._membership.join(incident.id, endpoint)

    # The steps

    def open_incident(  # noqa: PLR0913 - what an incident is made of
        self,
        at: float,
        pattern: Pattern,
        members: tuple[str, ...],
        summary: str,
        *,
        kind: KindName | None = None,
        evidence: tuple[str, ...] = (),
        advice: tuple[str, ...] = (),
        confidence: float = 1.0,
        detector: str = "",
        severity: Severity = "page",
        partial: bool = False,
        observer: str = "",
        notify: bool = True,
    ) -> Change:
        incident = Incident(
            id=self._new_id(at, members[0] if members else pattern),
            pattern=pattern,
            state="open",
            kind=kind,
            summary=summary,
            members=members,
            opened_at=at,
            confidence=confidence,
            severity=severity,
            partial=partial,
            evidence=evidence,
            advice=advice,
            observer=observer,
            detector=detector,
        )
        for endpoint in members:
            self._membership.join(incident.id, endpoint)
        first = members[0] if members else None
        return self._take("opened", at, incident, summary, first, notify=notify)

    def escalate(
        self,
        at: float,
        warning: Incident,
        summary: str,
        *,
        kind: KindName | None,
        evidence: tuple[str, ...],
        notify: bool,
    ) -> Change:
        """Make a warning an outage of the same cause."""
        outage = replace(
            warning,
            detector="",
            severity="page",
            partial=False,
            acknowledged_by="",
            summary=summary,
            kind=kind,
            evidence=(*warning.evidence, *evidence),
        )
        return self._take("escalated", at, outage, summary, outage.members[0], notify=notify)

    def join(
        self, at: float, incident: Incident, endpoint: str, text: str, *, notify: bool = True
    ) -> Change:
        """Add a member, or one that was well meanwhile."""
        self._membership.join(incident.id, endpoint)
        if endpoint in incident.well:
            well = tuple(member for member in incident.well if member != endpoint)
            return self._take("rejoined", at, replace(incident, well=well), text, endpoint)
        grown = replace(incident, members=(*incident.members, endpoint))
        return self._take("joined", at, grown, text, endpoint, notify=notify)

    def leave(self, at: float, incident: Incident, endpoint: str, text: str) -> Change:
        """Note that a member is well again, or fails for another cause."""
        self._membership.leave(incident.id, endpoint)
        left = replace(incident, well=(*incident.well, endpoint))
        return self._take("left", at, left, text, endpoint)

    def rename(
        self, at: float, incident: Incident, pattern: Pattern, text: str, **now: Any
    ) -> Change:
        """Note that an incident has another pattern than it was taken for; ``now``: what else."""
        return self._take("renamed", at, replace(incident, pattern=pattern, **now), text)

    def raise_to(
        self,
        at: float,
        incident: Incident,
        text: str,
        *,
        notify: bool = True,
        **raised: Any,
    ) -> Change:
        """Note that an incident is worse than it was taken for: pattern, severity, summary."""
        return self._take("raised", at, replace(incident, **raised), text, notify=notify)

    def reopen(
        self,
        at: float,
        incident: Incident,
        endpoint: str,
        text: str,
        *,
        notify: bool = True,
        **now: Any,
    ) -> Change:
        """Note that the end of an incident was none, for one member; ``now``: what it is by now."""
        open_again = replace(
            incident,
            members=(endpoint,),
            well=(),
            closed_at=None,
            acknowledged_by="",
            part_of="",
            **now,
        )
        for member in incident.members:
            self._closed.pop(member, None)
        self._membership.join(incident.id, endpoint)
        return self._take("reopened", at, open_again, text, endpoint, notify=notify)

    def diagnosed(self, at: float, incident: Incident, report: Mapping[str, Any]) -> Change:
        """Attach a diagnosis to an incident: its verdict names the pattern and the summary.

        Not where it is known by who sees it fail: that says more than what one of them finds.
        """
        verdict: Mapping[str, Any] = report.get("verdict") or {}
        summary = str(verdict.get("summary") or incident.summary)
        if verdict.get("kind") == "healthy":
            answers = (incident.kind or "").startswith(("http.", "service."))
            summary = _ANSWERS_OTHERWISE if answers else _GOT_THROUGH
        changed = replace(incident, diagnosis=report)
        by_all = not incident.partial and incident.pattern not in SEEN_BY_SOME
        if by_all and verdict.get("kind") not in {None, "healthy", "unknown"}:
            changed = replace(
                changed,
                summary=summary,
                pattern=pattern_of_diagnosis(incident.pattern, verdict),
                confidence=float(verdict.get("confidence") or incident.confidence),
            )
        return self._take("diagnosed", at, changed, summary)

    def compared(self, at: float, incident: Incident, text: str, advice: tuple[str, ...]) -> Change:
        """Attach what differs between a place that fails and one that gets through."""
        found = replace(
            incident, evidence=(*incident.evidence, text), advice=advice or incident.advice
        )
        return self._take("diagnosed", at, found, text)

    def acknowledge(self, at: float, incident: Incident, who: str) -> Change:
        """Note that somebody works on an incident: nobody is reminded of it any more."""
        text = f"acknowledged by {who}" if who else "acknowledged"
        return self._take("acknowledged", at, replace(incident, acknowledged_by=who), text)

    def unacknowledge(self, at: float, incident: Incident, who: str) -> Change:
        """Note that nobody works on an incident any more: people are reminded of it again."""
        told_at = None if incident.told_at is None else at  # they are told of this now
        text = f"{incident.acknowledged_by or 'nobody'} has it no more, says {who}"
        if who == incident.acknowledged_by:
            text = f"given back by {who}"
        free = replace(incident, acknowledged_by="", told_at=told_at)
        return self._take("unacknowledged", at, free, text)

    def note(self, at: float, incident: Incident, who: str, text: str) -> Change:
        """Write down what somebody has to say of an incident."""
        return self._take("noted", at, incident, f"{who}: {text}")

    def remind(self, at: float, incident: Incident, text: str, *, notify: bool = True) -> Change:
        """Say that an incident goes on, or what is new about it."""
        return self._take("reminded", at, incident, text, notify=notify)

    def resolve(self, at: float, incident: Incident, text: str) -> Change:
        return self._take("resolved", at, incident, text)

    def unite(self, at: float, incident: Incident, other: Incident) -> Change:
        """Close an incident that turned out to be part of another."""
        part = replace(incident, part_of=other.id)
        return self._take("united", at, part, f"it is part of {other.id}")

    def _take(
        self,
        name: StepName,
        at: float,
        incident: Incident,
        text: str,
        endpoint: str | None = None,
        *,
        notify: bool = True,
    ) -> Change:
        """Take a step: the table decides on the state and on who is notified."""
        step, known = LIFECYCLE[name], self._open.get(incident.id)
        assert (known.state if known else None) in step.before, (name, incident.id)
        informed = incident.told_at is not None
        notified = notify and (
            step.notifies == "anew" or (step.notifies == "informed" and informed)
        )
        if step.after is not None:
            incident = replace(incident, state=step.after)
        if step.after == "closed":
            incident = replace(incident, closed_at=at)
        if notified and step.notifies == "anew":
            incident = replace(incident, told_at=at)
        incident = _with_entry(incident, TimelineEntry(at=at, what=step.what, text=text))
        self._file(incident)
        return Change(at=at, what=step.what, incident=incident, endpoint=endpoint, told=notified)

    def _file(self, incident: Incident) -> None:
        before, closed = self._open.get(incident.id), incident.state == "closed"
        if before is not None and (closed or before.pattern != incident.pattern):
            del self._by_pattern[before.pattern][incident.id]
        if closed:
            self._membership.end(incident.id)
            del self._open[incident.id]
            self._remember(incident)
            return
        self._open[incident.id] = incident
        self._by_pattern.setdefault(incident.pattern, {})[incident.id] = None

    def _remember(self, incident: Incident) -> None:
        """Know for a while what may reopen: an outage that ended by itself."""
        now = incident.closed_at or 0.0
        while self._closed:
            endpoint, ended = next(iter(self._closed.items()))
            if now - (ended.closed_at or 0.0) <= REOPEN_SECONDS:
                break
            del self._closed[endpoint]
        if incident.detector or incident.part_of or incident.observer:
            return
        for member in incident.members:
            self._closed.pop(member, None)
            self._closed[member] = incident

    def _new_id(self, at: float, endpoint: str) -> str:
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
        if self._issued[0] != stamp:
            self._issued = (stamp, set())
        id_, number = f"{stamp}-{endpoint}", 1
        while id_ in self._open or id_ in self._issued[1]:
            number += 1
            id_ = f"{stamp}-{endpoint}-{number}"
        self._issued[1].add(id_)
        return id_


def _with_entry(incident: Incident, entry: TimelineEntry) -> Incident:
    timeline = incident.timeline
    if len(timeline) >= MAX_TIMELINE_ENTRIES:
        timeline = (*timeline[:10], *timeline[-(MAX_TIMELINE_ENTRIES - 11) :])
    return replace(incident, timeline=(*timeline, entry))
