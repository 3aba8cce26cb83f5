"""The words in which a diagnosis is shown: on a terminal, in a page, in a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ringback.diagnosis.model import Reading, Stage, State, Verdict

TITLES: dict[Stage, str] = {
    "url": "URL",
    "host": "This host",
    "name": "Name",
    "proxy": "Proxy",
    "tcp": "TCP",
    "neighbours": "Neighbours",
    "path": "Path",
    "tls": "TLS",
    "http": "HTTP",
    "service": "Service",
}
"""What people call a stage, in order."""

MARKS: dict[State, str] = {"ok": "✓", "failed": "✗", "noted": "·", "skipped": "–"}
"""What stands before a reading."""

FAULTS: dict[str, str] = {
    "this program": "this program",
    "this host": "this machine",
    "this network": "this network",
    "DNS": "DNS",
    "proxy": "proxy",
    "path": "network path",
    "their host": "remote host",
    "their service": "remote service",
    "their certificate": "remote certificate",
    "their application": "remote application",
}
"""``where`` of a verdict → the fault in words."""


def duration(seconds: float) -> str:
    """Return a time in words, with two digits that matter."""
    if seconds >= 7200:
        return f"{seconds / 3600:.0f} h"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    if seconds >= 9.95:
        return f"{seconds:.0f} s"
    if seconds >= 0.9995:
        return f"{seconds:.1f} s"
    if seconds >= 0.00995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds * 1000:.1f} ms" if seconds >= 0.00005 else "0 ms"


def label(reading: Reading) -> str:
    """Return what was tried, and with whom."""
    return f"{reading.what.replace('_', ' ')} {reading.subject}".rstrip()


def stage_state(readings: Iterable[Reading]) -> State:
    """Return how a stage came out: failed where anything did, ok where anything worked."""
    found = {reading.state for reading in readings}
    order: Sequence[State] = ("failed", "ok", "noted")
    return next((state for state in order if state in found), "skipped")


def standing(verdict: Verdict) -> str:
    """Return a verdict's kind, cause, fault and confidence in one line."""
    name: str = verdict.kind
    if verdict.cause and verdict.cause != verdict.kind:
        name = f"{name} ({verdict.cause})"
    confident = f"{verdict.confidence:.0%} confident"
    if verdict.where:
        return f"{name} · fault: {FAULTS[verdict.where]} ({confident})"
    return f"{name} · {confident}"
