"""Rules about the resolver: it gives no answer, or none that helps."""

from ringback.diagnosis.model import Alternative, Reading
from ringback.diagnosis.verdict.evidence import ARP, Evidence
from ringback.diagnosis.verdict.lookup import (
    answered_late,
    coded,
    configured,
    is_dead,
    is_unresolved,
    servers_of,
    unresolved_answers,
    with_addresses,
    with_lookup,
)
from ringback.diagnosis.verdict.rule import Finding, Rule

_DNSSEC = frozenset(range(5, 13))


_POLICY = frozenset({4, 15, 16, 17, 18})


def _resolver_missing(evidence: Evidence) -> Finding | None:
    config = evidence.first("host", "resolver_config")
    if config is None or config.facts.get("nameservers") or not is_unresolved(evidence):
        return None
    return Finding(
        f"No nameserver is configured in {config.facts.get('path') or '/etc/resolv.conf'}.",
        with_lookup(evidence, [config]),
    )


def _all_dead(evidence: Evidence) -> list[Reading]:
    asked = configured(evidence)
    return asked if asked and all(map(is_dead, asked)) and is_unresolved(evidence) else []


def _resolver_down(evidence: Evidence) -> Finding | None:
    dead = _all_dead(evidence)
    refused = [one for one in dead if _is_closed(one)]
    if not refused:
        return None
    return Finding(
        f"Nothing answers as a resolver on {servers_of(refused)}: port 53 is closed.",
        with_lookup(evidence, refused),
    )


def _is_closed(one: Reading) -> bool:
    """Return whether the resolver's own host says that nothing listens there."""
    icmp = one.facts.get("icmp")
    return one.facts.get("error") == "ECONNREFUSED" and (not icmp or bool(icmp.get("is_target")))


def _resolver_unreachable(evidence: Evidence) -> Finding | None:
    lost = [one for one in _all_dead(evidence) if one.facts.get("error")]
    if not lost:
        return None
    icmp = next((one.facts["icmp"] for one in lost if one.facts.get("icmp")), None)
    by = f" (ICMP from {icmp.get('sender')})" if icmp else ""
    return Finding(
        f"The resolver {servers_of(lost)} cannot be reached: {lost[0].facts.get('error')}{by}.",
        with_lookup(evidence, lost),
        where="this host" if _forbidden_here(lost[0]) else None,
    )


def _forbidden_here(one: Reading) -> bool:
    """Return whether this host itself does not let the question out."""
    icmp = one.facts.get("icmp")
    if icmp:
        return bool(icmp.get("own")) and (icmp.get("type"), icmp.get("code")) not in ARP
    return one.facts.get("error") in {"EPERM", "EACCES"}


def _resolver_silent(evidence: Evidence) -> Finding | None:
    dead = _all_dead(evidence)
    if not dead or answered_late(evidence):
        return None
    return Finding(f"The resolver {servers_of(dead)} does not answer.", with_lookup(evidence, dead))


def _explained(readings: list[Reading], codes: frozenset[int]) -> tuple[list[Reading], str]:
    for one in readings:
        for code, text in one.facts.get("ede") or ():
            if code in codes:
                return [one], f"{text or ''} (extended error {code})".strip()
    return [], ""


def _dns_blocked(evidence: Evidence) -> Finding | None:
    found, text = _explained(unresolved_answers(evidence), _POLICY)
    if not found:
        return None
    return Finding(
        f"The resolver {servers_of(found)} withholds {evidence.host} by policy: {text}.",
        with_lookup(evidence, found),
    )


def _dnssec_bogus(evidence: Evidence) -> Finding | None:
    found, text = _explained(unresolved_answers(evidence), _DNSSEC)
    if not found:
        return None
    return Finding(
        f"The signatures (DNSSEC) of the zone of {evidence.host} do not verify: {text}.",
        with_lookup(evidence, found),
    )


def _zone_broken(evidence: Evidence) -> Finding | None:
    failed = coded(evidence, "SERVFAIL") or coded(evidence, "FORMERR")
    if not failed:
        return None
    control = evidence.first("name", "control", server=failed[0].facts.get("server"))
    works = None if control is None else control.facts.get("works")
    rcode = failed[0].facts.get("rcode")
    readings = (*with_lookup(evidence, failed), *([control] if control else []))
    if works is False:
        return Finding(
            f"The resolver {servers_of(failed)} answers {rcode} to every question.",
            readings,
            alternatives=(
                _alternative(
                    "zone_broken",
                    f"The servers of the zone of {evidence.host} fail.",
                    "ask another resolver: `dig NAME @ADDRESS`",
                ),
            ),
            confidence=0.8,
        )
    return Finding(
        f"The zone of {evidence.host} is broken: {servers_of(failed)} answers {rcode} for it"
        f"{' and resolves other names' if works else ''}.",
        readings,
        confidence=0.95 if works else 0.8,
        alternatives=()
        if works
        else (
            _alternative(
                "resolver_broken",
                f"The resolver {servers_of(failed)} fails for every name.",
                "ask it for another name: `dig . NS @ADDRESS`",
            ),
        ),
    )


