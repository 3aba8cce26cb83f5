"""Many texts: one JSON object per line in, one per line out."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

import click

from ringback.cli.record import record_of
from ringback.failure import explain


def explain_lines(lines: Iterable[bytes]) -> bool:
    """Print the explanation of each line as soon as it is read; return whether all were good.

    A line that is no ``{"id": …, "text": "…"}`` is named on stderr and has no line in the output;
    the others are explained all the same. Empty lines are passed over.

    Args:
        lines: The input.
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
        click.echo(json.dumps({"id": name, **record_of(explain(text))}))
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
