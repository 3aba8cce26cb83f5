"""``ringback incidents``: what is wrong now, and what was."""

import json
from operator import itemgetter
from typing import Any

import click
from rich.text import Text

from ringback.cli.layout import console, hanging
from ringback.cli.monitor.remote import Remote, asking, segment
from ringback.cli.monitor.status import short
from ringback.cli.terminal import plain

_HELP = """Show the incidents that are not over, or one with its timeline.

\b
Examples:
  ringback incidents
  ringback incidents --all
  ringback incidents 20261121T120000Z-shop

\b
Exit status:
  0  nothing is open (or the one that was asked for is closed)
  1  something is
  2  the monitor cannot be asked
"""


@click.command("incidents", help=_HELP)
@click.argument("incident", required=False)
@click.option("--all", "every", is_flag=True, help="Those that are over too.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
@asking
@click.pass_context
def command(
    context: click.Context,
    incident: str | None,
    url: str,
    token: str | None,
    *,
    every: bool,
    as_json: bool,
) -> None:
    """Show incidents."""
    remote = Remote(url, token)
    if incident is not None:
        found = [remote.get(f"/incidents/{segment(incident)}")]
    else:
        states = ("open", "acknowledged", *(["closed"] if every else []))
        found = [one for state in states for one in remote.all(f"/incidents?state={state}")]
        found.sort(key=itemgetter("opened_at"), reverse=True)
    if as_json:
        click.echo(json.dumps(found if incident is None else found[0]))
    else:
        for one in found:
            _show(one, whole=incident is not None)
        if not found:
            click.echo("nothing is wrong")
    context.exit(1 if any(one["state"] != "closed" for one in found) else 0)


def _show(one: dict[str, Any], *, whole: bool) -> None:
    screen = console()
    style = {"open": "bold red", "acknowledged": "yellow"}.get(one["state"], "green")
    head = f"{one['state']}  {one['pattern'].replace('_', ' ')}  {one['id']}"
    screen.print(Text(plain(head), style=style))
    hanging(screen, Text(), Text(plain(one["summary"])), 2)
    closed = f", over {short(one['closed_at'])}" if one["closed_at"] else ""
    taken = f", taken by {plain(one['acknowledged_by'])}" if one["acknowledged_by"] else ""
    facts = f"since {short(one['opened_at'])} UTC{closed}{taken}; {', '.join(one['members'])}"
    hanging(screen, Text(), Text(plain(facts), style="dim"), 2)
    if whole:
        for line in (one["diagnosis"] or {}).get("verdict", {}).get("advice", ()):
            hanging(screen, Text("  -"), Text(plain(line)), 4)
        for entry in one["timeline"]:
            label = Text(f"  {short(entry['at'])} {entry['what']}", style="dim")
            hanging(screen, label, Text(plain(entry["text"])), 36)
    screen.print()
