"""Rules about a target that answers: what fails in part, and what is only worth a note."""

from collections.abc import Sequence
from functools import partial

from ringback.diagnosis.fact_values import AttemptFacts
from ringback.diagnosis.facts import (
    GreetingFacts,
    HandshakeFacts,
    Http2Facts,
    RequestFacts,
    TcpAgainFacts,
    TcpConnectFacts,
)
from ringback.diagnosis.host_facts import ClockFacts, HostsFileFacts, RouteFacts, RouteToFacts
from ringback.diagnosis.model import Alternative, Where
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import ARP, Evidence, family, icmp_of, is_loopback
from ringback.diagnosis.verdict.rule import Finding, need, new_rule

# Rules about a target that answers in part: one family, one address, some connections fail.


def _families(readings: Sequence[ReadingOf[AttemptFacts]]) -> set[int]:
    return {family(reading.facts["address"]) for reading in readings}


def _dead_family(evidence: Evidence, version: int) -> Finding | None:
    dead = [reading for reading in evidence.unopened if family(reading.facts["address"]) == version]
    other = 10 - version
    if not dead or version in _families(evidence.opened) or other not in _families(evidence.opened):
        return None
    if all(is_loopback(reading.facts["address"]) for reading in dead):
        return None  # `localhost` has two addresses, and most services listen on one
    routes = evidence.all(RouteFacts, family=version)
    if routes and not any(reading.facts["route"] for reading in routes):
        # A host without this family does not use its addresses (RFC 6724): nothing is lost.
        return None
    return Finding(
        f"{evidence.place} answers over IPv{other}, but not over IPv{version}: "
        f"{dead[0].result or dead[0].facts['outcome']}.",
        (*dead, *evidence.opened),
        kind=dead[0].kind,
        where=_whose(evidence, dead[0]),
    )


def _whose(evidence: Evidence, dead: ReadingOf[TcpConnectFacts]) -> Where:
    """Return where an address that fails is to be mended."""
    icmp = icmp_of(dead)
    if icmp["own"]:
        if (icmp["type"], icmp["code"]) not in ARP:
            return "this host"
        route = evidence.first(RouteToFacts, address=dead.facts["address"])
        near = route is not None and bool(route.facts["on_link"])
        return "their host" if near else "this network"
    if icmp["is_target"]:
        return "their host"
    if icmp:
        return "path"
    places: dict[str, Where] = {"refused": "their service", "reset": "path", "timeout": "path"}
    return places.get(str(dead.facts["outcome"]), "this host")


def _address_dead(evidence: Evidence) -> Finding | None:
    both = _families(evidence.opened)
    dead = [reading for reading in evidence.unopened if family(reading.facts["address"]) in both]
    if not dead or not evidence.opened:
        return None
    return Finding(
        f"{len(dead)} of {len(evidence.connects)} addresses of {evidence.host} fails: "
        f"{dead[0].subject} ({dead[0].result or dead[0].facts['outcome']}).",
        (*dead, *evidence.opened),
        kind=dead[0].kind,
    )


def _partly_secured(evidence: Evidence) -> Finding | None:
    failed = [reading for reading in evidence.all(HandshakeFacts) if reading.state == "failed"]
    good = [reading for reading in evidence.all(HandshakeFacts) if reading.state == "ok"]
    if not failed or not good:
        return None
    return Finding(
        f"{failed[0].subject} fails in TLS ({failed[0].result}), other addresses of "
        f"{evidence.host} do not.",
        (*failed, *good),
        kind=failed[0].kind,
    )


def _first_unsecured(evidence: Evidence) -> Finding | None:
    """A program goes on to the next address where a connection fails, and not where TLS does."""
    good = {reading.facts["address"] for reading in evidence.all(HandshakeFacts, error=None)}
    opened = {reading.facts["address"] for reading in evidence.opened}
    first = next((address for address in evidence.addresses if address in opened), None)
    if first is None or not good or first in good or evidence.served:
        return None
    failed = need(evidence.first(HandshakeFacts, address=first))
    return Finding(
        f"{failed.subject}, which is tried first, fails in TLS ({failed.result.rstrip('.')}); other "
        f"addresses of {evidence.host} fail later.",
        (failed,),
        kind=failed.kind,
        rival=True,
    )


