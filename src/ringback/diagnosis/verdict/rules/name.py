"""Rules about the name: it has no address."""

from ringback.diagnosis.model import Alternative
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.lookup import (
    answered_late,
    coded,
    configured,
    is_unresolved,
    others,
    servers_of,
    unresolved_answers,
    with_addresses,
    with_lookup,
)
from ringback.diagnosis.verdict.rule import Finding, Rule


def _missing_here_only(evidence: Evidence) -> Finding | None:
    elsewhere = with_addresses(others(evidence))
    missing = coded(evidence, "NXDOMAIN") or coded(evidence, "NOERROR")
    if not elsewhere or not missing:
        return None
    return Finding(
        f"{evidence.host} exists for {servers_of(elsewhere)}, but not for {servers_of(missing)}, "
        "which this host asks.",
        with_lookup(evidence, [*missing, *elsewhere]),
    )


def _dangling(evidence: Evidence) -> Finding | None:
    cut = [one for one in unresolved_answers(evidence) if one.facts.get("dangling")]
    if not cut:
        return None
    chain = cut[0].facts.get("cnames") or ("another name",)
    return Finding(
        f"{evidence.host} is an alias of {chain[-1]}, which has no address.",
        with_lookup(evidence, cut),
        kind="dns.name_not_resolved" if cut[0].facts.get("rcode") == "NXDOMAIN" else None,
    )


def _name_missing(evidence: Evidence) -> Finding | None:
    missing = coded(evidence, "NXDOMAIN")
    if not missing:
        return None
    return Finding(
        f"The name {evidence.host} does not exist, says {servers_of(missing)} (NXDOMAIN).",
        with_lookup(evidence, missing),
    )


def _missing_late(evidence: Evidence) -> Finding | None:
    """The system's lookup waits longer than the questions beside it, and has an answer."""
    asked = answered_late(evidence)
    if not asked:
        return None
    lookup = evidence.all("name", "getaddrinfo")[0]
    gone = lookup.kind == "dns.name_not_resolved"
    return Finding(
        f"The name {evidence.host} {'does not exist' if gone else 'has no address'}, says this "
        f"host's own lookup after {lookup.seconds:.1f} s; {servers_of(asked)} is slow.",
        with_lookup(evidence, asked),
        kind=lookup.kind,
        confidence=0.8,
        alternatives=(
            Alternative(
                kind="dns.unreachable",
                cause="resolver_silent",
                where="DNS",
                summary="The resolver does not answer, and this system takes that for a denial.",
                check="`dig NAME @ADDRESS` with a long `+time`",
            ),
        ),
    )


def _without_address(evidence: Evidence) -> Finding | None:
    empty = coded(evidence, "NOERROR")
    if not empty:
        return None
    return Finding(
        f"The name {evidence.host} exists, but has no address (neither A nor AAAA).",
        with_lookup(evidence, empty),
    )


def _disagree(evidence: Evidence) -> Finding | None:
    """The first resolver says there is no such name, and another knows it."""
    if not is_unresolved(evidence):
        return None
    asked = configured(evidence)
    known = with_addresses(asked)
    denied = [one for one in asked if one.facts.get("rcode") in {"NXDOMAIN", "NOERROR"}]
    servers = {one.facts.get("server") for one in known}
    denied = [one for one in denied if one.facts.get("server") not in servers]
    if not known or not denied:
        return None
    return Finding(
        f"{servers_of(denied)} denies {evidence.host}, {servers_of(known)} knows it.",
        with_lookup(evidence, [*denied, *known]),
    )


def _nsswitch(evidence: Evidence) -> Finding | None:
    known = with_addresses(configured(evidence))
    if not known or not is_unresolved(evidence):
        return None
    config = evidence.first("host", "resolver_config")
    order = config.facts.get("hosts_order") if config else None
    if config is not None and config.facts.get("dns_in_order") is False:
        return Finding(
            f"The name service of this host does not ask DNS (hosts: {' '.join(order or ())}), "
            f"while {servers_of(known)} knows {evidence.host}.",
            (*with_lookup(evidence, known), config),
        )
    return Finding(
        f"The system's lookup of {evidence.host} fails, while {servers_of(known)} knows it.",
        with_lookup(evidence, known),
        confidence=0.7,
    )


def _unknown_here(evidence: Evidence) -> Finding | None:
    """A name that is this host's own business, of which nobody else is asked: localhost."""
    if not is_unresolved(evidence) or evidence.all("name", "nameserver"):
        return None
    lookup = evidence.all("name", "getaddrinfo")
    return Finding(
        f"This host does not know the name {evidence.host}: it is neither in the hosts file nor "
        f"known to its name service ({lookup[0].result}).",
        tuple(lookup),
        kind=lookup[0].kind,
    )


NAME = (
    Rule(
        cause="resolvers_disagree",
        kind="dns.name_not_resolved",
        where="DNS",
        meaning="One configured resolver denies the name, another knows it.",
        decided_by="NXDOMAIN or no address from one, addresses from another",
        when=_disagree,
        advice=(
            "Use resolvers that know the same names: the first answer counts, also a denial.",
            "Names of a VPN or an office need its resolver first, or a split configuration.",
        ),
    ),
    Rule(
        cause="nsswitch_broken",
        kind="dns.name_not_resolved",
        where="this host",
        meaning="The system's lookup fails although DNS knows the name.",
        decided_by="getaddrinfo fails while a configured nameserver answers",
        when=_nsswitch,
        advice=(
            "Look at the line `hosts:` of `/etc/nsswitch.conf`: `dns` must be in it.",
            "Compare `getent hosts NAME` with `dig NAME`.",
        ),
    ),
    Rule(
        cause="name_missing_here_only",
        kind="dns.name_not_resolved",
        where="DNS",
        meaning="The name exists, but not for the resolvers of this host.",
        decided_by="the configured resolvers deny it, one that was named beside them knows it",
        when=_missing_here_only,
        advice=("Use the resolver that knows it: connect the VPN, or change the resolver.",),
    ),
    Rule(
        cause="dangling_cname",
        kind="dns.no_address",
        where="DNS",
        meaning="The name is an alias of a name without address.",
        decided_by="a CNAME chain that ends without A or AAAA",
        when=_dangling,
        advice=("Tell the owner of the zone: the alias points to a name that is gone.",),
    ),
    Rule(
        cause="name_missing",
        kind="dns.name_not_resolved",
        where="DNS",
        meaning="There is no such name.",
        decided_by="NXDOMAIN from the configured resolvers",
        when=_name_missing,
    ),
    Rule(
        cause="name_missing",
        kind="dns.name_not_resolved",
        where="DNS",
        meaning="There is no such name, and the resolver takes long to say so.",
        decided_by="getaddrinfo denies the name later than the questions beside it were given up",
        when=_missing_late,
    ),
    Rule(
        cause="name_without_address",
        kind="dns.no_address",
        where="DNS",
        meaning="The name exists, but has neither an IPv4 nor an IPv6 address.",
        decided_by="an answer without A and AAAA",
        when=_without_address,
    ),
    Rule(
        cause="name_missing",
        kind="dns.name_not_resolved",
        where="this host",
        meaning="This host does not know a name that is its own, such as localhost.",
        decided_by="getaddrinfo fails for localhost or a name below it",
        when=_unknown_here,
        advice=(
            "Let the hosts file have the line `127.0.0.1 localhost`, or write the address.",
            "Names below localhost need `myhostname` or a line of their own.",
        ),
    ),
)
