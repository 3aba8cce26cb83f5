"""The words in which pages show states, patterns, times and addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ringback.diagnosis.wording import FAULTS, duration
from ringback.failure.target import without_secrets
from ringback.incident.model import EndpointState
from ringback.incident.pattern import SEEN_BY_SOME, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ringback.failure.names import KindName
    from ringback.incident.model import Incident, IncidentState, Origin, Pattern
    from ringback.monitor.model import Endpoint, EndpointView

MARKS: Final[dict[EndpointState, str]] = {
    "ok": "✓",
    "suspect": "?",
    "partial": "◐",
    "down": "✗",
    "recovering": "↗",
    "unknown": "–",
    "paused": "‖",
}
"""What stands beside a state, so that it does not hang on its colour."""

STATES: Final[dict[EndpointState, str]] = {
    "down": "down",
    "partial": "down for some",
    "suspect": "suspect",
    "recovering": "recovering",
    "unknown": "unknown",
    "paused": "paused",
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
    "error_budget": "Error budget",
    "heartbeat_missed": "Heartbeat missed",
    "prober_sick": "Monitor unhealthy",
    "vantage_silent": "Agent silent",
}
"""Sorts of incident as people call them."""

FAILURES: Final[dict[KindName, str]] = {
    "url.scheme_invalid": "URL has no usable scheme",
    "url.invalid": "URL is malformed",
    "request.invalid": "request cannot be sent",
    "config.proxy_invalid": "proxy URL is unusable",
    "config.tls_files_invalid": "CA, certificate or key file is unusable",
    "config.tls_unavailable": "no TLS in this Python",
    "client.closed": "client was closed",
    "client.pool_exhausted": "no connection free in the pool",
    "client.resources_exhausted": "out of file descriptors or memory",
    "client.local_address": "local address not available",
    "client.deadline_exceeded": "deadline exceeded",
    "client.circuit_open": "circuit is open",
    "abandoned": "call was cancelled",
    "dns.name_not_resolved": "host name does not exist",
    "dns.no_address": "host name has no address",
    "dns.temporary_failure": "DNS lookup failed for now",
    "dns.timed_out": "DNS lookup timed out",
    "dns.failed": "DNS lookup failed",
    "dns.unreachable": "DNS resolver unreachable",
    "dns.server": "DNS server fails",
    "dns.blocked": "DNS name is blocked",
    "dns.bogus_address": "DNS gives a bogus address",
    "tcp.address_unreachable.network": "network unreachable",
    "tcp.address_unreachable.host": "host unreachable",
    "tcp.address_unreachable.prohibited": "connection prohibited",
    "tcp.address_invalid": "address cannot be connected to",
    "tcp.refused": "connection refused",
    "tcp.timed_out": "connection timed out",
    "tcp.failed": "connection failed",
    "tcp.reset": "connection reset",
    "tcp.closed": "connection closed",
    "tcp.closed.stale": "kept connection was closed",
    "tcp.aborted": "connection given up by this machine",
    "tcp.timed_out.established": "connection went dead",
    "unix.not_found": "socket does not exist",
    "unix.forbidden": "socket may not be opened",
    "tls.cert.date_invalid.expired": "certificate expired",
    "tls.cert.date_invalid.not_yet_valid": "certificate not valid yet",
    "tls.cert.name_invalid": "certificate is for another name",
    "tls.cert.revoked": "certificate revoked",
    "tls.cert.invalid": "certificate is invalid",
    "tls.cert.authority_invalid.self_signed": "certificate is self-signed",
    "tls.cert.authority_invalid.untrusted_root": "certificate's root is not trusted",
    "tls.cert.authority_invalid.unknown_issuer": "certificate's issuer is unknown",
    "tls.cert.pinned_key_not_in_cert_chain": "certificate is not the expected one",
    "tls.bad_client_auth_cert": "client certificate missing or rejected",
    "tls.version_or_cipher_mismatch": "no TLS version or cipher in common",
    "tls.unrecognized_name_alert": "server does not know the host name",
    "tls.protocol.error.not_tls": "port does not speak TLS",
    "tls.protocol.error": "TLS protocol error",
    "tls.closed": "connection closed in the TLS handshake",
    "tls.timed_out": "TLS handshake timed out",
    "tls.failed": "TLS failed",
    "proxy.unreachable": "proxy unreachable",
    "proxy.auth_required": "proxy requires credentials",
    "proxy.denied": "proxy forbids the destination",
    "proxy.upstream_failed": "proxy cannot reach it",
    "proxy.protocol_error": "proxy is none",
    "proxy.no_response": "proxy does not respond",
    "http.request.timed_out": "request could not be sent in time",
    "http.response.timed_out": "no response in time",
    "http.response.invalid.empty": "empty response",
    "http.response.headers.truncated": "response ends in its headers",
    "http.response.invalid.not_http": "response is not HTTP",
    "http.protocol.error": "HTTP protocol error",
    "http.response.body_timed_out": "response stops in its body",
    "http.response.invalid.content_length_mismatch": "response shorter than announced",
    "http.response.invalid.incomplete_chunked_encoding": "response incomplete",
    "http.response.invalid.content_decoding": "response cannot be decoded",
    "http.response.unexpected_content": "unexpected content",
    "http.response.redirect_loop": "redirects in a loop",
    "http.response.redirect_invalid": "redirect to an unusable URL",
    "h2.refused_stream": "HTTP/2 stream refused",
    "h2.protocol.error": "HTTP/2 protocol error",
    "http.error": "error status",
    "http.error.auth": "not authorised",
    "http.error.rate_limited": "rate limited",
    "http.error.unavailable": "service unavailable",
    "http.error.gateway": "bad gateway",
    "http.error.captive_portal": "captive portal answers",
    "service.rejected": "refused by the service",
    "unknown": "fails for an unknown reason",
    "not_a_connection_failure": "no connection failure",
}
"""Kinds of failure in a few words, as they stand behind a name and a colon."""


_TOLD: Final[frozenset[Pattern]] = SEEN_BY_SOME | {"flapping", "port_change"}
"""Sorts of incident of which the summary says more than the kind of failure."""


_STATUS: Final = re.compile(r"\bstatus ([1-5][0-9][0-9])\b")


class IncidentTitle(NamedTuple):
    """What an incident is called: the service's name first, then what is wrong."""

    who: str
    what: str


