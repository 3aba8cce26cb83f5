"""Which outage an endpoint that is down is part of, and when that is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.incident.pattern import RESOLVER, clock, is_of_the_network, pattern_of, span

if TYPE_CHECKING:
    from ringback.incident.model import Change, Incident, Pattern, Signal
    from ringback.incident.registry import Book, Trait
    from ringback.incident.silences import Quiet
    from ringback.incident.tracker import Case


WINDOW = 120.0
"""Seconds after an incident's newest member within which another joins it for the same cause."""

OWN_NETWORK = 3
"""Unrelated hosts that must fail alike, and none succeed, before the own network is blamed."""

HOLD = 60.0
"""Seconds that a child's alarm waits for a parent that is suspect."""

_MEANS = {"zone": "dns.", "resolver": "dns.", "certificate": "tls.cert."}
"""A trait that is a cause only of the kinds that begin so; the others are of every kind."""


def parent_down(case: Case, cases: Mapping[str, Case]) -> str | None:
    """Return the parent that is down, so that this endpoint cannot be reached; ``None``: none is."""
    for parent in case.watched.parents:
        if parent in cases and cases[parent].is_broken:
            return parent
    return None


def parent_suspect(case: Case, cases: Mapping[str, Case]) -> bool:
    """Return whether a parent is failing, and it is not known yet whether it is down."""
    return any(
        parent in cases and cases[parent].state == "suspect" for parent in case.watched.parents
    )


def own_network_down(case: Case, cases: Iterable[Case]) -> list[Case]:
    """Return the endpoints that fail because this host has no network; ``[]``: it has one.

    Since the first failure every target that was asked has failed as a missing network shows, and
    they are on several hosts. What is on this host itself says nothing.
    """
    since = case.streak.since
    if since is None or not is_of_the_network(case.kind) or case.is_here:
        return []
    failing: list[Case] = []
    for one in cases:
        if one.is_here or one.seen is None or one.seen < since:
            continue
        if one.reached is not None and one.reached >= since:
            return []
        failing.append(one)
    hosts = {one.watched.host for one in failing}
    return failing if len(hosts) >= OWN_NETWORK else []


def traits_of(case: Case) -> Iterator[Trait]:
    """Yield what an endpoint may have in common with others that fail."""
    if case.watched.host:
        yield "host", case.watched.host
    if case.address is not None:
        yield "address", case.address
    if zone := _zone(case):
        yield "zone", zone
    if case.certificate is not None:
        yield "certificate", case.certificate
    yield "resolver", case.watched.resolver


def shared(case: Case, book: Book) -> Incident | None:
    """Return the open outage with which an endpoint shares its cause, the oldest; ``None``: none.

    The same kind within the window, and the same host, address, certificate (where that is what is
    wrong), or of names the same parent domain or the same resolver.
    """
    found = {
        id_
        for trait in traits_of(case)
        if _may_cause(trait, case.kind)
        for id_ in book.members.sharing(trait)
    }
    alike = [
        one
        for one in (book.open[id_] for id_ in found)
        if not one.detector and one.kind == case.kind and is_recent(one, case.seen or 0.0)
    ]
    return min(alike, key=lambda one: (one.opened_at, one.id), default=None)


def of_same_certificate(case: Case, book: Book, signal: Signal) -> Incident | None:
    """Return what is open of this kind for the same certificate, the oldest; ``None``: nothing."""
    if signal.detector != "certificate" or case.certificate is None:
        return None
    found = (book.open[id_] for id_ in book.members.sharing(("certificate", case.certificate)))
    alike = [one for one in found if one.pattern == "certificate" and one.kind == signal.kind]
    return min(alike, key=lambda one: (one.opened_at, one.id), default=None)


def is_recent(
    incident: Incident, now: float, whats: Collection[str] = ("opened", "joined")
) -> bool:
    """Return whether an incident's newest member joined it within the window."""
    joined = next(
        (one.at for one in reversed(incident.timeline) if one.what in whats),
        incident.opened_at,
    )
    return now - joined <= WINDOW


def _may_cause(trait: Trait, kind: str | None) -> bool:
    if trait[0] == "resolver" and kind not in RESOLVER:
        return False
    return kind is not None and kind.startswith(_MEANS.get(trait[0], ""))


def _zone(case: Case) -> str:
    labels = case.watched.host.rstrip(".").split(".")
    return ".".join(labels[-2:]) if len(labels) >= 2 else ""


