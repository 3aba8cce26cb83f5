"""A message in words: what is said is decided once, how it is written by each format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from ringback.incident.model import Incident, Pattern
    from ringback.monitor.notify.message import Context, Message, Story


__all__ = ["Sheet", "html_text", "markdown_text", "plain_text", "sheets_of", "subject"]


MAX_LINE = 240
"""Characters of a line that comes from elsewhere, at most."""

_MENTION = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)

WORDS: Mapping[Pattern, tuple[str, str]] = {
    "service_outage": ("DOWN", "down"),
    "network_partition": ("UNREACHABLE", "unreachable"),
    "own_network_down": ("NO NETWORK", "without network"),
    "dns_failure": ("DOWN", "down"),
    "port_change": ("MOVED", "down"),
    "certificate": ("CERTIFICATE", "in need of a certificate"),
    "rejected": ("REJECTED", "rejecting"),
    "latency": ("SLOW", "slow"),
    "flapping": ("FLAPPING", "flapping"),
    "heartbeat_missed": ("MISSED", "silent"),
    "prober_sick": ("MONITOR SICK", "sick"),
}
"""Sort of incident to its mark, and to what an endpoint is while it lasts."""


def harmless(text: str, most: int = MAX_LINE) -> str:
    """Return one line without credentials, control characters and mentions of everybody."""
    line = " ".join(without_secrets(str(text)).split())
    line = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line)
    line = _MENTION.sub(lambda found: found[0] + "\N{WORD JOINER}", line)
    return line if len(line) <= most else line[: most - 1] + "…"


def names(ids: Iterable[str], known: Mapping[str, str], most: int = 5) -> str:
    """Return what endpoints are called, the first ones by name."""
    listed = [harmless(known.get(id_) or id_, 80) for id_ in ids]
    shown, rest = listed[:most], len(listed) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def moment(at: float) -> str:
    """Return a time as people read it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: float) -> str:
    """Return how long something took, in its two largest units."""
    left = max(0, round(seconds))
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def link(base_url: str, incident: str) -> str:
    """Return where there is more about an incident; ``""``: nowhere."""
    return f"{base_url.rstrip('/')}/incidents/{quote(incident, safe='')}" if base_url else ""


