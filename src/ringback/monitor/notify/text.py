"""A notification in words: what is said is decided once, how it is written by each format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ringback.diagnosis.wording import FAULTS
from ringback.failure.advice import filled
from ringback.failure.target import without_secrets
from ringback.incident.advice import operators_advice
from ringback.incident.pattern import stamp, two_units
from ringback.monitor.notify.notification import IncidentUpdate, NotificationContext

if TYPE_CHECKING:
    from ringback.incident.model import Incident, Pattern
    from ringback.monitor.notify.notification import Headline, Notification

MAX_LINE = 240  # Characters of a line that comes from elsewhere, at most

_MENTION = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)

PATTERN_WORDS: Mapping[Pattern, tuple[str, str]] = {
    "service_outage": ("DOWN", "down"),
    "network_partition": ("UNREACHABLE", "unreachable"),
    "callers_only": ("DOWN FOR CALLERS", "failing for some who call"),
    "prober_path": ("PROBE FAILS", "failing for the probe"),
    "own_network_down": ("NO NETWORK", "without network"),
    "dns_failure": ("DOWN", "down"),
    "port_change": ("MOVED", "down"),
    "certificate": ("CERTIFICATE", "affected by its certificate"),
    "rejected": ("REJECTED", "rejecting"),
    "latency": ("SLOW", "slow"),
    "flapping": ("FLAPPING", "flapping"),
    "error_budget": ("ERROR BUDGET", "burning its error budget"),
    "heartbeat_missed": ("MISSED", "silent"),
    "prober_sick": ("MONITOR UNHEALTHY", "unhealthy"),
    "vantage_silent": ("AGENT SILENT", "silent"),
}
"""Sort of incident to its mark, and to what an endpoint is while it lasts."""


THE_MONITOR = "the monitor"
"""Who an incident is about that has no endpoint."""


def safe_line(text: str, most: int = MAX_LINE) -> str:
    """Return one line without credentials, control characters and mentions of everybody."""
    line = " ".join(without_secrets(str(text)).split())
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    line = _MENTION.sub(lambda found: found[0] + "\N{WORD JOINER}", line)
    return line if len(line) <= most else line[: most - 1] + "…"


def named_endpoints(ids: Iterable[str], known: Mapping[str, str], most: int = 5) -> str:
    """Return what endpoints are called, the first ones by name."""
    listed = [safe_line(known.get(id_) or id_, 80) for id_ in ids]
    shown, rest = listed[:most], len(listed) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def utc_text(at: float) -> str:
    return f"{stamp(at)} UTC"


def incident_link(base_url: str, incident: str) -> str:
    """Return where there is more about an incident; ``""``: nowhere."""
    return f"{base_url.rstrip('/')}/incidents/{quote(incident, safe='')}" if base_url else ""


MAX_EVIDENCE = 3
MAX_ADVICE = 2
MAX_IN_FULL = 5
"""Incidents of one notification that have evidence and advice; the others have two lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentText:
    """What is said of one incident; every text is one harmless line, not yet escaped."""

    title: str  # What happened, in a few words
    facts: tuple[tuple[str, str], ...]  # Name of a fact to the fact
    evidence: tuple[str, ...] = ()  # What decided, three lines at most
    advice: tuple[str, ...] = ()  # What to try, two lines at most
    link: str = ""  # Where there is more; `""`: nowhere


def subject_line(notification: Notification) -> str:
    """Return what a notification is about, in one line."""
    updates, known = notification.updates, notification.context.names
    if notification.test:
        return f"[TEST] {safe_line(updates[0].incident.summary, 160)}"
    if len(updates) == 1:
        return safe_line(_title(updates[0], notification.context), 160)
    urgent_first = sorted(updates, key=lambda update: (_is_over(update), _is_warning(update)))
    counts = Counter(
        "RESOLVED" if _is_over(update) else _mark(update.incident) for update in urgent_first
    )
    marks = " · ".join(f"{count} {mark}" for mark, count in counts.items())
    affected = dict.fromkeys(
        id_
        for update in urgent_first
        for id_ in _affected(update.incident) or (_prober(update.incident),)
    )
    return f"[{marks}] {len(updates)} incidents: {named_endpoints(affected, known)}"


