"""Any text in, one ``Explanation`` out."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import islice

from ringback.failure.clue import NO_CLUE, TIMEOUT, Clue
from ringback.failure.kind import Delivered
from ringback.failure.model import NO_TARGET, OfKind, Phase, Target
from ringback.failure.names import KindName
from ringback.failure.settle import settle
from ringback.failure.text.circumstances import (
    Circumstances,
    circumstances,
    follows_a_redirect,
    library_of,
    platform_of,
    target_in,
)
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.rule import BARE_TIMEOUT, PlacedClue
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.scan import named_classes, numbers, scan

# Which of the findings decides, and how sure that is.

_MIN_RANK = 4
_CERTAIN_RANK = 90
_BEFORE, _AFTER = 1500, 300
_MAX_SIGNS = 20_000
_NETWORK = re.compile(
    r"https?:|wss?:|socket|connect|\brequest|\burl|\bssl|\btls|http|\bsend|\brecv|client|server"
    r"|\bpeer|\bhost|:\d{2,5}\b|\btcp|remote|network|\bapi\b|read timeout",
    re.IGNORECASE,
)


def choose(findings: list[PlacedClue]) -> PlacedClue | None:
    """The finding of the highest rank; of equals the first, for the root comes first."""
    telling = [f for f in findings if f.clue.kind and f.clue.rank >= _MIN_RANK]
    return max(telling, key=lambda f: (f.clue.rank, -f.start), default=None)


def confidence(findings: list[PlacedClue], best: PlacedClue) -> float:
    """From the rank, less where another cause is named as strongly."""
    rank = best.clue.rank
    sure = 0.98 if rank >= _CERTAIN_RANK else 0.3 + 0.68 * rank / _CERTAIN_RANK
    kinds = {f.clue.kind for f in findings if f.clue.kind and f.clue.rank >= rank - 5}
    return round(sure * (0.85 if len(kinds) > 1 else 1.0), 2)


def with_a_network(page: Page, findings: list[PlacedClue]) -> list[PlacedClue]:
    """Without what files, pipes and other waits word alike, unless a network is named nearby."""
    if not any(_is_loose(finding.clue) for finding in findings):
        return findings
    signs = [sign.start() for sign in islice(_NETWORK.finditer(page.text), _MAX_SIGNS)]
    return [f for f in findings if not _is_loose(f.clue) or _near(signs, f)]


def _is_loose(clue: Clue) -> bool:
    return clue.needs_socket or (clue.kind == TIMEOUT and clue.rank <= BARE_TIMEOUT)


def _near(signs: list[int], finding: PlacedClue) -> bool:
    index = bisect_left(signs, finding.start - _BEFORE)
    return any(
        sign < finding.start or finding.end <= sign < finding.end + _AFTER
        for sign in signs[index : index + 50]
    )


# The parts of a long text that can matter, so that its length cannot make it slow.

_MAX_WHOLE = 120_000
_PART_LENGTH = 100_000
_OVERLAP = 2_000
_MAX_PARTS = 5
_HOT = re.compile(
    r"err|fail|exception|time|refused|reset|closed|unreachable|resolv|certificate|ssl|proxy|broken|denied",
    re.IGNORECASE,
)


def parts(text: str) -> list[tuple[str, int]]:
    """Parts and their offsets: a text of up to 120,000 characters whole.

    Of a longer one the first three and the last two parts of 100,000 characters that hold a
    telling word or anything but ASCII.
    """
    if len(text) <= _MAX_WHOLE:
        return [(text, 0)]
    hot = []
    for start in range(0, len(text), _PART_LENGTH):
        part = text[start : start + _PART_LENGTH + _OVERLAP]
        if _HOT.search(part) or not part.isascii():
            hot.append((part, start))
    return hot if len(hot) <= _MAX_PARTS else [*hot[: _MAX_PARTS - 2], *hot[-2:]]


# Any pasted text in, one explanation out.

_NOTHING_FOUND = 0.6
"""How sure a text is no connection failure in which no rule found one."""


@dataclass(frozen=True, slots=True)
class Explanation(OfKind):
    """What a text reports.

    Attributes:
        kind: Stable dotted name; ``unknown`` where it reports a failed connection without a cause,
            ``not_a_connection_failure`` where it reports something else.
        confidence: 0 to 1.
        phase: How far the call had come, as far as the text tells.
        delivered: May the peer have processed the request?
        via: The inner kind behind a proxy.
        span: Start and end of the words that decided, in the text as given.
        target: Whom the call was for, without credentials and query.
        platform: ``linux``, ``macos``, ``windows`` or ``None``.
        library: The library or program that wrote the text.
        evidence: The words that decided.
    """

    kind: KindName
    confidence: float
    phase: Phase = "unknown"
    delivered: Delivered = "maybe"
    via: KindName | None = None
    span: tuple[int, int] = (0, 0)
    target: Target = field(default=NO_TARGET)
    platform: str | None = None
    library: str | None = None
    evidence: str = ""


def explain(text: str) -> Explanation:
    """Name the connection failure that a text reports.

    Never raises; linear in the length of the text.

    Args:
        text: A traceback, log lines, a tool's message; any library, platform and language.
    """
    explained = [_explain(part, offset) for part, offset in parts(text)]
    return max(explained, key=_worth, default=Explanation(OTHER, _NOTHING_FOUND))


def _worth(explanation: Explanation) -> tuple[bool, float]:
    """A cause before none; among the parts of one text the surest, and of equals the first."""
    return explanation.kind not in {OTHER, "unknown"}, explanation.confidence


def _explain(text: str, offset: int) -> Explanation:
    page = fold(text)
    begins = records(page)
    findings = with_a_network(page, [f for f in findings_in(page) if _is_of_one(begins, f)])
    best = choose(findings)
    platform, library = platform_of(text), library_of(text)
    if best is None:
        return Explanation(OTHER, _NOTHING_FOUND, platform=platform, library=library)
    around = circumstances(page, findings, best)
    settled = settle(around.kind, around.phase, proxied=around.proxied)
    start, end = page.origin(best.start), min(page.origin(best.end - 1) + 1, len(text))
    return Explanation(
        settled.kind,
        confidence(findings, best),
        around.phase,
        _delivered(text, page, around, _record_around(begins, best)),
        settled.via,
        (start + offset, end + offset),
        target_in(page.text, (best.start, best.end), page.line_of(best.start)),
        platform,
        library,
        text[start:end],
    )


def findings_in(page: Page) -> list[PlacedClue]:
    """Everything the rules, the class names and the numbers say."""
    return [*scan(page), *named_classes(page), *numbers(page)]


# Whether the request was delivered, by the record alone that tells of it.

_RECORD = re.compile(
    r"(?:[\w.\-]{1,60} {0,20}\| {0,3})?(?:"  # the name of a container
    r"[\[(<]?\d{4}[-/.]\d\d[-/.]\d\d[T _]|[\[(]?\d\d:\d\d:\d\d\b"
    r"|[\[(]?(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d"  # syslog
    r"|[IWEF]\d{4} \d\d:\d\d|\d{10}\.\d{3}|<\d{1,3}>"
    r"|\[?(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE)\b[\]:| ]"
    r"|(?:time|ts|level|msg)=|\{\"\w{1,40}\":)"
)
"""How the entries of logs begin."""


def records(page: Page) -> list[int]:
    """Where the records of a log begin in the even text; of any other text, only its begin."""
    begins = [line for line in page.lines if _RECORD.match(page.text, line)]
    return begins if begins[:1] == [0] else [0, *begins]


def _record_around(begins: list[int], finding: PlacedClue) -> tuple[int, int | None]:
    index = bisect_right(begins, finding.start)
    return begins[index - 1], begins[index] if index < len(begins) else None


def _is_of_one(begins: list[int], finding: PlacedClue) -> bool:
    """Whether the words stand in one record: those of two say nothing together."""
    return bisect_right(begins, finding.start) == bisect_left(begins, finding.end)


def _delivered(
    text: str, page: Page, around: Circumstances, record: tuple[int, int | None]
) -> Delivered:
    phase = around.phase if around.sure else "unknown"
    told = settle(around.kind, phase, proxied=around.proxied).delivered
    if told == "no" and follows_a_redirect(page):
        return "yes"
    if told == "maybe" or record == (0, None):
        return told
    begin, end = record
    alone = _explain(text[page.origin(begin) : None if end is None else page.origin(end)], 0)
    return told if alone.delivered == told else "maybe"


# What the message of one exception says, by the rules for texts.


def read_message(class_name: str, message: str) -> Clue:
    """What the words say; silent where no rule knows them."""
    best = choose(findings_in(fold(f"{class_name}: {message}")))
    if best is None or best.clue.kind in {OTHER, "unknown"}:
        return NO_CLUE
    return best.clue
