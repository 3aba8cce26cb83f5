"""Text set into the width of the terminal."""

import re
import sys
from collections.abc import Iterable
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from ringback.cli.terminal import plain

_CODE = re.compile(r"`([^`]*)`")
_MIN_TEXT_WIDTH = 20


class Screen(Console):
    """A console that lets the program decide what a reader that has gone away means."""

    def on_broken_pipe(self) -> NoReturn:
        """Pass it on; called while a ``BrokenPipeError`` is handled."""
        raise BrokenPipeError


def console() -> Console:
    """Return what writes for people: coloured on a terminal, as wide as it is.

    Where standard output is no terminal it has no colour and 80 columns; ``NO_COLOR`` and
    ``COLUMNS`` are honoured.
    """
    return Screen(file=sys.stdout, highlight=False, markup=False, emoji=False)


def hanging(screen: Console, label: Text, body: Text, indent: int) -> None:
    """Print a label and beside it a text; its further lines begin below its first."""
    room = max(screen.width - indent, _MIN_TEXT_WIDTH)
    if label.cell_len > indent:
        screen.print(label, soft_wrap=True)
        label = Text()
    for number, line in enumerate(body.wrap(screen, room)):
        line.rstrip()
        lead = label.copy() if number == 0 else Text()
        lead.pad_right(indent - lead.cell_len)
        screen.print(Text.assemble(lead, line), soft_wrap=True)


def show_lines(screen: Console, title: str, lines: Iterable[str], mark: str = "  -") -> None:
    """Print texts below a title, each behind a mark; ``{}`` in it is the number, from 1."""
    for number, line in enumerate(lines, 1):
        if number == 1:
            screen.print()
            screen.print(Text(title, style="bold"))
        hanging(screen, Text(mark.format(number)), styled(screen, plain(line)), 4)


STEPS = " {}."
"""The mark of what is to be done in order."""


def styled(screen: Console, text: str) -> Text:
    """Return inline Markdown as text: literals are coloured, or in backticks without colour."""
    if not screen.color_system:
        return Text(text)
    styled, at = Text(), 0
    for match in _CODE.finditer(text):
        styled.append(text[at : match.start()]).append(match[1], style="cyan")
        at = match.end()
    return styled.append(text[at:])
