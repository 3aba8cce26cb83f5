"""Which incident a failing endpoint belongs to: its parent's, its observer's, a shared cause's.

An endpoint that goes down is part of the first open outage that fits: its family (a parent that is
down, a child that was found first), then the outages whose members share a cause with it and were
joined within the window. Whoever could tell and was not checked yet is asked first, and the
decision waits for that for a moment. Else it reopens the outage that it had until lately, else it
opens one, out of the warning that foretold it where there is one. When a cause turns out to be that
of nearly all who carry it, their outages are united: the oldest stays.

What an observer's own network makes fail is one incident of that observer, beside the outages.

What a detector sees beside the state (a certificate, latency, flapping) opens or renames an
incident of its own, unless the endpoint is down for it already.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ringback.incident.cause import CauseFinder, is_recent, join_window, may_have_one_cause
from ringback.incident.judgement import SPLIT_SECONDS
from ringback.incident.own_network import HOLD_GRACE, MAX_ASKED, MIN_HOLD
from ringback.incident.pattern import duration_text, pattern_of, time_of_day, was_warned_of
from ringback.incident.vote import places_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ringback.incident.judgement import Judgement
    from ringback.incident.lifecycle import IncidentRegistry
    from ringback.incident.model import Change, Incident, Pattern, Severity, Signal
    from ringback.incident.own_network import Network, NetworkFinding
    from ringback.incident.silences import Silences
    from ringback.incident.tracker import EndpointTracker

MAX_PARENT_WAIT_SECONDS: Final = 60.0
"""Seconds that a child's alarm waits for a parent that is suspect."""


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


def of_same_certificate(
    tracker: EndpointTracker, registry: IncidentRegistry, signal: Signal
) -> Incident | None:
    """Return what is open of this kind for the same certificate, the oldest; ``None``: nothing."""
    if PATTERN_BY_DETECTOR[signal.detector] != "certificate" or tracker.certificate is None:
        return None
    alike = [
        incident
        for incident in registry.sharing(("certificate", tracker.certificate))
        if incident.detector in {"", signal.detector}
        and incident.pattern == "certificate"
        and incident.kind == signal.kind
    ]
    return min(alike, key=lambda incident: (incident.opened_at, incident.id), default=None)


