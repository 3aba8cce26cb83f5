"""What is printed of diagnoses for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ringback.cli.diagnosis.lines import line
from ringback.cli.diagnosis.said import colour, mark, show_verdict
from ringback.cli.terminal import plain
from ringback.diagnosis.wording import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from ringback.diagnosis.model import Diagnosis


def show(screen: Console, diagnoses: Sequence[Diagnosis]) -> None:
    """Print diagnoses: one with its readings, several as a table and what is wrong with each.

    Args:
        screen: Where to.
        diagnoses: What was found.
    """
    if len(diagnoses) == 1:
        _one(screen, diagnoses[0])
        return
    screen.print(table([(one.target, one) for one in diagnoses]))
    for one in diagnoses:
        if not one.verdict.healthy:
            screen.print()
            screen.print(Text(plain(one.target), "bold underline"))
            show_verdict(screen, one)


def _one(screen: Console, diagnosis: Diagnosis) -> None:
    took = f"  {duration(diagnosis.elapsed)}"
    screen.print(Text.assemble((plain(diagnosis.target), "bold"), (took, "dim")), soft_wrap=True)
    if screen.is_terminal:
        from ringback.cli.diagnosis.tree import tree  # noqa: PLC0415 - only a terminal needs it

        decided = diagnosis.verdict.evidence
        screen.print(tree(diagnosis.readings, diagnosis.elapsed, screen.width, decided))
    else:
        for reading in diagnosis.readings:
            screen.print(Text(line(reading)), soft_wrap=True)
    screen.print()
    show_verdict(screen, diagnosis)


def table(rows: Sequence[tuple[str, Diagnosis | str]]) -> Table:
    """Return a line for each target.

    Args:
        rows: Targets, and what was found; of one under way, what was read last.
    """
    from rich.table import Table  # noqa: PLC0415 - slow to import, and only several need it

    shown = Table.grid(padding=(0, 1, 0, 0), expand=True)
    shown.add_column(width=1)
    shown.add_column(ratio=2, overflow="fold")
    shown.add_column(ratio=3, overflow="fold")
    shown.add_column(width=7, justify="right", style="dim")
    for target, one in rows:
        if isinstance(one, str):
            shown.add_row(Text("…", "dim"), Text(plain(target)), Text(plain(one), "dim"), Text())
            continue
        verdict = one.verdict
        said = Text(plain(verdict.summary))
        sign = Text(mark(verdict), colour(verdict))
        shown.add_row(sign, Text(plain(target)), said, Text(duration(one.elapsed)))
    return shown
