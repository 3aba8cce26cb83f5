"""One line of the rule table: which readings mean which cause."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

from ringback.diagnosis.facts import HandshakeFacts, RequestFacts
from ringback.diagnosis.model import Alternative, Reading, Where
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.failure.kind import Layer
from ringback.failure.names import KindName
from ringback.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule holds, and what it says here."""

    summary: str  # One sentence about this case
    readings: tuple[Reading, ...] = ()  # Those that decided, most telling first
    confidence: float | None = None  # 0 to 1; `None`: the rule's
    kind: KindName | None = None  # Kind of failure, where the rule's is not precise enough here
    where: Where | None = None  # Where it lies, where the rule's does not hold here
    alternatives: tuple[Alternative, ...] = ()  # What else it could be
    rival: bool = False  # Whether the next rule that holds may explain it as well
    advice: tuple[str, ...] = ()  # What to do here; `()`: the rule's


class DoesNotHold(Exception):  # noqa: N818 - it says so of a rule, and never leaves it
    """A reading that a rule needs is not there."""


def need(found: T | None) -> T:
    """Return the readings that a rule needs; where there are none it does not hold."""
    if not found:
        raise DoesNotHold
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRule:
    """Which readings mean which cause."""

    cause: str  # Its stable name
    kind: KindName  # Kind of failure, as the program that called would have met it
    where: Where  # Where the fault lies
    meaning: str  # What it means, one sentence, for the reference
    decided_by: str  # Which readings decide, for the reference
    # Whether it holds: what it finds; `None`, or a reading that it has to `need`: it does not
    when: Callable[[Evidence], Finding | None]
    layer: Layer | None = None  # The broken layer, where it is not the kind's
    confidence: float = 0.95  # 0 to 1, where the finding does not say
    advice: tuple[str, ...] = ()  # What to do, as templates (`advice`)

    def finding(self, evidence: Evidence) -> Finding | None:
        """Return what the rule says of readings; ``None``: it does not hold."""
        try:
            return self.when(evidence)
        except DoesNotHold:
            return None


class NewRule(Protocol):
    """Makes a rule of what decides it and what it means."""

    def __call__(
        self,
        *,
        meaning: str,
        decided_by: str,
        when: Callable[[Evidence], Finding | None],
        layer: Layer | None = ...,
        confidence: float = ...,
        advice: tuple[str, ...] = ...,
    ) -> VerdictRule: ...


def new_rule(cause: str, kind: KindName, where: Where) -> NewRule:
    """Begin a rule with what it names: the cause, its kind, and where the fault lies."""
    return partial(VerdictRule, cause=cause, kind=kind, where=where)


Found = TypeVar("Found", bound=Reading)


def when_found(
    find: Callable[[Evidence], Found | None],
    says: Callable[[Evidence, Found], str],
    *,
    confidence: float | None = None,
    own_kind: bool = False,
    alternatives: tuple[Alternative, ...] = (),
) -> Callable[[Evidence], Finding]:
    """Return the condition of a rule that one reading decides, perhaps with the reading's kind."""

    def when(evidence: Evidence) -> Finding:
        reading = need(find(evidence))
        return Finding(
            says(evidence, reading),
            (reading,),
            kind=reading.kind if own_kind else None,
            confidence=confidence,
            alternatives=alternatives,
        )

    return when


# What the rules about TLS and HTTP have in common: a connection opens, and then stands still.


def black_hole(
    evidence: Evidence,
    small_segments: type[Mapping[str, Any]],
    failed: Reading | None,
    stands_still: str,
) -> Finding:
    """Return that large packets are lost, where small ones pass."""
    small, failed = need(evidence.first(small_segments, works=True)), need(failed)
    return Finding(
        f"Large packets from {evidence.place} are lost on the path: {stands_still} with small "
        "segments (MSS 536).",
        (failed, small),
        kind=failed.kind,
    )


def is_unheard(failed: ReadingOf[HandshakeFacts] | ReadingOf[RequestFacts]) -> bool:
    """Return whether the other side's kernel has not received what was sent (``TCP_INFO``)."""
    return bool(failed.facts["unacked"] or failed.facts["retransmits"])