PATTERN_BY_DETECTOR: dict[str, Pattern] = {
    "latency": "latency",
    "certificate": "certificate",
    "certificate_change": "certificate",
    "heartbeat": "heartbeat_missed",
    "error_budget": "error_budget",
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
        self._causes = CauseFinder(trackers, registry)
        self._children: dict[str, dict[str, None]] = {}
        # Endpoint: since when its alarm waits, for its parent or for carriers of a shared key
        self._held: dict[str, float] = {}
        self._undiagnosed: list[tuple[str, str]] = []  # (incident, endpoint)

    def configure(self) -> None:
        """Take note of who is whose parent, after the endpoints changed."""
        self._children = {}
        for tracker in self._trackers.values():
            self.watch(tracker)
        self._held = {id_: at for id_, at in self._held.items() if id_ in self._trackers}

    def watch(self, tracker: EndpointTracker) -> None:
        """Take note of whose child an endpoint is."""
        for parent in tracker.watched.parents:
            self._children.setdefault(parent, {})[tracker.id] = None

    def forget(self, tracker: EndpointTracker) -> None:
        self._held.pop(tracker.id, None)
        for parent in tracker.watched.parents:
            self._children.get(parent, {}).pop(tracker.id, None)

    def take_undiagnosed(self) -> list[tuple[str, str]]:
        """Return ``(incident, endpoint)`` of the outages opened since the last call."""
        taken, self._undiagnosed = self._undiagnosed, []
        return taken

    def dump(self) -> dict[str, float]:
        """Return which alarms wait, and since when."""
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

    # What the state of an endpoint changes.

    def judged(self, tracker: EndpointTracker, at: float) -> list[Change]:
        """Return what changes by what the votes on an endpoint mean now."""
        judgement = tracker.judgement
        if judgement.state == "ok":
            return self.well(tracker, at)
        if judgement.pattern is None:
            return self.down(tracker, at) if tracker.id in self._held else []
        known = self._registry.outage_of(tracker.id)
        if known is not None:
            if at - judgement.split_at >= SPLIT_SECONDS and not known.partial:
                return self._narrowed(tracker, known, at)
            return self._raised(tracker, judgement, known, at)
        if self._registry.seen_by("heartbeat", tracker.id) is not None:
            return []  # that its report is missing was told
        return self.down(tracker, at)

    def down(self, tracker: EndpointTracker, at: float) -> list[Change]:
        """Return what changes with an endpoint that is part of no outage and may be down."""
        if parent_suspect(tracker, self._trackers):
            since = self._held.setdefault(tracker.id, at)
            if at - since < MAX_PARENT_WAIT_SECONDS:
                return []
        if tracker.judgement.pattern is None:
            self._held.pop(tracker.id, None)
            return []
        known = self._of_family(tracker, at) or self._causes.shared_outage(tracker, at)
        if known is None and self._waits_for_carriers(tracker, at):
            return []
        self._held.pop(tracker.id, None)
        warning = self._registry.warning_of(tracker.id, tracker.kind)
        if known is not None:
            changes = [self._joined(tracker, known, at)]
            if warning is not None:
                changes.append(self._taken_from_warning(tracker, at, warning, known))
        elif (ended := self._registry.ended_lately(tracker.id, at)) is not None and _is_again(
            ended, tracker
        ):
            changes = [self._reopened(tracker, ended, at)]
        else:
            changes = self._begun(tracker, at, warning)
        return [*changes, *self._united(tracker, at)]

    def well(self, tracker: EndpointTracker, at: float) -> list[Change]:
        """Return what changes with an endpoint that is well again."""
        self._held.pop(tracker.id, None)
        incident = self._registry.outage_of(tracker.id)
        if incident is None or tracker.flaps:  # its end is notified when it has been steady
            return []
        return self._left(tracker, incident, at, f"{tracker.name} is well again")

    def tick(self, now: float) -> list[Change]:
        """Return what changes because an alarm has waited for long enough."""
        return [
            change for id_ in list(self._held) for change in self.down(self._trackers[id_], now)
        ]

    def asks(self) -> Iterator[str]:
        """Yield what is to be checked, so that it is known whether a cause is shared."""
        for id_, since in islice(self._held.items(), MAX_ASKED):
            unseen = self._causes.unseen_carriers(self._trackers[id_], since)
            yield from islice(unseen, MAX_ASKED)

    def _left(
        self, tracker: EndpointTracker, incident: Incident, at: float, text: str
    ) -> list[Change]:
        left = self._registry.leave(at, incident, tracker.id, text)
        if self._registry.members_of(left.incident):
            return [left]
        text = f"over after {duration_text(at - incident.opened_at)}"
        return [left, self._registry.resolve(at, left.incident, text)]

    def _narrowed(self, tracker: EndpointTracker, known: Incident, at: float) -> list[Change]:
        """Return that what was down for all is down for some places only, for long enough."""
        if known.pattern == "flapping":
            return []
        states = {self._trackers[id_].state for id_ in self._registry.members_of(known)}
        summary = _summary(tracker)
        if states == {"partial", "suspect"}:
            return []  # soon it is known whether the others are so as well
        if states != {"partial"}:
            left = self._registry.leave(at, known, tracker.id, summary)
            return [left, *self.down(tracker, at)]
        self._undiagnosed.append((known.id, tracker.id))  # what was found of all says nothing here
        return [
            self._registry.rename(
                at,
                _without_well(known),
                "network_partition",
                summary,
                summary=summary,
                partial=True,
                kind=tracker.kind,
                evidence=_evidence(tracker, at),
                diagnosis=None,
            )
        ]

    def _raised(
        self, tracker: EndpointTracker, judgement: Judgement, known: Incident, at: float
    ) -> list[Change]:
        """Return that an open incident is worse than it was."""
        pattern, severity = judgement.pattern, judgement.severity
        # That who reaches it is no longer heard tells nothing new.
        is_news = not judgement.unheard or any(
            (vote.since or 0.0) > known.opened_at for vote in judgement.votes
        )
        wider = known.partial and judgement.state != "partial" and is_news
        if pattern is None or not (wider or (known.severity, severity) == ("warn", "page")):
            return []
        if any(
            self._trackers[id_].state == "partial" and id_ != tracker.id
            for id_ in self._registry.members_of(known)
            if wider
        ):  # what is down for all has another cause than what the others are down for some for
            text = f"{tracker.name} is down for all"
            return [self._registry.leave(at, known, tracker.id, text), *self.down(tracker, at)]
        summary = _summary(tracker)
        raised: dict[str, Any] = {"severity": severity}
        if wider:
            raised |= {"partial": False, "pattern": pattern, "kind": tracker.kind}
            raised |= {"summary": summary}
        known = _without_well(known)
        notify = not self._silences.covers(known.members, at)
        return [self._registry.raise_to(at, known, summary, notify=notify, **raised)]

    def _reopened(self, tracker: EndpointTracker, ended: Incident, at: float) -> Change:
        notify = not self._silences.covers((tracker.id,), at)
        text = f"{tracker.name} is down again: {tracker.detail or tracker.kind or 'it fails'}"
        judgement = tracker.judgement
        diagnosis = ended.diagnosis
        if tracker.kind != ended.kind:  # what was found of another failure says nothing of this one
            diagnosis = None
            self._undiagnosed.append((ended.id, tracker.id))
        return self._registry.reopen(
            at,
            ended,
            tracker.id,
            text,
            notify=notify,
            diagnosis=diagnosis,
            pattern=judgement.pattern or ended.pattern,
            severity=judgement.severity,
            partial=judgement.state == "partial",
            kind=tracker.kind,
            summary=_summary(tracker),
            evidence=_evidence(tracker, at),
        )

    def _of_family(self, tracker: EndpointTracker, at: float) -> Incident | None:
        partial = tracker.judgement.state == "partial"  # what is down for some has its own cause
        parent = parent_down(tracker, self._trackers)
        if parent is not None and (known := self._registry.outage_of(parent)) is not None:
            return known if known.partial is partial else None
        # A child may have been asked first, and be known to be down before its parent is.
        for child in self._children.get(tracker.id, ()):
            known = self._registry.outage_of(child)
            if known is None or known.partial is not partial:
                continue
            if is_recent(known, at, join_window(tracker)):
                return known
        return None

    def _waits_for_carriers(self, tracker: EndpointTracker, at: float) -> bool:
        if tracker.watched.parents and parent_suspect(tracker, self._trackers):
            return False
        since = self._held.get(tracker.id, at)
        hold = max(tracker.watched.timeout, MIN_HOLD) + HOLD_GRACE
        if at - since >= hold or next(self._causes.unseen_carriers(tracker, at), None) is None:
            return False
        self._held.setdefault(tracker.id, at)
        return True

    def _united(self, tracker: EndpointTracker, at: float) -> list[Change]:
        """Unite the outages of endpoints that turn out to fail for one reason."""
        mine = self._registry.outage_of(tracker.id)
        if mine is None:
            return []
        for key in self._causes.of(tracker):
            found = self._causes.one_cause(key, tracker, at)
            if len(found) > 1:
                first, *others = sorted(
                    found, key=lambda incident: (incident.opened_at, incident.id)
                )
                return self._taken_together(first, others, at)
        return []

    def _taken_together(
        self, first: Incident, others: Iterable[Incident], at: float
    ) -> list[Change]:
        changes: list[Change] = []
        for incident in others:
            members = self._registry.members_of(incident)
            changes.append(self._registry.unite(at, incident, first))
            for id_ in members:
                changes.append(self._joined(self._trackers[id_], first, at))
                first = changes[-1].incident
        return changes

    def _joined(self, tracker: EndpointTracker, incident: Incident, at: float) -> Change:
        text = f"{tracker.name} is down too: {tracker.detail or tracker.kind or 'it fails'}"
        notify = not self._silences.covers((tracker.id,), at)
        return self._registry.join(at, incident, tracker.id, text, notify=notify)

    # The own network of an observer.

    def network_lost(self, network: Network, finding: NetworkFinding, at: float) -> list[Change]:
        """Return what changes now that what an observer sees fail is its own network."""
        ids = [other.id for other in finding.failing]
        blamed = self._blamed_for(network, ids, finding.since)
        alone = [
            id_
            for id_ in ids
            if self._registry.outage_of(id_) is None or self._registry.outage_of(id_) in blamed
        ] or ids[:1]
        severity: Severity = "page" if network.has_probe else "warn"
        loses = " loses packets" if finding.cause == "loss" else " is down"
        text = f"The network of {network.name}{loses}: {'; '.join(finding.evidence)}."
        opened = self._registry.open_incident(
            at,
            "own_network_down",
            tuple(alone),
            text,
            kind=finding.failing[0].kind,
            evidence=finding.evidence,
            confidence=finding.confidence,
            severity=severity,
            observer=network.name,
            notify=not self._silences.covers(alone, at),
        )
        network.cut(opened.incident.id, finding, at)
        self._undiagnosed.append((opened.incident.id, alone[0]))
        for id_ in alone:
            self._held.pop(id_, None)
        taken_for = [replace(outage, pattern="own_network_down") for outage in blamed]
        return [opened, *(self._registry.unite(at, known, opened.incident) for known in taken_for)]

    def _blamed_for(self, network: Network, ids: Collection[str], begun: float) -> list[Incident]:
        """Return the outages that were told of what turns out to be the observer's network."""
        found: dict[str, Incident] = {}
        for id_ in ids:
            outage = self._registry.outage_of(id_)
            if outage is None or outage.opened_at < begun:
                continue
            members = self._registry.members_of(outage)
            seen_by = {
                vote.domain for member in members for vote in self._trackers[member].votes.values()
            }
            if seen_by == {network.domain} and set(members) <= set(ids):
                found[outage.id] = outage
        return list(found.values())

    def fails_meanwhile(
        self, network: Network, tracker: EndpointTracker, at: float
    ) -> list[Change]:
        """Return what changes with an endpoint that fails while its observer is cut off."""
        incident = self._registry.own_network_of(network.name)
        known = self._registry.outage_of(tracker.id)
        if incident is None or known is not None:
            return []
        if tracker.id in self._registry.members_of(incident):
            return []
        return [self._joined(tracker, incident, at)]

    def network_back(self, network: Network, at: float) -> list[Change]:
        """Return what changes now that an observer is no longer cut off."""
        incident = self._registry.own_network_of(network.name)
        lost = network.cut_off is not None and network.cut_off.cause == "loss"
        for tracker, vote in network.restore():
            if self._registry.outage_of(tracker.id) is None or (lost and not vote.pure):
                vote.forget()
                if vote.replied_at is not None:  # what fails from now on fails newly
                    vote.well_at = vote.replied_at = at
        if incident is None:
            return []
        text = f"over after {duration_text(at - incident.opened_at)}"
        return [self._registry.resolve(at, incident, text)]

    # Beginnings.

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
        id_, judgement = tracker.id, tracker.judgement
        summary, evidence = _summary(tracker), _evidence(tracker, at)
        notify = not self._silences.covers((id_,), at)
        if warning is not None:
            opened = self._registry.escalate(
                at, warning, summary, kind=tracker.kind, evidence=evidence, notify=notify
            )
        else:
            opened = self._registry.open_incident(
                at,
                judgement.pattern or pattern_of(tracker.kind),
                (id_,),
                summary,
                kind=tracker.kind,
                evidence=evidence,
                severity=judgement.severity,
                partial=judgement.state == "partial",
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
            # It has another certificate than the others.
            if not signal.active or signal.detector == "certificate_change":
                left = self._registry.leave(
                    signal.at, known, tracker.id, f"{name} has another certificate"
                )
                return [left, *self._warned(tracker, signal, notify=notify)]
            if known.kind == signal.kind and is_recent(
                known, signal.at, join_window(tracker), _NOTIFYING_CHANGES
            ):
                return []  # another has just said so
        if not signal.active:
            return [self._registry.resolve(signal.at, known, "over")] if known else []
        if known is None:
            return self._warning_begun(tracker, signal, summary, notify=notify)
        newest = replace(known, kind=signal.kind, summary=summary, severity=signal.severity)
        newest = replace(newest, evidence=signal.evidence, advice=signal.advice)
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
        if outage is not None and (
            (signal.kind is not None and outage.kind == signal.kind)
            or was_warned_of(signal.detector, outage.kind)
        ):
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
                severity=signal.severity,
                notify=notify,
            )
        ]

    def _flapping(self, tracker: EndpointTracker, signal: Signal, *, notify: bool) -> list[Change]:
        known = self._registry.outage_of(tracker.id)
        if not signal.active:
            return [] if known is None else self._steady(tracker, known, signal.at)
        name, text = tracker.name, "; ".join(signal.evidence)
        if known is not None:
            summary = f"{name} comes and goes: {text}."
            return [
                self._registry.rename(
                    signal.at,
                    _without_well(known),
                    "flapping",
                    f"{name} flaps: {text}",
                    summary=summary,
                )
            ]
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
        if tracker.judgement.pattern is None:
            text = f"{tracker.name} has been well for a while"
            changes.append(self._registry.leave(at, known, tracker.id, text))
            known = changes[-1].incident
            if not self._registry.members_of(known):
                return [*changes, self._registry.resolve(at, known, text)]
        if known.pattern == "flapping":
            text = f"{tracker.name} is steady"
            changes.append(self._registry.rename(at, known, pattern_of(tracker.kind), text))
        return changes