MAX_EVIDENCE = 3
MAX_ADVICE = 2
MAX_IN_FULL = 5
"""Incidents of one message that are told with evidence and advice; the others in two lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is said of one incident; every text is one harmless line, not yet escaped.

    Attributes:
        title: What happened, in a few words.
        facts: Name of a fact to the fact.
        evidence: What decided, three lines at most.
        advice: What to try, two lines at most.
        link: Where there is more; ``""``: nowhere.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    link: str = ""


def subject(message: Message) -> str:
    """Return what a message is about, in one line."""
    stories, known = message.stories, message.context.names
    if message.test:
        return f"[TEST] {harmless(stories[0].incident.summary, 160)}"
    if len(stories) == 1:
        return harmless(_title(stories[0], message.context), 160)
    ended = sum(one.headline in {"closed", "brief"} for one in stories)
    going = len(stories) - ended
    counts = [f"{going} going on"] * bool(going) + [f"{ended} over"] * bool(ended)
    affected = dict.fromkeys(id_ for one in stories for id_ in one.incident.members)
    return f"[{' · '.join(counts)}] {len(stories)} incidents: {names(affected, known)}"


def sheets_of(message: Message) -> list[Sheet]:
    """Return what is said of each incident, in the order they are to be told."""
    return [
        _sheet(story, message, full=number < MAX_IN_FULL)
        for number, story in enumerate(message.stories)
    ]


def _sheet(story: Story, message: Message, *, full: bool) -> Sheet:
    incident, context = story.incident, message.context
    ended = story.headline in {"closed", "brief"}
    told = full and not ended and story.headline != "acknowledged"
    return Sheet(
        title=subject(message) if message.test else _title(story, context),
        facts=tuple(_facts(story, message, full=full)),
        evidence=tuple(_evidence(incident)) if told else (),
        advice=tuple(_advice(incident)) if told else (),
        link=link(context.base_url, incident.id),
    )


def _title(story: Story, context: Context) -> str:
    incident = story.incident
    mark, state = WORDS[incident.pattern]
    who = names(incident.members, context.names, most=3)
    summary = harmless(incident.summary)
    match story.headline:
        case "closed" | "brief" if incident.part_of:
            return f"[JOINED] {who}: this is part of another incident, {incident.part_of}"
        case "closed":
            return f"[OVER] {who}: no longer {state}, after {_lasted(incident)}"
        case "brief":
            return f"[OVER] {who}: was {state} for {_lasted(incident)}"
        case "acknowledged":
            taken = harmless(incident.acknowledged_by, 80)
            return f"[TAKEN] {who}: {f'taken by {taken}' if taken else 'somebody has taken it'}"
        case "escalated":
            return f"[{mark}, NOBODY HAS TAKEN IT] {_about(who, summary)}"
        case "reminded":
            return f"[STILL {mark}] {_about(who, _reminder(story))}"
    return f"[{mark}] {_about(who, summary)}"


def _about(who: str, said: str) -> str:
    """What is said of somebody, who is named once."""
    named = said.startswith((f"{who} ", f"{who}:"))
    return said if named else f"{who}: {said}"


def _reminder(story: Story) -> str:
    entries = [one for one in story.incident.timeline if one.what == "reminded"]
    return harmless(entries[-1].text if entries else story.incident.summary)


def _facts(story: Story, message: Message, *, full: bool) -> list[tuple[str, str]]:
    incident, context = story.incident, message.context
    facts = [("Since", _since(story, message.at))]
    if len(incident.members) > 1:
        facts.append(
            ("Affects", f"{len(incident.members)}: {names(incident.members, context.names, 10)}")
        )
    if full and story.headline in {"reminded", "closed", "brief", "acknowledged"}:
        facts.append(("What", harmless(incident.summary)))
    if full and story.headline != "acknowledged":
        facts.append(("Cause", _cause(incident)))
    if incident.acknowledged_by and story.headline not in {"acknowledged", "closed", "brief"}:
        facts.append(("Taken by", harmless(incident.acknowledged_by, 80)))
    if full and context.vantage:
        facts.append(("Seen from", harmless(context.vantage, 80)))
    return facts


def _since(story: Story, now: float) -> str:
    incident = story.incident
    if incident.closed_at is None:
        return f"{moment(incident.opened_at)} ({span(now - incident.opened_at)} ago)"
    return f"{moment(incident.opened_at)} until {moment(incident.closed_at)} ({_lasted(incident)})"


def _lasted(incident: Incident) -> str:
    ended = incident.opened_at if incident.closed_at is None else incident.closed_at
    return span(ended - incident.opened_at)


def _cause(incident: Incident) -> str:
    verdict = _verdict(incident)
    parts = [incident.pattern.replace("_", " "), incident.kind or ""]
    if verdict.get("where") and verdict.get("kind") not in {None, "healthy", "unknown"}:
        parts.append(f"where: {harmless(str(verdict['where']), 80)}")
    sure = f" ({incident.confidence:.0%} sure)" if incident.confidence < 1 else ""
    return " · ".join(part for part in parts if part) + sure


def _evidence(incident: Incident) -> list[str]:
    seen = [one for one in incident.evidence if not _is_mark(one, incident)]
    found = [*_read(incident)[: MAX_EVIDENCE - 1], *seen, *_read(incident)[MAX_EVIDENCE - 1 :]]
    return [harmless(one) for one in dict.fromkeys(found)][:MAX_EVIDENCE]


def _is_mark(line: str, incident: Incident) -> bool:
    """Return whether a line is the name that a detector gave its own incident."""
    detector, colon, endpoint = line.partition(":")
    return bool(colon) and detector.isalpha() and endpoint in incident.members


def _read(incident: Incident) -> list[str]:
    """Return the readings that the verdict rests on, a line each."""
    readings = (incident.diagnosis or {}).get("readings") or ()
    numbers = _verdict(incident).get("evidence") or ()
    found = [readings[n] for n in numbers if isinstance(n, int) and 0 <= n < len(readings)]
    return [
        f"{' '.join(filter(None, (one.get('layer'), one.get('what'), one.get('subject'))))}: "
        f"{one.get('result')}"
        for one in found
    ]


def _advice(incident: Incident) -> list[str]:
    found = _verdict(incident).get("advice") or incident.advice
    return [harmless(str(one)) for one in found][:MAX_ADVICE]


def _verdict(incident: Incident) -> Mapping[str, Any]:
    return (incident.diagnosis or {}).get("verdict") or {}


def plain_text(message: Message) -> str:
    """Return the body of a message as plain text."""
    return "\n\n".join(_plain_sheet(sheet) for sheet in sheets_of(message))


def _plain_sheet(sheet: Sheet) -> str:
    lines = [sheet.title, *(f"{name}: {fact}" for name, fact in sheet.facts)]
    if sheet.evidence:
        lines += ["Evidence:", *(f"- {one}" for one in sheet.evidence)]
    if sheet.advice:
        lines += ["Advice:", *(f"{n}. {one}" for n, one in enumerate(sheet.advice, 1))]
    if sheet.link:
        lines.append(sheet.link)
    return "\n".join(lines)


_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


def markdown_text(message: Message) -> str:
    """Return the body of a message as Markdown."""
    return "\n\n---\n\n".join(_markdown_sheet(sheet) for sheet in sheets_of(message))


def _markdown_sheet(sheet: Sheet) -> str:
    blocks = [f"**{_escaped(sheet.title)}**"]
    blocks.append("\n".join(f"- {name}: {_escaped(fact)}" for name, fact in sheet.facts))
    if sheet.evidence:
        blocks.append("Evidence:\n\n" + "\n".join(f"- {_escaped(one)}" for one in sheet.evidence))
    if sheet.advice:
        listed = (f"{n}. {_escaped(one)}" for n, one in enumerate(sheet.advice, 1))
        blocks.append("Advice:\n\n" + "\n".join(listed))
    if sheet.link:
        blocks.append(f"<{sheet.link}>")
    return "\n\n".join(blocks)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def html_text(message: Message) -> str:
    """Return the body of a message as a piece of HTML."""
    return "\n<hr>\n".join(_html_sheet(sheet) for sheet in sheets_of(message))


def _html_sheet(sheet: Sheet) -> str:
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
    return f"<{tag}>" + "".join(f"<li>{escape(one)}</li>" for one in items) + f"</{tag}>"
