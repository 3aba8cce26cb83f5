"""Whose reports are taken when more come than there is time for: each sender has an equal share.

What reports take of the event loop's time is a debt, of their sender and of all together. Debts
are paid off by time: all together at ``MAX_SHARE`` of it, each sender with an equal part of that.
While all together owe more than ``MAX_DEBT``, who owes something is refused; at twice as much
everybody is, and up to three times as much who was refused long ago. So one sender alone may use
the whole share, and among many it is the turn of those who have sent least and waited longest,
however often they ask. Who is refused is told when to come again.

How many reports are read at the same time is bounded as well, for each holds up to a megabyte.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_SHARE = 0.4  # Share of the event loop's time that reports may take
MAX_DEBT = 0.2  # Seconds that may be owed before some are refused
MAX_WAIT = 30.0  # Seconds after which a sender that was refused is told to come again, at most
MAX_READING = 32  # Reports that are read or taken at the same time
MAX_READING_BY_SENDER = 8
MAX_SENDERS = 1_000  # Senders whose debts are remembered; of more, those that sent last


class ReportRefused(Exception):  # noqa: N818 - named for what was found out
    """A report is not read."""

    def __init__(self, wait: float) -> None:
        super().__init__("too many reports")
        self.wait = wait  # Seconds until the sender may come again


class ReportShares:
    """Says which reports are read; to be used in one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0  # How many reports were
        self._clock, self._at = clock, clock()
        self._debt = 0.0
        self._debts: OrderedDict[str, float] = OrderedDict()  # By sender, in seconds
        self._waiting: OrderedDict[str, float] = OrderedDict()  # Sender to when it was refused
        self._reading: Counter[str] = Counter()

    @contextmanager
    def turn(self, sender: str) -> Iterator[None]:
        """Let a sender's report be read and taken within; raises ``ReportRefused``."""
        wait = self._wait(sender)
        if wait:
            self._note_refused(sender)
            raise ReportRefused(min(wait, MAX_WAIT))
        self._waiting.pop(sender, None)
        self._reading[sender] += 1
        try:
            yield
        finally:
            self._reading[sender] -= 1
            if not self._reading[sender]:
                del self._reading[sender]

    @contextmanager
    def charged(self, sender: str) -> Iterator[None]:
        """Charge a sender with the time that this takes; nothing may be awaited within."""
        began = time.thread_time()
        try:
            yield
        finally:
            self.charge(sender, time.thread_time() - began)

    def charge(self, sender: str, seconds: float) -> None:
        self._pay()
        self._debt += seconds
        owed = self._debts.pop(sender, 0.0) + seconds
        # No sender waits longer for what it has sent while nobody else wanted to.
        self._debts[sender] = min(owed, MAX_WAIT * MAX_SHARE / (len(self._debts) + 1))
        if len(self._debts) > MAX_SENDERS:
            self._debts.popitem(last=False)

    def _wait(self, sender: str) -> float:
        """Return how many seconds a sender has to wait; 0: none."""
        busy = self._reading.total() >= MAX_READING
        if busy or self._reading[sender] >= MAX_READING_BY_SENDER:
            return 1.0
        self._pay()
        owed = self._debts.get(sender, 0.0)
        waited = self._at - self._waiting.get(sender, self._at)
        limit = 1 if owed else 2 + min(waited / MAX_WAIT, 1)
        if self._debt <= limit * MAX_DEBT:
            return 0.0
        own = owed * len(self._debts) / MAX_SHARE
        return max((self._debt - MAX_DEBT) / MAX_SHARE, own)

    def _note_refused(self, sender: str) -> None:
        self.refused += 1
        self._waiting.setdefault(sender, self._at)
        if len(self._waiting) > MAX_SENDERS:
            self._waiting.popitem(last=False)

    def _pay(self) -> None:
        now = self._clock()
        paid, self._at = max(now - self._at, 0.0) * MAX_SHARE, now
        self._debt = max(self._debt - paid, 0.0)
        if self._debts and paid:
            part = paid / len(self._debts)
            left = ((sender, owed - part) for sender, owed in self._debts.items())
            self._debts = OrderedDict((sender, owed) for sender, owed in left if owed > 0)
