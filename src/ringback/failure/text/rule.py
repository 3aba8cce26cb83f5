"""One rule for texts: a literal part, and what it says where it stands."""

from typing import NamedTuple

from ringback.failure.model import Phase
from ringback.failure.reading import TEXT, Reading


class Rule(NamedTuple):
    """A rule about a library's or a platform's wording.

    Attributes:
        needle: A part of the wording in lower case; a plain search for it costs next to nothing.
        reading: What it says.
        pattern: Regular expression for what must stand around the needle, case ignored; looked
            for at most 300 characters before and after it. Compiled when the needle is first met.
    """

    needle: str
    reading: Reading
    pattern: str | None = None


def says(
    kind: str | None,
    *needles: str,
    rank: int = TEXT,
    phase: Phase = "unknown",
    proxy: bool = False,
    needs_socket: bool = False,
    around: str | None = None,
) -> list[Rule]:
    """Rules of one kind.

    Args:
        kind: The kind, ``TIMEOUT``, or ``None`` where it only tells the phase or the proxy.
        needles: Literal parts, lower case, any of them.
        rank: How much it is worth.
        phase: How far the call had come.
        proxy: It speaks of the proxy.
        needs_socket: Files and pipes word it alike: it counts only beside a sign of a network.
        around: A regular expression (case is ignored) that must match around the needle. Its
            repetitions must be bounded.
    """
    reading = Reading(kind, rank, phase, proxy, needs_socket=needs_socket)
    return [Rule(needle, reading, around) for needle in needles]
