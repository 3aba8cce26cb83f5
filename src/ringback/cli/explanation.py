"""An explanation and the reference page of a kind as people read them."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from ringback.cli.layout import STEPS, console, hanging, show_lines, styled
from ringback.cli.terminal import plain
from ringback.failure import Explanation
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.page import DELIVERED, KNOWN_AS, LAYERS, RETRY, SEEN_IN, named_by

_LABEL_WIDTH = 11
_MAX_BEFORE, _MAX_DECIDED, _MAX_AFTER = 160, 320, 80
"""Characters shown at most: before the words that decided, of them, and after."""


def show_explanation(text: str, explanation: Explanation, screen: Console | None = None) -> None:
    """Print an explanation."""
    screen = screen or console()
    screen.print(
        Text(explanation.kind, style="bold red" if explanation.layer != "none" else "bold yellow")
    )
    hanging(screen, Text(), styled(screen, explanation.meaning), 0)
    if explanation.span[1]:
        screen.print()
        hanging(screen, Text(), excerpt(text, *explanation.span), 2)
    screen.print()
    for name, value in _facts(explanation):
        hanging(screen, Text(name, style="dim"), Text(plain(value)), _LABEL_WIDTH)
    _show_advice(screen, explanation.advice, KINDS[explanation.kind].dont)
    screen.print()
    screen.print(Text.assemble("More: ", (f"ringback explain {explanation.kind}", "cyan")))


def show_page(kind: Kind, screen: Console | None = None) -> None:
    """Print the reference page of a kind."""
    screen = screen or console()
    screen.print(Text(kind.name, style="bold"))
    hanging(screen, Text(), styled(screen, kind.meaning), 0)
    screen.print()
    for name, value in (
        ("Layer", LAYERS[kind.layer]),
        ("Processed", DELIVERED[kind.delivered]),
        ("Retry", RETRY[kind.retry]),
        ("Named by", named_by(kind)),
    ):
        hanging(screen, Text(name, style="dim"), Text(value), _LABEL_WIDTH)
    _show_labelled(screen, "What it looks like", kind.looks_like, SEEN_IN)
    show_lines(screen, "Usual causes", kind.causes)
    _show_advice(screen, kind.do, kind.dont)
    if kind.layer != "none":
        reproduction = f"`ringback lab {kind.name}`, if `ringback lab --list` lists it."
        show_lines(screen, "How to reproduce it", [reproduction], "")
    show_lines(screen, "Often confused with", [f"`{name}`" for name in kind.related])
    _show_labelled(screen, "Also known as", kind.also_known_as, KNOWN_AS)


def _show_labelled(
    screen: Console, title: str, texts: Mapping[str, str], labels: Mapping[str, str]
) -> None:
    show_lines(screen, title, [f"{labels.get(name, name)}: {text}" for name, text in texts.items()])


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


def _show_advice(screen: Console, steps: Sequence[str], never: Sequence[str]) -> None:
    show_lines(screen, "What to do", steps, STEPS)
    show_lines(screen, "What not to do", never)
