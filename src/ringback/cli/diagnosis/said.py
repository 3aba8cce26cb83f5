"""The verdict: one sentence, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ringback.cli.layout import hanging, prose
from ringback.cli.terminal import plain
from ringback.diagnosis.wording import standing

if TYPE_CHECKING:
    from rich.console import Console

    from ringback.diagnosis.model import Alternative, Diagnosis, Verdict


def show_verdict(screen: Console, diagnosis: Diagnosis) -> None:
    """Print the verdict in one sentence, then the advice, and what else it could be.

    Args:
        screen: Where to.
        diagnosis: What was found.
    """
    verdict = diagnosis.verdict
    sentence = Text(plain(verdict.summary), "bold")
    hanging(screen, Text(mark(verdict), colour(verdict)), sentence, 2)
    if not verdict.healthy:
        hanging(screen, Text(), Text(plain(standing(verdict)), "dim"), 2)
    if not diagnosis.complete:
        hanging(screen, Text(), Text("It was cut short: not everything was read.", "yellow"), 2)
    _show(screen, "What to do", [(f" {n}.", one) for n, one in enumerate(verdict.advice, 1)])
    others = [("  -", _other(one)) for one in verdict.alternatives]
    _show(screen, "What else it could be", others)
    _show(screen, "Beside it", [("  -", one) for one in verdict.beside])


def mark(verdict: Verdict) -> str:
    """Return ✓, ✗ or, where nothing was decided, ?.

    Args:
        verdict: What was found.
    """
    return "✓" if verdict.healthy else "?" if verdict.kind == "unknown" else "✗"


def colour(verdict: Verdict) -> str:
    """Return the style that a verdict is shown in.

    Args:
        verdict: What was found.
    """
    return {"✓": "bold green", "?": "bold yellow", "✗": "bold red"}[mark(verdict)]


def _other(one: Alternative) -> str:
    return f"{one.summary} To tell: {one.check}" if one.check else one.summary


def _show(screen: Console, title: str, lines: list[tuple[str, str]]) -> None:
    if lines:
        screen.print()
        screen.print(Text(title, style="bold"))
    for lead, line in lines:
        hanging(screen, Text(lead), prose(screen, plain(line)), 4)
