"""One endpoint that is looked at, and the look that is under way."""

from collections.abc import Callable
from time import monotonic

from ringback.incident.model import Check
from ringback.monitor.endpoint import Endpoint
from ringback.monitor.probe import Prober


class Look:
    """An endpoint and its probe.

    Args:
        endpoint: What is looked at.
        prober: What looks.
        ended: Takes this and the check when a look is over.

    Attributes:
        under_way: Whether a look is.
        waiting: Whether it waits for its turn.
        slow: Whether the endpoint took long to fail the last time.
        was_slow: Whether it counts as slow in the look under way.
        began: When that began, on ``time.monotonic()``.
    """

    __slots__ = (
        "_ended",
        "began",
        "endpoint",
        "prober",
        "slow",
        "under_way",
        "waiting",
        "was_slow",
    )

    def __init__(
        self, endpoint: Endpoint, prober: Prober, ended: Callable[["Look", Check], None]
    ) -> None:
        self.endpoint, self.prober, self._ended = endpoint, prober, ended
        self.under_way = self.waiting = self.slow = self.was_slow = False
        self.began = 0.0

    def begin(self) -> None:
        """Begin to look."""
        self.under_way, self.was_slow, self.began = True, self.slow, monotonic()
        self.prober.begin(self._done)

    def _done(self, check: Check) -> None:
        if self.under_way:
            self._ended(self, check)