def incident_title(incident: Incident, names: Mapping[str, str]) -> IncidentTitle:
    """Return what an incident is called; ``names``: an endpoint's id to its name."""
    well = frozenset(incident.well)
    ill = [id_ for id_ in incident.members if id_ not in well] or incident.members
    if not ill:
        who = f"Agent at {incident.observer}" if incident.observer else "The monitor"
        return IncidentTitle(who, _without_name(incident.summary, who))
    first = names.get(ill[0]) or ill[0]
    who = first if len(ill) == 1 else f"{first} and {len(ill) - 1} more"
    if incident.detector or incident.pattern in _TOLD or incident.kind not in FAILURES:
        return IncidentTitle(who, _without_name(incident.summary, first))
    what = failure_text(incident.kind, _status_of(incident))
    return IncidentTitle(who, f"down for some, {what}" if incident.partial else what)


def failure_text(kind: KindName, status: int | None) -> str:
    """Return a kind of failure in a few words; ``status``: of HTTP, where there was one."""
    if kind == "http.error" and status:
        return f"status {status}" if status >= 400 else f"unexpected status {status}"
    return FAILURES.get(kind, kind)


def _status_of(incident: Incident) -> int | None:
    """Return the HTTP status that an incident began with, of which no field is kept."""
    said = incident.timeline[0].text if incident.timeline else incident.summary
    found = _STATUS.search(said)
    return int(found[1]) if found else None


def _without_name(summary: str, name: str) -> str:
    text = without_secrets(summary)
    if text.casefold().startswith(name.casefold()) and text[len(name) : len(name) + 1] in ": ":
        text = text[len(name) :].lstrip(": ").removeprefix("is ")
    return text.rstrip(".")


