"""What a detector saw, as a change of an incident."""

from dataclasses import replace

from ringback.incident.book import Book
from ringback.incident.case import Case
from ringback.incident.grouping import is_recent, of_same_certificate
from ringback.incident.model import Change, Incident, Pattern, Signal
from ringback.incident.pattern import pattern_of
from ringback.incident.quiet import Quiet

BY_DETECTOR: dict[str, Pattern] = {
    "latency": "latency",
    "certificate": "certificate",
    "heartbeat": "heartbeat_missed",
}
"""Detector to the sort of incident that it opens by itself, beside outages."""

_TELLS = {"opened", "reminded"}


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