def _without_well(incident: Incident) -> Incident:
    """Return an incident that is told as something else, which those who are well never had."""
    well = frozenset(incident.well)
    failing = tuple(member for member in incident.members if member not in well)
    return replace(incident, members=failing, well=())


def _is_again(ended: Incident, tracker: EndpointTracker) -> bool:
    """Return whether what fails is an incident that ended lately: of many, what they all had."""
    if len(ended.members) == 1:
        return True
    partial = tracker.judgement.state == "partial"
    return ended.partial is partial and may_have_one_cause(ended.kind, tracker.kind)


def _summary(tracker: EndpointTracker) -> str:
    judgement, name = tracker.judgement, tracker.name
    why = tracker.detail or tracker.kind or "it fails"
    if judgement.state != "partial":
        return f"{name} is down: {why}"
    return f"{name} is down for {places_of(judgement.votes)} only: {why}"


def _evidence(tracker: EndpointTracker, at: float) -> tuple[str, ...]:
    judgement = tracker.judgement
    since = time_of_day(tracker.since or at)
    failures = max((vote.failures for vote in judgement.votes), default=0)
    lines = [f"{failures} failures in a row since {since}"]
    if judgement.votes and not any(vote.pure for vote in judgement.votes):
        lines = [f"it fails and answers in turn since {since}"]
    if judgement.against:
        lines.append(f"it is well for {places_of(judgement.against)}")
    if judgement.unheard:
        lines.append(f"{places_of(judgement.unheard)} not heard")
    return tuple(lines)
