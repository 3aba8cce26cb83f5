"""Which outage an endpoint that is down is part of, and when that is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ringback.incident.grouping import (
    HOLD,
    is_recent,
    own_network_down,
    parent_down,
    parent_suspect,
    shared,
)
from ringback.incident.pattern import is_of_the_network, pattern_of
from ringback.incident.words import clock, span

if TYPE_CHECKING:
    from ringback.incident.book import Book
    from ringback.incident.case import Case
    from ringback.incident.model import Change, Incident
    from ringback.incident.quiet import Quiet


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
        """Remember when something was last reached through the network.

        Args:
            case: An endpoint, after a check of it.
        """
        if case.reached is not None and not case.is_here:
            self._reached = max(self._reached, case.reached)

    def down(self, case: Case, at: float) -> list[Change]:
        """Return what changes with an endpoint that is part of no outage and may be down.

        Args:
            case: Which.
            at: When.
        """
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
        """Return what changes with an endpoint that is well again.

        Args:
            case: Which.
            at: When.
        """
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
        """Return what changes because an alarm has waited long enough for a parent.

        Args:
            now: Seconds since 1970 UTC.
        """
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