class Outages:
    """Finds the outage that an endpoint belongs to, or opens one.

    Args:
        cases: All endpoints, by id; changed by others.
        book: The open incidents; changed.
        quiet: Who is not to be told.

    Attributes:
        held: Endpoint to since when its alarm waits for its parent.
        undiagnosed: ``(incident, endpoint)`` of those that were opened.
    """

    def __init__(self, cases: Mapping[str, Case], book: Book, quiet: Quiet) -> None:
        self._cases, self._book, self._quiet = cases, book, quiet
        self._children: dict[str, list[str]] = {}
        self._reached = 0.0
        self.held: dict[str, float] = {}
        self.undiagnosed: list[tuple[str, str]] = []

    def configure(self) -> None:
        """Take note of who is whose parent, after the endpoints changed."""
        self._children = {}
        for id_, case in self._cases.items():
            for parent in case.watched.parents:
                self._children.setdefault(parent, []).append(id_)
        self.held = {id_: at for id_, at in self.held.items() if id_ in self._cases}
        self._reached = 0.0
        for case in self._cases.values():
            self.note(case)

    def note(self, case: Case) -> None:
        """Remember when something was last reached through the network."""
        if case.reached is not None and not case.is_here:
            self._reached = max(self._reached, case.reached)

    def down(self, case: Case, at: float) -> list[Change]:
        """Return what changes with an endpoint that is part of no outage and may be down."""
        if parent_suspect(case, self._cases):
            since = self.held.setdefault(case.watched.id, at)
            if at - since < HOLD:
                return []
        self.held.pop(case.watched.id, None)
        if case.state != "down":
            return []
        known = self._of_family(case, at) or self._of_own_network(case) or shared(case, self._book)
        warning = self._book.foretold(case.watched.id, case.kind)
        if known is not None:
            joined = self._joined(case, known, at)
            return [joined, *([self._foretold(case, at, warning, known)] if warning else [])]
        return self._own_network_lost(case, at) or self._begun(case, at, warning)

    def well(self, case: Case, at: float) -> list[Change]:
        """Return what changes with an endpoint that is well again."""
        self.held.pop(case.watched.id, None)
        incident = self._book.outage_of(case.watched.id)
        if incident is None or case.flaps:  # its end is told when it has been steady
            return []
        name = case.watched.name or case.watched.id
        left = self._book.leave(at, incident, case.watched.id, f"{name} is well again")
        if not self._book.is_over(left.incident):
            return [left]
        said = f"over after {span(at - incident.opened_at)}"
        return [left, self._book.finish(at, left.incident, said)]

    def tick(self, now: float) -> list[Change]:
        """Return what changes because an alarm has waited long enough for a parent."""
        return [change for id_ in list(self.held) for change in self.down(self._cases[id_], now)]

    def _of_family(self, case: Case, at: float) -> Incident | None:
        parent = parent_down(case, self._cases)
        if parent is not None and (known := self._book.outage_of(parent)) is not None:
            return known
        # A child may have been asked first, and be known to be down before its parent is.
        for child in self._children.get(case.watched.id, ()):
            known = self._book.outage_of(child)
            if known is not None and is_recent(known, at):
                return known
        return None

    def _of_own_network(self, case: Case) -> Incident | None:
        if not is_of_the_network(case.kind) or case.is_here:
            return None
        return self._book.of_pattern("own_network_down")

    def _joined(self, case: Case, incident: Incident, at: float) -> Change:
        name = case.watched.name or case.watched.id
        text = f"{name} is down too: {case.detail or case.kind or 'it fails'}"
        return self._book.join(
            at, incident, case.watched.id, text, told=not self._quiet.covers((case.watched.id,), at)
        )

    def _own_network_lost(self, case: Case, at: float) -> list[Change]:
        if case.streak.since is None or self._reached >= case.streak.since:
            return []
        alike = own_network_down(case, self._cases.values())
        if not alike:
            return []
        ids = tuple(dict.fromkeys((case.watched.id, *(one.watched.id for one in alike))))
        said = (
            f"This host has lost its network: {len(ids)} endpoints on several hosts fail alike, "
            "and nothing else answers."
        )
        known = self._known_outages(ids)
        if known:
            return self._taken_together(known, ids, said, at)
        opened = self._book.begin(
            at,
            "own_network_down",
            ids,
            said,
            kind=case.kind,
            evidence=tuple(f"{one.watched.id}: {one.kind}" for one in alike[:3]),
            confidence=0.85,
            told=not self._quiet.covers(ids, at),
        )
        self.undiagnosed.append((opened.incident.id, case.watched.id))
        return [opened]

    def _known_outages(self, ids: Iterable[str]) -> list[Incident]:
        found = {one.id: one for id_ in ids if (one := self._book.outage_of(id_)) is not None}
        return sorted(found.values(), key=lambda one: (one.opened_at, one.id))

    def _taken_together(
        self, known: list[Incident], ids: tuple[str, ...], said: str, at: float
    ) -> list[Change]:
        """Take the outages of endpoints that turn out to fail for one reason for one outage."""
        first, *others = known
        changes = [
            self._book.unite(at, one, first)
            for one in others
            if set(self._book.members.of(one.id)) <= set(ids)
        ]
        changes.append(self._book.rename(at, first, "own_network_down", said, summary=said))
        alone = [id_ for id_ in ids if self._book.outage_of(id_) is None]
        # One after the other: each adds to what the incident is by then.
        return changes + [
            self._joined(self._cases[id_], self._book.open[first.id], at) for id_ in alone
        ]

    def _foretold(self, case: Case, at: float, warning: Incident, known: Incident) -> Change:
        """Take an endpoint out of a warning, or close it where it warned of this one alone."""
        if len(list(self._book.members.of(warning.id))) > 1:
            name = case.watched.name or case.watched.id
            return self._book.leave(at, warning, case.watched.id, f"{name} is part of {known.id}")
        return self._book.unite(at, warning, known)

    def _begun(self, case: Case, at: float, warning: Incident | None) -> list[Change]:
        if warning is None:
            return [self._opened(case, at, None)]
        changes = []
        for id_ in list(self._book.members.of(warning.id)):
            if id_ != case.watched.id:  # it joins when it goes down as well
                name = self._cases[id_].watched.name or id_
                changes.append(self._book.leave(at, warning, id_, f"{name} is not down"))
                warning = changes[-1].incident
        return [*changes, self._opened(case, at, warning)]

    def _opened(self, case: Case, at: float, warning: Incident | None) -> Change:
        id_, name = case.watched.id, case.watched.name or case.watched.id
        since = clock(case.streak.since or at)
        summary = f"{name} is down: {case.detail or case.kind or 'it fails'}"
        evidence = (f"{case.streak.failures} failures in a row since {since}",)
        told = not self._quiet.covers((id_,), at)
        if warning is not None:
            opened = self._book.worsen(
                at, warning, summary, kind=case.kind, evidence=evidence, told=told
            )
        else:
            opened = self._book.begin(
                at,
                pattern_of(case.kind),
                (id_,),
                summary,
                kind=case.kind,
                evidence=evidence,
                told=told,
            )
        self.undiagnosed.append((opened.incident.id, id_))
        return opened