def by_chance(evidence: Evidence) -> tuple[Alternative, ...]:
    """What else a program meets: addresses of one family come in an order that changes."""
    good = {reading.facts["address"] for reading in evidence.all(HandshakeFacts, error=None)}
    failed = [
        reading
        for reading in evidence.all(HandshakeFacts)
        if reading.state == "failed" and reading.facts["address"] not in good
    ]
    shared = set(map(family, good)) & {family(reading.facts["address"]) for reading in failed}
    if not shared or evidence.served:
        return ()
    return (
        Alternative(
            kind=failed[0].kind or "tls.failed",
            cause="tls_partly",
            where="their service",
            summary=f"The call met another address, {failed[0].subject}, which fails in TLS "
            f"({failed[0].result.rstrip('.')}).",
            check="ask each address by itself",
        ),
    )


def _sometimes(evidence: Evidence) -> Finding | None:
    partly = need(
        [
            reading
            for reading in evidence.all(TcpAgainFacts)
            if reading.facts["opened"]
            and reading.facts["opened"] < (reading.facts["attempts"] or 0)
        ]
    )
    reading = partly[0]
    return Finding(
        f"{reading.subject} accepts {reading.facts['opened']} of {reading.facts['attempts']} connections.",
        tuple(partly),
        alternatives=(
            Alternative(
                kind="tcp.timed_out",
                cause="path_silent",
                where="path",
                summary="Packets are lost on the path.",
                check="`mtr HOST`, or compare with another machine",
            ),
        ),
    )


_TLS_PARTLY = new_rule("tls_partly", "tls.failed", "their service")
_TLS_ADVICE = (
    "Repair TLS on the address that fails, or remove it from DNS or the load balancer.",
    "Until then use a client that tries the next address, as `ringback.Session` does.",
)

FIRST = (
    _TLS_PARTLY(
        meaning="The address that is tried first fails in TLS, and others fail behind it.",
        decided_by="handshakes with each address, and their order",
        when=_first_unsecured,
        advice=_TLS_ADVICE,
    ),
)
"""What is met before an answer that fails as well."""

PARTLY = (
    _TLS_PARTLY(
        meaning="One of several addresses fails in TLS, others do not.",
        decided_by="handshakes with each address",
        when=_partly_secured,
        advice=_TLS_ADVICE,
    ),
    new_rule("overloaded", "tcp.timed_out", "their service")(
        meaning="Only some connections are accepted.",
        decided_by="several attempts at one address",
        when=_sometimes,
        confidence=0.7,
        advice=(
            "Check the load of the service; on its host `ss -ltn 'sport = :PORT'` shows its queue (Recv-Q against Send-Q).",
            "Wait longer between retries: more attempts only keep the queue full.",
        ),
    ),
    new_rule("ipv6_dead", "tcp.timed_out", "path")(
        meaning="The target answers over IPv4, but not over IPv6, which is tried first.",
        decided_by="no IPv6 address opens, an IPv4 address does, and this host has an IPv6 route",
        when=partial(_dead_family, version=6),
        advice=(
            "{if_at_this_host}Mend what stops IPv6 on this host: a route of it, or a rule of its firewall.",
            "{if_at_this_network}Have the router of this network repaired for IPv6.",
            "{if_at_path}Ask those who run {sender} to let IPv6 through to {address}.",
            "{if_there}Have the target's IPv6 address {address} repaired, or its AAAA record removed.",
            "Until then use a client with happy eyeballs, as `ringback.Session` is.",
        ),
    ),
    new_rule("ipv4_dead", "tcp.timed_out", "path")(
        meaning="The target answers over IPv6, but not over IPv4.",
        decided_by="no IPv4 address opens, an IPv6 address does, and this host has an IPv4 route",
        when=partial(_dead_family, version=4),
        advice=(
            "{if_at_this_host}Mend what stops IPv4 on this host: a route of it, or a rule of its firewall.",
            "{if_at_this_network}Have the router of this network repaired for IPv4.",
            "{if_at_path}Ask those who run {sender} to let IPv4 through to {address}.",
            "{if_there}Have the target's IPv4 address {address} repaired, or its A record removed.",
            "Until then use a client with happy eyeballs, as `ringback.Session` is.",
        ),
    ),
    new_rule("one_address_dead", "tcp.timed_out", "their host")(
        meaning="One of several addresses fails; calls fail or are slow at random.",
        decided_by="a connection to each address",
        when=_address_dead,
        advice=(
            "Remove {address} from DNS or the load balancer, or repair it.",
            "Until then use a client that tries the next address, as `ringback.Session` does.",
        ),
    ),
)
"""What is broken although the target answers: calls are slow, or fail by chance."""


# Notes about a target that is well.

MIN_CLOCK_DIFFERENCE = 60.0
"""Seconds by which clocks may differ before it is reported."""

CERTIFICATE_WARNING_DAYS = 14.0
"""Days before a certificate's end from which it is reported."""


