"""``ringback explain``: a text in, its cause out; many texts; a kind in, its page out."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from ringback.cli.input import InputError, nearest, open_file, read_text, standard_input
from ringback.cli.terminal import plain
from ringback.failure import Explanation, explain
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS

NOT_NAMED_STATUS = 3
"""Exit status where no kind could be named."""

_NOT_NAMED = frozenset({"unknown", "not_a_connection_failure"})

_HELP = """Explain which connection failure a text reports, and what to do.

The text is read from FILE or, by default, from standard input: a traceback, log lines or a
tool's message, from any library and platform, in many languages. With the name of a kind, print its
reference page; for a file that is named like a kind, write ./KIND.

\b
Examples:
  python app.py 2>&1 | ringback explain
  ringback explain error.log
  ringback explain --json error.log | jq -r .kind
  ringback explain --jsonl < texts.jsonl
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
@click.argument("what", default="-", metavar="[FILE|-|KIND]", shell_complete=_completed)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--jsonl",
    "as_lines",
    is_flag=True,
    help='Explain many texts: {"id": …, "text": "…"} per line in, one JSON object per line out.',
)
@click.pass_context
def explain_command(context: click.Context, what: str, *, as_json: bool, as_lines: bool) -> None:
    """Explain a text, many, or a kind."""
    if as_json and as_lines:
        raise click.UsageError("--json and --jsonl cannot be combined", context)
    if as_lines:
        context.exit(_lines(what))
    if what in KINDS:
        _show_kind(KINDS[what], as_json=as_json)
    else:
        context.exit(_explain(what, as_json=as_json))


def _lines(what: str) -> int:
    if what == "-":
        return 0 if explain_lines(standard_input()) else 2
    with open_file(what) as file:
        return 0 if explain_lines(file) else 2


def _explain(what: str, *, as_json: bool) -> int:
    text = _text(what)
    explanation = explain(text)
    if as_json:
        click.echo(json.dumps(explanation_record(explanation)))
    else:
        from ringback.cli.explanation import show_explanation  # noqa: PLC0415 - rich is slow to import

        show_explanation(text, explanation)
    return NOT_NAMED_STATUS if explanation.kind in _NOT_NAMED else 0


def _text(what: str) -> str:
    try:
        return read_text(what)
    except InputError as problem:
        if not isinstance(problem.__cause__, FileNotFoundError):
            raise
        hint = nearest(what, KINDS)
        if not hint and "did you mean" in problem.message:
            raise
        called = f"no file and no kind called {plain(what)}"
        raise InputError(f"{called}{hint or '; ringback kinds lists the kinds'}") from problem


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