BY_DETECTOR: dict[str, Pattern] = {
    "latency": "latency",
    "certificate": "certificate",
    "heartbeat": "heartbeat_missed",
}
"""Detector to the sort of incident that it opens by itself, beside outages."""

_TELLS = {"opened", "reminded"}


def signalled(book: Book, quiet: Quiet, case: Case, signal: Signal) -> list[Change]:
    """Return what changes by what a detector saw."""
    told = not quiet.covers((case.watched.id,), signal.at)
    if signal.detector == "flapping":
        return _flapping(book, case, signal, told=told)
    return _own_incident(book, case, signal, told=told)


def _own_incident(book: Book, case: Case, signal: Signal, *, told: bool) -> list[Change]:
    known = book.seen_by(signal.detector, case.watched.id)
    name, said = case.watched.name or case.watched.id, "; ".join(signal.evidence)
    summary = f"{name}: {said}."
    if known is not None and len(list(book.members.of(known.id))) > 1:
        if not signal.active or signal.kind is None:  # it has another certificate than the others
            left = book.leave(signal.at, known, case.watched.id, f"{name} has another certificate")
            return [left, *_own_incident(book, case, signal, told=told)]
        if known.kind == signal.kind and is_recent(known, signal.at, _TELLS):
            return []  # another has just said so
    if not signal.active:
        return [book.finish(signal.at, known, "over")] if known else []
    if known is None:
        return _begun(book, case, signal, summary, told=told)
    newest = replace(
        known,
        kind=signal.kind,
        summary=summary,
        evidence=signal.evidence,
        advice=signal.advice,
    )
    return [book.remind(signal.at, newest, said, told=told)]


def _begun(book: Book, case: Case, signal: Signal, summary: str, *, told: bool) -> list[Change]:
    if (same := of_same_certificate(case, book, signal)) is not None:
        if not same.detector:
            return []  # it joins that outage when it goes down as well
        text = f"{case.watched.name or case.watched.id} has the same certificate"
        return [book.join(signal.at, same, case.watched.id, text, told=told)]
    outage = book.outage_of(case.watched.id)
    if outage is not None and signal.kind is not None and outage.kind == signal.kind:
        return []  # it is down for what is seen
    return [
        book.begin(
            signal.at,
            BY_DETECTOR[signal.detector],
            (case.watched.id,),
            summary,
            kind=signal.kind,
            evidence=signal.evidence,
            advice=signal.advice,
            detector=signal.detector,
            told=told,
        )
    ]


def _flapping(book: Book, case: Case, signal: Signal, *, told: bool) -> list[Change]:
    known = book.outage_of(case.watched.id)
    if not signal.active:
        return [] if known is None else _steady(book, case, known, signal.at)
    name = case.watched.name or case.watched.id
    said = "; ".join(signal.evidence)
    if known is not None:
        return [book.rename(signal.at, known, "flapping", f"{name} flaps: {said}")]
    return [
        book.begin(
            signal.at,
            "flapping",
            (case.watched.id,),
            f"{name} comes and goes: {said}.",
            kind=signal.kind,
            evidence=signal.evidence,
            told=told,
        )
    ]


def _steady(book: Book, case: Case, known: Incident, at: float) -> list[Change]:
    """Return what changes when one state has lasted: it is well, or it stays down."""
    name = case.watched.name or case.watched.id
    changes: list[Change] = []
    if not case.is_broken:
        said = f"{name} has been well for a while"
        changes.append(book.leave(at, known, case.watched.id, said))
        known = changes[-1].incident
        if book.is_over(known):
            return [*changes, book.finish(at, known, said)]
    if known.pattern == "flapping":
        changes.append(book.rename(at, known, pattern_of(case.kind), f"{name} is steady"))
    return changes
