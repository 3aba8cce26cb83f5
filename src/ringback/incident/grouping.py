"""What belongs together: parents, a network of one's own that is down, a shared cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ringback.incident.pattern import RESOLVER, is_of_the_network

if TYPE_CHECKING:
    from ringback.incident.book import Book
    from ringback.incident.case import Case
    from ringback.incident.members import Trait
    from ringback.incident.model import Incident, Signal

WINDOW = 120.0
"""Seconds after an incident's newest member within which another joins it for the same cause."""

OWN_NETWORK = 3
"""Unrelated hosts that must fail alike, and none succeed, before the own network is blamed."""

HOLD = 60.0
"""Seconds that a child's alarm waits for a parent that is suspect."""

_MEANS = {"zone": "dns.", "resolver": "dns.", "certificate": "tls.cert."}
"""A trait that is a cause only of the kinds that begin so; the others are of every kind."""


def parent_down(case: Case, cases: Mapping[str, Case]) -> str | None:
    """Return the parent that is down, so that this endpoint cannot be reached; ``None``: none is.

    Args:
        case: The endpoint.
        cases: All, by id.
    """
    for parent in case.watched.parents:
        if parent in cases and cases[parent].is_broken:
            return parent
    return None


def parent_suspect(case: Case, cases: Mapping[str, Case]) -> bool:
    """Return whether a parent is failing, and it is not known yet whether it is down.

    Args:
        case: The endpoint.
        cases: All, by id.
    """
    return any(
        parent in cases and cases[parent].state == "suspect" for parent in case.watched.parents
    )


def own_network_down(case: Case, cases: Iterable[Case]) -> list[Case]:
    """Return the endpoints that fail because this host has no network; ``[]``: it has one.

    Since the first failure every target that was asked has failed as a missing network shows, and
    they are on several hosts. What is on this host itself says nothing.

    Args:
        case: The endpoint that has just been found down.
        cases: All.
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
    """Yield what an endpoint may have in common with others that fail.

    Args:
        case: The endpoint.
    """
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

    Args:
        case: The endpoint that has just been found down.
        book: The open incidents.
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
    """Return what is open of this kind for the same certificate, the oldest; ``None``: nothing.

    Args:
        case: The endpoint.
        book: The open incidents.
        signal: What a detector saw there.
    """
    if signal.detector != "certificate" or case.certificate is None:
        return None
    found = (book.open[id_] for id_ in book.members.sharing(("certificate", case.certificate)))
    alike = [one for one in found if one.pattern == "certificate" and one.kind == signal.kind]
    return min(alike, key=lambda one: (one.opened_at, one.id), default=None)


def is_recent(
    incident: Incident, now: float, whats: Collection[str] = ("opened", "joined")
) -> bool:
    """Return whether an incident's newest member joined it within the window.

    Args:
        incident: Which.
        now: Seconds since 1970 UTC.
        whats: What else to look for in the timeline.
    """
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