def _clock_off(evidence: Evidence) -> Finding | None:
    clock = evidence.first(ClockFacts)
    offset = float(clock.facts["offset"] or 0.0) if clock else 0.0
    if clock is None or abs(offset) < MIN_CLOCK_DIFFERENCE:
        return None
    return Finding(
        f"The clocks differ: this host's is {abs(offset):.0f} s "
        f"{'ahead of' if offset > 0 else 'behind'} {evidence.host}'s.",
        (clock,),
    )


def _ends_soon(evidence: Evidence) -> Finding | None:
    for reading in evidence.all(HandshakeFacts):
        days = reading.facts["days_left"]
        if reading.state == "ok" and days is not None and days < CERTIFICATE_WARNING_DAYS:
            return Finding(
                f"The certificate of {evidence.host} expires in {days:.0f} days.", (reading,)
            )
    return None


def _unused_hosts_entry(evidence: Evidence) -> Finding | None:
    entry = evidence.first(HostsFileFacts)
    if entry is None or evidence.host in {"localhost", ""}:
        return None
    return Finding(
        f"{evidence.host} comes from line {entry.facts['line']} of "
        f"{entry.facts['path']}, not from DNS.",
        (entry,),
    )


def _other_loopback(evidence: Evidence) -> Finding | None:
    dead = [reading for reading in evidence.unopened if is_loopback(reading.facts["address"])]
    if not dead or not evidence.opened:
        return None
    return Finding(f"It does not listen on {dead[0].subject}.", tuple(dead))


def _newer_only(evidence: Evidence) -> Finding | None:
    found = need(evidence.first(Http2Facts, only=True))
    return Finding(
        f"{evidence.place} supports only HTTP/2: clients without it (requests, urllib) fail.",
        (found,),
    )


def _no_family_here(evidence: Evidence) -> Finding | None:
    dead = [
        reading
        for reading in evidence.unopened
        if reading.facts["outcome"] == "network_unreachable"
    ]
    if not dead or not evidence.opened:
        return None
    version = family(dead[0].facts["address"])
    return Finding(f"This host has no IPv{version}; the other version is used.", tuple(dead))


def _partly_read(evidence: Evidence) -> Finding | None:
    """A diagnosis reads the beginning of what is large."""
    last = need(evidence.all(RequestFacts)[-1:])[0]
    announced = str((last.facts["headers"] or {}).get("content-length") or "")
    read = last.facts["bytes"] or 0
    if last.facts["complete"] or not read or not announced.isdecimal() or int(announced) <= read:
        return None
    return Finding(
        f"Of the answer's {announced} bytes the first {read} were read: whether the rest comes is "
        "not known.",
        (last,),
        confidence=0.85,
    )


def _untried_login(evidence: Evidence) -> Finding | None:
    found = [reading for reading in evidence.all(GreetingFacts) if reading.facts["wants_login"]]
    if not found:
        return None
    return Finding(
        "It wants a login; whether it takes the URL's credentials was not tried.",
        (found[0],),
        confidence=0.8,
    )


HARMLESS = (
    new_rule("partly_read", "http.response.invalid.content_length_mismatch", "their service")(
        meaning="Only the beginning of a large answer was read.",
        decided_by="its length, and how much of it was read",
        when=_partly_read,
    ),
    new_rule("login_untried", "service.rejected", "this program")(
        meaning="The service wants a login, which a diagnosis does not try.",
        decided_by="its own message",
        when=_untried_login,
    ),
    new_rule("clock_off", "unknown", "this host")(
        meaning="The clocks of this host and the server differ.",
        decided_by="the Date header",
        when=_clock_off,
    ),
    new_rule("certificate_ends_soon", "tls.cert.date_invalid.expired", "their certificate")(
        meaning="The certificate expires soon.",
        decided_by="its date",
        when=_ends_soon,
    ),
    new_rule("hosts_file_used", "dns.bogus_address", "this host")(
        meaning="The name comes from the hosts file.",
        decided_by="the hosts file",
        when=_unused_hosts_entry,
    ),
    new_rule("other_loopback", "tcp.refused", "their service")(
        meaning="The service listens on one of the addresses of localhost.",
        decided_by="a connection to each address",
        when=_other_loopback,
    ),
    new_rule("http2_only", "http.response.invalid.not_http", "their service")(
        meaning="The service supports only HTTP/2.",
        decided_by="its answer over HTTP/1.1 and over HTTP/2",
        when=_newer_only,
    ),
    new_rule("one_family", "tcp.address_unreachable.network", "this host")(
        meaning="This host has only one IP version, the target both.",
        decided_by="no route for one family",
        when=_no_family_here,
    ),
)
"""What is worth knowing of a healthy target."""
