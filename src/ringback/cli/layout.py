"""Text set into the width of the terminal."""

import re

from rich.console import Console
from rich.text import Text

_CODE = re.compile(r"`([^`]*)`")
_NARROWEST = 20


def hanging(screen: Console, label: Text, body: Text, indent: int) -> None:
    """Print a label and beside it a text; its further lines begin below its first.

    Args:
        screen: Where to.
        label: Shorter than the indent.
        body: One paragraph.
        indent: Columns left of the text.
    """
    room = max(screen.width - indent, _NARROWEST)
    for number, line in enumerate(body.wrap(screen, room)):
        line.rstrip()
        lead = label.copy() if number == 0 else Text()
        lead.pad_right(indent - lead.cell_len)
        screen.print(Text.assemble(lead, line), soft_wrap=True)


def prose(screen: Console, text: str) -> Text:
    """Return inline Markdown as text: literals are coloured, or in backticks without colour.

    Args:
        screen: Where it will be printed.
        text: From the data of a kind.
    """
    if not screen.color_system:
        return Text(text)
    styled, at = Text(), 0
    for match in _CODE.finditer(text):
        styled.append(text[at : match.start()]).append(match[1], style="cyan")
        at = match.end()
    return styled.append(text[at:])
