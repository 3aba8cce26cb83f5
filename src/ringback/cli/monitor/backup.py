"""``ringback backup``: a copy of a monitor's database that is whole, while it runs."""

from pathlib import Path

import click

from ringback.cli.problem import Problem
from ringback.cli.terminal import plain

_HELP = """Copy a monitor's database, whole and as of one moment, while the monitor runs.

\b
Examples:
  ringback backup /backup/ringback.db
  ringback backup --db /var/lib/ringback.db /backup/ringback.db

\b
Exit status:
  0  the copy is complete
  2  it could not be made; an earlier copy of that name is as it was
"""


@click.command("backup", help=_HELP)
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--db",
    "source",
    type=click.Path(path_type=Path),
    default=Path("ringback.db"),
    show_default=True,
    help="The monitor's database.",
)
def command(target: Path, source: Path) -> None:
    """Back the database up."""
    from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - as below
    from ringback.monitor.store.sqlite.database import copy_database  # noqa: PLC0415 - takes SQLAlchemy

    try:
        copy_database(source, target)
    except StoreProblem as error:
        raise Problem(plain(str(error))) from error
    click.echo(f"copied to {plain(str(target))} ({target.stat().st_size} bytes)")
