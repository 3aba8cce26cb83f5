"""One machine's report, as the traits ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.redact import is_placeholder
from ringback.diagnosis.verdict.evidence import Evidence

if TYPE_CHECKING:
    from ringback.diagnosis.model import Diagnosis, Stage

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
    """A diagnosis and the name of the machine it is from.

    Args:
        name: Of the machine, or of its file.
        diagnosis: What was found there.
    """

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
        decided = [one for one in diagnosis.verdict.evidence if one < len(diagnosis.readings)]
        if not decided:
            return _STAGES.get(diagnosis.verdict.layer)
        stage = diagnosis.readings[decided[0]].layer
        return "tcp" if stage in {"neighbours", "path"} else stage

    def facts(self, layer: Stage, what: str) -> Mapping[str, Any]:
        """Return the facts of the first reading of a sort; none where there is none."""
        return self.evidence.facts(layer, what)

    def every(self, layer: Stage, what: str, **facts: Any) -> list[Mapping[str, Any]]:
        """Return the facts of each reading of a sort."""
        return [one.facts for one in self.evidence.all(layer, what, **facts)]

    def text(self, layer: Stage, what: str, key: str) -> str | None:
        """Return a fact as text; ``None`` where it is not known."""
        value = self.facts(layer, what).get(key)
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Case:
    """A report in which it fails, beside those in which it works, as one trait sees them.

    Attributes:
        broken: The one.
        healthy: The others.
        mine: The trait's value in the one.
        theirs: Its values in the others.
    """

    broken: Report
    healthy: Sequence[Report]
    mine: str
    theirs: Sequence[str] = field(default_factory=tuple)

    @property
    def there(self) -> str:
        """The names of the reports in which it works."""
        return joined([one.name for one in self.healthy])

    @property
    def other(self) -> str:
        """What the trait is in the reports in which it works."""
        return joined(list(dict.fromkeys(self.theirs)), "or")


def joined(words: Sequence[str], by: str = "and", most: int = 3) -> str:
    """Return words as a sentence has them, at most a few."""
    if len(words) > most:
        return f"{', '.join(words[: most - 1])} {by} {len(words) - most + 1} more"
    return f"{', '.join(words[:-1])} {by} {words[-1]}" if len(words) > 1 else "".join(words)


def comparable(value: str | None) -> str | None:
    """Return a value, or ``None`` where it is hidden: placeholders of two reports say nothing."""
    return None if value is None or is_placeholder(value) else value
