"""A process beside the demo, which ends with the demo, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO


_EXIT_TIMEOUT = 10.0
"""Seconds that it has to end by itself."""

_NOT_PASSED_ON = ("_proxy", "ringback_")
"""What the environment says of proxies, and of other monitors, is not for the demo."""


class Child:
    """A module of the demo, run as a program; it lives no longer than the demo."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
        namespace: str = "",
    ) -> None:
        self._log = log
        # The program `ip` becomes the one that it runs.
        there = ["ip", "netns", "exec", namespace] if namespace else []
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [*there, sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**_environment(), **(environment or {})},
                # Ctrl-C is for the demo, which then ends its processes one after the other.
                start_new_session=True,
            )

    @property
    def output(self) -> IO[str]:
        """What it prints."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def last_words(self) -> str:
        """The last line that it wrote on standard error."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return lines[-1] if lines else "nothing"

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Kill it if the block takes longer, so that nobody waits for ever for its output."""
        watchdog = threading.Timer(seconds, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def end(self) -> None:
        """Let it end, and wait until it has."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            # Not for ever: who was interrupted while he asked for it may not be told its end.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_EXIT_TIMEOUT)
        self.output.close()


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not any(mark in name.lower() for mark in _NOT_PASSED_ON)
    }


def end_with_parent() -> None:
    """End this process when its standard input does: the other side is the demo's."""
    threading.Thread(target=_wait, name="ringback-demo-lifeline", daemon=True).start()


def _wait() -> None:
    # Not through ``sys.stdin``: whoever reads it holds a lock that the interpreter's end wants.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
