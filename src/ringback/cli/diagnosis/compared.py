"""A comparison as people read it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from ringback.cli.diagnosis.said import colour, mark
from ringback.cli.layout import console, hanging, prose
from ringback.cli.terminal import plain
from ringback.diagnosis.wording import TITLES

if TYPE_CHECKING:
    from rich.console import Console

    from ringback.diagnosis.compare import Comparison, Difference

_COLOURS = {"healthy": "bold green", "unknown": "bold yellow", "unexplained": "bold yellow"}
_MARKS = {"healthy": "✓", "unknown": "?", "unexplained": "?"}
_MOST = 80
"""Characters of a value that are shown."""


def show(found: Comparison, screen: Console | None = None) -> None:
    """Print a comparison: each machine's verdict, what differs, what explains it, what to do.

    Args:
        found: What was compared.
        screen: Where to; the default is standard output.
    """
    screen = screen or console()
    screen.print(Text(plain(found.target), "bold"), soft_wrap=True)
    _verdicts(screen, found)
    _differences(screen, found)
    screen.print()
    sign = Text(_MARKS.get(found.outcome, "✗"), _COLOURS.get(found.outcome, "bold red"))
    hanging(screen, sign, Text(plain(found.summary), "bold"), 2)
    others = [one for one in found.explanations if one.summary not in found.summary]
    for one in others:
        hanging(screen, Text("  -"), Text(plain(one.summary)), 4)
    for note in found.notes:
        hanging(screen, Text(), Text(plain(note), "yellow"), 2)
    if found.advice:
        screen.print()
        screen.print(Text("What to do", "bold"))
    for number, line in enumerate(found.advice, 1):
        hanging(screen, Text(f" {number}."), prose(screen, plain(line)), 4)


def _verdicts(screen: Console, found: Comparison) -> None:
    room = min(24, max(len(plain(name)) for name in found.names)) + 4
    for name, verdict in zip(found.names, found.verdicts, strict=True):
        lead = Text.assemble((f"{mark(verdict)} ", colour(verdict)), plain(name))
        hanging(screen, lead, Text(plain(verdict.summary)), room)


def _differences(screen: Console, found: Comparison) -> None:
    screen.print()
    if not found.differences:
        screen.print(Text("Nothing that was read differs.", "dim"))
        return
    decisive = {one.difference for one in found.explanations}
    screen.print(Text("What differs", "bold"))
    for layer, group in groupby(found.differences, key=lambda one: one.layer):
        screen.print(Text(f"  {TITLES[layer]}", "dim"))
        for one in group:
            _difference(screen, found, one, decisive=one.name in decisive)


def _difference(screen: Console, found: Comparison, one: Difference, *, decisive: bool) -> None:
    lead = Text(f"  {'▶' if decisive else ' '} {one.title}", "bold" if decisive else "")
    screen.print(lead, soft_wrap=True)
    values = dict.fromkeys(value for value in one.values if value is not None)
    for value in values:
        same = zip(found.names, one.values, strict=True)
        having = ", ".join(plain(name) for name, other in same if other == value)
        shown = plain(value if len(value) <= _MOST else f"{value[: _MOST - 1]}…")
        hanging(screen, Text(), Text.assemble((having, "cyan"), f": {shown}"), 6)
