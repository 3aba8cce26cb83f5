"""The demo as people see it: live on a terminal, else line by line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from ringback.cli.layout import console, hanging, styled
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from ringback.testing.demo.stage import Record

_PAUSE_SECONDS = 0.4
"""Seconds between two scenes on a terminal."""

_INDENT = 4

_REASONS = {
    "not_retryable": "given up: another attempt cannot help",
    "not_idempotent": "given up: it may have been processed, and must not be sent twice",
    "attempts": "given up: no attempt is left",
    "deadline": "given up: no time is left",
}


class Narrator:
    """Tells people what happens, as it happens."""

    def __init__(self, screen: Console | None = None) -> None:
        self._screen = screen or console()
        self._live = self._screen.is_terminal
        self._waiting: Status | None = None
        self._scenes = 0
        self._ended = False
        self._call = ""
        self._told = ""

    def __call__(self, record: Record) -> None:
        """Tell one thing."""
        self._stop_waiting()
        getattr(self, f"_{record['event']}")(record)
        self._screen.file.flush()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._stop_waiting()

    def _scene(self, record: Record) -> None:
        if self._live and self._scenes:
            time.sleep(_PAUSE_SECONDS)
        self._scenes += 1
        if self._scenes > 1:
            self._screen.print()
        title = Text(record["title"], style="bold")
        hanging(self._screen, Text(f"{self._scenes}.", style="bold"), title, _INDENT)
        self._call = self._told = ""

    def _attempt(self, record: Record) -> None:
        call = f"{record['method']} {plain(record['url'] or '')}"
        if call != self._call or record["attempt"] == 1:
            hanging(self._screen, Text(), Text(call, style="cyan"), _INDENT)
        self._call = call
        failed = record["kind"] is not None
        line = Text(f"{record['attempt']} of {record['attempts']}  ", style="dim")
        line.append(record["kind"] or "it works", style="red" if failed else "green")
        if failed:
            line.append(f"  {self._what_next(record)}", style="not dim")
        mark = Text("  ✗ ", style="red") if failed else Text("  ✓ ", style="green")
        hanging(self._screen, mark, line, _INDENT)
        if record["decision"] == "retry":
            self._wait(f"waiting {record['delay']:.2f} s")

    def _what_next(self, record: Record) -> str:
        if record["decision"] == "retry":
            return f"again in {record['delay']:.2f} s"
        return _REASONS.get(record["reason"], "given up")

    def _raised(self, record: Record) -> None:
        if record["exception"] == self._told:
            return
        self._told = record["exception"]
        raised = f"raises {record['exception']}, which is also {' and '.join(record['also'])}"
        hanging(self._screen, Text(), Text(raised), _INDENT)
        first = Text("do first: ").append(styled(self._screen, record["advice"]))
        hanging(self._screen, Text(), first, _INDENT)

    def _alert(self, record: Record) -> None:
        kinds = ", ".join(f"{kind} × {count}" for kind, count in record["kinds"].items())
        text = (
            f"ALERT {record['endpoint']}: {record['count']} calls failed in a row since "
            f"{datetime.fromtimestamp(record['since'], UTC):%H:%M:%S} UTC ({kinds})"
        )
        hanging(self._screen, Text("  ! "), Text(text, style="bold red"), _INDENT)

    def _recovery(self, record: Record) -> None:
        text = f"RECOVERED {record['endpoint']} after {record['seconds']:.1f} s"
        hanging(self._screen, Text("  ✓ "), Text(text, style="bold green"), _INDENT)

    def _page(self, record: Record) -> None:
        what = (
            "The monitor stays until Ctrl-C" if self._ended else "ringback up watches five services"
        )
        self._screen.print()
        hanging(self._screen, Text(), Text(f"{what}: {record['url']}"), 0)

    def _places(self, record: Record) -> None:
        names = ", ".join(record["agents"])
        text = f"A hub and the agents {names}, each on a host of its own: {record['url']}"
        hanging(self._screen, Text(), Text(text), 0)
        self._screen.print()

    def _change(self, record: Record) -> None:
        hanging(self._screen, Text(), Text(record["what"], style="cyan"), _INDENT)
        self._wait("waiting for the monitor")

    def _incident(self, record: Record) -> None:
        line = Text(record["pattern"].replace("_", " "), style="bold red")
        line.append(f"  {record['kind']}" if record["kind"] else "", style="not bold")
        sure = f"{record['confidence']:.0%} confident, " if record["diagnosed"] else ""
        line.append(f"  {sure}after {record['seconds']:.1f} s", style="not bold default")
        hanging(self._screen, Text("  ! "), line, _INDENT)
        hanging(self._screen, Text(), Text(plain(record["summary"])), _INDENT)
        if record["difference"]:
            hanging(self._screen, Text(), Text(f"why: {plain(record['difference'])}"), _INDENT)
        if record["advice"]:
            first = Text("do first: ").append(styled(self._screen, record["advice"]))
            hanging(self._screen, Text(), first, _INDENT)
        self._wait("waiting for the monitor")

    def _closed(self, record: Record) -> None:
        text = f"RESOLVED after {record['seconds']:.1f} s"
        hanging(self._screen, Text("  ✓ "), Text(text, style="bold green"), _INDENT)

    def _lacking(self, record: Record) -> None:
        self._screen.print()
        text = f"Six more scenes, with the monitor: {record['install']}"
        hanging(self._screen, Text(), Text(text), 0)

    def _check(self, record: Record) -> None:
        if record["kept"]:
            return
        for name in ("promised", "seen"):
            text = Text(f"{name}: {'; '.join(record[name])}", style="bold yellow")
            hanging(self._screen, Text("  ? "), text, _INDENT)

    def _end(self, record: Record) -> None:
        self._ended = True
        kept, scenes = record["kept"], record["scenes"]
        style = "green" if kept == scenes else "bold red"
        self._screen.print()
        text = f"{kept} of {scenes} scenes went as expected, in {record['seconds']:.1f} s."
        hanging(self._screen, Text(), Text(text, style=style), 0)
        more = "All of it was real, on this machine: ringback lab has more."
        hanging(self._screen, Text(), Text(more), 0)

    def _wait(self, text: str) -> None:
        if self._live:
            self._waiting = self._screen.status(Text(text, style="dim"))
            self._waiting.start()

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.stop()
            self._waiting = None