def _is_over(update: IncidentUpdate) -> bool:
    return update.headline in {"closed", "brief"}


def _is_warning(update: IncidentUpdate) -> bool:
    return update.incident.severity == "warn"


def _prober(incident: Incident) -> str:
    return f"the agent at {incident.observer}" if incident.observer else THE_MONITOR


def _affected(incident: Incident) -> tuple[str, ...]:
    """Return the members that are not well; of an incident that is over, all of them."""
    well = frozenset(incident.well)
    ill = tuple(member for member in incident.members if member not in well)
    return ill if ill and incident.state != "closed" else incident.members


def incident_texts(notification: Notification) -> list[IncidentText]:
    """Return what is said of each incident, in the order in which they stand."""
    return [
        _incident_text(update, notification, full=number < MAX_IN_FULL)
        for number, update in enumerate(notification.updates)
    ]


def _incident_text(
    update: IncidentUpdate, notification: Notification, *, full: bool
) -> IncidentText:
    incident, context = update.incident, notification.context
    notified = full and not _is_over(update) and update.headline != "acknowledged"
    return IncidentText(
        title=subject_line(notification) if notification.test else _title(update, context),
        facts=tuple(_facts(update, notification, full=full)),
        evidence=tuple(_evidence(incident)) if notified else (),
        advice=tuple(_advice(incident, context)) if notified else (),
        link=incident_link(context.base_url, incident.id),
    )


def incident_line(incident: Incident, headline: Headline, names: Mapping[str, str]) -> str:
    """Return what has happened to an incident in one line; ``names``: an id to a name."""
    update = IncidentUpdate(headline=headline, incident=incident)
    return safe_line(_title(update, NotificationContext(names=names)), 160)


def _title(update: IncidentUpdate, context: NotificationContext) -> str:
    incident = update.incident
    state = PATTERN_WORDS[incident.pattern][1]
    who = _who(incident, context)
    match update.headline:
        case "closed" | "brief" if incident.part_of:
            return f"[MERGED] {who}: now part of incident {incident.part_of}"
        case "closed":
            return f"[RESOLVED] {who}: no longer {state}, after {_duration(incident)}"
        case "brief":
            return f"[RESOLVED] {who}: was {state} for {_duration(incident)}"
        case "acknowledged":
            by = safe_line(incident.acknowledged_by, 80)
            return f"[ACKNOWLEDGED] {who}: {f'acknowledged by {by}' if by else 'acknowledged'}"
        case "reminded":
            return f"[{_mark(incident, before='STILL ')}] {_with_name(who, _reminder(update))}"
    return f"[{_mark(incident)}{_addition(update)}] {_with_name(who, _what_it_is(update, who))}"


def _who(incident: Incident, context: NotificationContext) -> str:
    """Return the endpoints that an incident is about, counted as they are now."""
    affected, members = _affected(incident), incident.members or (_prober(incident),)
    if len(members) == 1:
        return named_endpoints(members, context.names)
    count = f"{len(affected)} of {len(members)}" if affected != members else str(len(members))
    return f"{count} endpoints ({named_endpoints(affected, context.names, most=3)})"


def _mark(incident: Incident, *, before: str = "") -> str:
    urgency = "WARNING: " if incident.severity == "warn" else ""
    return f"{urgency}{before}{PATTERN_WORDS[incident.pattern][0]}"


def _addition(update: IncidentUpdate) -> str:
    """Return what stands behind the mark."""
    match update.headline:
        case "escalated":
            return ", NOT ACKNOWLEDGED"
        case "reopened":
            return " AGAIN"
        case "grown" if 0 < (before := len(_told_members(update))) < len(update.incident.members):
            return f", {before} BEFORE"
        case "opened" | "renamed" if (was := _pattern_before(update)) is not None:
            return f", WAS {PATTERN_WORDS[was][0]}"
    return ""


