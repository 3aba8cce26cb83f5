"""Commands around a configuration: ``init``, ``check-config``, ``import``, ``notify-test``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringback.cli.input import InputError, nearest, open_file, read_text
from ringback.cli.terminal import counted, plain

if TYPE_CHECKING:
    from ringback.monitor.config import ConfigProblem, MonitorConfig
    from ringback.monitor.importing.draft import Draft
    from ringback.monitor.notify.settings import NotifierSettings

DEFAULT_FILE = "ringback.toml"
SCHEMA = "ringback.schema.json"

_INIT_HELP = f"""Write a configuration to start with, and the JSON Schema for editors.

FILE is ringback.toml by default; {SCHEMA} is written beside it. With -, only the configuration is
printed. Existing files are overwritten with --force only.

\b
Examples:
  ringback init && ringback up
  ringback init - | less
"""


@click.command("init", help=_INIT_HELP)
@click.argument("file", default=DEFAULT_FILE, metavar="[FILE|-]")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def init_command(file: str, *, force: bool) -> None:
    from ringback.monitor.config.starter import (  # noqa: PLC0415 - only this command needs it
        SCHEMA_LINE,
        schema_text,
        starter,
    )

    if file == "-":
        click.echo(starter(), nl=False)
        return
    path = Path(file)
    texts = {path: SCHEMA_LINE + starter(), path.with_name(SCHEMA): schema_text()}
    if not force:
        _refuse(texts)
    for target, text in texts.items():
        _write_new(target, text)
    named = "" if file == DEFAULT_FILE else f" -c {plain(file)}"
    click.echo(f"wrote {plain(file)} and {SCHEMA}; edit it, then: ringback up{named}")


def _refuse(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        if path.name == SCHEMA and _holds(path, text):
            continue
        if path.exists() or path.is_symlink():
            raise InputError(f"{plain(str(path))} exists already; --force overwrites it")


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") == text
    except (OSError, ValueError):
        return False


def _write_new(path: Path, text: str) -> None:
    """Write a file whole, or leave what is there as it was."""
    real = Path(os.path.realpath(path))
    ordinary = real.is_file() or not real.exists()
    part = real.with_name(f"{real.name}.part") if ordinary else real
    try:
        part.write_text(text, "utf-8", newline="\n")
        if real.is_file():
            shutil.copymode(real, part)
        if ordinary:
            part.replace(real)
    except OSError as error:
        if ordinary:
            with contextlib.suppress(OSError):
                part.unlink()
        raise InputError(f"cannot write {plain(str(path))}: {error.strerror}") from error


_CHECK_HELP = f"""Validate a configuration of the monitor, and list every problem.

FILE is {DEFAULT_FILE} by default. Included files are checked too.

\b
Examples:
  ringback check-config
  ringback check-config --json /etc/ringback.toml | jq '.problems[].message'

\b
Exit status:
  0  the configuration is valid
  2  it is not: one line per problem, FILE:LINE:COLUMN: problem
