"""Diagnoses and comparisons as people read them; on a terminal as a tree, live while it is read."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ringback.cli.layout import STEPS, console, hanging, show_lines
from ringback.cli.terminal import plain
from ringback.diagnosis.layer.url import parse_target
from ringback.diagnosis.model import STAGES, Diagnosis, Reading
from ringback.diagnosis.wording import MARKS, TITLES, duration, label, stage_state, standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console, RenderableType

    from ringback.cli.diagnosis.run import OnUpdate
    from ringback.diagnosis.compare import Comparison, Difference
    from ringback.diagnosis.model import Alternative, Stage, State, Verdict


def show_verdict(screen: Console, diagnosis: Diagnosis) -> None:
    """Print the verdict in one sentence, then the advice, and what else it could be."""
    verdict = diagnosis.verdict
    sentence = Text(plain(verdict.summary), "bold")
    hanging(screen, Text(mark(verdict), colour(verdict)), sentence, 2)
    if not verdict.healthy:
        hanging(screen, Text(), Text(plain(standing(verdict)), "dim"), 2)
    if not diagnosis.complete:
        hanging(screen, Text(), Text("Interrupted: not every stage was read.", "yellow"), 2)
    show_lines(screen, "What to do", verdict.advice, STEPS)
    show_lines(screen, "What else it could be", map(_alternative_text, verdict.alternatives))
    show_lines(screen, "Also noticed", verdict.beside)


def mark(verdict: Verdict) -> str:
    """Return ✓, ✗ or, where nothing was decided, ?."""
    return "✓" if verdict.healthy else "?" if verdict.kind == "unknown" else "✗"


def colour(verdict: Verdict) -> str:
    """Return the style that a verdict is shown in."""
    return {"✓": "bold green", "?": "bold yellow", "✗": "bold red"}[mark(verdict)]


def _alternative_text(alternative: Alternative) -> str:
    return (
        f"{alternative.summary} To check: {alternative.check}"
        if alternative.check
        else alternative.summary
    )


_STAGE_WIDTH = len("neighbours")


def reading_line(reading: Reading) -> str:
    """Return a reading in one line: mark, layer, what was tried, what came of it, how long."""
    took = f"  ({duration(reading.seconds)})" if reading.seconds else ""
    result = f": {reading.result}" if reading.result else ""
    head = f"{MARKS[reading.state]} {reading.layer:<{_STAGE_WIDTH}}  "
    return f"{head}{plain(label(reading))}{plain(result)}{took}"


def show_diagnoses(
    screen: Console, diagnoses: Sequence[Diagnosis], *, readings: bool = False
) -> None:
    """Print diagnoses: one with its verdict, several as a table and what is wrong with each.

    The readings follow each verdict where they are asked for, and where not all were made.
    """
    if len(diagnoses) == 1:
        took = f"  {duration(diagnoses[0].elapsed)}"
        head = Text.assemble((plain(diagnoses[0].target), "bold"), (took, "dim"))
        screen.print(head, soft_wrap=True)
        show_verdict(screen, diagnoses[0])
    else:
        screen.print(targets_table([(diagnosis.target, diagnosis) for diagnosis in diagnoses]))
    for diagnosis in diagnoses:
        if len(diagnoses) > 1 and (readings or not diagnosis.verdict.healthy):
            screen.print()
            screen.print(Text(plain(diagnosis.target), "bold underline"))
            show_verdict(screen, diagnosis)
        if readings or not diagnosis.complete:
            _show_readings(screen, diagnosis)
    if not readings:
        read = sum(len(diagnosis.readings) for diagnosis in diagnoses)
        if not all(diagnosis.verdict.healthy for diagnosis in diagnoses):
            screen.print()
        screen.print(Text(f"  {read} readings; -v shows them", "dim"))


def _show_readings(screen: Console, diagnosis: Diagnosis) -> None:
    screen.print()
    if screen.is_terminal:
        decided = diagnosis.verdict.evidence
        screen.print(readings_tree(diagnosis.readings, diagnosis.elapsed, screen.width, decided))
    else:
        for reading in diagnosis.readings:
            screen.print(Text(reading_line(reading)), soft_wrap=True)


def targets_table(rows: Sequence[tuple[str, Diagnosis | str]]) -> Table:
    """Return a line for each target."""
    from rich.table import Table  # noqa: PLC0415 - slow to import, and only several need it

    shown = Table.grid(padding=(0, 1, 0, 0), expand=True)
    shown.add_column(width=1)
    shown.add_column(ratio=2, overflow="fold")
    shown.add_column(ratio=3, overflow="fold")
    shown.add_column(width=7, justify="right", style="dim")
    for target, found in rows:
        if isinstance(found, str):
            shown.add_row(Text("…", "dim"), Text(plain(target)), Text(plain(found), "dim"), Text())
            continue
        verdict = found.verdict
        summary = Text(plain(verdict.summary))
        sign = Text(mark(verdict), colour(verdict))
        shown.add_row(sign, Text(plain(target)), summary, Text(duration(found.elapsed)))
    return shown


_COLOURS = {"healthy": "bold green", "unknown": "bold yellow", "unexplained": "bold yellow"}
_MARKS = {"healthy": "✓", "unknown": "?", "unexplained": "?"}
_MAX_VALUE_CHARACTERS = 80
"""Characters of a value that are shown."""


def show_comparison(found: Comparison, screen: Console | None = None) -> None:
    """Print a comparison: each machine's verdict, what differs, what explains it, what to do."""
    screen = screen or console()
    screen.print(Text(plain(found.target), "bold"), soft_wrap=True)
    _verdicts(screen, found)
    _differences(screen, found)
    screen.print()
    sign = Text(_MARKS.get(found.outcome, "✗"), _COLOURS.get(found.outcome, "bold red"))
    hanging(screen, sign, Text(plain(found.summary), "bold"), 2)
    others = [
        explanation
        for explanation in found.explanations
        if explanation.summary not in found.summary
    ]
    for explanation in others:
        hanging(screen, Text("  -"), Text(plain(explanation.summary)), 4)
    for note in found.notes:
        hanging(screen, Text(), Text(plain(note), "yellow"), 2)
    show_lines(screen, "What to do", found.advice, STEPS)


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
    decisive = {explanation.difference for explanation in found.explanations}
    screen.print(Text("What differs", "bold"))
    for layer, group in groupby(found.differences, key=lambda difference: difference.layer):
        screen.print(Text(f"  {TITLES[layer]}", "dim"))
        for difference in group:
            _difference(screen, found, difference, decisive=difference.name in decisive)


