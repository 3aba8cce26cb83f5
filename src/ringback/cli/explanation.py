"""An explanation and the reference page of a kind as people read them."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringback.cli.layout import STEPS, console, hanging, show_lines, styled
from ringback.cli.terminal import plain
from ringback.failure import Explanation
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.page import DELIVERED, KNOWN_AS, LAYERS, RETRY, SEEN_IN, named_by
from ringback.failure.target import host_and_port

_LABEL_WIDTH = 11
_MAX_BEFORE, _MAX_DECIDED, _MAX_AFTER = 160, 320, 80
"""Characters shown at most: before the words that decided, of them, and after."""
_MAX_FAILURES = 30
_EARLIEST = (
    "Explained is the earliest of the most severe. That it came first does not make it the cause of"
    " the others."
)


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
    if len(explanation.failures) > 1:
        _show_failures(screen, explanation)
    _show_advice(screen, explanation.advice, KINDS[explanation.kind].dont)
    screen.print()
    screen.print(Text.assemble("More: ", (f"ringback explain {explanation.kind}", "cyan")))


def _show_failures(screen: Console, explanation: Explanation) -> None:
    """Print what else the text reports, earliest first."""
    groups = explanation.failures
    shown = groups[:_MAX_FAILURES]
    screen.print()
    screen.print(Text(f"{len(groups)} failures in this text, earliest first", style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    timed = any(group.times[0] for group in shown)
    days = {_day_of(time) for group in shown for time in group.times}
    date = len(days.pop()) if len(days) == 1 else 0  # the same of all is not shown
    table.add_column("Kind", overflow="fold")
    table.add_column("Target", overflow="fold")
    table.add_column("Count", justify="right", no_wrap=True)
    table.add_column("First" if timed else "First line", overflow="fold")
    table.add_column("Last" if timed else "Last line", overflow="fold")
    for group in shown:
        style = "bold" if group.first.span == explanation.span else ""
        ends = [time[date:] for time in group.times] if timed else map(str, group.lines)
        table.add_row(
            Text(group.first.kind, style), Text(plain(host_and_port(group.first.target))),
            str(group.count), *(Text(plain(end)) for end in ends),
        )  # fmt: skip
    screen.print(table)
    if len(groups) > len(shown):
        screen.print(f"and {len(groups) - len(shown)} more (--json lists all)")
    screen.print()
    hanging(screen, Text(), Text(_EARLIEST), 0)


def _day_of(time: str) -> str:
    return time[: max(time.rfind(" "), time.rfind("T")) + 1]


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
    if place := target.url or host_and_port(target):
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
