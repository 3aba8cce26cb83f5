"""Rules about resolvers: none gives an answer that helps, or one of several fails."""

from functools import partial

from ringback.diagnosis.facts import ControlFacts, GetaddrinfoFacts, NameserverFacts
from ringback.diagnosis.host_facts import ResolverConfigFacts
from ringback.diagnosis.model import Alternative
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import (
    ARP,
    Evidence,
    answered_late,
    coded,
    configured,
    is_dead,
    is_loopback,
    is_unresolved,
    is_unusable,
    servers_of,
    unresolved_answers,
    with_addresses,
    with_lookup,
)
from ringback.diagnosis.verdict.rule import Finding, need, new_rule

# Rules about the resolver: it gives no answer, or none that helps.

_DNSSEC = frozenset(range(5, 13))


_POLICY = frozenset({4, 15, 16, 17, 18})
_PROHIBITED = 18


def _resolver_missing(evidence: Evidence) -> Finding | None:
    config = evidence.first(ResolverConfigFacts)
    if config is None or config.facts["nameservers"] or not is_unresolved(evidence):
        return None
    return Finding(
        f"No nameserver is configured in {config.facts['path'] or '/etc/resolv.conf'}.",
        with_lookup(evidence, [config]),
    )


def _all_dead(evidence: Evidence) -> list[ReadingOf[NameserverFacts]]:
    asked = configured(evidence)
    return asked if asked and all(map(is_dead, asked)) and is_unresolved(evidence) else []


def _resolver_down(evidence: Evidence) -> Finding | None:
    dead = _all_dead(evidence)
    refused = need([reading for reading in dead if _is_closed(reading)])
    return Finding(
        f"No resolver runs on {servers_of(refused)}: port 53 is closed.",
        with_lookup(evidence, refused),
        alternatives=()
        if all(is_loopback(reading.facts["server"]) for reading in refused)
        else (_REJECTED,),
    )


_REJECTED = Alternative(
    kind="dns.unreachable",
    cause="resolver_unreachable",
    where="DNS",
    summary="It runs, and a firewall on its host rejects this host's queries with that message.",
    check="on its host: `ss -lun 'sport = :53'`, `nft list ruleset`",
)


def _is_closed(reading: ReadingOf[NameserverFacts]) -> bool:
    """Return whether the resolver's own host says that nothing listens there."""
    icmp = reading.facts["icmp"]
    return reading.facts["error"] == "ECONNREFUSED" and (not icmp or bool(icmp["is_target"]))


def _resolver_unreachable(evidence: Evidence) -> Finding | None:
    lost = need([reading for reading in _all_dead(evidence) if reading.facts["error"]])
    icmp = next((reading.facts["icmp"] for reading in lost if reading.facts["icmp"]), None)
    by = f" (ICMP from {icmp['sender']})" if icmp else ""
    return Finding(
        f"The resolver {servers_of(lost)} cannot be reached: {lost[0].facts['error']}{by}.",
        with_lookup(evidence, lost),
        where="this host" if _forbidden_here(lost[0]) else None,
    )


def _forbidden_here(reading: ReadingOf[NameserverFacts]) -> bool:
    """Return whether this host itself does not let the question out."""
    icmp = reading.facts["icmp"]
    if icmp:
        return bool(icmp["own"]) and (icmp["type"], icmp["code"]) not in ARP
    return reading.facts["error"] in {"EPERM", "EACCES"}


def _resolver_silent(evidence: Evidence) -> Finding | None:
    dead = _all_dead(evidence)
    if not dead or answered_late(evidence):
        return None
    near = any(reading.facts["on_link"] or is_loopback(reading.facts["server"]) for reading in dead)
    return Finding(
        f"The resolver {servers_of(dead)} does not answer.",
        with_lookup(evidence, dead),
        alternatives=() if near else (_CUT_OFF,),
    )


_WAITS = "5"
"""Seconds that glibc waits for one answer, unless told otherwise."""