def _difference(
    screen: Console, found: Comparison, difference: Difference, *, decisive: bool
) -> None:
    lead = Text(f"  {'▶' if decisive else ' '} {difference.title}", "bold" if decisive else "")
    screen.print(lead, soft_wrap=True)
    values = dict.fromkeys(value for value in difference.values if value is not None)
    for value in values:
        same = zip(found.names, difference.values, strict=True)
        having = ", ".join(plain(name) for name, other in same if other == value)
        shown = plain(
            value
            if len(value) <= _MAX_VALUE_CHARACTERS
            else f"{value[: _MAX_VALUE_CHARACTERS - 1]}…"
        )
        hanging(screen, Text(), Text.assemble((having, "cyan"), f": {shown}"), 6)


STYLES: dict[State, str] = {"ok": "green", "failed": "bold red", "noted": "dim", "skipped": "dim"}
"""Colours of the marks."""

_WIDE_COLUMNS, _MEDIUM_COLUMNS = 100, 72
"""Columns from which on there is room for long and for short bars."""

_MIN_SECONDS = 1e-6
"""Seconds below which nothing is drawn."""

_MARK_WIDTH, _TIME_WIDTH, _MIN_TEXT_WIDTH = 4, 10, 20
"""Columns of the mark, of the time with what stands around it, and of the rest at least."""


def readings_tree(
    readings: Sequence[Reading], elapsed: float, width: int, deciding: Collection[int] = ()
) -> Group:
    """Return the readings below their layers; times are bars on one scale."""
    bars = 16 if width >= _WIDE_COLUMNS else 8 if width >= _MEDIUM_COLUMNS else 0
    room = max(_MIN_TEXT_WIDTH, width - _MARK_WIDTH - _TIME_WIDTH - bars)
    longest = max((cell_len(plain(label(reading))) for reading in readings), default=0)
    labels = min(longest + 1, room * 2 // 5)
    parts: list[RenderableType] = []
    for stage in STAGES:
        rows = [
            (number, reading) for number, reading in enumerate(readings) if reading.layer == stage
        ]
        if rows:
            state = stage_state(reading for _, reading in rows)
            parts.append(_title(stage, state))
            parts.append(grid := _grid(labels, bars))
        for number, reading in rows:
            grid.add_row(*_row(reading, number in deciding, time_bar(reading, elapsed, bars)))
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


def time_bar(reading: Reading, elapsed: float, width: int) -> str:
    """Return a line as long as a reading took, set in where it began."""
    if not width or elapsed < _MIN_SECONDS or reading.seconds <= 0:
        return ""
    start = min(width - 1, int(width * reading.at / elapsed))
    eighths = round(8 * width * reading.seconds / elapsed)
    full, rest = divmod(min(eighths, 8 * (width - start)), 8)
    return " " * start + ("█" * full + " ▏▎▍▌▋▊▉"[rest].strip() or "▏")


_REFRESHES_PER_SECOND = 10


class _LiveView:
    """What is known of targets under way."""

    def __init__(self, targets: Sequence[str], width: int) -> None:
        self._targets = [parse_target(target).text for target in targets]
        self._width = width
        self._readings: list[Reading] = []
        self._latest: list[Diagnosis | str] = ["waiting"] * len(targets)
        self._began = time.monotonic()
        self._spinner = Spinner("dots", Text(plain(self._targets[0]), "bold"))

    def update(self, index: int, found: Reading | Diagnosis) -> None:
        """Take up what is new."""
        if isinstance(found, Diagnosis):
            self._latest[index] = found
        else:
            self._latest[index] = f"{TITLES[found.layer]}: {found.result}"
            self._readings.append(found)

    def __call__(self) -> RenderableType:
        """Return the picture as of now."""
        if len(self._targets) > 1:
            return targets_table(list(zip(self._targets, self._latest, strict=True)))
        elapsed = time.monotonic() - self._began
        return Group(self._spinner, readings_tree(tuple(self._readings), elapsed, self._width))


@contextmanager
def shown_live(screen: Console, targets: Sequence[str]) -> Iterator[OnUpdate]:
    """Show what arrives until the block ends, then wipe it away; give what takes updates."""
    live_view = _LiveView(targets, screen.width)
    with Live(
        get_renderable=live_view,
        console=screen,
        refresh_per_second=_REFRESHES_PER_SECOND,
        transient=True,
    ):
        yield live_view.update
