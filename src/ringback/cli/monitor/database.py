"""A monitor's database, read without the monitor; ``export`` and ``backup``."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from ringback.cli.config import DEFAULT_FILE
from ringback.cli.input import InputError, nearest
from ringback.cli.terminal import counted, plain
from ringback.monitor.config.naming import endpoint_id

if TYPE_CHECKING:
    from ringback.monitor.store.reader import StoreReader

F = TypeVar("F", bound=Callable[..., Any])

DATABASE = Path("ringback.db")  # Where a monitor keeps what it knows, unless configured otherwise
_CONFIG = "ringback.config"  # What the context holds the option under


def database_option(function: F) -> F:
    """Give a command the options that say which store it reads."""
    database = click.option(
        "--db",
        callback=lambda context, _, given: _place(given, context.meta.get(_CONFIG)),
        help="The monitor's database: a file, or postgresql://…; default: the configuration's, or"
        f" {DATABASE}. The monitor may be running.",
    )
    config = click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=lambda context, _, given: context.meta.update({_CONFIG: given}),
        help=f"Configuration that names the database; default: {DEFAULT_FILE}, if there is one.",
    )
    return database(config(function))


def _place(given: str | None, config: Path | None) -> Path | str:
    """Return the file or URL of a store: as given, as configured, or by default."""
    from ringback.monitor.config.source import read_source  # noqa: PLC0415 - loads the monitor
    from ringback.monitor.store.opening import is_url  # noqa: PLC0415 - as above

    if given:
        return given if is_url(given) else Path(given)
    file = config or Path(DEFAULT_FILE)
    if config is None and not file.exists():
        return DATABASE
    source = read_source(file, os.environ)
    for problem in source.problems:  # what is wrong with other keys is no matter here
        if not problem.path or problem.path.startswith("store"):
            raise InputError(plain(str(problem)))
    store = source.data.get("store")
    named = store if isinstance(store, dict) else {}
    url = named.get("url")
    return str(url) if url else file.parent / str(named.get("path") or DATABASE)


@contextmanager
def opened_database(db: Path | str) -> Iterator[StoreReader]:
    """Give what reads a store; it is closed at the end."""
    from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - takes SQLAlchemy
    from ringback.monitor.store.opening import reader_at  # noqa: PLC0415 - as above

    try:
        reader = reader_at(db)
        try:
            yield reader
        finally:
            reader.close()
    except StoreProblem as error:
        raise InputError(plain(str(error))) from error


def known_endpoint(reader: StoreReader, id_: str) -> str:
    known = reader.endpoints()
    for called in (id_, endpoint_id("", id_)):  # by its name or URL, of which the id is made
        if called in known:
            return called
    raise InputError(f"no endpoint called {plain(id_)} is known{nearest(id_, known)}")


def parse_moment(text: str, now: float) -> float:
    """Return a time in seconds since 1970 UTC."""
    from ringback.monitor.export.availability import parse_time  # noqa: PLC0415 - loads the monitor

    try:
        return parse_time(text, now)
    except ValueError as error:
        raise InputError(plain(str(error))) from error


_EXPORT_HELP = """Export checks or incidents of a monitor to a file or to standard output.

``grafana`` is a dashboard for Grafana, ``prometheus-rules`` are alerts for Prometheus, both of what
the monitor shows at /metrics: they need no database.

Single checks are kept for two days unless the configuration says otherwise. Times are UTC.

\b
Examples:
  ringback export checks --since 24h -o checks.csv
  ringback export checks --endpoint shop --format jsonl | jq -r .kind
  ringback export incidents --since 2026-01-01 -o incidents.parquet
  ringback export checks --format jsonl | ringback replay
  ringback export grafana -o dashboards/ringback.json
  ringback export prometheus-rules -o rules/ringback.yml

\b
Exit status:
  0  everything was written
  2  the database cannot be read, or the file cannot be written
"""

_FORMATS = ("csv", "jsonl", "parquet")
_SHIPPED = {"grafana": "grafana.json", "prometheus-rules": "prometheus-rules.yml"}


@click.command("export", help=_EXPORT_HELP)
@click.argument("what", type=click.Choice(["checks", "incidents", *_SHIPPED]))
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="Default: by the suffix of FILE, else csv.",
)
@click.option("--since", default="7d", show_default=True, help="A time, or how long ago.")
@click.option("--until", default="", help="A time, or how long ago; default: now.")
@click.option("--endpoint", help="Only this endpoint.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@database_option
def export_command(  # noqa: PLR0913 - click gives each option by name
    *,
    what: str,
    form: str | None,
    since: str,
    until: str,
    endpoint: str | None,
    output: Path | None,
    db: Path | str,
) -> None:
    if what in _SHIPPED:
        _write_shipped(_SHIPPED[what], output)
        return
    now = time.time()
    ending = output.suffix.lstrip(".").lower() if output else ""
    form = form or (ending if ending in _FORMATS else "csv")
    with opened_database(db) as reader:
        if endpoint is not None:
            endpoint = known_endpoint(reader, endpoint)
        span = parse_moment(since, now), parse_moment(until, now) if until else now + 1.0
        with _opened(output, form) as out:
            count = _write(reader, what, form, (*span, endpoint), out)
    if output is not None:
        click.echo(f"{counted(count, what[:-1])} written to {plain(str(output))}", err=True)


def _write(
    reader: StoreReader,
    what: str,
    form: str,
    wanted: tuple[float, float, str | None],
    out: IO[bytes],
) -> int:
    from ringback.monitor.export import formats  # noqa: PLC0415 - loads the monitor

    records: Iterator[dict[str, Any]]
    if what == "checks":
        records, columns = map(formats.check_row, reader.checks(*wanted)), formats.CHECK_COLUMNS
    else:
        records, columns = (
            map(formats.incident_row, reader.incidents(*wanted)),
            formats.INCIDENT_COLUMNS,
        )
    try:
        return formats.FORMATS[form](records, columns, out)
    except ImportError as error:
        raise InputError(str(error)) from error


def _write_shipped(name: str, output: Path | None) -> None:
    text = (files("ringback.monitor.export") / name).read_text("utf-8")
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")  # no secret: Grafana and Prometheus run as others
    except OSError as error:
        raise InputError(f"{plain(str(output))} cannot be written: {error.strerror}") from error


def _opened_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _opened(output: Path | None, form: str) -> Iterator[IO[bytes]]:
    if output is None:
        if form == "parquet" and sys.stdout.isatty():
            raise InputError("Parquet cannot be written to a terminal: name a file with -o")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with open(output, "wb", opener=_opened_privately) as file:
            yield file
    except OSError as error:
        raise InputError(f"{plain(str(output))} cannot be written: {error.strerror}") from error


_BACKUP_HELP = """Copy a monitor's database consistently, also while the monitor runs.

A database in PostgreSQL is backed up by pg_dump or by the server's own means.

\b
Examples:
  ringback backup /backup/ringback.db
  ringback backup --db /var/lib/ringback.db /backup/ringback.db

\b
Exit status:
  0  the copy is complete
  2  the copy failed; an earlier copy of that name is unchanged
"""


@click.command("backup", help=_BACKUP_HELP)
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE")
@database_option
def backup_command(target: Path, db: Path | str) -> None:
    from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - as below
    from ringback.monitor.store.opening import backup  # noqa: PLC0415 - takes SQLAlchemy

    try:
        backup(db, target)
    except StoreProblem as error:
        raise InputError(plain(str(error))) from error
    click.echo(f"copied to {plain(str(target))} ({target.stat().st_size} bytes)")