def _told_members(update: IncidentUpdate) -> frozenset[str]:
    """Return the members that the receiver knows of."""
    return frozenset(update.before.members if update.before is not None else ())


def _pattern_before(update: IncidentUpdate) -> Pattern | None:
    """Return the other pattern that the receiver knows an incident by, if it does."""
    before = update.before.pattern if update.before is not None else ""
    return next(
        (name for name in PATTERN_WORDS if name == before and name != update.incident.pattern), None
    )


def _what_it_is(update: IncidentUpdate, who: str) -> str:
    """Return the summary, but not that of a flapping that is over: it stays down."""
    if update.headline == "renamed" and _pattern_before(update) == "flapping":
        return f"{who}: stays {PATTERN_WORDS[update.incident.pattern][1]}, no longer flapping"
    return safe_line(update.incident.summary)


def _with_name(who: str, summary: str) -> str:
    """What is said of somebody, who is named once."""
    named = summary.casefold().startswith((f"{who} ".casefold(), f"{who}:".casefold()))
    return summary if named else f"{who}: {summary}"


def _reminder(update: IncidentUpdate) -> str:
    entries = [entry for entry in update.incident.timeline if entry.what == "reminded"]
    return safe_line(entries[-1].text if entries else update.incident.summary)


def _facts(
    update: IncidentUpdate, notification: Notification, *, full: bool
) -> list[tuple[str, str]]:
    incident, context = update.incident, notification.context
    facts = [("Severity", incident.severity), ("Since", _since(update, notification.at))]
    if len(incident.members) > 1:
        facts.append(("Affects", _counted(_affected(incident), context)))
        if incident.well and incident.state != "closed":
            facts.append(("Well again", _counted(incident.well, context)))
    if gone := _told_members(update) - {*incident.members}:
        facts.append(("No longer part of it", _counted(sorted(gone), context)))
    if full and update.headline in {"reminded", "closed", "brief", "acknowledged", "renamed"}:
        facts.append(("Summary", safe_line(incident.summary)))
    if full and update.headline != "acknowledged":
        facts.append(("Cause", _cause(incident)))
    if incident.acknowledged_by and update.headline not in {"acknowledged", "closed", "brief"}:
        facts.append(("Acknowledged by", safe_line(incident.acknowledged_by, 80)))
    if full and context.vantage:
        facts.append(("Seen from", safe_line(context.vantage, 80)))
    return facts


def _counted(members: Collection[str], context: NotificationContext) -> str:
    return f"{len(members)}: {named_endpoints(members, context.names, 10)}"


def _since(update: IncidentUpdate, now: float) -> str:
    incident = update.incident
    if incident.closed_at is None:
        return f"{utc_text(incident.opened_at)} ({two_units(now - incident.opened_at)} ago)"
    opened, closed = utc_text(incident.opened_at), utc_text(incident.closed_at)
    return f"{opened} until {closed} ({_duration(incident)})"


def _duration(incident: Incident) -> str:
    ended = incident.opened_at if incident.closed_at is None else incident.closed_at
    return two_units(ended - incident.opened_at)


def _cause(incident: Incident) -> str:
    verdict = _verdict(incident)
    parts = [incident.pattern.replace("_", " "), incident.kind or ""]
    if verdict.get("where") and verdict.get("kind") not in {None, "healthy", "unknown"}:
        where = str(verdict["where"])
        parts.append(f"fault: {safe_line(FAULTS.get(where, where), 80)}")
    confident = f" ({incident.confidence:.0%} confident)" if incident.confidence < 1 else ""
    return " · ".join(part for part in parts if part) + confident


