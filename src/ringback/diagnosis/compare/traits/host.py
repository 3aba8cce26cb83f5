"""How the machines themselves differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.trait import Trait

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.diagnosis.compare.report import Case, Report

_MINUTE, _DAY = 60.0, 86400.0
_ROUTES = frozenset({"no_network", "no_default_route", "gateway_dead", "network_unreachable"})
_CONNECTING = frozenset({"tcp", "tls", "http", "service"})


def _network(report: Report) -> str | None:
    alone = report.facts("host", "interfaces").get("loopback_only")
    return None if alone is None else "none" if alone else "up"


def _default_route(family: int) -> Callable[[Report], str | None]:
    def value(report: Report) -> str | None:
        for facts in report.every("host", "route", family=family):
            return "yes" if facts.get("route") else f"none ({facts.get('error') or 'no route'})"
        return None

    return value


def _route_to(report: Report) -> str | None:
    routes = report.every("host", "route_to")
    if not routes:
        return None
    wrong = [one for one in routes if not one.get("route")]
    if not wrong:
        return "routed"
    refused = (f"{one.get('address')} {one.get('table_type') or one.get('error')}" for one in wrong)
    return ", ".join(sorted(refused))


def _no_way(case: Case) -> str | None:
    """Say that no address has a route; one of a family that is not used explains nothing."""
    if any(one.get("route") for one in case.broken.every("host", "route_to")):
        return None
    name = case.broken.name
    return f"{name}'s own routing table does not let it through ({case.mine}); {case.there}'s does."


def _nameservers(report: Report) -> str | None:
    facts = report.facts("host", "resolver_config")
    servers = facts.get("nameservers")
    return None if servers is None else ", ".join(map(str, servers)) or "none"


def _search(report: Report) -> str | None:
    search = report.facts("host", "resolver_config").get("search")
    return None if search is None else ", ".join(map(str, search)) or "none"


def _order(report: Report) -> str | None:
    order = report.facts("host", "resolver_config").get("hosts_order")
    return " ".join(map(str, order)) if order else None


def _hosts_file(report: Report) -> str | None:
    if not report.evidence.named or not report.facts("url", "parse"):
        return None
    listed = report.facts("host", "hosts_file").get("addresses")
    return ", ".join(sorted(map(str, listed))) if listed else "no entry"


def _clock(report: Report) -> str | None:
    offset = report.facts("host", "clock").get("offset")
    if not isinstance(offset, int | float):
        return "right" if report.evidence.secured else None
    if abs(offset) < _MINUTE:
        return "right"
    size, unit = (abs(offset) / _DAY, "days") if abs(offset) >= _DAY else (abs(offset) / 60, "min")
    return f"{size:.0f} {unit} {'fast' if offset > 0 else 'slow'}"


def _trusted(report: Report) -> str | None:
    trust = report.facts("tls", "trust")
    if not trust:
        return None
    if not trust.get("loaded"):
        return "none that can be read"
    return f"{trust.get('authorities')} from {trust.get('path') or trust.get('source')}"


def _descriptors(report: Report) -> str | None:
    short = report.facts("host", "descriptors").get("short")
    return None if short is None else "none left" if short else "enough"


HOST: tuple[Trait, ...] = (
    Trait(
        name="network",
        layer="host",
        title="Network",
        value=_network,
        says="{name} has no network: only loopback is up.",
        causes=frozenset({"no_network"}),
    ),
    *(
        Trait(
            name=f"default_route_ipv{family}",
            layer="host",
            title=f"Route to the world, IPv{family}",
            value=_default_route(family),
            says=f"{{name}} has no route for IPv{family}: {{mine}}; {{there}} has one.",
            causes=_ROUTES | {f"ipv{family}_dead", "family_missing"},
        )
        for family in (4, 6)
    ),
    Trait(
        name="route",
        layer="host",
        title="Route to the target",
        value=_route_to,
        says=_no_way,
        causes=frozenset({"local_policy_route", "no_route"}),
        stages=frozenset({"tcp"}),
    ),
    Trait(
        name="search_domains",
        layer="host",
        title="Search domains",
        value=_search,
        says="The search domains of {name} ({mine}) are not those of {there} ({other}).",
        causes=frozenset({"search_domain_trap"}),
    ),
    Trait(
        name="name_services",
        layer="host",
        title="Order of name services",
        value=_order,
        says="{name} looks names up by “{mine}”, {there} by “{other}” (/etc/nsswitch.conf).",
        causes=frozenset({"nsswitch_broken"}),
    ),
    Trait(
        name="hosts_file",
        layer="host",
        title="Hosts file",
        value=_hosts_file,
        says="The hosts file of {name} says {mine} for the name, that of {there} {other}.",
        causes=frozenset({"hosts_file_override"}),
        stages=frozenset({"name", *_CONNECTING}),
    ),
    Trait(
        name="clock",
        layer="host",
        title="Clock",
        value=_clock,
        says="The clock of {name} is {mine}, that of {there} {other}; certificates depend on it.",
        causes=frozenset({"clock_wrong", "certificate_expired", "certificate_not_yet_valid"}),
    ),
    Trait(
        name="trust_store",
        layer="host",
        title="Trusted certificates",
        value=_trusted,
        says="{name} trusts other authorities ({mine}) than {there} ({other}).",
        causes=frozenset({"trust_store_missing"}),
        stages=frozenset({"tls"}),
        confidence=0.7,
    ),
    Trait(
        name="descriptors",
        layer="host",
        title="Descriptors",
        value=_descriptors,
        says="{name} has no descriptors left.",
        stages=frozenset({"host", "tcp"}),
    ),
    Trait(
        name="resolvers",
        layer="host",
        title="Resolvers",
        value=_nameservers,
        says="{name} asks other resolvers ({mine}) than {there} ({other}).",
        causes=frozenset({"resolver_missing"}),
        stages=frozenset({"name"}),
        confidence=0.8,
    ),
    Trait(
        name="python",
        layer="host",
        title="Python",
        value=lambda report: report.text("host", "environment", "python"),
    ),
    Trait(
        name="openssl",
        layer="host",
        title="OpenSSL",
        value=lambda report: report.text("host", "environment", "openssl"),
        says="The TLS of {name} is {mine}, that of {there} {other}: what one accepts, the "
        "other may not.",
        causes=frozenset({"old_tls", "certificate_weak"}),
    ),
    Trait(
        name="platform",
        layer="host",
        title="Platform",
        value=lambda report: report.text("host", "environment", "platform"),
    ),
)
"""Traits of the machine."""
