"""``ringback ack``: take an incident, so that it is told to nobody else until it is over."""

import getpass

import click

from ringback.cli.monitor.remote import Remote, asking, segment
from ringback.cli.terminal import plain

_HELP = """Take an incident: nobody is reminded of it any more, its end is told.

\b
Examples:
  ringback ack 20261121T120000Z-shop
  ringback ack --all
"""


def who() -> str:
    """Return what this user is called; ``""``: it is not known."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


@click.command("ack", help=_HELP)
@click.argument("incidents", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are open.")
@asking
@click.pass_context
def command(
    context: click.Context, incidents: tuple[str, ...], url: str, token: str | None, *, every: bool
) -> None:
    """Take incidents."""
    if every == bool(incidents):
        raise click.UsageError("name the incidents, or give --all", context)
    remote = Remote(url, token)
    if every:
        incidents = tuple(one["id"] for one in remote.all("/incidents?state=open"))
    for one in incidents:
        remote.post(f"/incidents/{segment(one)}/acknowledge", {"by": who()})
        click.echo(f"taken: {plain(one)}")
    if not incidents:
        click.echo("nothing is open")
