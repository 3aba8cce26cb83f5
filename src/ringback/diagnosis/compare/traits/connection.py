"""What the machines meet on the way to the target's port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.report import joined
from ringback.diagnosis.compare.trait import Trait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringback.diagnosis.compare.report import Case, Report

_TCP = frozenset({"tcp", "proxy"})
_AFTER = frozenset({"tcp", "tls", "http", "service"})

_WORDS = {
    "open": "opens",
    "refused": "is refused",
    "reset": "is reset",
    "timeout": "is not answered (dropped on the way, or not let in)",
    "network_unreachable": "has no route",
    "host_unreachable": "leads to no host",
    "prohibited": "is prohibited by a firewall",
}


def outcomes(report: Report) -> dict[str, str]:
    """Return how connecting to each address and port came out."""
    return {one.subject: str(one.facts.get("outcome")) for one in report.evidence.connects}


def _outcomes(report: Report) -> str | None:
    found = outcomes(report)
    return ", ".join(f"{place} {found[place]}" for place in sorted(found)) if found else None


def _families(report: Report) -> str | None:
    found = {one.get("family") for one in report.every("tcp", "connect", outcome="open")}
    if not report.evidence.connects:
        return None
    return " and ".join(f"IPv{family}" for family in sorted(found, key=str)) or "none"


def _rejection(report: Report) -> str | None:
    said = {_icmp(one) for one in report.every("tcp", "connect") if one.get("icmp")}
    if said:
        return ", ".join(sorted(said))
    return "none" if report.evidence.connects else None


def _icmp(facts: Mapping[str, object]) -> str:
    icmp = facts.get("icmp")
    if not isinstance(icmp, dict):
        return "none"
    sender = "itself" if icmp.get("own") else icmp.get("sender")
    return f"ICMP {icmp.get('type')}/{icmp.get('code')} from {sender}"


def _same_address(case: Case) -> str | None:
    """Say of an address that opens there, and here does not."""
    opens = {place for one in case.healthy for place, how in outcomes(one).items() if how == "open"}
    mine = {place: how for place, how in outcomes(case.broken).items() if how != "open"}
    for place, how in mine.items():
        if place in opens:
            said = _WORDS.get(how, f"ends with: {how}")
            name = case.broken.name
            down = ", or it was down then" if how == "refused" else ""
            return (
                f"{place} opens from {case.there}, and from {name} it {said}: what is between "
                f"{name} and the target decides, or whom it lets in{down}."
            )
    return None


def _other_family(case: Case) -> str | None:
    mine = {one.get("family") for one in case.broken.every("tcp", "connect")}
    theirs = {
        one.get("family")
        for report in case.healthy
        for one in report.every("tcp", "connect", outcome="open")
    }
    if not mine or mine & theirs:
        return None
    ours = joined([f"IPv{one}" for one in sorted(mine, key=str)])
    works = joined([f"IPv{one}" for one in sorted(theirs, key=str)])
    return f"{case.broken.name} reaches it only by {ours}; it works from {case.there} by {works}."


def _rejected(case: Case) -> str | None:
    if case.mine == "none":
        return None
    name, there = case.broken.name, case.there
    return f"{name} is told {case.mine}, {there} is not: the sender does not let it through."


CONNECTION: tuple[Trait, ...] = (
    Trait(
        name="family",
        layer="tcp",
        title="Reached by",
        value=_families,
        says=_other_family,
        causes=frozenset({"ipv4_dead", "ipv6_dead", "family_missing"}),
        stages=_AFTER,
        confidence=0.8,
    ),
    Trait(
        name="rejection",
        layer="tcp",
        title="Rejection",
        value=_rejection,
        says=_rejected,
        causes=frozenset({"firewall_rejects", "local_firewall", "host_down", "routing_loop"}),
        stages=_TCP,
    ),
    Trait(
        name="connect",
        layer="tcp",
        title="Connecting",
        value=_outcomes,
        says=_same_address,
        stages=_AFTER,
    ),
)
"""Traits of the connection."""
