"""What a detector saw, as a change of an incident."""

from ringback.incident.book import Book
from ringback.incident.case import Case
from ringback.incident.model import Change, EndpointState, Incident, Pattern, Signal
from ringback.incident.pattern import pattern_of
from ringback.incident.quiet import Quiet

BROKEN: frozenset[EndpointState] = frozenset({"down", "recovering"})
"""States in which an endpoint is part of an outage."""

OUTAGES: tuple[Pattern, ...] = (
    "service_outage",
    "network_partition",
    "own_network_down",
    "dns_failure",
    "port_change",
    "certificate",
    "rejected",
    "flapping",
)
"""Sorts of incident that an endpoint which is down is part of."""

BY_DETECTOR: dict[str, Pattern] = {
    "latency": "latency",
    "certificate": "certificate",
    "heartbeat": "heartbeat_missed",
}
"""Detector to the sort of incident that it opens by itself."""


def signalled(book: Book, quiet: Quiet, case: Case, signal: Signal) -> list[Change]:
    """Return what changes by what a detector saw.

    Args:
        book: The open incidents; changed.
        quiet: Who is not to be told.
        case: The endpoint.
        signal: What was seen.
    """
    told = not quiet.covers((case.watched.id,), signal.at)
    if signal.detector == "flapping":
        return _flapping(book, case, signal, told=told)
    return _own_incident(book, case, signal, told=told)


def _own_incident(book: Book, case: Case, signal: Signal, *, told: bool) -> list[Change]:
    mark = f"{signal.detector}:{case.watched.id}"
    known = _marked(book, mark)
    said = "; ".join(signal.evidence)
    if not signal.active:
        return [book.finish(signal.at, known, "over")] if known else []
    if known is not None:
        return [book.remind(signal.at, known, said, told=told)]
    return [
        book.begin(
            signal.at,
            BY_DETECTOR[signal.detector],
            (case.watched.id,),
            f"{case.watched.name or case.watched.id}: {said}.",
            kind=signal.kind,
            evidence=(mark, *signal.evidence),
            told=told,
        )
    ]


def _marked(book: Book, mark: str) -> Incident | None:
    return next((one for one in book.open.values() if mark in one.evidence[:1]), None)


def _flapping(book: Book, case: Case, signal: Signal, *, told: bool) -> list[Change]:
    name = case.watched.name or case.watched.id
    known = book.of(case.watched.id, *OUTAGES)
    said = "; ".join(signal.evidence)
    if signal.active and known is None:
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
    if known is None or (not signal.active and known.pattern != "flapping"):
        return []
    if signal.active:
        return [book.rename(signal.at, known, "flapping", f"{name} flaps: {said}")]
    if case.state in BROKEN:
        return [book.rename(signal.at, known, pattern_of(case.kind), f"{name} stays down")]
    return [book.finish(signal.at, known, f"{name} has been well for a while")]
