"""Which proxy the machines go through, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.trait import Trait

if TYPE_CHECKING:
    from ringback.diagnosis.compare.report import Case, Report

_PROXY = frozenset(
    {
        *("proxy_down", "proxy_wants_password", "proxy_forbids", "proxy_upstream_failed"),
        *("proxy_silent", "not_a_proxy", "proxy_invalid", "proxy_needed", "proxy_not_needed"),
    }
)
_DIRECT = "none"


def _applies(report: Report) -> str | None:
    used = report.facts("proxy", "connect").get("proxy")
    if used:
        return str(used)
    facts = report.facts("host", "proxy_variables")
    return str(facts["applies"] or _DIRECT) if "applies" in facts else None


def _why(case: Case) -> str | None:
    name, there = case.broken.name, case.there
    if case.mine == _DIRECT:
        return f"From {there} the way is through the proxy {case.other}; {name} has none set."
    if set(case.theirs) == {_DIRECT}:
        return f"{name} goes through the proxy {case.mine}; from {there} the way is direct."
    return f"{name} goes through the proxy {case.mine}, and not, as {there}, through {case.other}."


def _connect(report: Report) -> str | None:
    return report.text("proxy", "connect", "outcome")


def _tunnel(report: Report) -> str | None:
    facts = report.facts("proxy", "tunnel")
    if not facts:
        return None
    status = facts.get("status")
    return f"status {status}" if status else str(facts.get("outcome"))


PROXY: tuple[Trait, ...] = (
    Trait(
        name="proxy",
        layer="proxy",
        title="Proxy",
        value=_applies,
        says=_why,
        causes=_PROXY,
        stages=frozenset({"name", "tcp", "tls", "http", "service", "proxy"}),
    ),
    Trait(
        name="proxy_connection",
        layer="proxy",
        title="Connection to the proxy",
        value=_connect,
        says="The connection to the same proxy is {mine} from {name} and {other} from {there}.",
        causes=_PROXY,
    ),
    Trait(
        name="proxy_answer",
        layer="proxy",
        title="Answer of the proxy",
        value=_tunnel,
        says="The same proxy answers {name} with {mine} and {there} with {other}.",
        causes=_PROXY,
    ),
)
"""Traits of the proxy."""
