"""The services, the monitor that watches them, and a program that calls one of them."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ringback.testing.demo.child import Child
from ringback.testing.demo.monitor import Monitor
from ringback.testing.demo.services import Services

if TYPE_CHECKING:
    from ringback.testing.lab import Lab


class World:
    """Where the scenes with the monitor are played; it starts in the background.

    Args:
        lab: Where the services run.

    Attributes:
        services: What is watched.
        monitor: Watches it.
    """

    def __init__(self, lab: Lab) -> None:
        with contextlib.ExitStack() as opened:
            name = opened.enter_context(tempfile.TemporaryDirectory(prefix="ringback-demo-"))
            self._folder = Path(name)
            self.services = Services(lab, self._folder)
            self.monitor = Monitor(self.services.configuration)
            opened.callback(self.monitor.end)
            self._opened = opened.pop_all()

    def begin(self) -> str:
        """Start the program once the monitor is ready; return the address of the page.

        Raises:
            UnseenError: The monitor did not start.
        """
        program = Child(
            "ringback.testing.demo.program",
            self.services.shop.endpoint.url,
            log=self._folder / "program.log",
            environment={"RINGBACK_URL": self.monitor.url},
        )
        self._opened.callback(program.end)
        return self.monitor.url

    def close(self) -> None:
        """End program and monitor, and remove their files."""
        self._opened.close()
