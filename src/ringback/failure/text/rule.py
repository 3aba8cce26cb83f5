"""A rule for texts, a literal part and what it says; and a finding, what one place says."""

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ringback.failure.clue import EXACT, GENERIC, TEXT, Clue, ClueKind
from ringback.failure.model import Phase

# One rule for texts: a literal part, and what it says where it stands.

OVERRIDE = EXACT + 5
"""It says what a number beside it was about, and so outweighs the number."""
VERDICT = 95
"""The whole answer of a peer, a library or a verifier in words; only a number outweighs it."""
NARROWER = 85
"""It contains a ``SPECIFIC`` wording and says more."""
SENTENCE = 70
"""A library's sentence for a kind; a class or a reason that means only one kind outweighs it."""
PHRASE = 50
"""Half a sentence, after which libraries usually name the cause; the cause outweighs it."""
HINT = 30
"""It tells little by itself, but more than a class that covers many kinds."""
BARE_TIMEOUT = GENERIC + 2
"""A bare "timed out" says more than a bare "cannot connect", and less than anything else."""
FAINT = 5
"""A connection failed, no more."""


class TextRule(NamedTuple):
    """A rule about a library's or a platform's wording."""

    needle: str  # A part of the wording in lower case; a plain search for it costs next to nothing
    clue: Clue  # What it says
    # Regular expressions for what must stand right beside the needle, case ignored; looked for at
    # most 300 characters before and after it. Compiled when the needle is first met.
    before: str = ""
    then: str = ""

    @property
    def pattern(self) -> str | None:
        """One for all of it; ``None`` where the needle is enough."""
        if not self.before and not self.then:
            return None
        return self.before + re.escape(self.needle) + self.then


class MakeRules(Protocol):
    """Makes rules of needles that all say one thing."""

    def __call__(self, *needles: str, before: str = "", then: str = "") -> list[TextRule]: ...


def says(
    kind: ClueKind | None, rank: int = TEXT, phase: Phase = "unknown", *, proxy: bool = False
) -> MakeRules:
    """Return what makes rules of one kind, for any of the needles (literal parts, lower case).

    ``before`` and ``then`` are regular expressions, case ignored and repetitions bounded, that must
    match right beside the needle. ``kind=None`` tells only the phase, or that it is the proxy's.
    """
    clue = Clue(kind, rank, phase, proxy)

    def rules(*needles: str, before: str = "", then: str = "") -> list[TextRule]:
        return [TextRule(needle, clue, before, then) for needle in needles]

    return rules


def say_each(
    kinds: Mapping[str, ClueKind],
    rank: int = TEXT,
    phase: Phase = "unknown",
    *,
    before: str = "",
    then: str = "",
) -> list[TextRule]:
    """Rules of a table of needles and kinds; the rest as for ``says``."""
    return [
        rule
        for needle, kind in kinds.items()
        for rule in says(kind, rank, phase)(needle, before=before, then=then)
    ]


# What one place of a text says.


class PlacedClue(NamedTuple):
    """A place in the even text and its clue."""

    start: int
    end: int
    clue: Clue
