"""Any pasted text in, one explanation out."""

from dataclasses import dataclass, field

from ringback.failure.kind import Delivered, Layer, Retry
from ringback.failure.kinds import KINDS
from ringback.failure.model import NO_TARGET, Phase, Target
from ringback.failure.settle import settle
from ringback.failure.text.choice import choose, confidence, with_a_network
from ringback.failure.text.circumstances import circumstances
from ringback.failure.text.classes import named_classes
from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.numbers import numbers
from ringback.failure.text.origin import library_of, platform_of
from ringback.failure.text.parts import parts
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.scan import scan
from ringback.failure.text.target import target_in

_NOTHING_FOUND = 0.6
"""How sure a text is no connection failure in which no rule found one."""


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
    return max(explained, key=_worth, default=Explanation(OTHER, _NOTHING_FOUND))


def _worth(explanation: Explanation) -> tuple[bool, float]:
    """A cause before none; among the parts of one text the surest, and of equals the first."""
    return explanation.kind not in {OTHER, "unknown"}, explanation.confidence


def _explain(text: str, offset: int) -> Explanation:
    page = fold(text)
    findings = with_a_network(page, findings_in(page))
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
        settled.delivered,
        settled.via,
        (start + offset, end + offset),
        target_in(page.text, (best.start, best.end), page.line_of(best.start)),
        platform,
        library,
        text[start:end],
    )


def findings_in(page: Page) -> list[Finding]:
    """Everything the rules, the class names and the numbers say."""
    return [*scan(page), *named_classes(page), *numbers(page)]
