"""Rules about one of several resolvers: it fails, and another one answers."""

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.lookup import configured, is_dead
from ringback.diagnosis.verdict.rule import Finding, Rule


def _servers(evidence: Evidence) -> dict[str, list[Reading]]:
    by: dict[str, list[Reading]] = {}
    for one in configured(evidence):
        by.setdefault(str(one.facts.get("server")), []).append(one)
    return by


def _resolver_dead(evidence: Evidence) -> Finding | None:
    servers = _servers(evidence)
    dead = {name: group for name, group in servers.items() if all(map(is_dead, group))}
    if not dead or len(dead) == len(servers):
        return None
    readings = [one for group in dead.values() for one in group]
    first = next(iter(servers)) in dead
    slow = "; it is asked first, so each lookup waits for it" if first else ""
    return Finding(
        f"The resolver {' and '.join(dead)} does not answer, another one does{slow}.",
        tuple(readings),
    )


def _resolver_wrong(evidence: Evidence) -> Finding | None:
    servers = _servers(evidence)
    known = {name for name, group in servers.items() if any(o.facts.get("answers") for o in group)}
    failing = {
        name: group
        for name, group in servers.items()
        if name not in known
        and not any(map(is_dead, group))
        and any(o.facts.get("rcode") for o in group)
    }
    if not known or not failing:
        return None
    readings = [one for group in failing.values() for one in group]
    rcode = readings[0].facts.get("rcode")
    return Finding(
        f"The resolvers disagree: {' and '.join(sorted(known))} knows {evidence.host}, "
        f"{' and '.join(failing)} answers {'without an address' if rcode == 'NOERROR' else rcode}.",
        (*readings, *(one for name in known for one in servers[name])),
        kind="dns.name_not_resolved" if rcode == "NXDOMAIN" else "dns.server",
    )


def _family_query_lost(evidence: Evidence, dropped: str, answered: str) -> Finding | None:
    """Questions of one type are dropped while the other is answered: lookups wait for seconds."""
    lost = evidence.all("name", "nameserver", type=dropped, timed_out=True)
    servers = {one.facts.get("server") for one in lost}
    good = [
        one
        for one in evidence.all("name", "nameserver", type=answered)
        if one.facts.get("answers") and one.facts.get("server") in servers
    ]
    if not lost or not good:
        return None
    return Finding(
        f"The resolver {good[0].facts.get('server')} answers {answered} questions and drops those "
        f"for {dropped}: each lookup waits for seconds.",
        (*lost, *good),
    )


def _aaaa_lost(evidence: Evidence) -> Finding | None:
    return _family_query_lost(evidence, "AAAA", "A")


def _a_lost(evidence: Evidence) -> Finding | None:
    return _family_query_lost(evidence, "A", "AAAA")


def _lookup_hangs(evidence: Evidence) -> Finding | None:
    """This host's own lookup has no result, though a nameserver answers at once."""
    lookup = evidence.first("name", "getaddrinfo", timed_out=True)
    known = [one for one in configured(evidence) if one.facts.get("answers")]
    if lookup is None or not known or not evidence.resolved_here:
        return None
    return Finding(
        f"The system's lookup of {evidence.host} gives {lookup.result}, while "
        f"{known[0].facts.get('server')} answers in {known[0].seconds:.1f} s.",
        (lookup, *known),
        kind=lookup.kind,
    )


RESOLVERS = (
    Rule(
        cause="one_resolver_dead",
        kind="dns.unreachable",
        where="DNS",
        meaning="One of the configured resolvers does not answer.",
        decided_by="queries to each configured nameserver",
        when=_resolver_dead,
        advice=("Repair it, or take it out of `/etc/resolv.conf`.",),
    ),
    Rule(
        cause="resolvers_disagree",
        kind="dns.name_not_resolved",
        where="DNS",
        meaning="One of the configured resolvers denies the name or fails, another knows it.",
        decided_by="queries to each configured nameserver",
        when=_resolver_wrong,
        advice=("Use resolvers that know the same names: which one is asked is up to the system.",),
    ),
    Rule(
        cause="aaaa_dropped",
        kind="dns.unreachable",
        where="DNS",
        meaning="The resolver drops questions for IPv6 addresses.",
        decided_by="A is answered, AAAA is not",
        when=_aaaa_lost,
        advice=("Have the resolver answer AAAA questions, if only with an empty answer.",),
    ),
    Rule(
        cause="a_dropped",
        kind="dns.unreachable",
        where="DNS",
        meaning="The resolver drops questions for IPv4 addresses.",
        decided_by="AAAA is answered, A is not",
        when=_a_lost,
        advice=("Have the resolver answer A questions, if only with an empty answer.",),
    ),
    Rule(
        cause="nsswitch_broken",
        kind="dns.timed_out",
        where="this host",
        meaning="The system's own lookup hangs, although a nameserver answers at once.",
        decided_by="getaddrinfo without a result after 5 s, a direct answer of a nameserver",
        when=_lookup_hangs,
        confidence=0.8,
        advice=(
            "Look at `hosts:` in `/etc/nsswitch.conf`, and at the options of `/etc/resolv.conf`.",
            "See where it waits: `getent hosts NAME`, `strace -f -e network getent hosts NAME`.",
        ),
    ),
)
"""What makes each lookup slow, or fail by chance, although the name is resolved."""
