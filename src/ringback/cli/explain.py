"""``ringback explain``: a text in, its cause out; many texts; a kind in, its page out."""

import contextlib
import errno
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from click.shell_completion import CompletionItem

from ringback.cli.input import (
    InputError,
    growing_lines,
    nearest,
    open_file,
    standard_input,
    text_lines,
)
from ringback.cli.terminal import plain
from ringback.failure import Explanation, FailureGroup, explain
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.target import host_and_port
from ringback.failure.text.explain import Log
from ringback.failure.text.records import Record, records

NOT_NAMED_STATUS = 3
"""Exit status where no kind could be named."""

MIN_SHOWN_BYTES = 8_000_000
"""Bytes of a text from which on it is shown how much of it was read."""
_LINES_PER_UPDATE = 5_000
_MAX_AROUND = 1_000  # Characters kept before and after the words that decided
_MAX_WORDS = 160
_NO_FILE = frozenset({errno.ENOENT, errno.ENAMETOOLONG})
_NOT_NAMED = frozenset({"unknown", "not_a_connection_failure"})

_HELP = """Explain which connection failure a text reports, and what to do.

The text is given as it is, or read from FILE or, by default, from standard input: a traceback, a
log of any length or a tool's message, from any library and platform, in many languages. Of several
failures the earliest of the most severe is explained, and all are listed. With the name of a kind,
print its reference page; for a file that is named like a kind, write ./KIND.

\b
Examples:
  python app.py 2>&1 | ringback explain
  ringback explain "Connection refused"
  ringback explain error.log
  ringback explain --json error.log | jq -r .kind
  ringback explain --jsonl < texts.jsonl
  journalctl -f | ringback explain --follow
  ringback explain tcp.refused

\b
Exit status:
  0  a kind was found (--jsonl: every line was explained)
  2  the input is invalid (--jsonl: at least one line is)
  3  the text reports no connection failure, or one of unknown kind
"""


def _completed(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    kinds = [CompletionItem(name) for name in KINDS if begun and name.startswith(begun)]
    return kinds or [CompletionItem(begun, type="file")]


@click.command("explain", help=_HELP)
@click.argument("what", default="-", metavar="[FILE|-|KIND|TEXT]", shell_complete=_completed)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--jsonl",
    "as_lines",
    is_flag=True,
    help='Explain many texts: {"id": …, "text": "…"} per line in, one JSON object per line out.',
)
@click.option(
    "--follow",
    is_flag=True,
    help="Wait for what is written yet; print a line for each new failure, at the end a summary.",
)
@click.pass_context
def explain_command(
    context: click.Context, what: str, *, as_json: bool, as_lines: bool, follow: bool
) -> None:
    """Explain a text, many, or a kind."""
    if as_lines and (as_json or follow):
        other = "--json" if as_json else "--follow"
        raise click.UsageError(f"{other} and --jsonl cannot be combined", context)
    if as_lines:
        context.exit(_lines(what))
    if what in KINDS and not follow:
        _show_kind(KINDS[what], as_json=as_json)
    else:
        context.exit(_explain(what, as_json=as_json, follow=follow))


def _lines(what: str) -> int:
    if what == "-":
        return 0 if explain_lines(standard_input()) else 2
    with open_file(what) as file:
        return 0 if explain_lines(file) else 2


def _explain(what: str, *, as_json: bool, follow: bool) -> int:
    log = Log()
    texts: dict[int, tuple[str, int]] = {}  # Where the words stand that decided, to those around
    stops = (KeyboardInterrupt,) if follow else ()
    with _open(what, follow=follow) as file, contextlib.suppress(*stops):
        for record in records(_lines_of(file, what, follow=follow)):
            new = log.take(record)
            if new is not None:
                texts[new.first.span[0]] = _around(record, new.first.span)
                if follow:
                    tell(new, as_json=as_json)
    return _show(log.explanation(), texts, as_json=as_json)


def _open(what: str, *, follow: bool) -> contextlib.AbstractContextManager[BinaryIO]:
    if what == "-":
        return contextlib.nullcontext(standard_input())
    try:
        return open_file(what)
    except InputError as problem:
        reason = problem.__cause__
        if not isinstance(reason, OSError) or reason.errno not in _NO_FILE:
            raise
        if not follow and _is_text(what):
            return io.BytesIO(what.encode("utf-8", "replace"))
        hint = nearest(what, KINDS)
        if reason.errno != errno.ENOENT or (not hint and "did you mean" in problem.message):
            raise
        called = f"no file and no kind called {plain(what)}"
        raise InputError(f"{called}{hint or '; ringback kinds lists the kinds'}") from problem


def _is_text(what: str) -> bool:
    """Whether what is no file is a text: it names a failure, or is no file's name."""
    return explain(what).kind not in _NOT_NAMED or (" " in what and not Path(what).suffix)