def _too_late(evidence: Evidence) -> Finding | None:
    """This host's own lookup gives up on each question before its answer comes."""
    known = with_addresses(configured(evidence))
    lookup = evidence.first(GetaddrinfoFacts)
    if not known or not is_unresolved(evidence) or lookup is None:
        return None
    said = (evidence.facts(ResolverConfigFacts)["options"] or {}).get("timeout", _WAITS)
    waits = int(said) if said.isdecimal() else int(_WAITS)
    soonest = min(reading.seconds for reading in known)
    if lookup.kind != "dns.temporary_failure" or min(soonest, lookup.seconds) < waits:
        return None
    return Finding(
        f"The resolver {servers_of(known)} answers after {soonest:.1f} s, and this host waits for "
        f"{waits} s.",
        with_lookup(evidence, known),
        kind=lookup.kind,
    )


_CUT_OFF = Alternative(
    kind="dns.unreachable",
    cause="path_silent",
    where="path",
    summary="Nothing comes through beyond the gateway, and the resolver is only the first to show.",
    check="ask for a target by its address, as in `ringback diagnose tcp://ADDRESS:53`",
)


def _explained(
    readings: list[ReadingOf[NameserverFacts]], codes: frozenset[int]
) -> tuple[list[ReadingOf[NameserverFacts]], str]:
    for reading in readings:
        for code, text in reading.facts["ede"] or ():
            if code == _PROHIBITED and reading.facts["rcode"] == "REFUSED":
                continue  # it says why it refuses whoever asks, whatever the name
            if code in codes:
                return [reading], f"{text or ''} (extended error {code})".strip()
    return [], ""


def _unusable(evidence: Evidence) -> list[ReadingOf[NameserverFacts]]:
    """Return what gives addresses that lead nowhere: filters do, in place of a denial."""
    known = evidence.addresses if evidence.named and not evidence.served else []
    if not known or not all(is_unusable(address) or is_loopback(address) for address in known):
        return []
    return configured(evidence)


def _dns_blocked(evidence: Evidence) -> Finding | None:
    found, text = _explained(unresolved_answers(evidence) or _unusable(evidence), _POLICY)
    if not found:
        return None
    return Finding(
        f"The resolver {servers_of(found)} blocks {evidence.host} by policy: {text}.",
        with_lookup(evidence, found),
    )


def _dnssec_bogus(evidence: Evidence) -> Finding | None:
    found, text = _explained(unresolved_answers(evidence), _DNSSEC)
    if not found:
        return None
    return Finding(
        f"The signatures (DNSSEC) of the zone of {evidence.host} do not verify: {text}.",
        with_lookup(evidence, found),
        alternatives=(_VERIFIES_NOTHING,) if _fails_for_all(evidence, found) else (),
    )


def _fails_for_all(evidence: Evidence, asked: list[ReadingOf[NameserverFacts]]) -> bool:
    """Return whether the resolver that was asked gives nothing else either."""
    control = evidence.first(ControlFacts, server=asked[0].facts["server"])
    return control is not None and control.facts["works"] is False


_VERIFIES_NOTHING = Alternative(
    kind="dns.server",
    cause="resolver_broken",
    where="DNS",
    summary="The resolver verifies no zone: its clock or its root key is wrong.",
    check="on its host: `date -u`, `delv . NS`; ask it for another name: `dig . NS @ADDRESS`",
)


def _zone_broken(evidence: Evidence) -> Finding | None:
    failed = need(coded(evidence, "SERVFAIL") or coded(evidence, "FORMERR"))
    control = evidence.first(ControlFacts, server=failed[0].facts["server"])
    works = None if control is None else control.facts["works"]
    rcode = failed[0].facts["rcode"]
    readings = (*with_lookup(evidence, failed), *([control] if control else []))
    if works is False:
        return None
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


def _fails_always(evidence: Evidence) -> Finding | None:
    failed = need(coded(evidence, "SERVFAIL") or coded(evidence, "FORMERR"))
    control = need(evidence.first(ControlFacts, server=failed[0].facts["server"], works=False))
    rcode = failed[0].facts["rcode"]
    return Finding(
        f"The resolver {servers_of(failed)} answers {rcode} to every query.",
        (*with_lookup(evidence, failed), control),
        alternatives=(
            _alternative(
                "zone_broken",
                f"The servers of the zone of {evidence.host} fail.",
                "ask another resolver: `dig NAME @ADDRESS`",
            ),
        ),
    )


