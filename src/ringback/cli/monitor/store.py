"""``store copy``: from one engine to the other."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ringback.cli.input import InputError
from ringback.cli.monitor.database import database_option
from ringback.cli.terminal import counted, plain

_HELP = """Copy a monitor's database to PostgreSQL.

\b
Examples:
  ringback store copy ringback.db
"""

_COPY_HELP = """Copy a monitor's database file to an empty PostgreSQL.

Checks, rollups, incidents, notifications and everything that the monitor remembers are copied, and
compared by count and checksum. The monitor must not run. After an interruption the same command
goes on. The target is --db, or what the configuration names.

\b
Examples:
  ringback store copy ringback.db
  ringback store copy ringback.db --db postgresql://ringback@db.example.com/ringback

\b
Exit status:
  0  everything was copied
  2  something is in the way; the file is unchanged
"""


@click.group("store", help=_HELP)
def store_command() -> None:
    pass


@store_command.command("copy", help=_COPY_HELP)
@click.argument("source", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@database_option
def copy_command(source: Path, db: Path | str, *, as_json: bool) -> None:
    from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - takes SQLAlchemy
    from ringback.monitor.store.opening import is_url  # noqa: PLC0415 - as above

    if not is_url(db):
        raise InputError("the target is no PostgreSQL: name it in store.url, or with --db")
    try:
        from ringback.monitor.store.copying import copy_store  # noqa: PLC0415 - as above

        with _progress(shown=sys.stderr.isatty() and not as_json) as progress:
            copied = copy_store(source, str(db), progress=progress)
    except StoreProblem as error:
        raise InputError(plain(str(error))) from error
    if as_json:
        click.echo(json.dumps({"complete": True, "tables": [asdict(table) for table in copied]}))
        return
    rows = sum(table.rows for table in copied)
    click.echo(
        f"copied {counted(rows, 'row')} of {counted(len(copied), 'table')}, and compared; the file"
        " is unchanged"
    )


@contextlib.contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    if not shown:
        yield lambda *_: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 - the same

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("tables", total=None)
        yield lambda name, done, of: bar.update(
            task, description=plain(name), completed=done, total=of
        )
