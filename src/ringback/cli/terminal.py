"""What may be written to a terminal, and how."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console


def plain(text: str) -> str:
    r"""Return the text with what could drive a terminal escaped, as ``\x1b``.

    Also what changes the direction of writing. A tab becomes two blanks.

    Args:
        text: One line from elsewhere.
    """
    text = text.replace("\t", "  ")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def console(file: TextIO | None = None) -> Console:
    """Return what writes for people: coloured on a terminal, as wide as it is.

    Where the output is no terminal it has no colour and 80 columns; ``NO_COLOR`` and ``COLUMNS``
    are honoured.

    Args:
        file: Where to; the default is standard output.
    """
    from rich.console import Console  # noqa: PLC0415 - slow to import, and --json does without

    return Console(file=file or sys.stdout, highlight=False, markup=False, emoji=False)
