"""Where reported calls go: to the endpoint they were for, or among what was discovered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.monitor.ingest.directory import Directory
from ringback.monitor.ingest.discoveries import Discoveries

if TYPE_CHECKING:
    from ringback.incident.model import Check
    from ringback.monitor.model import Endpoint, PassiveCheck

LATE = 30.0
"""Seconds: what ended so long before the newest check of its endpoint says nothing any more."""


class Intake:
    """Sorts what programs report.

    Args:
        endpoints: Those that are watched.
        take: Takes the checks of those, in order.
        newest: Returns when the newest check of an endpoint was; ``None``: there is none.

    Attributes:
        discoveries: What is called and not watched.
        late: How many checks came too late to say anything.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        take: Callable[[Check], None],
        newest: Callable[[str], float | None] = lambda _: None,
    ) -> None:
        self.discoveries = Discoveries()
        self.late = 0
        self._directory = Directory(endpoints)
        self._take = take
        self._newest = newest

    def configure(self, endpoints: Iterable[Endpoint]) -> None:
        """Watch these from now on.

        Args:
            endpoints: Those that are watched.
        """
        self._directory = Directory(endpoints)
        known = [one.url for one in self.discoveries.all()]
        self.discoveries.forget(one for one in known if self._directory.endpoint_for(one))

    def take(self, reported: Iterable[PassiveCheck]) -> int:
        """Take calls; return how many.

        Args:
            reported: In the order in which they ended.
        """
        calls = 0
        for one in reported:
            calls += one.calls
            endpoint = self._directory.endpoint_for(one.origin)
            if endpoint is None:
                self.discoveries.see(one)
            else:
                self._checked(endpoint, one.check)
        return calls

    def _checked(self, endpoint: str, check: Check) -> None:
        newest = self._newest(endpoint)
        if newest is None or check.at >= newest:
            self._take(replace(check, endpoint=endpoint))
        elif check.at >= newest - LATE:  # it was on its way for a moment; time does not run back
            self._take(replace(check, endpoint=endpoint, at=newest))
        else:
            self.late += 1
