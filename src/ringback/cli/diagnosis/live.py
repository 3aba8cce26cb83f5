"""A terminal that shows readings while they arrive."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ringback.cli.diagnosis.show import table
from ringback.cli.diagnosis.tree import tree
from ringback.cli.terminal import plain
from ringback.diagnosis.layer.url import asked_of
from ringback.diagnosis.model import Diagnosis, Reading
from ringback.diagnosis.wording import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType

    from ringback.cli.diagnosis.round import Hear

_PER_SECOND = 10


class _Picture:
    """What is known of targets under way.

    Args:
        targets: As they were given.
        width: Columns of the terminal.
    """

    def __init__(self, targets: Sequence[str], width: int) -> None:
        self._targets = [asked_of(target).text for target in targets]
        self._width = width
        self._readings: list[Reading] = []
        self._latest: list[Diagnosis | str] = ["waiting"] * len(targets)
        self._began = time.monotonic()
        self._spinner = Spinner("dots", Text(plain(self._targets[0]), "bold"))

    def hear(self, index: int, found: Reading | Diagnosis) -> None:
        """Take up what is new.

        Args:
            index: Number of the target.
            found: A reading of it, or the whole.
        """
        if isinstance(found, Diagnosis):
            self._latest[index] = found
        else:
            self._latest[index] = f"{TITLES[found.layer]}: {found.result}"
            self._readings.append(found)

    def __call__(self) -> RenderableType:
        """Return the picture as of now."""
        if len(self._targets) > 1:
            return table(list(zip(self._targets, self._latest, strict=True)))
        elapsed = time.monotonic() - self._began
        return Group(self._spinner, tree(tuple(self._readings), elapsed, self._width))


@contextmanager
def shown_live(screen: Console, targets: Sequence[str]) -> Iterator[Hear]:
    """Show what arrives until the block ends, then wipe it away; give whom to tell.

    Args:
        screen: A terminal.
        targets: What is diagnosed.
    """
    picture = _Picture(targets, screen.width)
    with Live(
        get_renderable=picture, console=screen, refresh_per_second=_PER_SECOND, transient=True
    ):
        yield picture.hear
