"""An endpoint whose configuration cannot be used: every look says so."""

import time

from ringback.incident.model import Check
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.failing import failed_of
from ringback.monitor.probe.surroundings import Done, Surroundings


class Unusable:
    """Looks at nothing.

    Args:
        endpoint: What cannot be looked at.
        surroundings: What is shared.
        why: What is wrong with it.
    """

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings, why: Exception) -> None:
        self._endpoint, self._surroundings, self._why = endpoint, surroundings, why
        kind = failed_of(why, "config").kind
        self._kind = kind if kind.startswith(("config.", "url.")) else "request.invalid"

    def begin(self, done: Done) -> None:
        """Say that nothing is known.

        Args:
            done: Takes the check, later.
        """
        check = Check(
            at=time.time(),
            endpoint=self._endpoint.id,
            up=None,
            kind=self._kind,
            vantage=self._surroundings.vantage,
            detail=f"cannot be looked at: {self._why}"[:200],
        )
        self._surroundings.loop.call_soon(done, check)

    def cancel(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is kept."""
