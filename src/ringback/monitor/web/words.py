"""The words in which pages show states, patterns, times and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringback.diagnosis.wording import duration
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.incident.model import EndpointState, IncidentState, Origin, Pattern

MARKS: Final[dict[EndpointState, str]] = {
    "ok": "✓",
    "suspect": "?",
    "partial": "◐",
    "down": "✗",
    "recovering": "↗",
    "unknown": "–",
}
"""What stands beside a state, so that it does not hang on its colour."""

STATES: Final[dict[EndpointState, str]] = {
    "down": "down",
    "partial": "down for some",
    "suspect": "suspect",
    "recovering": "recovering",
    "unknown": "unknown",
    "ok": "ok",
}
"""States as people call them, the worst first."""

PATTERNS: Final[dict[Pattern, str]] = {
    "service_outage": "Service outage",
    "network_partition": "Network partition",
    "callers_only": "Only callers fail",
    "prober_path": "Only the probe fails",
    "own_network_down": "Own network down",
    "dns_failure": "DNS failure",
    "port_change": "Port changed",
    "certificate": "Certificate",
    "rejected": "Rejected",
    "latency": "High latency",
    "flapping": "Flapping",
    "heartbeat_missed": "Heartbeat missed",
    "prober_sick": "Monitor unhealthy",
    "vantage_silent": "Agent silent",
}
"""Sorts of incident as people call them."""

ORIGINS: Final[dict[Origin, str]] = {
    "probe": "probe",
    "call": "programs on",
    "heartbeat": "its own reports",
    "report": "reports of",
}
"""Observers as people call them, before their place."""

_PUBLIC: Final[dict[str, tuple[EndpointState, ...]]] = {
    "down": ("down", "recovering"),
    "down for some": ("partial",),
    "being checked again": ("suspect",),
    "not known just now": ("unknown",),
}
"""What the public page says of services that are not well, the worst first."""


def status_sentence(states: Sequence[EndpointState]) -> str:
    """Return how all services are, in a sentence: well only where each is known to be."""
    if not states:
        return "No public endpoints yet."
    counts = [(sum(map(meant.__contains__, states)), words) for words, meant in _PUBLIC.items()]
    said = [f"{'is' if count == 1 else 'are'} {words}" for count, words in counts if count]
    numbers = [str(count) for count, _ in counts if count]
    if not said:
        return "All services are operational."
    numbers[0] += f" of {len(states)} services"
    return ", ".join(map(" ".join, zip(numbers, said, strict=True))) + "."


INCIDENT_STATES: Final[dict[IncidentState, str]] = {
    "open": "open",
    "acknowledged": "acknowledged",
    "closed": "resolved",
}
"""States of an incident as people call them."""

PHASES: Final[dict[str, str]] = {
    "dns": "DNS lookup",
    "connect": "connect",
    "tls": "TLS",
    "first_byte": "first byte",
    "transfer": "transfer",
}
"""Phases of a check as people call them, in order."""

_DAY: Final = 86400.0


def rounded_span(seconds: float) -> str:
    """Return a length of time in words, rounded to what matters."""
    if seconds >= 2 * _DAY:
        return f"{seconds / _DAY:.0f} d"
    return duration(seconds) if seconds < 1 or seconds >= 9.95 else f"{seconds:.0f} s"


def ago(at: float, now: float) -> str:
    """Return how long before now a time was, or how long after it is."""
    away = now - at
    if abs(away) < 1:
        return "now"
    return f"{rounded_span(away)} ago" if away > 0 else f"in {rounded_span(-away)}"


def percentage(part: float) -> str:
    """Return a share as per cent; never rounded up to 100, or down to 0."""
    if part in (0.0, 1.0):
        return f"{part:.0%}"
    return f"{min(99.99, max(0.01, part * 100)):.2f}%"


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: without user information, query and fragment."""
    return without_secrets(url.partition("#")[0]).partition("?")[0]