def _alternative(cause: str, summary: str, check: str) -> Alternative:
    return Alternative(kind="dns.server", cause=cause, where="DNS", summary=summary, check=check)


def _resolver_refuses(evidence: Evidence) -> Finding | None:
    refused = coded(evidence, "REFUSED") or coded(evidence, "NOTIMP")
    refused = need(
        refused or [reading for reading in coded(evidence, "NOERROR") if reading.facts["referral"]]
    )
    return Finding(
        f"The resolver {servers_of(refused)} refuses to answer this host "
        f"({refused[0].facts['rcode']}).",
        with_lookup(evidence, refused),
        alternatives=(_REFUSES_NAME,) if _answers_others(evidence, refused) else (),
    )


def _answers_others(evidence: Evidence, asked: list[ReadingOf[NameserverFacts]]) -> bool:
    return bool(evidence.all(ControlFacts, server=asked[0].facts["server"], works=True))


_REFUSES_NAME = Alternative(
    kind="dns.blocked",
    cause="dns_blocked",
    where="DNS",
    summary="It answers for others, and refuses this name by policy.",
    check="ask it for another name: `dig example.com @ADDRESS`",
)


def _malformed(evidence: Evidence) -> Finding | None:
    broken = [reading for reading in unresolved_answers(evidence) if reading.facts["malformed"]]
    if not broken or with_addresses(configured(evidence)):
        return None
    return Finding(
        f"The resolver {servers_of(broken)} sends answers that cannot be decoded.",
        with_lookup(evidence, broken),
    )


