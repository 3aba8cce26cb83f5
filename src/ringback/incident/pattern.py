"""Which pattern a kind of failure means, which kinds are the network's, and times in words."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ringback.failure.names import KindName
from ringback.incident.model import Check, Pattern

_PATTERN_BY_KIND: tuple[tuple[str, Pattern], ...] = (
    ("dns.", "dns_failure"),
    ("tls.cert.", "certificate"),
    ("http.error.auth", "rejected"),
    ("http.error.rate_limited", "rejected"),
    ("tcp.address_unreachable.", "network_partition"),
)

RESOLVER_KINDS: tuple[KindName, ...] = (
    "dns.timed_out",
    "dns.unreachable",
    "dns.server",
    "dns.temporary_failure",
    "dns.failed",
)
"""Kinds that are the fault of the server that was asked, whatever the name: with any other a
nameserver has answered."""

NETWORK_KINDS = ("tcp.address_unreachable.", "tcp.timed_out", *RESOLVER_KINDS, "proxy.unreachable")
"""Beginnings of the kinds that a network of one's own that is down makes of every target."""

SEEN_BY_SOME: frozenset[Pattern] = frozenset({"callers_only", "prober_path", "own_network_down"})
"""Sorts of incident that are known by who sees it fail, and who does not."""

_CERTIFICATE_ENDS: tuple[KindName, ...] = ("tls.cert.date_invalid.expired", "tls.cert.invalid")

_PATTERN_BY_FAULT: Mapping[str, Pattern] = {
    "path": "network_partition",
    "DNS": "dns_failure",
    "their certificate": "certificate",
}


REACH_KINDS = ("tcp.", "tls.", "proxy.", "http.request.timed_out", "http.response.timed_out")
"""Beginnings of the kinds that a host, an address or a proxy that is dead can cause; of those that
begin with ``tls.`` not what is wrong with a certificate."""

_NO_REPLY = (
    *NETWORK_KINDS,
    "dns.",
    "proxy.",
    "client.",
    "config.",
    "url.",
    "http.error.captive_portal",
    "tcp.address_invalid",
    "unknown",
)
"""Beginnings of the kinds that come without a sign of life from beyond the gateway."""

_SILENCE = ("tls.timed_out", "http.request.timed_out", "http.response.timed_out")
"""Kinds of silence on a connection: one that was kept may have been dead for long."""


def is_of_reach(kind: KindName | None) -> bool:
    """Return whether something on the way, or a host that is dead, can cause this kind."""
    return kind is not None and kind.startswith(REACH_KINDS) and not kind.startswith("tls.cert.")


def concerns_reaching(kind: KindName | None) -> bool:
    """Return whether who reached the service refutes this kind; no status and no content is."""
    return kind is not None and (kind.startswith("dns.") or is_of_reach(kind))


_KINDS_OF_LOSS = frozenset({"dns.temporary_failure", "dns.unreachable", "proxy.unreachable"})
"""Kinds beside time-outs that a network which loses packets makes."""


def may_be_loss(kind: KindName | None) -> bool:
    """Return whether a network that loses packets would show as this kind."""
    return kind is not None and (".timed_out" in kind or kind in _KINDS_OF_LOSS)


def has_replied(check: Check) -> bool:
    """Return whether somebody beyond the gateway must have answered for what a check saw."""
    kind = check.kind
    if check.up is not False or kind is None:
        return check.up is True
    if kind.startswith(_SILENCE):
        return "connect" in check.timings  # the connection was made in this check
    return not kind.startswith(_NO_REPLY)


def pattern_of(kind: KindName | None) -> Pattern:
    """Return the sort of incident that a failure alone means."""
    for prefix, pattern in _PATTERN_BY_KIND:
        if kind is not None and kind.startswith(prefix):
            return pattern
    return "service_outage"


def was_warned_of(detector: str, kind: KindName | None) -> bool:
    """Return whether an outage of this kind is what a detector has warned of.

    Of a certificate that ends soon: that it has ended, or lasts less long than its check expects.
    """
    return detector == "certificate" and kind in _CERTIFICATE_ENDS


def is_of_the_network(kind: KindName | None) -> bool:
    """Return whether a network of one's own that is down would show as this kind."""
    return kind is not None and kind.startswith(NETWORK_KINDS)


def pattern_of_diagnosis(pattern: Pattern, verdict: Mapping[str, object]) -> Pattern:
    """Return the sort of incident once a diagnosis has said where the fault lies."""
    confidence = verdict.get("confidence")
    if not isinstance(confidence, float | int) or confidence < 0.6:
        return pattern
    if verdict.get("cause") == "wrong_port":
        return "port_change"
    return _PATTERN_BY_FAULT.get(str(verdict.get("where")), pattern)


def duration_text(seconds: float) -> str:
    """Return a time that has passed, in words."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def two_units(seconds: float) -> str:
    """Return a duration in its two largest units, such as ``3 h 20 min``."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def stamp(at: float) -> str:
    """Return a time to the second, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def time_of_day(at: float) -> str:
    return f"{stamp(at).partition(' ')[2]} UTC"
