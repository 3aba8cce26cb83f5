"""One endpoint of the demo's monitor: what happens to it, and what the monitor says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.demo.record import closed_record, incident_record

if TYPE_CHECKING:
    from ringback.testing.demo.monitor import Document, Monitor
    from ringback.testing.demo.stage import Stage


class Watched:
    """An endpoint that the monitor watches.

    Args:
        stage: Where the scene is played.
        monitor: Watches it.
        id_: Its id.
    """

    def __init__(self, stage: Stage, monitor: Monitor, id_: str) -> None:
        self._stage = stage
        self._monitor = monitor
        self._id = id_
        self._since = time.monotonic()

    def happens(self, what: str, do: Callable[[], object] = lambda: None) -> None:
        """Tell of a change, and make it.

        Args:
            what: In words.
            do: Makes it.
        """
        self._stage.tell({"event": "change", "endpoint": self._id, "what": what})
        self._since = time.monotonic()
        do()

    def is_(self, state: str, origin: str | None = None) -> None:
        """Wait until the monitor says that it is in a state.

        Args:
            state: Which.
            origin: Who looked last; ``None``: whoever.

        Raises:
            UnseenError: It does not come to that.
        """

        def found() -> Document | None:
            one = self._monitor.endpoint(self._id)
            looked = one["check"] and (origin is None or one["check"]["origin"] == origin)
            return one if looked and one["state"] == state else None

        self._monitor.wait(f"{self._id} {state}", found)

    def is_named(self, *, diagnosed: bool = True, says: str = "") -> None:
        """Wait until there is an incident, and tell it.

        Args:
            diagnosed: Wait for its diagnosis as well.
            says: What its summary must hold.

        Raises:
            UnseenError: There comes none.
        """

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            return one if one and (one["diagnosis"] or not diagnosed) else None

        self._tell(self._monitor.wait(f"an incident of {self._id}", found), says)

    def comes_and_goes(self, go: Callable[[], None], come: Callable[[], None]) -> None:
        """Let it go down, and come back each time that this is seen, until there is a name for it.

        Args:
            go: Takes it down.
            come: Brings it back.

        Raises:
            UnseenError: There comes none.
        """

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            return one if one and one["pattern"] == "flapping" else None

        def seen() -> Document | None:
            go()
            self.is_("down")
            named = found()
            come()
            if named is None:
                self.is_("ok")
            return named

        self._tell(self._monitor.wait(f"{self._id} flapping", seen))

    def is_over(self) -> None:
        """Wait until its incident is over, and tell that.

        Raises:
            UnseenError: It goes on.
        """

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            return one if one and one["state"] == "closed" else None

        one = self._monitor.wait(f"the end of the incident of {self._id}", found)
        self._stage.happened("closed", closed_record(one, self._id))

    def _tell(self, incident: Document, says: str = "") -> None:
        seconds = time.monotonic() - self._since
        incident = self._monitor.whole(incident)
        step = f"{incident['pattern']} {incident['kind'] or ''}".rstrip()
        if says not in incident["summary"]:
            step += f", and {says} is not named"
        self._stage.happened(step, incident_record(incident, self._id, seconds))
