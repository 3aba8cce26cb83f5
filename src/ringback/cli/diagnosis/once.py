"""Targets diagnosed once, and what is printed and written of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringback.cli import INTERRUPTED
from ringback.cli.diagnosis.round import Round, diagnose_all
from ringback.cli.diagnosis.status import status_of
from ringback.cli.problem import Problem
from ringback.cli.terminal import plain
from ringback.diagnosis.record import record_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.cli.diagnosis.wishes import Wishes
    from ringback.diagnosis.model import Diagnosis, Reading


def diagnose_once(
    targets: Sequence[str], wishes: Wishes, *, as_json: bool, html: str | None, redact: bool
) -> int:
    """Diagnose targets, print and write what was found, and return the exit status.

    Args:
        targets: URLs, or hosts with a port.
        wishes: How.
        as_json: Print JSON.
        html: File for a page; ``None``: none.
        redact: Hide names and addresses.
    """
    done = _round(targets, wishes, live=not (as_json or redact))
    found = hidden(done.found) if redact else done.found
    if as_json:
        print_records(found, redacted=redact)
    elif found:
        _show(found)
    if html is not None and found:
        _write(html, found)
    return INTERRUPTED if done.interrupted else status_of(one.verdict for one in found)


def print_records(diagnoses: Sequence[Diagnosis], *, redacted: bool) -> None:
    """Print a line of JSON for each.

    Args:
        diagnoses: What was found.
        redacted: Whether names and addresses are hidden.
    """
    for one in diagnoses:
        click.echo(json.dumps(record_of(one, redacted=redacted)))


def hidden(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses with placeholders for names and addresses.

    Args:
        diagnoses: What was found.
    """
    from ringback.diagnosis.redact import redacted  # noqa: PLC0415 - only --redact needs it

    return redacted(diagnoses)


def _round(targets: Sequence[str], wishes: Wishes, *, live: bool) -> Round:
    if not (live and sys.stdout.isatty()):
        return diagnose_all(targets, wishes, _hear_nothing)
    from ringback.cli.diagnosis.live import shown_live  # noqa: PLC0415 - only a terminal needs it
    from ringback.cli.layout import console  # noqa: PLC0415 - rich is slow to import

    with shown_live(console(), targets) as hear:
        return diagnose_all(targets, wishes, hear)


def _hear_nothing(index: int, found: Reading | Diagnosis) -> None:
    del index, found


def _show(diagnoses: Sequence[Diagnosis]) -> None:
    from ringback.cli.diagnosis.show import show  # noqa: PLC0415 - rich is slow to import
    from ringback.cli.layout import console  # noqa: PLC0415 - as above

    show(console(), diagnoses)


def _write(path: str, diagnoses: Sequence[Diagnosis]) -> None:
    from ringback.diagnosis.page import page  # noqa: PLC0415 - only --html needs it

    try:
        Path(path).write_text(page(diagnoses), encoding="utf-8")
    except OSError as error:
        raise Problem(f"--html: cannot write {plain(path)}: {error.strerror}") from error
