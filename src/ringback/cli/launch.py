"""``ringback run``: an unchanged program, with ringback in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from ringback.cli.input import InputError
from ringback.cli.terminal import plain
from ringback.client.install.program import RunOptions, program_environment

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit statuses of a command that cannot be run, as shells have them."""

_HELP = """Run an unchanged Python program with ringback in it.

Calls through requests, urllib3, httpx, httpx2 and aiohttp then have default timeouts and raise
precise exceptions with the cause and what to do; each failure is a line on stderr. Nothing is
retried without --retry. The exit status is the program's, and signals reach it.

\b
Examples:
  ringback run python app.py --port 8000
  ringback run app.py
  ringback run --retry --log events.jsonl --json -- gunicorn app:app
"""


@click.command("run", help=_HELP, context_settings={"allow_interspersed_args": False})
@click.option("--retry", is_flag=True, help="Retry calls when that is safe.")
@click.option("--attempts", type=int, default=3, show_default=True, help="Attempts, with --retry.")
@click.option("--connect", type=float, default=5.0, show_default=True, help="Timeout in seconds.")
@click.option("--read", type=float, default=30.0, show_default=True, help="Timeout in seconds.")
@click.option(
    "--deadline",
    type=float,
    default=60.0,
    show_default=True,
    help="Seconds for a whole call, with --retry.",
)
@click.option(
    "--patience",
    type=float,
    help="Seconds a call waits for the end of an outage, with --retry; 0: none.  [default: 10]",
)
@click.option(
    "--log", type=click.Path(dir_okay=False, writable=True), help="A file instead of stderr."
)
@click.option("--json", is_flag=True, help="Events as JSON, one per line.")
@click.option("--quiet", is_flag=True, help="Show no events.")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND ...")
def run_command(*, words: tuple[str, ...], quiet: bool, log: str | None, **chosen: object) -> int:
    """Run a program."""
    if log:
        _append(Path(log))
    place = "" if quiet else (str(Path(log).absolute()) if log else None)
    options = RunOptions(log=place, **chosen)  # type: ignore[arg-type]  # click has checked the types
    try:
        options.policy()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return _run(_program(words), program_environment(options, os.environ))


def _append(log: Path) -> None:
    """Prove that events can be written to a file: the program, once it runs, has other cares."""
    try:
        log.open("ab").close()
    except OSError as error:
        raise InputError(f"--log: cannot write {plain(str(log))}: {error.strerror}") from error


def _program(words: tuple[str, ...]) -> list[str]:
    """Return the command; a Python file is run by this Python."""
    script = words[0].endswith(".py") and not os.access(words[0], os.X_OK)
    return [sys.executable, *words] if script else list(words)


def _run(words: list[str], env: dict[str, str]) -> int:
    sys.stdout.flush()
    try:
        if os.name == "posix":
            os.execvpe(words[0], words, env)  # noqa: S606 - the user's own command, in our place
        return subprocess.run(words, env=env, check=False).returncode  # noqa: S603 - the same
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        # PATH may have a folder that this user cannot read: only what was found is not executable.
        found = shutil.which(words[0], os.F_OK, env.get("PATH"))
        if isinstance(error, PermissionError) and found:
            said = f"{words[0]!r} is not executable; try: python {words[0]}"
            click.echo(f"ringback: {said}", err=True)
            return NOT_EXECUTABLE
        click.echo(f"ringback: there is no program called {words[0]!r}", err=True)
        return NOT_FOUND