"""


@click.command("check-config", help=_CHECK_HELP)
@click.argument("file", default=DEFAULT_FILE, metavar="[FILE]", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check_config_command(context: click.Context, file: Path, *, as_json: bool) -> None:
    loaded, problems = _read(file)
    if loaded is not None:
        problems = [*_unusable_notifiers(file, loaded), *_nothing_said(loaded)]
    if loaded is None or problems:
        _complain(problems, as_json=as_json)
        context.exit(2)
    if as_json:
        click.echo(json.dumps(_record(loaded)))
    else:
        for line in _summary(loaded):
            click.echo(plain(line))


def _read(file: Path) -> tuple[MonitorConfig | None, list[ConfigProblem]]:
    """Return a configuration, or else what is wrong with it."""
    from ringback.monitor.config import ConfigInvalid  # noqa: PLC0415 - slow to import
    from ringback.monitor.config.load import load  # noqa: PLC0415 - slow to import

    try:
        return load(file, os.environ), []
    except ConfigInvalid as error:
        return None, error.problems


def _unusable_notifiers(file: Path, loaded: MonitorConfig) -> Iterator[ConfigProblem]:
    """Those that cannot be made: `ringback up` would end with the first."""
    from ringback.monitor.config import ConfigProblem  # noqa: PLC0415 - slow to import
    from ringback.monitor.notify.channel import NotifierInvalid, channel_of  # noqa: PLC0415 - as above

    for notifier in loaded.notifiers:
        try:
            channel_of(notifier)
        except NotifierInvalid as error:
            yield ConfigProblem(file=file, message=str(error))


def _nothing_said(loaded: MonitorConfig) -> Iterator[ConfigProblem]:
    """A file that says nothing: the monitor takes it, and nobody who has one checked means it."""
    from ringback.monitor.config import ConfigProblem  # noqa: PLC0415 - slow to import

    lines = [line.strip() for file in loaded.files for line in read_text(str(file)).splitlines()]
    if all(line.startswith("#") for line in lines if line):
        message = "says nothing: add an [[endpoint]] with a url"
        yield ConfigProblem(file=loaded.files[0], message=message)


def _complain(problems: list[ConfigProblem], *, as_json: bool) -> None:
    if as_json:
        records = [{**asdict(problem), "file": str(problem.file)} for problem in problems]
        click.echo(json.dumps({"ok": False, "problems": records}))
        return
    for problem in problems:
        click.echo(plain(str(problem)))


def _record(loaded: MonitorConfig) -> dict[str, Any]:
    return {
        "ok": True,
        "files": [str(file) for file in loaded.files],
        "endpoints": [
            {
                "id": endpoint.id,
                "name": endpoint.name,
                "type": endpoint.type,
                "group": endpoint.watched.group,
            }
            for endpoint in loaded.endpoints
        ],
        "notifiers": [
            {"name": notifier.name, "type": notifier.type} for notifier in loaded.notifiers
        ],
        "routes": len(loaded.routes),
        "maintenance": len(loaded.maintenance),
        "tokens": [token.name for token in loaded.web.tokens],
        "notices": [notice for notice in [loaded.lack_of_controls] if notice],
    }


def _summary(loaded: MonitorConfig) -> list[str]:
    types = Counter(endpoint.type for endpoint in loaded.endpoints)
    watched = ", ".join(f"{count} {kind}" for kind, count in types.most_common())
    rate = sum(1 / endpoint.every for endpoint in loaded.endpoints if endpoint.type != "heartbeat")
    notifiers = ", ".join(f"{notifier.name} ({notifier.type})" for notifier in loaded.notifiers)
    return [
        *(f"{file}: valid" for file in loaded.files),
        f"endpoints: {len(loaded.endpoints)}" + (f" ({watched})" if watched else ""),
        f"checks per second: {rate:.3g}",
        f"notifiers: {notifiers or 'none; add a [[notifier]] to be notified'}",
        f"page: {loaded.web.url}",
        *filter(None, [loaded.lack_of_controls]),
    ]


IMPORT_TYPES = ("prometheus", "gatus", "upptime", "uptime-kuma", "nagios", "icinga", "urls")

_IMPORT_HELP = f"""Import another tool's configuration: convert its files into one of ringback's.

What cannot be converted is listed on standard error, with file and line. Passwords and tokens are
not written: each becomes an environment variable, listed at the top.

TYPE is one of {", ".join(IMPORT_TYPES)}; by default it is detected for each file.