def fault_of(incident: Incident) -> str:
    """Return who has to act, as the diagnosis says; ``""``: it does not."""
    verdict = (incident.diagnosis or {}).get("verdict") or {}
    if verdict.get("kind") in {None, "healthy", "unknown"}:
        return ""
    return FAULTS.get(str(verdict.get("where")), "")


MAX_INCIDENTS_SHOWN: Final = 6
"""Open incidents on the overview: they leave room for the endpoints on the first screen."""


def worst_first(incidents: Iterable[Incident]) -> list[Incident]:
    """Return incidents in the order in which somebody has to act."""

    def rank(incident: Incident) -> tuple[bool, bool, int, float]:
        left = len(incident.members) - len(incident.well)
        taken = incident.state == "acknowledged"
        return incident.severity == "warn", taken, -left, -incident.opened_at

    return sorted(incidents, key=rank)


ORIGINS: Final[dict[Origin, str]] = {
    "probe": "probe",
    "call": "programs on",
    "heartbeat": "its own reports",
    "report": "reports of",
}
"""Observers as people call them, before their place."""

PublicState = Literal[EndpointState, "flapping", "maintenance"]
"""A state as everybody is told it. ``flapping``: down again and again, whatever it is just now;
``maintenance``: not well, as it was planned."""

PUBLIC_STATES: Final[dict[PublicState, str]] = {
    "down": "down",
    "flapping": "unstable",
    "partial": "down for some",
    "recovering": "recovering",
    "suspect": "being checked",
    "unknown": "not known",
    "paused": "not being checked",
    "maintenance": "in maintenance",
    "ok": "operational",
}
"""States as everybody is told them, the worst first."""

PUBLIC_MARKS: Final[dict[PublicState, str]] = {
    **dict[PublicState, str](MARKS.items()),
    "flapping": "~",
    "maintenance": "–",
}

PUBLIC_PATTERNS: Final[dict[Pattern, str]] = {
    "service_outage": "down",
    "network_partition": "unreachable",
    "callers_only": "failing",
    "dns_failure": "down",
    "port_change": "down",
    "certificate": "down",
    "rejected": "failing",
    "latency": "slow",
    "flapping": "unstable",
    "heartbeat_missed": "overdue",
}
"""What services are while an incident lasts; those that are not of services are left out."""


def services_in_words(names: Sequence[str], most: int = 3) -> str:
    """Return names as they stand in a sentence, the first ones."""
    shown, rest = list(names[:most]), len(names) - most
    if rest > 0:
        shown.append(f"{rest} more")
    *before, last = shown
    return f"{', '.join(before)} and {last}" if before else last


_PUBLIC: Final[dict[str, tuple[PublicState, ...]]] = {
    "down": ("down", "recovering"),
    "unstable": ("flapping",),
    "down for some": ("partial",),
    "being checked again": ("suspect",),
    "not known just now": ("unknown",),
    "in maintenance": ("maintenance",),
    "not being checked": ("paused",),
}
"""What the public page says of services that are not well, the worst first."""


def status_sentence(states: Sequence[PublicState]) -> str:
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


def axis_time(at: float, span: float) -> str:
    """Return a time as it stands under a chart of so many seconds."""
    text = stamp(at)
    if span < 600:
        return text[11:19]
    if span < 2 * _DAY:
        return text[11:16]
    return text[5:10] if span < 200 * _DAY else text[:10]


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


def cause_of(view: EndpointView) -> list[str]:
    """Return why an endpoint is not well, and what else stands on its card, in words."""
    said = []
    if view.state != "ok" and (view.state != "down" or not view.kind):
        said.append(STATES[view.state])
    if view.pattern == "flapping":
        said.append("flapping")
    if view.state != "ok" and view.kind:
        said.append(failure_text(view.kind, view.last.status if view.last else None))
    return [*said, "silenced"] if view.silenced else said


def labels_of(endpoint: Endpoint) -> list[str]:
    return [f"{name}={value}" for name, value in endpoint.labels.items()]


def words_of(endpoint: Endpoint) -> str:
    """Return what a text is looked for in, to filter endpoints by it."""
    parts = (endpoint.name, shown_url(endpoint.url), endpoint.watched.group, *labels_of(endpoint))
    return " ".join(filter(None, parts)).lower()
