"""What the machines are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.trait import Trait
from ringback.diagnosis.wording import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringback.diagnosis.compare.report import Case, Report

_HTTP = frozenset({"http", "service"})
_SLOW = 1.0
"""Seconds to the first byte that are taken for no wait."""

_REFUSED = {
    "401": "it wants to know who asks",
    "403": "an allow list, a region or a filter decides",
    "407": "a proxy on the way wants to know who asks",
    "429": "its limit is used up there",
    "451": "it is not to be shown there",
    "511": "a captive portal stands before it",
}


def _last(report: Report) -> Mapping[str, object]:
    requests = report.every("http", "request")
    return requests[-1] if requests else {}


def _answer(report: Report) -> str | None:
    facts = _last(report)
    if not facts:
        return None
    status, outcome = facts.get("status"), facts.get("outcome")
    return str(status) if status and outcome in {"answered", None} else str(outcome)


def _headers(report: Report, *names: str) -> str | None:
    headers = _last(report).get("headers")
    if not isinstance(headers, dict):
        return None
    return ", ".join(str(headers[name]) for name in names if headers.get(name)) or None


def _location(report: Report) -> str | None:
    redirects = report.every("http", "redirect")
    return str(redirects[-1].get("location")) if redirects else None


def _portal(report: Report) -> str | None:
    portal = _last(report).get("portal")
    return None if portal is None else "yes" if portal else "no"


def _greeting(report: Report) -> str | None:
    facts = report.facts("service", "greeting")
    if not facts:
        return None
    said = facts.get("message")
    return f"{facts.get('outcome')} ({said})" if said else str(facts.get("outcome"))


def _status(case: Case) -> str | None:
    name, there = case.broken.name, case.there
    if not case.mine.isdigit():
        if case.broken.diagnosis.verdict.where == "path":
            return None  # the verdict says more
        how = case.mine.replace("_", " ")
        return f"{name} gets no whole answer ({how}); {there} is answered {case.other}."
    why = _REFUSED.get(case.mine, "the same request is treated differently")
    return f"{name} is answered {case.mine}, {there} {case.other}: {why}."


def _first_byte(report: Report) -> str | None:
    seconds = _last(report).get("first_byte")
    if not isinstance(seconds, int | float):
        return None
    return "at once" if seconds < _SLOW else f"after {duration(seconds)}"


HTTP: tuple[Trait, ...] = (
    Trait(
        name="portal",
        layer="http",
        title="Captive portal",
        value=_portal,
        says="A captive portal stands between {name} and the network.",
        causes=frozenset({"captive_portal"}),
    ),
    Trait(
        name="redirect",
        layer="http",
        title="Redirected to",
        value=_location,
        says="{name} is redirected to {mine}, {there} to {other}.",
        causes=frozenset({"redirect_loop", "redirect_invalid", "captive_portal"}),
    ),
    Trait(
        name="status",
        layer="http",
        title="Answer",
        value=_answer,
        says=_status,
        stages=_HTTP,
    ),
    Trait(
        name="first_byte",
        layer="http",
        title="Answer begins",
        value=_first_byte,
        says="The answer to {name} begins {mine}, that to {there} {other}.",
        causes=frozenset({"slow_first_byte"}),
        confidence=0.8,
    ),
    Trait(
        name="server",
        layer="http",
        title="Answered by",
        value=lambda report: _headers(report, "server", "via"),
        says="Another server answers {name} ({mine}) than {there} ({other}).",
        stages=_HTTP,
        confidence=0.6,
    ),
    Trait(
        name="greeting",
        layer="service",
        title="Greeting",
        value=_greeting,
        says="The service greets {name} with: {mine}; and {there} with: {other}.",
        stages=frozenset({"service"}),
    ),
)
"""Traits of the answer."""
