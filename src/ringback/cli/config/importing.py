"""``ringback import``: the configuration of another tool in, one of ringback's out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringback.cli.config.need import monitor_extra
from ringback.cli.problem import Problem, nearest
from ringback.cli.source import text_of
from ringback.cli.terminal import counted, plain

if TYPE_CHECKING:
    from ringback.monitor.importing import Draft

KINDS = ("prometheus", "gatus", "upptime", "uptime-kuma", "nagios", "icinga", "urls")

_HELP = f"""Read configurations of other tools, and write them as one of ringback's.

What could not be carried over is listed on standard error, with file and line. Passwords and tokens
are not written: each becomes a variable of the environment, named at the top.

TYPE is one of {", ".join(KINDS)}; by default each file says of which type it is.

\b
Examples:
  ringback import blackbox.yml prometheus.yml -o ringback.toml
  ringback import gatus.yaml > ringback.toml && ringback check-config
  ringback import --from nagios /etc/nagios4/conf.d/*.cfg -o ringback.toml
"""


@click.command("import", help=_HELP)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--from", "kind", metavar="TYPE", help="Of which type the files are.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this new file.")
def command(files: tuple[str, ...], kind: str | None, output: Path | None) -> None:
    """Convert the files."""
    if kind is not None and kind not in KINDS:
        hint = nearest(kind, KINDS) or f"; there are {', '.join(KINDS)}"
        raise Problem(f"there is no type {plain(kind)}{hint}")
    if output is not None and output.exists():
        raise Problem(f"{plain(str(output))} is there already; name a new file")
    with monitor_extra():
        from ringback.monitor.importing import (  # noqa: PLC0415 - only this command needs it
            ImportedFile,
            ImportRefused,
            convert,
            to_toml,
        )
    texts = [ImportedFile(Path(name), text_of(name)) for name in files]
    try:
        draft = convert(texts, kind)
    except ImportRefused as error:
        raise Problem(plain(" ".join(str(error).split()))) from error
    if not (draft.endpoints or draft.notifiers or draft.notes):
        known = f"of type {kind}" if kind else "that is known"
        raise Problem(f"{plain(', '.join(files))}: there is nothing in it {known}; see --from")
    _write(to_toml(draft), output)
    _report(draft)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise Problem(f"cannot write {plain(str(output))}: {error.strerror}") from error


def _report(draft: Draft) -> None:
    for note in draft.notes:
        click.echo(plain(str(note)), err=True)
    counts = {
        "endpoint": len(draft.endpoints),
        "notifier": len(draft.notifiers),
        "note": len(draft.notes),
    }
    said = [counted(count, word) for word, count in counts.items()]
    click.echo(f"{', '.join(said)} on what could not be carried over", err=True)