def _lines_of(file: BinaryIO, what: str, *, follow: bool) -> Iterator[str | None]:
    path = None if what == "-" or isinstance(file, io.BytesIO) else Path(what)
    if follow:
        return growing_lines(file, path)
    name = "standard input" if what == "-" else plain(what)
    size = os.fstat(file.fileno()).st_size if path is not None else 0
    lines = text_lines(file, name)
    return with_progress(lines, size) if size > MIN_SHOWN_BYTES and sys.stderr.isatty() else lines


def with_progress(lines: Iterable[str], size: int) -> Iterator[str]:
    """Show on stderr how much of a long text was read."""
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.progress import Progress  # noqa: PLC0415 - the same

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task, read = bar.add_task("reading", total=size), 0
        for number, line in enumerate(lines):
            read += len(line)
            if number % _LINES_PER_UPDATE == 0:
                bar.update(task, completed=read)
            yield line


def _around(record: Record, span: tuple[int, int]) -> tuple[str, int]:
    """Return the words that decided and what stands around them, and where that begins."""
    begin = max(span[0] - record.start - _MAX_AROUND, 0)
    text = record.text[begin : span[1] - record.start + _MAX_AROUND]
    return text, record.start + begin


def _show(explanation: Explanation, texts: dict[int, tuple[str, int]], *, as_json: bool) -> int:
    if as_json:
        groups = [group_record(group) for group in explanation.failures]
        click.echo(json.dumps({**explanation_record(explanation), "failures": groups}))
    else:
        from ringback.cli.explanation import show_explanation  # noqa: PLC0415 - rich is slow to import

        text, offset = texts.get(explanation.span[0], ("", 0))
        start, end = explanation.span
        show_explanation(text, replace(explanation, span=(start - offset, end - offset)))
    return NOT_NAMED_STATUS if explanation.kind in _NOT_NAMED else 0


def tell(group: FailureGroup, *, as_json: bool) -> None:
    """Print a failure that was not met before, as soon as it is."""
    if as_json:
        click.echo(json.dumps(group_record(group)))
        return
    first = group.first
    when = group.times[0] or f"line {group.lines[0]}"
    words = " ".join(plain(first.evidence).split())[:_MAX_WORDS]
    click.echo(
        "  ".join(part for part in (when, first.kind, host_and_port(first.target), words) if part)
    )


def group_record(group: FailureGroup) -> dict[str, Any]:
    """Return what ``--json`` prints of one of several failures."""
    said = explanation_record(group.first)
    kept = ("kind", "confidence", "delivered", "retry", "target", "library", "span", "evidence")
    return {
        **{name: said[name] for name in kept},
        "count": group.count,
        "lines": list(group.lines),
        "times": [time or None for time in group.times],
    }


def _show_kind(kind: Kind, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(kind)))
        return
    from ringback.cli.explanation import show_page  # noqa: PLC0415 - rich is slow to import

    show_page(kind)


def explanation_record(explanation: Explanation) -> dict[str, Any]:
    """Return what ``--json`` prints of an explanation."""
    return {
        "kind": explanation.kind,
        "layer": explanation.layer,
        "confidence": explanation.confidence,
        "phase": explanation.phase,
        "delivered": explanation.delivered,
        "retry": explanation.retry,
        "via": explanation.via,
        "span": list(explanation.span),
        "target": asdict(explanation.target),
        "platform": explanation.platform,
        "library": explanation.library,
        "meaning": explanation.meaning,
        "advice": list(explanation.advice),
        "evidence": explanation.evidence,
    }


def explain_lines(lines: Iterable[bytes]) -> bool:
    """Print the explanation of each line as soon as it is read; return whether all were good.

    A line that is no ``{"id": …, "text": "…"}`` is named on stderr and has no line in the output;
    the others are explained all the same. Empty lines are passed over.
    """
    good = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            name, text = _parse(line)
        except (ValueError, RecursionError) as error:
            good = False
            click.echo(f"ringback: line {number}: {_reason(error)}", err=True)
            continue
        click.echo(json.dumps({"id": name, **explanation_record(explain(text))}))
    return good


def _parse(line: bytes) -> tuple[Any, str]:
    try:
        given = json.loads(line.decode("utf-8-sig"), parse_constant=_no_json)
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    if not isinstance(given, dict):
        raise ValueError(f"not a JSON object but {_called(given)}")
    if "id" not in given:
        raise ValueError('no "id"')
    if not isinstance(given.get("text"), str):
        raise ValueError('"text" is not a string' if "text" in given else 'no "text"')
    return given["id"], given["text"]


def _no_json(word: str) -> NoReturn:
    raise ValueError(f"not JSON: {word}")


def _called(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
