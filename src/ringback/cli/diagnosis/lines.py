"""The readings of a diagnosis, one line each, for pipes and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.cli.terminal import plain
from ringback.diagnosis.wording import MARKS, duration, label

if TYPE_CHECKING:
    from ringback.diagnosis.model import Reading

_STAGE = len("neighbours")


def line(reading: Reading) -> str:
    """Return a reading in one line: mark, layer, what was tried, what came of it, how long.

    Args:
        reading: One reading.
    """
    took = f"  ({duration(reading.seconds)})" if reading.seconds else ""
    said = f": {reading.result}" if reading.result else ""
    head = f"{MARKS[reading.state]} {reading.layer:<{_STAGE}}  "
    return f"{head}{plain(label(reading))}{plain(said)}{took}"