RESOLVER = (
    new_rule("resolver_missing", "dns.unreachable", "this host")(
        meaning="No nameserver is configured.",
        decided_by="no `nameserver` line, and the lookup fails",
        when=_resolver_missing,
        advice=(
            "Write a line `nameserver ADDRESS` into `{resolv_conf}`, or mend what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Configure a resolver.",
        ),
    ),
    new_rule("resolver_down", "dns.unreachable", "DNS")(
        meaning="The resolver's host is up, but nothing listens on port 53.",
        decided_by="the query is answered with ICMP port-unreachable (ECONNREFUSED)",
        when=_resolver_down,
        advice=(
            "{if_resolver_here}Start the resolver of this host: `systemctl restart systemd-resolved`, or whatever is to listen on {resolver}.",
            "{if_resolver_elsewhere}Start the resolver on {resolver}, and look there what listens: `ss -lun 'sport = :53'`.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Start the resolver, or configure another one.",
        ),
    ),
    new_rule("resolver_unreachable", "dns.unreachable", "DNS")(
        meaning="The resolver cannot be reached.",
        decided_by="the query ends in an ICMP error or without a route",
        when=_resolver_unreachable,
        advice=(
            "{if_resolver_forbidden}Allow port 53 in this host's rules for outgoing packets: `nft list ruleset`, `iptables -L OUTPUT -nv`.",
            "Ask those who run {sender} to let UDP and TCP port 53 through to {resolver}, or to give it a route.",
            "{if_resolver_near}Switch the host {resolver} on, or correct its address: nothing on this network answers for it.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Connect the VPN or network that the resolver belongs to.",
        ),
    ),
    new_rule("resolver_silent", "dns.unreachable", "DNS")(
        meaning="The resolver does not answer: it is down, or port 53 is filtered on the path.",
        decided_by="two queries to each configured nameserver time out",
        when=_resolver_silent,
        advice=(
            "{if_resolver_here}Restart the resolver of this host: `systemctl restart systemd-resolved`; `resolvectl status` shows whom it asks.",
            "{if_resolver_elsewhere}Check that the resolver on {resolver} runs, and that no firewall on the way drops port 53.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Start the resolver, or configure another one.",
        ),
    ),
    new_rule("resolver_silent", "dns.temporary_failure", "DNS")(
        meaning="The resolver answers later than this host waits.",
        decided_by="the system's lookup gives up, and each answer takes longer than `options timeout:`",
        when=_too_late,
        confidence=0.9,
        advice=(
            "Find out what keeps the resolver {resolver} busy, or configure one that is nearer.",
            "Raise `timeout:` in the line `options` of `{resolv_conf}`, or remove it there.",
            "{else}Let this host wait longer for its resolver.",
        ),
    ),
    new_rule("dns_blocked", "dns.blocked", "DNS")(
        meaning="The resolver blocks the name by policy.",
        decided_by="an extended DNS error 4 or 15 to 18 (RFC 8914)",
        when=_dns_blocked,
        advice=(
            "Ask whoever runs the filter on {resolver} to allow {host}.",
            "Or use a resolver that your policy permits, and that answers.",
        ),
    ),
    new_rule("dnssec_bogus", "dns.server", "DNS")(
        meaning="The zone's signatures do not verify.",
        decided_by="an extended DNS error 5 to 12 (RFC 8914)",
        when=_dnssec_bogus,
        advice=(
            "Tell the owner of the zone that its DNSSEC records have expired or are wrong: `delv NAME` shows which.",
            "If the resolver is yours, check its clock.",
        ),
    ),
    new_rule("zone_broken", "dns.server", "DNS")(
        meaning="The zone's own servers fail, or contradict each other.",
        decided_by="SERVFAIL for this name, while the resolver answers other questions",
        when=_zone_broken,
        advice=(
            "Tell the owner of the zone; `dig +trace NAME` shows which server fails.",
            "Confirm it with another resolver than {resolver}.",
        ),
    ),
    new_rule("resolver_broken", "dns.server", "DNS")(
        meaning="The resolver fails for every name.",
        decided_by="SERVFAIL for this name, and for the root as well",
        when=_fails_always,
        confidence=0.8,
        advice=(
            "Have {resolver} repaired: look into its log, and whether it reaches the servers that it asks.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Use another resolver.",
        ),
    ),
    new_rule("resolver_refuses", "dns.server", "DNS")(
        meaning="The resolver does not serve this host.",
        decided_by="REFUSED (or NOTIMP) from every configured nameserver",
        when=_resolver_refuses,
        advice=(
            "Have {source} added to the access list of {resolver}, or use the resolver that is meant for this network.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Use a resolver that is meant for this network.",
        ),
    ),
    new_rule("resolver_broken", "dns.server", "DNS")(
        meaning="The resolver sends invalid answers.",
        decided_by="answers that are not DNS messages, or do not match the question",
        when=_malformed,
        advice=(
            "Have {resolver} repaired: what answers on port 53 is not a nameserver, or a device on the way alters its answers.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
            "{else}Use another resolver.",
        ),
    ),
)


# Rules about one of several resolvers: it fails, and another one answers.


def _servers(evidence: Evidence) -> dict[str, list[ReadingOf[NameserverFacts]]]:
    by: dict[str, list[ReadingOf[NameserverFacts]]] = {}
    for reading in configured(evidence):
        by.setdefault(str(reading.facts["server"]), []).append(reading)
    return by


def _resolver_dead(evidence: Evidence) -> Finding | None:
    servers = _servers(evidence)
    dead = {name: group for name, group in servers.items() if all(map(is_dead, group))}
    if not dead or len(dead) == len(servers):
        return None
    readings = [reading for group in dead.values() for reading in group]
    first = next(iter(servers)) in dead
    slow = "; it is asked first, so each lookup waits for it" if first else ""
    return Finding(
        f"The resolver {' and '.join(dead)} does not answer, another one does{slow}.",
        tuple(readings),
    )


def _resolver_wrong(evidence: Evidence) -> Finding | None:
    servers = _servers(evidence)
    known = {name for name, group in servers.items() if any(o.facts["answers"] for o in group)}
    failing = {
        name: group
        for name, group in servers.items()
        if name not in known
        and not any(map(is_dead, group))
        and any(o.facts["rcode"] for o in group)
    }
    if not known or not failing:
        return None
    readings = [reading for group in failing.values() for reading in group]
    rcode = readings[0].facts["rcode"]
    return Finding(
        f"The resolvers disagree: {' and '.join(sorted(known))} resolves {evidence.host}, "
        f"{' and '.join(failing)} answers {'without an address' if rcode == 'NOERROR' else rcode}.",
        (*readings, *(reading for name in known for reading in servers[name])),
        kind="dns.name_not_resolved" if rcode == "NXDOMAIN" else "dns.server",
    )


