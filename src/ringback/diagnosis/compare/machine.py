"""How the machines themselves differ, how they see the name, and which proxy they go through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.model import Facet, listing, new_facet, value_of
from ringback.diagnosis.facts import (
    GetaddrinfoFacts,
    HijackFacts,
    NameserverFacts,
    ProxyConnectFacts,
    ProxyTunnelFacts,
    TrustFacts,
    UrlFacts,
)
from ringback.diagnosis.host_facts import (
    ClockFacts,
    DescriptorsFacts,
    EnvironmentFacts,
    HostsFileFacts,
    InterfacesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
    RouteFacts,
    RouteToFacts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.diagnosis.compare.model import FacetCase, Report


_MINUTE, _DAY = 60.0, 86400.0
_NETWORK: dict[bool | None, str] = {True: "none", False: "up"}
_DESCRIPTORS: dict[bool | None, str] = {True: "none left", False: "enough"}
_ROUTES = frozenset({"no_network", "no_default_route", "gateway_dead", "network_unreachable"})
_CONNECTING = frozenset({"tcp", "tls", "http", "service"})


def _default_route(family: int) -> Callable[[Report], str | None]:
    def value(report: Report) -> str | None:
        for facts in report.every(RouteFacts, family=family):
            return "yes" if facts["route"] else f"none ({facts['error'] or 'no route'})"
        return None

    return value


def _route_to(report: Report) -> str | None:
    routes = report.every(RouteToFacts)
    if not routes:
        return None
    wrong = [facts for facts in routes if not facts["route"]]
    if not wrong:
        return "routed"
    refused = (f"{facts['address']} {facts['table_type'] or facts['error']}" for facts in wrong)
    return ", ".join(sorted(refused))


def _no_way(case: FacetCase) -> str | None:
    """Say that no address has a route; one of a family that is not used explains nothing."""
    if any(facts["route"] for facts in case.broken.every(RouteToFacts)):
        return None
    name = case.broken.name
    return f"{name}'s own routing table does not let it through ({case.mine}); {case.there}'s does."


def _hosts_file(report: Report) -> str | None:
    if not report.evidence.named or not report.facts(UrlFacts):
        return None
    listed = report.facts(HostsFileFacts)["addresses"]
    return ", ".join(sorted(map(str, listed))) if listed else "no entry"


def _clock(report: Report) -> str | None:
    offset = report.facts(ClockFacts)["offset"]
    if not isinstance(offset, int | float):
        return "right" if report.evidence.secured else None
    if abs(offset) < _MINUTE:
        return "right"
    size, unit = (abs(offset) / _DAY, "days") if abs(offset) >= _DAY else (abs(offset) / 60, "min")
    return f"{size:.0f} {unit} {'fast' if offset > 0 else 'slow'}"


def _trusted(report: Report) -> str | None:
    trust = report.facts(TrustFacts)
    if not trust:
        return None
    if not trust["loaded"]:
        return "none that can be read"
    return f"{trust['authorities']} from {trust['path'] or trust['source']}"


HOST: tuple[Facet, ...] = (
    new_facet("network", "host", "Network")(
        value=value_of(InterfacesFacts, lambda facts: _NETWORK.get(facts["loopback_only"])),
        says="{name} has no network: only loopback is up.",
        causes=frozenset({"no_network"}),
    ),
    *(
        new_facet(f"default_route_ipv{family}", "host", f"Route to the world, IPv{family}")(
            value=_default_route(family),
            says=f"{{name}} has no route for IPv{family}: {{mine}}; {{there}} has one.",
            causes=_ROUTES | {f"ipv{family}_dead", "family_missing"},
        )
        for family in (4, 6)
    ),
    new_facet("route", "host", "Route to the target")(
        value=_route_to,
        says=_no_way,
        causes=frozenset({"local_policy_route", "no_route"}),
        stages=frozenset({"tcp"}),
    ),
    new_facet("search_domains", "host", "Search domains")(
        value=value_of(ResolverConfigFacts, lambda facts: listing(facts["search"])),
        says="The search domains of {name} ({mine}) are not those of {there} ({other}).",
        causes=frozenset({"search_domain_trap"}),
    ),
    new_facet("name_services", "host", "Order of name services")(
        value=value_of(
            ResolverConfigFacts,
            lambda facts: " ".join(map(str, facts["hosts_order"] or ())) or None,
        ),
        says="{name} looks names up by “{mine}”, {there} by “{other}” (/etc/nsswitch.conf).",
        causes=frozenset({"nsswitch_broken"}),
    ),
    new_facet("hosts_file", "host", "Hosts file")(
        value=_hosts_file,
        says="The hosts file of {name} says {mine} for the name, that of {there} {other}.",
        causes=frozenset({"hosts_file_override"}),
        stages=frozenset({"name", *_CONNECTING}),
    ),
    new_facet("clock", "host", "Clock")(
        value=_clock,
        says="The clock of {name} is {mine}, that of {there} {other}; certificates depend on it.",
        causes=frozenset({"clock_wrong", "certificate_expired", "certificate_not_yet_valid"}),
    ),
    new_facet("trust_store", "host", "Trusted certificates")(
        value=_trusted,
        says="{name} trusts other authorities ({mine}) than {there} ({other}).",
        causes=frozenset({"trust_store_missing"}),
        stages=frozenset({"tls"}),
        confidence=0.7,
    ),
    new_facet("descriptors", "host", "Descriptors")(
        value=value_of(DescriptorsFacts, lambda facts: _DESCRIPTORS.get(facts["short"])),
        says="{name} has no descriptors left.",
        stages=frozenset({"host", "tcp"}),
    ),
    new_facet("resolvers", "host", "Resolvers")(
        value=value_of(ResolverConfigFacts, lambda facts: listing(facts["nameservers"])),
        says="{name} asks other resolvers ({mine}) than {there} ({other}).",
        causes=frozenset({"resolver_missing"}),
        stages=frozenset({"name"}),
        confidence=0.8,
    ),
    new_facet("python", "host", "Python")(
        value=value_of(EnvironmentFacts, lambda facts: facts["python"]),
    ),
    new_facet("openssl", "host", "OpenSSL")(
        value=value_of(EnvironmentFacts, lambda facts: facts["openssl"]),
        says="The TLS of {name} is {mine}, that of {there} {other}: what one accepts, the "
        "other may not.",
        causes=frozenset({"old_tls", "certificate_weak"}),
    ),
    new_facet("platform", "host", "Platform")(
        value=value_of(EnvironmentFacts, lambda facts: facts["platform"]),
    ),
)
"""Facets of the machine."""


_MISSING = frozenset(
    {
        *("name_missing", "name_missing_here_only", "name_without_address", "dangling_cname"),
        *("dns_blocked", "dns_hijacked", "zone_broken", "dnssec_bogus", "resolvers_disagree"),
        *("resolver_down", "resolver_silent", "resolver_unreachable", "resolver_refuses"),
        *("search_domain_trap", "nsswitch_broken", "bogus_address"),
    }
)


def resolved_addresses(report: Report) -> list[str]:
    """Return the addresses that a name had there, sorted."""
    return sorted(map(str, report.facts(GetaddrinfoFacts)["addresses"] or ()))


def _resolves(report: Report) -> str | None:
    facts = report.facts(GetaddrinfoFacts)
    if not facts or not report.evidence.named:
        return None
    if facts["addresses"]:
        return "yes"
    return "in no time" if facts["timed_out"] else f"no ({facts['eai'] or 'no address'})"


def _listed(report: Report) -> str | None:
    return (
        ", ".join(resolved_addresses(report))
        if report.evidence.named and resolved_addresses(report)
        else None
    )


def _answers(report: Report) -> str | None:
    found = {
        str(facts["rcode"] or ("silence" if facts["timed_out"] else facts["error"]))
        for facts in report.every(NameserverFacts)
        if facts["configured"] is not False
    }
    return ", ".join(sorted(found)) if found else None


def _hijack(report: Report) -> str | None:
    found = [facts["hijacked"] for facts in report.every(HijackFacts)]
    return None if not found else "every name, also one that is not there" if any(found) else "no"


def _only_there(case: FacetCase) -> str | None:
    if case.mine == "yes" or "yes" not in case.theirs:
        return None
    name, there = case.broken.name, case.there
    mine = _servers(case.broken)
    theirs = ", ".join(sorted({_servers(report) for report in case.healthy}))
    answered = _answers(case.broken)
    said = f"The name resolves on {there} and not on {name}: {case.mine}."
    if not mine or not theirs:
        return said
    if mine == theirs:
        return f"{said} Both ask {mine}, which answers {name} with {answered or 'nothing'}."
    if answered and "NXDOMAIN" in answered:
        return (
            f"{said} {name} asks {mine}, {there} asks {theirs}: only the latter knows the name "
            "(split horizon or VPN)."
        )
    return f"{said} {name} asks {mine}, {there} asks {theirs}."


def _servers(report: Report) -> str:
    return ", ".join(map(str, report.facts(ResolverConfigFacts)["nameservers"] or ()))


def _elsewhere(case: FacetCase) -> str | None:
    theirs = {address for report in case.healthy for address in resolved_addresses(report)}
    more = [address for address in resolved_addresses(case.broken) if address not in theirs]
    if theirs & set(resolved_addresses(case.broken)):
        also = (
            f"On {case.broken.name} the name leads to {', '.join(more)} too, on {case.there} not."
        )
        return also if more and case.broken.cause == "one_address_dead" else None
    return (
        f"The name leads elsewhere: on {case.broken.name} to {case.mine}, "
        f"on {case.there} to {case.other}."
    )


NAME: tuple[Facet, ...] = (
    new_facet("resolves", "name", "Name resolves")(
        value=_resolves,
        says=_only_there,
        causes=_MISSING,
        stages=frozenset({"name"}),
    ),
    new_facet("answers", "name", "Answers of the resolvers")(
        value=_answers,
        says="The resolvers of {name} answer {mine}, those of {there} {other}.",
        causes=_MISSING,
        stages=frozenset({"name"}),
    ),
    new_facet("invented_names", "name", "Resolver invents names")(
        value=_hijack,
        says="The resolver of {name} answers {mine}; that of {there} does not.",
        causes=frozenset({"dns_hijacked", "captive_portal"}),
    ),
    new_facet("addresses", "name", "Addresses")(
        value=_listed,
        says=_elsewhere,
        # A name that leads to another server is why the certificate is another one.
        causes=frozenset(
            {
                *("bogus_address", "dns_hijacked", "one_address_dead"),
                *("certificate_wrong_name", "certificate_self_signed", "certificate_expired"),
            }
        ),
        stages=_CONNECTING,
        confidence=0.7,
    ),
)
"""Facets of the name."""


_PROXY = frozenset(
    {
        *("proxy_down", "proxy_wants_password", "proxy_forbids", "proxy_upstream_failed"),
        *("proxy_silent", "not_a_proxy", "proxy_invalid", "proxy_needed", "proxy_not_needed"),
    }
)
_DIRECT = "none"


def _applies(report: Report) -> str | None:
    used = report.facts(ProxyConnectFacts)["proxy"]
    if used:
        return str(used)
    facts = report.facts(ProxyVariablesFacts)
    return str(facts["applies"] or _DIRECT) if "applies" in facts else None


def _why(case: FacetCase) -> str | None:
    name, there = case.broken.name, case.there
    if case.mine == _DIRECT:
        return f"From {there} the way is through the proxy {case.other}; {name} has none set."
    if set(case.theirs) == {_DIRECT}:
        return f"{name} goes through the proxy {case.mine}; from {there} the way is direct."
    return f"{name} goes through the proxy {case.mine}, and not, as {there}, through {case.other}."


PROXY: tuple[Facet, ...] = (
    new_facet("proxy", "proxy", "Proxy")(
        value=_applies,
        says=_why,
        causes=_PROXY,
        stages=frozenset({"name", "tcp", "tls", "http", "service", "proxy"}),
    ),
    new_facet("proxy_connection", "proxy", "Connection to the proxy")(
        value=value_of(ProxyConnectFacts, lambda facts: facts["outcome"]),
        says="The connection to the same proxy is {mine} from {name} and {other} from {there}.",
        causes=_PROXY,
    ),
    new_facet("proxy_answer", "proxy", "Answer of the proxy")(
        value=value_of(
            ProxyTunnelFacts,
            lambda facts: f"status {facts['status']}" if facts["status"] else facts["outcome"],
        ),
        says="The same proxy answers {name} with {mine} and {there} with {other}.",
        causes=_PROXY,
    ),
)
"""Facets of the proxy."""
