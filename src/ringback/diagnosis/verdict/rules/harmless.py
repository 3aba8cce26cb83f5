"""Notes about a target that is well."""

from ringback.diagnosis.verdict.evidence import Evidence, family, is_loopback
from ringback.diagnosis.verdict.rule import Finding, Rule

CLOCK = 60.0
"""Seconds by which clocks may differ before it is told."""

CERTIFICATE_DAYS = 14.0
"""Days before a certificate's end from which it is told."""


def _clock_off(evidence: Evidence) -> Finding | None:
    clock = evidence.first("host", "clock")
    offset = float(clock.facts.get("offset") or 0.0) if clock else 0.0
    if clock is None or abs(offset) < CLOCK:
        return None
    return Finding(
        f"The clocks differ: this host's is {abs(offset):.0f} s "
        f"{'ahead of' if offset > 0 else 'behind'} {evidence.host}'s.",
        (clock,),
    )


def _ends_soon(evidence: Evidence) -> Finding | None:
    for one in evidence.all("tls", "handshake"):
        days = one.facts.get("days_left")
        if one.state == "ok" and days is not None and days < CERTIFICATE_DAYS:
            return Finding(f"The certificate of {evidence.host} ends in {days:.0f} days.", (one,))
    return None


def _unused_hosts_entry(evidence: Evidence) -> Finding | None:
    entry = evidence.first("host", "hosts_file")
    if entry is None or evidence.host in {"localhost", ""}:
        return None
    return Finding(
        f"{evidence.host} comes from line {entry.facts.get('line')} of "
        f"{entry.facts.get('path')}, not from DNS.",
        (entry,),
    )


def _other_loopback(evidence: Evidence) -> Finding | None:
    dead = [one for one in evidence.unopened if is_loopback(one.facts.get("address"))]
    if not dead or not evidence.opened:
        return None
    return Finding(f"It does not listen on {dead[0].subject}.", tuple(dead))


def _newer_only(evidence: Evidence) -> Finding | None:
    found = evidence.first("http", "http2", only=True)
    if found is None:
        return None
    return Finding(
        f"{evidence.place} speaks HTTP/2 only: clients without it (requests, urllib) fail.",
        (found,),
    )


def _no_family_here(evidence: Evidence) -> Finding | None:
    dead = [one for one in evidence.unopened if one.facts.get("outcome") == "network_unreachable"]
    if not dead or not evidence.opened:
        return None
    version = family(dead[0].facts.get("address"))
    return Finding(f"This host has no IPv{version}; the other family is used.", tuple(dead))


HARMLESS = (
    Rule(
        cause="clock_off",
        kind="unknown",
        where="this host",
        meaning="The clocks differ.",
        decided_by="the Date header",
        when=_clock_off,
    ),
    Rule(
        cause="certificate_ends_soon",
        kind="tls.cert.date_invalid.expired",
        where="their certificate",
        meaning="The certificate ends soon.",
        decided_by="its date",
        when=_ends_soon,
    ),
    Rule(
        cause="hosts_file_used",
        kind="dns.bogus_address",
        where="this host",
        meaning="The name comes from the hosts file.",
        decided_by="the hosts file",
        when=_unused_hosts_entry,
    ),
    Rule(
        cause="other_loopback",
        kind="tcp.refused",
        where="their service",
        meaning="The service listens on one of the addresses of localhost.",
        decided_by="a connection to each address",
        when=_other_loopback,
    ),
    Rule(
        cause="http2_only",
        kind="http.response.invalid.not_http",
        where="their service",
        meaning="The service speaks HTTP/2 only.",
        decided_by="its answer over HTTP/1.1 and over HTTP/2",
        when=_newer_only,
    ),
    Rule(
        cause="one_family",
        kind="tcp.address_unreachable.network",
        where="this host",
        meaning="This host has one IP family only, the target both.",
        decided_by="no route for one family",
        when=_no_family_here,
    ),
)
"""What is worth knowing of a healthy target."""
