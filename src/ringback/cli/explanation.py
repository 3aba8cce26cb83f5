"""An explanation and a reference page as people read them."""

import re
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ringback.cli.layout import console, hanging, prose
from ringback.cli.terminal import plain
from ringback.failure import Explanation
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.page import DELIVERED, RETRY, page

_MAX_BEFORE, _MAX_DECIDED, _MAX_AFTER = 160, 320, 80
"""Characters shown at most: before the words that decided, of them, and after."""


def show_explanation(text: str, explanation: Explanation, screen: Console | None = None) -> None:
    """Print an explanation."""
    screen = screen or console()
    screen.print(
        Text(explanation.kind, style="bold red" if explanation.layer != "none" else "bold yellow")
    )
    hanging(screen, Text(), prose(screen, explanation.meaning), 0)
    if explanation.span[1]:
        screen.print()
        hanging(screen, Text(), excerpt(text, *explanation.span), 2)
    screen.print()
    for name, value in _facts(explanation):
        hanging(screen, Text(name, style="dim"), Text(plain(value)), 11)
    _show_advice(screen, KINDS[explanation.kind])
    screen.print()
    screen.print(Text.assemble("More: ", (f"ringback explain {explanation.kind}", "cyan")))


def show_page(kind: Kind) -> None:
    """Print the reference page of a kind: set on a terminal, else the Markdown itself."""
    if not sys.stdout.isatty():
        sys.stdout.write(page(kind))
        return
    from rich.markdown import Markdown  # noqa: PLC0415 - only pages need it

    # A link to another file leads nowhere in a terminal.
    text = re.sub(r"\[([^\]]+)\]\(\1\.md\)", r"`\1`", page(kind))
    console().print(Markdown(text, hyperlinks=False))


def excerpt(text: str, start: int, end: int) -> Text:
    """Return the words that decided, highlighted within what stands around them."""
    first = max(text.rfind("\n", 0, start) + 1, start - _MAX_BEFORE)
    stop = text.find("\n", end)
    last = min(len(text) if stop < 0 else stop, end + _MAX_AFTER)
    begins = first == 0 or text[first - 1] == "\n"
    shown = Text("" if begins else "…")
    shown.append(_line(text[first:start]).lstrip() if begins else _line(text[first:start]))
    shown.append(_line(text[start : min(end, start + _MAX_DECIDED)]), style="bold reverse")
    shown.append(_line(text[end:last]).rstrip())
    return shown.append("" if last == len(text) or text[last] == "\n" else "…")


def _line(text: str) -> str:
    return " ".join(plain(line.rstrip("\r")) for line in text.split("\n"))


def _facts(explanation: Explanation) -> Iterator[tuple[str, str]]:
    target = explanation.target
    place = target.url or ":".join(str(part) for part in (target.host, target.port) if part)
    if place:
        yield "Target", place
    if target.proxy:
        yield "Proxy", target.proxy
    if explanation.library or explanation.platform:
        yield (
            "From",
            " on ".join(part for part in (explanation.library, explanation.platform) if part),
        )
    if explanation.via:
        yield "Inner kind", explanation.via
    if explanation.layer != "none":
        yield "Phase", explanation.phase if explanation.phase != "unknown" else "not known"
        yield "Processed", DELIVERED[explanation.delivered]
        yield "Retry", RETRY[explanation.retry]
    yield "Confidence", f"{explanation.confidence:.0%}"


def _show_advice(screen: Console, kind: Kind) -> None:
    numbered = [(f" {number}.", line) for number, line in enumerate(kind.do, 1)]
    dashed = [("  -", line) for line in kind.dont]
    for title, lines in (("What to do", numbered), ("What not to do", dashed)):
        if lines:
            screen.print()
            screen.print(Text(title, style="bold"))
        for mark, line in lines:
            hanging(screen, Text(mark), prose(screen, line), 4)
