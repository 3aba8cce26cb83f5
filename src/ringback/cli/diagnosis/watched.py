"""What became of one target over many rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.diagnosis.model import Diagnosis


@dataclass(slots=True)
class Watched:
    """One target under watch.

    Attributes:
        rounds: How often it was diagnosed.
        healthy: How often it was healthy.
        changes: How often the verdict, or what decided it, changed.
        last: The last diagnosis.
        since: When the last change was, in seconds since 1970 UTC.
    """

    rounds: int = 0
    healthy: int = 0
    changes: int = 0
    last: Diagnosis | None = None
    since: float = 0.0

    def see(self, diagnosis: Diagnosis) -> bool:
        """Take up a round; return whether something changed. The first one always does.

        Args:
            diagnosis: What was found.
        """
        before, self.last = self.last, diagnosis
        self.rounds += 1
        self.healthy += diagnosis.verdict.healthy
        changed = before is None or essence(before) != essence(diagnosis)
        if changed:
            self.changes += before is not None
            self.since = diagnosis.at
        return changed


def essence(diagnosis: Diagnosis) -> object:
    """Return what makes one diagnosis another: the verdict and the readings that decided.

    Times and wording do not.

    Args:
        diagnosis: What was found.
    """
    verdict = diagnosis.verdict
    deciding = (diagnosis.readings[i] for i in verdict.evidence if i < len(diagnosis.readings))
    seen = frozenset((one.layer, one.what, one.subject, one.state, one.kind) for one in deciding)
    return verdict.kind, verdict.cause, verdict.where, seen
