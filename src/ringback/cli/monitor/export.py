"""``ringback export``: checks or incidents of a monitor, for other programs."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ringback.cli.monitor.kept import a_time, known_endpoint, opened_database, reading_from
from ringback.cli.problem import Problem
from ringback.cli.terminal import counted, plain

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.reader import SQLiteReader

_HELP = """Write checks or incidents of a monitor to a file or to standard output.

Single checks are kept for two days unless the configuration says otherwise. Times are UTC.

\b
Examples:
  ringback export checks --since 24h -o checks.csv
  ringback export checks --endpoint shop --format jsonl | jq -r .kind
  ringback export incidents --since 2026-01-01 -o incidents.parquet
  ringback export checks --format jsonl | ringback replay

\b
Exit status:
  0  everything was written
  2  the database cannot be read, or the file cannot be written
"""

_FORMATS = ("csv", "jsonl", "parquet")


@click.command("export", help=_HELP)
@click.argument("what", type=click.Choice(["checks", "incidents"]))
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), help="Default: as FILE ends, or csv."
)
@click.option("--since", default="7d", show_default=True, help="A time, or how long ago.")
@click.option("--until", default="", help="A time, or how long ago; default: now.")
@click.option("--endpoint", help="Only of this one.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@reading_from
def command(  # noqa: PLR0913 - click gives each option by name
    *,
    what: str,
    form: str | None,
    since: str,
    until: str,
    endpoint: str | None,
    output: Path | None,
    db: Path,
) -> None:
    """Export what a monitor has kept."""
    now = time.time()
    ending = output.suffix.lstrip(".").lower() if output else ""
    form = form or (ending if ending in _FORMATS else "csv")
    with opened_database(db) as reader:
        if endpoint is not None:
            endpoint = known_endpoint(reader, endpoint)
        span = a_time(since, now), a_time(until, now) if until else now + 1.0
        with _opened(output, form) as out:
            count = _write(reader, what, form, (*span, endpoint), out)
    if output is not None:
        click.echo(f"{counted(count, what[:-1])} written to {plain(str(output))}", err=True)


def _write(
    reader: SQLiteReader,
    what: str,
    form: str,
    wanted: tuple[float, float, str | None],
    out: IO[bytes],
) -> int:
    from ringback.monitor.export import formats  # noqa: PLC0415 - loads the monitor

    records: Iterator[dict[str, Any]]
    if what == "checks":
        records, columns = map(formats.check_record, reader.checks(*wanted)), formats.CHECK_COLUMNS
    else:
        records, columns = (
            map(formats.incident_record, reader.incidents(*wanted)),
            formats.INCIDENT_COLUMNS,
        )
    try:
        return formats.FORMATS[form](records, columns, out)
    except ImportError as error:
        raise Problem(str(error)) from error


@contextlib.contextmanager
def _opened(output: Path | None, form: str) -> Iterator[IO[bytes]]:
    if output is None:
        if form == "parquet" and sys.stdout.isatty():
            raise Problem("Parquet is nothing for a terminal: name a file with -o")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as file:
            yield file
    except OSError as error:
        raise Problem(f"{plain(str(output))} cannot be written: {error.strerror}") from error
