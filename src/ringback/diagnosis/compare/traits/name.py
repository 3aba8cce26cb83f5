"""How the machines see the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.trait import Trait

if TYPE_CHECKING:
    from ringback.diagnosis.compare.report import Case, Report

_MISSING = frozenset(
    {
        *("name_missing", "name_missing_here_only", "name_without_address", "dangling_cname"),
        *("dns_blocked", "dns_hijacked", "zone_broken", "dnssec_bogus", "resolvers_disagree"),
        *("resolver_down", "resolver_silent", "resolver_unreachable", "resolver_refuses"),
        *("search_domain_trap", "nsswitch_broken", "bogus_address"),
    }
)
_AFTER = frozenset({"tcp", "tls", "http", "service"})


def addresses(report: Report) -> list[str]:
    """Return the addresses that a name had there, sorted."""
    return sorted(map(str, report.facts("name", "getaddrinfo").get("addresses") or ()))


def _resolves(report: Report) -> str | None:
    facts = report.facts("name", "getaddrinfo")
    if not facts or not report.evidence.named:
        return None
    if facts.get("addresses"):
        return "yes"
    return "in no time" if facts.get("timed_out") else f"no ({facts.get('eai') or 'no address'})"


def _listed(report: Report) -> str | None:
    return ", ".join(addresses(report)) if report.evidence.named and addresses(report) else None


def _answers(report: Report) -> str | None:
    found = {
        str(one.get("rcode") or ("silence" if one.get("timed_out") else one.get("error")))
        for one in report.every("name", "nameserver")
        if one.get("configured", True)
    }
    return ", ".join(sorted(found)) if found else None


def _hijack(report: Report) -> str | None:
    found = [one.get("hijacked") for one in report.every("name", "hijack")]
    return None if not found else "every name, also one that is not there" if any(found) else "no"


def _only_there(case: Case) -> str | None:
    if case.mine == "yes" or "yes" not in case.theirs:
        return None
    name, there = case.broken.name, case.there
    mine = _servers(case.broken)
    theirs = ", ".join(sorted({_servers(one) for one in case.healthy}))
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
    return ", ".join(map(str, report.facts("host", "resolver_config").get("nameservers") or ()))


def _elsewhere(case: Case) -> str | None:
    theirs = {one for report in case.healthy for one in addresses(report)}
    more = [one for one in addresses(case.broken) if one not in theirs]
    if theirs & set(addresses(case.broken)):
        also = (
            f"On {case.broken.name} the name leads to {', '.join(more)} too, on {case.there} not."
        )
        return also if more and case.broken.cause == "one_address_dead" else None
    return (
        f"The name leads elsewhere: on {case.broken.name} to {case.mine}, "
        f"on {case.there} to {case.other}."
    )


NAME: tuple[Trait, ...] = (
    Trait(
        name="resolves",
        layer="name",
        title="Name resolves",
        value=_resolves,
        says=_only_there,
        causes=_MISSING,
        stages=frozenset({"name"}),
    ),
    Trait(
        name="answers",
        layer="name",
        title="Answers of the resolvers",
        value=_answers,
        says="The resolvers of {name} answer {mine}, those of {there} {other}.",
        causes=_MISSING,
        stages=frozenset({"name"}),
    ),
    Trait(
        name="invented_names",
        layer="name",
        title="Resolver invents names",
        value=_hijack,
        says="The resolver of {name} answers {mine}; that of {there} does not.",
        causes=frozenset({"dns_hijacked", "captive_portal"}),
    ),
    Trait(
        name="addresses",
        layer="name",
        title="Addresses",
        value=_listed,
        says=_elsewhere,
        causes=frozenset({"bogus_address", "dns_hijacked", "one_address_dead"}),
        stages=_AFTER,
        confidence=0.7,
    ),
)
"""Traits of the name."""
