"""Any pasted text in, one explanation out."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice

from ringback.failure.frames import phase_of_frame, phase_of_read
from ringback.failure.kind import Delivered, Layer, Retry
from ringback.failure.kinds import KINDS
from ringback.failure.model import NO_TARGET, Phase, Target
from ringback.failure.reading import TIMEOUT, Reading
from ringback.failure.settle import settle
from ringback.failure.text.classes import named_classes
from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.numbers import numbers
from ringback.failure.text.origin import library_of, platform_of
from ringback.failure.text.parts import parts
from ringback.failure.text.rule import BARE_TIMEOUT
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.scan import scan
from ringback.failure.text.target import target_in

_FRAME = re.compile(r"File \"([^\"\n]{1,300})\", line \d{1,7}, in (\w{1,80})")
_TRACEBACK = "Traceback (most recent call last)"
_SURE = 90
_FAINT = 4
_NETWORK = re.compile(
    r"wss?:|socket|connect|\brequest|\burl|\bssl|\btls|http|\bsend|\brecv|client|server|\bpeer"
    r"|\bhost|:\d{2,5}\b|\btcp|remote|network|\bapi\b|read timeout",
    re.IGNORECASE,
)
_ON_THE_WAY = frozenset({"dns", "connect", "unknown"})


@dataclass(frozen=True, slots=True)
class Explanation:
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

    kind: str
    confidence: float
    phase: Phase = "unknown"
    delivered: Delivered = "maybe"
    via: str | None = None
    span: tuple[int, int] = (0, 0)
    target: Target = field(default=NO_TARGET)
    platform: str | None = None
    library: str | None = None
    evidence: str = ""

    @property
    def layer(self) -> Layer:
        """The broken layer."""
        return KINDS[self.kind].layer

    @property
    def meaning(self) -> str:
        """One sentence on what the kind means."""
        return KINDS[self.kind].meaning

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, in order."""
        return KINDS[self.kind].do

    @property
    def retry(self) -> Retry:
        """When another attempt can help."""
        return KINDS[self.kind].retry


def explain(text: str) -> Explanation:
    """Name the connection failure that a text reports.

    Never raises; linear in the length of the text.

    Args:
        text: A traceback, log lines, a tool's message; any library, platform and language.
    """
    explained = [_explain(part, offset) for part, offset in parts(text)]
    return max(explained, key=_worth, default=Explanation(OTHER, 0.6))


def _worth(explanation: Explanation) -> tuple[bool, float]:
    """A cause before none; among the parts of one text the surest, and of equals the first."""
    return explanation.kind not in {OTHER, "unknown"}, explanation.confidence


def _explain(text: str, offset: int) -> Explanation:
    page = fold(text)
    findings = _with_a_network(page, findings_in(page))
    best = choose(findings)
    platform, library = platform_of(text), library_of(text)
    if best is None:
        return Explanation(OTHER, 0.6, platform=platform, library=library)
    phase = _phase(page, findings, best)
    if _inside_proxy_error(page, best) and phase not in _ON_THE_WAY and phase != "tls":
        phase = "proxy"
    proxied = phase == "proxy" or _proxied(page, findings, best, phase)
    settled = settle(best.reading.kind or "unknown", phase, proxied=proxied)
    start, end = page.origin(best.start), page.origin(best.end - 1) + 1
    return Explanation(
        settled.kind,
        _confidence(findings, best),
        phase,
        settled.delivered,
        settled.via,
        (start + offset, end + offset),
        target_in(page.text, best.start),
        platform,
        library,
        text[start:end],
    )


def findings_in(page: Page) -> list[Finding]:
    """Everything the rules, the class names and the numbers say."""
    return [*scan(page), *named_classes(page), *numbers(page)]


def choose(findings: list[Finding]) -> Finding | None:
    """The finding of the highest rank; of equals the first, for the root comes first."""
    best: Finding | None = None
    for finding in findings:
        reading = finding.reading
        if reading.kind is None or reading.rank < _FAINT:
            continue
        if best is None or (reading.rank, -finding.start) > (best.reading.rank, -best.start):
            best = finding
    return best


def _with_a_network(page: Page, findings: list[Finding]) -> list[Finding]:
    """Without what files, pipes and other waits word alike, unless a network is named nearby."""
    signs: list[int] | None = None
    kept = []
    for finding in findings:
        if _is_loose(finding.reading):
            if signs is None:
                signs = [sign.start() for sign in islice(_NETWORK.finditer(page.text), 20000)]
            if not _near(signs, finding):
                continue
        kept.append(finding)
    return kept


def _is_loose(reading: Reading) -> bool:
    return reading.needs_socket or (reading.kind == TIMEOUT and reading.rank <= BARE_TIMEOUT)


def _near(signs: list[int], finding: Finding) -> bool:
    index = bisect_left(signs, finding.start - 1500)
    return any(
        sign < finding.start or finding.end <= sign < finding.end + 300
        for sign in signs[index : index + 50]
    )


def _phase(page: Page, findings: list[Finding], best: Finding) -> Phase:
    if best.reading.kind == "tcp.timed_out":
        return _phase_of_frames(page, best) or best.reading.phase
    if best.reading.phase != "unknown" and best.reading.kind != TIMEOUT:
        return best.reading.phase
    told = _phase_of_frames(page, best)
    if told is not None:
        return told
    if best.reading.phase != "unknown":
        return best.reading.phase
    return _phase_nearby(page, findings, best)


def _phase_of_frames(page: Page, best: Finding) -> Phase | None:
    """The functions of the traceback that the finding ends."""
    begin = page.text.rfind(_TRACEBACK, 0, best.start)
    told: Phase | None = None
    fallback: Phase | None = None
    for match in list(_FRAME.finditer(page.text, max(begin, best.start - 6000, 0), best.start))[
        -60:
    ]:
        told = phase_of_frame(match[1], match[2]) or told
        fallback = phase_of_read(match[2]) or fallback
        if told in {"proxy", "tls"}:
            break
    return told or fallback


def _phase_nearby(page: Page, findings: list[Finding], best: Finding) -> Phase:
    """What the wrappers in the same line know; else what the text says elsewhere."""
    begin, end = page.line_of(best.start)
    telling = [finding for finding in findings if finding.reading.phase != "unknown"]
    near = [finding for finding in telling if begin <= finding.start < end] or telling
    near.sort(key=lambda finding: (-finding.reading.rank, abs(finding.start - best.start)))
    return near[0].reading.phase if near else "unknown"


def _proxied(page: Page, findings: list[Finding], best: Finding, phase: Phase) -> bool:
    if best.reading.proxy:
        return True
    if phase not in _ON_THE_WAY and phase != "tls":
        return False
    begin, end = page.line_of(best.start)
    if _TRACEBACK in page.text and phase != "tls":
        begin, end = 0, len(page.text)
    return any(f.reading.proxy and begin - 400 <= f.start < end + 400 for f in findings)


def _inside_proxy_error(page: Page, best: Finding) -> bool:
    """Whether a ``ProxyError(`` of urllib3 or requests is open around the finding."""
    begin = page.line_of(best.start)[0]
    return page.text.find("ProxyError('", max(begin, best.start - 200), best.start) >= 0


def _confidence(findings: list[Finding], best: Finding) -> float:
    """From the rank, less where another cause is named as strongly."""
    rank = best.reading.rank
    confidence = 0.98 if rank >= _SURE else 0.3 + 0.68 * rank / _SURE
    kinds = {f.reading.kind for f in findings if f.reading.rank >= rank - 5 and f.reading.kind}
    return round(confidence * (0.85 if len(kinds) > 1 else 1.0), 2)