def _family_query_lost(evidence: Evidence, dropped: str, answered: str) -> Finding | None:
    """Questions of one type are dropped while the other is answered: lookups wait for seconds."""
    lost = evidence.all(NameserverFacts, type=dropped, timed_out=True)
    servers = {reading.facts["server"] for reading in lost}
    good = [
        reading
        for reading in evidence.all(NameserverFacts, type=answered)
        if reading.facts["answers"] and reading.facts["server"] in servers
    ]
    if not lost or not good:
        return None
    return Finding(
        f"The resolver {good[0].facts['server']} answers {answered} queries and drops "
        f"{dropped} queries: each lookup is delayed by seconds.",
        (*lost, *good),
    )


def _lookup_hangs(evidence: Evidence) -> Finding | None:
    """This host's own lookup has no result, though a nameserver answers at once."""
    lookup = evidence.first(GetaddrinfoFacts, timed_out=True)
    known = [reading for reading in configured(evidence) if reading.facts["answers"]]
    if lookup is None or not known or not evidence.resolved_here:
        return None
    return Finding(
        f"The system's lookup of {evidence.host} gives {lookup.result}, while "
        f"{known[0].facts['server']} answers in {known[0].seconds:.1f} s.",
        (lookup, *known),
        kind=lookup.kind,
    )


RESOLVERS = (
    new_rule("one_resolver_dead", "dns.unreachable", "DNS")(
        meaning="One of the configured resolvers does not answer.",
        decided_by="queries to each configured nameserver",
        when=_resolver_dead,
        advice=(
            "Repair it, or remove it from `{resolv_conf}`.",
            "{else}Repair it, or configure another one.",
        ),
    ),
    new_rule("resolvers_disagree", "dns.name_not_resolved", "DNS")(
        meaning="One of the configured resolvers denies the name or fails, another resolves it.",
        decided_by="queries to each configured nameserver",
        when=_resolver_wrong,
        advice=(
            "Have `{resolv_conf}` name only resolvers that know the same names: the system chooses which one it asks.",
            "{else}Configure resolvers that know the same names.",
        ),
    ),
    new_rule("aaaa_dropped", "dns.unreachable", "DNS")(
        meaning="The resolver drops queries for IPv6 addresses.",
        decided_by="A is answered, AAAA is not",
        when=partial(_family_query_lost, dropped="AAAA", answered="A"),
        advice=(
            "Make the resolver {resolver} answer AAAA queries, if only with an empty answer.",
            "Until then set `options single-request` in `{resolv_conf}`, or use another resolver.",
        ),
    ),
    new_rule("a_dropped", "dns.unreachable", "DNS")(
        meaning="The resolver drops queries for IPv4 addresses.",
        decided_by="AAAA is answered, A is not",
        when=partial(_family_query_lost, dropped="A", answered="AAAA"),
        advice=(
            "Make the resolver {resolver} answer A queries, if only with an empty answer.",
            "Until then use another resolver.",
        ),
    ),
    new_rule("nsswitch_broken", "dns.timed_out", "this host")(
        meaning="The system's own lookup hangs, although a nameserver answers at once.",
        decided_by="getaddrinfo without a result after 5 s, a direct answer of a nameserver",
        when=_lookup_hangs,
        confidence=0.8,
        advice=(
            "Find where it waits: `strace -f -e trace=network getent hosts NAME`.",
            "Check the modules in the line `hosts:` of `/etc/nsswitch.conf` ({hosts_order}), and the options in `{resolv_conf}`.",
            "{else}Check the line `hosts:` of `/etc/nsswitch.conf`.",
        ),
    ),
)
"""What makes each lookup slow, or fail by chance, although the name is resolved."""
