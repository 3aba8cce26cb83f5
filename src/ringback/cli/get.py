"""``ringback get``: a download that goes on over breaks, restarts and kills."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from ringback.cli.input import InputError, Seconds
from ringback.cli.terminal import counted, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringback.client.requests.download import Downloaded, Progress
    from ringback.errors import RingbackError

UNWRITABLE_STATUS, FAILED_STATUS = 1, 3
"""Exit statuses where the file cannot be written, and where the download has failed."""

_HELP = """Download a file, going on where it breaks off.

The file appears under its name when it is complete. Until then it grows as FILE.part, and the same
command goes on with that one: after a failure, Ctrl-C or a kill. A file that has changed on the
server meanwhile is begun anew.

\b
Examples:
  ringback get https://example.com/image.iso
  ringback get -o image.iso https://example.com/latest
  ringback get --sha256 9f86d081… https://example.com/image.iso
  ringback get --json https://example.com/image.iso | jq .size

\b
Exit status:
  0    the file is complete
  1    the file cannot be written
  2    wrong usage
  3    the download failed, or is not what was asked for
  130  interrupted
"""


@click.command("get", help=_HELP)
@click.argument("url")
@click.option("-o", "--output", metavar="FILE", help="Where to save it; replaced if it exists.")
@click.option("--sha256", metavar="HEX", help="What its SHA-256 must be.")
@click.option(
    "--attempts",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Attempts in a row that may bring nothing.",
)
@click.option("--deadline", type=Seconds(min=0.001), metavar="SECONDS", help="For all of it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def get_command(  # noqa: PLR0913 - one for each option
    *,
    url: str,
    output: str | None,
    sha256: str | None,
    attempts: int,
    deadline: float | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Download a file."""
    from ringback.errors import RingbackError  # noqa: PLC0415 - --help loads nothing

    path = _named_by(url) if output is None else Path(output)
    with _progress(path, shown=not quiet and sys.stderr.isatty()) as progress:
        how = {"sha256": sha256, "progress": progress, "deadline": deadline}
        ended = _ended(url, path, attempts, how)
    if isinstance(ended, RingbackError):
        return _show_failure(ended, path, as_json=as_json)
    if isinstance(ended, OSError):
        click.echo(f"ringback: {plain(str(ended.filename or path))}: {ended.strerror}", err=True)
        return UNWRITABLE_STATUS
    _show(ended, as_json=as_json)
    return 0


def _ended(
    url: str, path: Path, attempts: int, how: dict[str, Any]
) -> Downloaded | RingbackError | OSError:
    from ringback.errors import RingbackError  # noqa: PLC0415 - --help loads nothing

    try:
        return _download(url, path, attempts, how)
    except RingbackError as error:
        return error
    except OSError as error:
        return error
    except (ImportError, ValueError) as error:
        raise InputError(plain(str(error))) from error


def _download(url: str, path: Path, attempts: int, how: dict[str, Any]) -> Downloaded:
    from ringback import Policy, Session  # noqa: PLC0415 - --help loads nothing

    given = {name: value for name, value in how.items() if value is not None}
    with Session(policy=Policy(attempts=attempts), sinks=[]) as session:
        done: Downloaded = session.download(url, path, **given)
        return done


def _named_by(url: str) -> Path:
    """Return the file that the URL names, in the current directory, if there is none yet."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if not name or name in {".", ".."} or not name.isprintable() or {"/", "\\"} & set(name):
        raise InputError("the URL names no file; name one with -o FILE")
    path = Path(name)
    if path.exists() or name.startswith("."):
        why = "exists already" if path.exists() else "would be a hidden file"
        raise InputError(f"{plain(name)} {why}; say with -o FILE if that is meant")
    return path


@contextmanager
def _progress(path: Path, *, shown: bool) -> Iterator[Progress | None]:
    if not shown:
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.progress import (  # noqa: PLC0415 - the same
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    name = TextColumn("{task.description}", markup=False)
    with Progress(name, *columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(plain(path.name), total=None)
        yield lambda there, total: bar.update(task, completed=there, total=total)


def _show(done: Downloaded, *, as_json: bool) -> None:
    if as_json:
        record = {
            "complete": True,
            "path": str(done.path),
            "size": done.size,
            "resumed_at": done.resumed_at,
            "breaks": done.breaks,
        }
        click.echo(json.dumps(record))
        return
    parts = [f"{done.size} bytes"]
    if done.resumed_at:
        parts.append(f"{done.resumed_at} of them from before")
    if done.breaks:
        parts.append(f"went on over {counted(done.breaks, 'break')}")
    click.echo(f"{plain(str(done.path))}: {', '.join(parts)}")


def _show_failure(error: RingbackError, path: Path, *, as_json: bool) -> int:
    failure = error.failure
    if as_json:
        record = {
            "complete": False,
            "path": str(path),
            "kind": failure.kind,
            "message": failure.message,
            "advice": list(failure.advice),
        }
        click.echo(json.dumps(record))
    click.echo(f"ringback: {failure.kind}: {plain(failure.message)}", err=True)
    for line in getattr(error, "__notes__", ()):
        click.echo(plain(line), err=True)
    return InputError.exit_code if failure.layer == "config" else FAILED_STATUS