def _alternative(cause: str, summary: str, check: str) -> Alternative:
    return Alternative(kind="dns.server", cause=cause, where="DNS", summary=summary, check=check)


def _resolver_refuses(evidence: Evidence) -> Finding | None:
    refused = coded(evidence, "REFUSED") or coded(evidence, "NOTIMP")
    refused = refused or [one for one in coded(evidence, "NOERROR") if one.facts.get("referral")]
    if not refused:
        return None
    return Finding(
        f"The resolver {servers_of(refused)} refuses to answer this host "
        f"({refused[0].facts.get('rcode')}).",
        with_lookup(evidence, refused),
    )


def _malformed(evidence: Evidence) -> Finding | None:
    broken = [one for one in unresolved_answers(evidence) if one.facts.get("malformed")]
    if not broken or with_addresses(configured(evidence)):
        return None
    return Finding(
        f"The resolver {servers_of(broken)} sends answers that cannot be read.",
        with_lookup(evidence, broken),
    )


TRY_ANOTHER = (
    "Ask the resolver yourself: `dig NAME @ADDRESS`, and another one.",
    "Repair `/etc/resolv.conf`, or what writes it: DHCP, VPN, systemd-resolved.",
)

RESOLVER = (
    Rule(
        cause="resolver_missing",
        kind="dns.unreachable",
        where="this host",
        meaning="No nameserver is configured.",
        decided_by="no `nameserver` line, and the lookup fails",
        when=_resolver_missing,
        advice=TRY_ANOTHER[1:],
    ),
    Rule(
        cause="resolver_down",
        kind="dns.unreachable",
        where="DNS",
        meaning="The resolver's host is there, but nothing listens on port 53.",
        decided_by="the query is answered with ICMP port-unreachable (ECONNREFUSED)",
        when=_resolver_down,
        advice=("Start the resolver on its host, or configure another one.", *TRY_ANOTHER),
    ),
    Rule(
        cause="resolver_unreachable",
        kind="dns.unreachable",
        where="DNS",
        meaning="No packet gets to the resolver.",
        decided_by="the query ends in an ICMP error or without a route",
        when=_resolver_unreachable,
        advice=TRY_ANOTHER,
    ),
    Rule(
        cause="resolver_silent",
        kind="dns.unreachable",
        where="DNS",
        meaning="The resolver does not answer: it is down, or port 53 is filtered on the way.",
        decided_by="two queries to each configured nameserver time out",
        when=_resolver_silent,
        advice=TRY_ANOTHER,
    ),
    Rule(
        cause="dns_blocked",
        kind="dns.blocked",
        where="DNS",
        meaning="The resolver withholds the name by policy.",
        decided_by="an extended DNS error 4 or 15 to 18 (RFC 8914)",
        when=_dns_blocked,
    ),
    Rule(
        cause="dnssec_bogus",
        kind="dns.server",
        where="DNS",
        meaning="The zone's signatures do not verify.",
        decided_by="an extended DNS error 5 to 12 (RFC 8914)",
        when=_dnssec_bogus,
        advice=(
            "Tell the owner of the zone: its DNSSEC records are expired or wrong.",
            "Make sure that the resolver's clock is right.",
        ),
    ),
    Rule(
        cause="zone_broken",
        kind="dns.server",
        where="DNS",
        meaning="The zone's own servers fail, or contradict each other.",
        decided_by="SERVFAIL for this name, while the resolver answers other questions",
        when=_zone_broken,
        advice=(
            "Tell the owner of the zone; `dig +trace NAME` shows which server fails.",
            "Ask another resolver to be sure: `dig NAME @ADDRESS`.",
        ),
    ),
    Rule(
        cause="resolver_refuses",
        kind="dns.server",
        where="DNS",
        meaning="The resolver does not serve this host.",
        decided_by="REFUSED (or NOTIMP) from every configured nameserver",
        when=_resolver_refuses,
        advice=(
            "Ask a resolver meant for this network; this one's access list leaves this host out.",
            *TRY_ANOTHER,
        ),
    ),
    Rule(
        cause="resolver_broken",
        kind="dns.server",
        where="DNS",
        meaning="The resolver sends nonsense.",
        decided_by="answers that are no DNS messages, or belong to no question",
        when=_malformed,
        advice=TRY_ANOTHER,
    ),
)