def _evidence(incident: Incident) -> list[str]:
    seen = [line for line in incident.evidence if not _is_detector_name(line, incident)]
    found = [
        *_reading_lines(incident)[: MAX_EVIDENCE - 1],
        *seen,
        *_reading_lines(incident)[MAX_EVIDENCE - 1 :],
    ]
    return [safe_line(line) for line in dict.fromkeys(found)][:MAX_EVIDENCE]


def _is_detector_name(line: str, incident: Incident) -> bool:
    """Return whether a line is the name that a detector gave its own incident."""
    detector, colon, endpoint = line.partition(":")
    return bool(colon) and detector.isalpha() and endpoint in incident.members


def _reading_lines(incident: Incident) -> list[str]:
    """Return the readings that the verdict rests on, a line each."""
    readings = (incident.diagnosis or {}).get("readings") or ()
    numbers = _verdict(incident).get("evidence") or ()
    found = [readings[n] for n in numbers if isinstance(n, int) and 0 <= n < len(readings)]
    return [
        f"{' '.join(filter(None, (line.get('layer'), line.get('what'), line.get('subject'))))}: "
        f"{line.get('result')}"
        for line in found
    ]


def _advice(incident: Incident, context: NotificationContext) -> list[str]:
    known = context.place(next(iter(incident.members), ""))
    return [safe_line(filled(step, known)) for step in operators_advice(incident)[:MAX_ADVICE]]


def _verdict(incident: Incident) -> Mapping[str, Any]:
    return (incident.diagnosis or {}).get("verdict") or {}


def plain_text(notification: Notification) -> str:
    return "\n\n".join(_plain_incident(sheet) for sheet in incident_texts(notification))


def _plain_incident(sheet: IncidentText) -> str:
    lines = [sheet.title, *(f"{name}: {fact}" for name, fact in sheet.facts)]
    if sheet.evidence:
        lines += ["Evidence:", *(f"- {line}" for line in sheet.evidence)]
    if sheet.advice:
        lines += ["Advice:", *(f"{n}. {step}" for n, step in enumerate(sheet.advice, 1))]
    if sheet.link:
        lines.append(sheet.link)
    return "\n".join(lines)


_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


def markdown_text(notification: Notification) -> str:
    return "\n\n---\n\n".join(_markdown_incident(sheet) for sheet in incident_texts(notification))


def _markdown_incident(sheet: IncidentText) -> str:
    blocks = [f"**{_escaped(sheet.title)}**"]
    blocks.append("\n".join(f"- {name}: {_escaped(fact)}" for name, fact in sheet.facts))
    if sheet.evidence:
        blocks.append("Evidence:\n\n" + "\n".join(f"- {_escaped(line)}" for line in sheet.evidence))
    if sheet.advice:
        listed = (f"{n}. {_escaped(step)}" for n, step in enumerate(sheet.advice, 1))
        blocks.append("Advice:\n\n" + "\n".join(listed))
    if sheet.link:
        blocks.append(f"<{sheet.link}>")
    return "\n\n".join(blocks)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def html_text(notification: Notification) -> str:
    return "\n<hr>\n".join(_html_incident(sheet) for sheet in incident_texts(notification))


def _html_incident(sheet: IncidentText) -> str:
    lines = [f"<p><strong>{escape(sheet.title)}</strong></p>"]
    lines.append(_listed("ul", (f"{name}: {fact}" for name, fact in sheet.facts)))
    if sheet.evidence:
        lines.append("<p>Evidence:</p>" + _listed("ul", sheet.evidence))
    if sheet.advice:
        lines.append("<p>Advice:</p>" + _listed("ol", sheet.advice))
    if sheet.link:
        lines.append(f'<p><a href="{escape(sheet.link)}">{escape(sheet.link)}</a></p>')
    return "\n".join(lines)


def _listed(tag: str, items: Iterable[str]) -> str:
    return f"<{tag}>" + "".join(f"<li>{escape(item)}</li>" for item in items) + f"</{tag}>"
