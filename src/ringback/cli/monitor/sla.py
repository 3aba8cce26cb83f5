"""``ringback report``: how available endpoints were, by the month."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len
from rich.text import Text

from ringback.cli.layout import console
from ringback.cli.monitor.kept import known_endpoint, opened_database, reading_from
from ringback.cli.problem import Problem
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.reader import SQLiteReader

_HELP = """Show how available endpoints were, by calendar month (UTC).

A month's availability is the share of the known time in which an endpoint was not down: from the
first of the failures that made it down to the first of the successes that confirmed it. Time in
which nobody looked, or in which the monitor itself was not well, counts neither way.

\b
Examples:
  ringback report
  ringback report --month 2026-10
  ringback report shop api --months 12 --csv > year.csv

\b
Exit status:
  0  the report was made
  2  the database cannot be read
"""

_SHOWN = ("month", "endpoint", "availability", "down", "outages", "repair", "unknown", "p50", "p95")
_HEADS = {"availability": "available", "down": "down for"}


@click.command("report", help=_HELP)
@click.argument("endpoints", nargs=-1, metavar="[ENDPOINT]...")
@click.option("--month", help="A month such as 2026-11; default: this one.")
@click.option(
    "--months", type=click.IntRange(1, 120), help="So many months, the last of them this one."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array; times in seconds.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV; times in seconds.")
@reading_from
def command(
    endpoints: tuple[str, ...],
    month: str | None,
    months: int | None,
    db: Path,
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Report availability."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    if month is not None and months is not None:
        raise click.UsageError("--month and --months exclude each other")
    with opened_database(db) as reader:
        found = _rows(reader, endpoints, month, months or 1)
    if as_json:
        click.echo(json.dumps(found))
    elif as_csv:
        _csv(found)
    else:
        _show(found)


def _rows(
    reader: SQLiteReader, endpoints: tuple[str, ...], month: str | None, months: int
) -> list[dict[str, Any]]:
    from ringback.monitor.export.availability import (  # noqa: PLC0415 - loads the monitor
        availability_rows,
        months_until,
    )

    wanted = [known_endpoint(reader, one) for one in endpoints] or reader.endpoints()
    now = time.time()
    named = [month] if month is not None else months_until(now, months)
    try:
        return list(availability_rows(reader, named, wanted, now))
    except ValueError as error:
        raise Problem(plain(str(error))) from error


def _csv(rows: list[dict[str, Any]]) -> None:
    from ringback.monitor.export.availability import AVAILABILITY_COLUMNS  # noqa: PLC0415 - loads the monitor

    writer = csv.DictWriter(sys.stdout, AVAILABILITY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _show(rows: list[dict[str, Any]]) -> None:
    if not rows:
        click.echo("nothing was watched in that time")
        return
    lines = [[_HEADS.get(name, name) for name in _SHOWN]]
    lines += [[_cell(name, row[name]) for name in _SHOWN] for row in rows]
    widths = [max(cell_len(line[n]) for line in lines) for n in range(len(_SHOWN))]
    screen = console()
    for number, line in enumerate(lines):
        cells = [_aligned(*one) for one in zip(_SHOWN, line, widths, strict=True)]
        style = "dim" if number == 0 else ""
        screen.print(Text("  ".join(cells).rstrip(), style=style), soft_wrap=True)


def _aligned(name: str, cell: str, width: int) -> str:
    room = " " * (width - cell_len(cell))
    return cell + room if name in {"month", "endpoint"} else room + cell


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "availability":
        # Rounded down: 99.999 % is not 100 %.
        return f"{int(value * 1000) / 1000:.3f} %"
    if name in {"down", "repair", "unknown"}:
        return span(value)
    if name in {"p50", "p95"}:
        return f"{value * 1000:.0f} ms" if value < 10 else f"{value:.1f} s"
    return plain(str(value))


def span(seconds: float) -> str:
    """Return a duration in its two largest units, such as ``3 h 20 min``.

    Args:
        seconds: The duration.
    """
    left = round(seconds)
    parts: list[str] = []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"
