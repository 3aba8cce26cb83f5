"""Takes batches in, each once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from ringback.monitor.ingest.batch import MOST, reported

if TYPE_CHECKING:
    from ringback.monitor.model import PassiveCheck

REMEMBERED = 10_000
"""Batches whose ids are known; a sender repeats one within seconds."""


class Inbox:
    """Reads what programs send. One that did not hear the answer sends its batch again.

    Attributes:
        batches: How many were taken.
        repeated: How many of them had been taken before.
        dropped: Calls that programs could not report.
        clamped: Events from the future, taken for now: the clock of whoever sent them is wrong.
        stale: Events of long ago, left out.
    """

    def __init__(self) -> None:
        self.batches = 0
        self.repeated = 0
        self.dropped = 0
        self.clamped = 0
        self.stale = 0
        self._ids: OrderedDict[str, None] = OrderedDict()

    def take(self, body: bytes, *, now: float, most: int = MOST) -> list[PassiveCheck]:
        """Return what a batch says that is new.

        Args:
            body: What was sent.
            now: Seconds since 1970 UTC.
            most: Events at most.

        Raises:
            EventsInvalid: It cannot be read.
        """
        batch = reported(body, now=now, most=most)
        self.batches += 1
        if batch.id:
            if batch.id in self._ids:
                self.repeated += 1
                return []
            self._ids[batch.id] = None
            if len(self._ids) > REMEMBERED:
                self._ids.popitem(last=False)
        self.dropped += batch.dropped
        self.clamped += batch.clamped
        self.stale += batch.stale
        return list(batch.checks)
