"""The readings of a diagnosis, layer by layer, set for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ringback.cli.terminal import plain
from ringback.diagnosis.model import STAGES
from ringback.diagnosis.wording import MARKS, TITLES, duration, label, state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rich.console import RenderableType

    from ringback.diagnosis.model import Reading, Stage, State

STYLES: dict[State, str] = {"ok": "green", "failed": "bold red", "noted": "dim", "skipped": "dim"}
"""Colours of the marks."""

_WIDE, _MIDDLE = 100, 72
"""Columns from which on there is room for long and for short bars."""

_INSTANT = 1e-6
"""Seconds below which nothing is drawn."""

_MARK, _TIME, _NARROWEST = 4, 10, 20
"""Columns of the mark, of the time with what stands around it, and of the rest at least."""


def tree(
    readings: Sequence[Reading], elapsed: float, width: int, deciding: Collection[int] = ()
) -> Group:
    """Return the readings below their layers; times are bars on one scale.

    Args:
        readings: In any order.
        elapsed: Seconds of the whole, the length of the scale.
        width: Columns of the terminal.
        deciding: Indices of the readings that decided; they are bold.
    """
    bars = 16 if width >= _WIDE else 8 if width >= _MIDDLE else 0
    room = max(_NARROWEST, width - _MARK - _TIME - bars)
    longest = max((cell_len(plain(label(one))) for one in readings), default=0)
    labels = min(longest + 1, room * 2 // 5)
    parts: list[RenderableType] = []
    for stage in STAGES:
        rows = [(number, one) for number, one in enumerate(readings) if one.layer == stage]
        if rows:
            state = state_of(one for _, one in rows)
            parts.append(
                Text.assemble((MARKS[state], STYLES[state]), (f" {TITLES[stage]}", "bold"))
            )
            parts.append(grid := _grid(labels, bars))
        for number, one in rows:
            grid.add_row(*_row(one, number in deciding, bar(one, elapsed, bars)))
    return Group(*parts)


def _title(stage: Stage, state: State) -> Text:
    return Text.assemble((MARKS[state], STYLES[state]), (f" {TITLES[stage]}", "bold"))


def _grid(labels: int, bars: int) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=3)
    table.add_column(width=labels, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    table.add_column(width=bars, style="cyan")
    table.add_column(width=7, justify="right", style="dim")
    return table


def _row(reading: Reading, decided: bool, drawn: str) -> tuple[Text, Text, Text, Text, Text]:
    quiet = "dim" if reading.state in {"noted", "skipped"} else ""
    style = "bold" if decided else quiet
    took = duration(reading.seconds) if reading.seconds else ""
    return (
        Text(f"  {MARKS[reading.state]}", STYLES[reading.state]),
        Text(plain(label(reading)), style),
        Text(plain(reading.result), style),
        Text(drawn),
        Text(took),
    )


def bar(reading: Reading, elapsed: float, width: int) -> str:
    """Return a line as long as a reading took, set in where it began.

    Args:
        reading: One reading.
        elapsed: Seconds that the whole width stands for.
        width: Columns.
    """
    if not width or elapsed < _INSTANT or reading.seconds <= 0:
        return ""
    start = min(width - 1, int(width * reading.at / elapsed))
    eighths = round(8 * width * reading.seconds / elapsed)
    full, rest = divmod(min(eighths, 8 * (width - start)), 8)
    return " " * start + ("█" * full + " ▏▎▍▌▋▊▉"[rest].strip() or "▏")
