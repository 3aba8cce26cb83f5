"""The values of a comparison: what it finds, the machines' reports, and what may differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, Protocol

from ringback.diagnosis.redact import is_placeholder
from ringback.diagnosis.verdict.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.model import Diagnosis, Stage, Verdict
    from ringback.diagnosis.sorts import FactsT


Outcome = Literal[
    "healthy", "explained", "unexplained", "same_failure", "different_failures", "unknown"
]
"""``healthy``: everywhere. ``explained``: it works somewhere, and a difference explains where not.
``unexplained``: it works somewhere, and nothing that was read explains where not.
``same_failure``: it fails everywhere, and alike. ``different_failures``: it fails everywhere, in
several ways. ``unknown``: it works nowhere, and no report says why."""


class NotComparable(ValueError):  # noqa: N818 - it says what the reports are
    """Raised for reports that say nothing about each other; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which reports differ."""

    name: str  # Stable: `proxy`, `addresses` …
    layer: Stage  # The stage it belongs to
    title: str  # For people
    values: tuple[str | None, ...]  # Of each report, in their order; `None`: not known there


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceExplanation:
    """Why it fails on one machine and works on others."""

    report: int  # Number of the report in which it fails
    # Name of the difference that explains it; `None`: none that was read does
    difference: str | None
    confidence: float
    summary: str  # One sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What reports of one target have and have not in common."""

    target: str  # What was asked everywhere
    names: tuple[str, ...]  # Of the reports, as they were handed in
    verdicts: tuple[Verdict, ...]  # Of the reports, in their order
    outcome: Outcome  # How it came out
    summary: str  # One sentence
    advice: tuple[str, ...] = ()  # What to do, in order
    # One for each report in which it fails, where it works in another
    explanations: tuple[DifferenceExplanation, ...] = ()
    differences: tuple[Difference, ...] = ()  # In the order of the layers
    notes: tuple[str, ...] = ()  # What was not compared, and why


_STAGES: dict[str, Stage] = {
    "config": "url",
    "client": "host",
    "dns": "name",
    "ip": "tcp",
    "tcp": "tcp",
    "tls": "tls",
    "proxy": "proxy",
    "http": "http",
    "status": "http",
    "application": "service",
}


class Report:
    """A diagnosis and the name of the machine it is from."""

    def __init__(self, name: str, diagnosis: Diagnosis) -> None:
        self.name = name
        self.diagnosis = diagnosis
        self.evidence = Evidence(diagnosis.readings)

    @property
    def healthy(self) -> bool:
        """Whether everything worked there."""
        return self.diagnosis.verdict.healthy

    @property
    def cause(self) -> str:
        """The name of its verdict's rule."""
        return self.diagnosis.verdict.cause

    @cached_property
    def stage(self) -> Stage | None:
        """The stage at which it failed, that of the reading that decided; ``None``: not known."""
        diagnosis = self.diagnosis
        if diagnosis.verdict.kind == "unknown":
            return None
        decided = [index for index in diagnosis.verdict.evidence if index < len(diagnosis.readings)]
        if not decided:
            return _STAGES.get(diagnosis.verdict.layer)
        stage = diagnosis.readings[decided[0]].layer
        return "tcp" if stage in {"neighbours", "path"} else stage

    def facts(self, sort: type[FactsT]) -> FactsT:
        """Return the facts of the first reading of a sort; none where there is none."""
        return self.evidence.facts(sort)

    def every(self, sort: type[FactsT], **having: object) -> list[FactsT]:
        """Return the facts of each reading of a sort."""
        return [reading.facts for reading in self.evidence.all(sort, **having)]


@dataclass(frozen=True, slots=True)
class FacetCase:
    """A report in which it fails, beside those in which it works, as one facet sees them."""

    broken: Report
    healthy: Sequence[Report]  # The others
    mine: str  # The facet's value in the one
    theirs: Sequence[str] = field(default_factory=tuple)  # Its values in the others

    @property
    def there(self) -> str:
        """The names of the reports in which it works."""
        return join_words([report.name for report in self.healthy])

    @property
    def other(self) -> str:
        """What the facet is in the reports in which it works."""
        return join_words(list(dict.fromkeys(self.theirs)), "or")


def join_words(words: Sequence[str], by: str = "and", most: int = 3) -> str:
    """Return words as a sentence has them, at most a few."""
    if len(words) > most:
        return f"{', '.join(words[: most - 1])} {by} {len(words) - most + 1} more"
    return f"{', '.join(words[:-1])} {by} {words[-1]}" if len(words) > 1 else "".join(words)


def text_of(fact: object) -> str | None:
    """Return a fact as text; ``None`` where it is not known."""
    return None if fact is None else str(fact)


def value_of(
    sort: type[FactsT], read: Callable[[FactsT], object]
) -> Callable[[Report], str | None]:
    """Return what reads a facet from the first reading of a sort; ``None``: it is not known."""

    def value(report: Report) -> str | None:
        facts = report.facts(sort)
        return text_of(read(facts)) if facts else None

    return value


def listing(values: Sequence[str] | None) -> str | None:
    """Return values as text, also that there are none; ``None``: that is not known."""
    return None if values is None else ", ".join(map(str, values)) or "none"


def comparable(value: str | None) -> str | None:
    """Return a value, or ``None`` where it is hidden: placeholders of two reports say nothing."""
    return None if value is None or is_placeholder(value) else value


_SENSELESS = (TypeError, AttributeError, ValueError, LookupError)
"""What comes of facts that are not what their key says; a report may be from anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What may differ between machines."""

    name: str  # Stable
    layer: Stage  # The stage it belongs to
    title: str  # For people
    value: Callable[[Report], str | None]  # What it is in a report; `None`: not known
    # Why a difference in it explains a failure, one sentence with `{name}` (where it fails),
    # `{there}` (where it works), `{mine}` and `{other}` (its values); or a function that returns
    # the sentence, or `None` where it explains nothing
    says: str | Callable[[FacetCase], str | None] = ""
    causes: frozenset[str] = frozenset()  # Of verdicts that it explains before any other facet
    stages: frozenset[str] = frozenset()  # At which a failure may follow from it
    confidence: float = 0.9  # 0 to 1, that it is the explanation

    def read(self, report: Report) -> str | None:
        """Return what it is in a report; ``None`` also where the report's facts make no sense."""
        try:
            return self.value(report)
        except _SENSELESS:
            return None

    def sentence(self, case: FacetCase) -> str | None:
        """Return why it fails in one report and not in others; ``None``: not because of this."""
        if isinstance(self.says, str):
            words = {"name": case.broken.name, "there": case.there}
            return self.says.format(**words, mine=case.mine, other=case.other) or None
        try:
            return self.says(case)
        except _SENSELESS:
            return None


class NewFacet(Protocol):
    """Makes a facet of what it is in a report and what it explains."""

    def __call__(
        self,
        *,
        value: Callable[[Report], str | None],
        says: str | Callable[[FacetCase], str | None] = ...,
        causes: frozenset[str] = ...,
        stages: frozenset[str] = ...,
        confidence: float = ...,
    ) -> Facet: ...


def new_facet(name: str, layer: Stage, title: str) -> NewFacet:
    """Begin a facet with what it is called: for programs, its stage, and for people."""
    return partial(Facet, name=name, layer=layer, title=title)