\b
Examples:
  ringback import blackbox.yml prometheus.yml -o ringback.toml
  ringback import gatus.yaml > ringback.toml && ringback check-config
  ringback import --from nagios /etc/nagios4/conf.d/*.cfg -o ringback.toml
"""


@click.command("import", help=_IMPORT_HELP)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--from", "kind", metavar="TYPE", help="Type of the files.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this new file.")
def import_command(files: tuple[str, ...], kind: str | None, output: Path | None) -> None:
    if kind is not None and kind not in IMPORT_TYPES:
        hint = nearest(kind, IMPORT_TYPES) or f"; there are {', '.join(IMPORT_TYPES)}"
        raise InputError(f"unknown type {plain(kind)}{hint}")
    if output is not None and output.exists():
        raise InputError(f"{plain(str(output))} exists already; name a new file")
    from ringback.monitor.importing.draft import ImportedFile, ImportRefused, to_toml  # noqa: PLC0415 - only this command needs it
    from ringback.monitor.importing.registry import convert  # noqa: PLC0415 - as above

    texts = [ImportedFile(Path(name), _imported_text(name)) for name in files]
    try:
        draft = convert(texts, kind)
    except ImportRefused as error:
        raise InputError(plain(" ".join(str(error).split()))) from error
    if not (draft.endpoints or draft.notifiers or draft.modules or draft.notes):
        known = f"of type {kind}" if kind else "of a known type"
        raise InputError(f"{plain(', '.join(files))}: nothing {known} was found; see --from")
    if output is None:
        click.echo(to_toml(draft), nl=False)
    else:
        _write_new(output, to_toml(draft))
    _report(draft)


def _imported_text(name: str) -> str:
    from ringback.monitor.importing.kuma import SQLITE_HEAD, backup_of  # noqa: PLC0415 - only this command needs it

    if name != "-" and Path(name).is_file():
        with open_file(name) as file:
            database = file.read(len(SQLITE_HEAD)) == SQLITE_HEAD
        if database:
            try:
                return backup_of(Path(name))
            except ValueError as error:
                raise InputError(plain(f"{name} {error}")) from error
    return read_text(name)


def _report(draft: Draft) -> None:
    for note in draft.notes:
        click.echo(plain(str(note)), err=True)
    counts = {
        "endpoint": len(draft.endpoints),
        "notifier": len(draft.notifiers),
        **({"module": len(draft.modules)} if draft.modules else {}),
        "note": len(draft.notes),
    }
    counted_words = [counted(count, word) for word, count in counts.items()]
    click.echo(f"{', '.join(counted_words)} on what could not be imported", err=True)


_MAX_PARALLEL = 8

_NOTIFY_HELP = f"""Send a test notification, marked as one, and show whether it was delivered.

The configuration is {DEFAULT_FILE} by default. The monitor need not run.

\b
Examples:
  ringback notify-test ops
  ringback notify-test --all -c /etc/ringback.toml

\b
Exit status:
  0  all delivered
  1  at least one was not
  2  the configuration is invalid, or has no such notifier
"""


@click.command("notify-test", help=_NOTIFY_HELP)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="All notifiers.")
@click.option(
    "-c",
    "--config",
    "file",
    default=DEFAULT_FILE,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The configuration.",
)
@click.pass_context
def notify_test_command(
    context: click.Context, names: tuple[str, ...], file: Path, *, every: bool
) -> None:
    if every == bool(names):
        raise click.UsageError("name the notifiers, or give --all", context)
    loaded = loaded_config(file)
    chosen = _chosen(loaded.notifiers, names, file)
    failed = 0
    with ThreadPoolExecutor(_MAX_PARALLEL) as threads:
        results = threads.map(partial(_send_test, vantage=loaded.vantage), chosen)
        for notifier, (error, seconds) in zip(chosen, results, strict=True):
            outcome = f"not delivered: {error}" if error else f"delivered in {seconds:.2f} s"
            click.echo(plain(f"{notifier.name} ({notifier.type}): {outcome}"))
            failed += bool(error)
    context.exit(1 if failed else 0)


def loaded_config(file: Path) -> MonitorConfig:
    """Return a configuration; one with problems is an error of one line, which names the first."""
    loaded, problems = _read(file)
    if loaded is None:
        rest = len(problems) - 1
        more = f" (and {rest} more: ringback check-config)" if rest else ""
        raise InputError(plain(f"{problems[0]}{more}"))
    return loaded


def _chosen(
    known: Iterable[NotifierSettings], names: tuple[str, ...], file: Path
) -> list[NotifierSettings]:
    by_name = {notifier.name: notifier for notifier in known}
    if not by_name:
        raise InputError(f"{plain(str(file))} has no notifier; add a [[notifier]]")
    for name in names:
        if name not in by_name:
            hint = nearest(name, by_name) or f"; there is {', '.join(by_name)}"
            raise InputError(plain(f"no notifier is called {name!r}{hint}"))
    return [by_name[name] for name in dict.fromkeys(names or by_name)]


def _send_test(notifier: NotifierSettings, vantage: str) -> tuple[str, float]:
    """Return why a test did not arrive (``""``: it did), and how long it took in seconds."""
    from ringback.monitor.notify.channel import (  # noqa: PLC0415 - with the configuration
        NotifierInvalid,
        NotSent,
        channel_of,
    )
    from ringback.monitor.notify.notification import (  # noqa: PLC0415 - with the configuration
        trial_notification,
    )

    begun = time.monotonic()
    try:
        channel_of(notifier).send(trial_notification(notifier, time.time(), vantage))
    except (NotSent, NotifierInvalid) as error:
        return str(error), time.monotonic() - begun
    return "", time.monotonic() - begun
