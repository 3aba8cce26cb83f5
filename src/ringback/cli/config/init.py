"""``ringback init``: a configuration to start with."""

from pathlib import Path

import click

from ringback.cli.config.need import monitor_extra
from ringback.cli.problem import Problem
from ringback.cli.terminal import plain

SCHEMA = "ringback.schema.json"
_DEFAULT = "ringback.toml"

_HELP = f"""Write a configuration of the monitor to start with, and the JSON Schema for editors.

FILE is ringback.toml by default; {SCHEMA} is written beside it. With - the configuration alone is
printed. What is there already is left as it is, and nothing is written.

\b
Examples:
  ringback init && ringback up
  ringback init - | less
"""


@click.command("init", help=_HELP)
@click.argument("file", default=_DEFAULT, metavar="[FILE|-]")
@click.option("--force", is_flag=True, help="Replace what is there already.")
def command(file: str, *, force: bool) -> None:
    """Write a starter file."""
    with monitor_extra():
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
    for one, text in texts.items():
        _write(one, text)
    named = "" if file == _DEFAULT else f" -c {plain(file)}"
    click.echo(f"wrote {plain(file)} and {SCHEMA}; edit it, then: ringback up{named}")


def _refuse(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        if path.name == SCHEMA and _holds(path, text):
            continue
        if path.exists() or path.is_symlink():
            raise Problem(f"{plain(str(path))} is there already; --force replaces it")


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") == text
    except (OSError, ValueError):
        return False


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise Problem(f"cannot write {plain(str(path))}: {error.strerror}") from error
