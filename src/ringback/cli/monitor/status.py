"""``ringback status``: every endpoint of a running monitor, as it is now."""

import json
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from ringback.cli.layout import console
from ringback.cli.monitor.remote import Remote, asking
from ringback.cli.terminal import counted, plain

MARKS = {"ok": "✓", "down": "✗", "suspect": "?", "recovering": "↑", "unknown": "·"}
STYLES = {"ok": "green", "down": "bold red", "suspect": "yellow", "recovering": "yellow"}
_BROKEN = frozenset({"down", "recovering"})

_HELP = """Show every endpoint of a running monitor, as it is now.

\b
Examples:
  ringback status
  ringback status --state down
  ringback status --json | jq -r '.[] | select(.state != "ok") | .id'

\b
Exit status:
  0  nothing that is shown is down
  1  something is
  2  the monitor cannot be asked
"""


@click.command("status", help=_HELP)
@click.option("--state", type=click.Choice(sorted(MARKS)), help="Only endpoints in this state.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
@asking
@click.pass_context
def command(
    context: click.Context, state: str | None, url: str, token: str | None, *, as_json: bool
) -> None:
    """Show the endpoints."""
    query = f"?state={state}" if state else ""
    endpoints = Remote(url, token).all(f"/endpoints{query}")
    if as_json:
        click.echo(json.dumps(endpoints))
    else:
        _show(endpoints)
    context.exit(1 if any(one["state"] in _BROKEN for one in endpoints) else 0)


def _show(endpoints: list[dict[str, Any]]) -> None:
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "endpoint", "state", "since (UTC)", "what"):
        table.add_column(title, overflow="fold")
    for one in endpoints:
        style = STYLES.get(one["state"], "dim")
        table.add_row(
            Text(MARKS.get(one["state"], "·"), style=style),
            plain(one["name"]),
            Text(one["state"] + (" (silenced)" if one["silenced"] else ""), style=style),
            short(one["since"]),
            plain(one["kind"] or ""),
        )
    screen.print(table)
    down = sum(one["state"] in _BROKEN for one in endpoints)
    screen.print(Text(f"{counted(len(endpoints), 'endpoint')}, {down} down", style="bold"))


def short(moment: str | None) -> str:
    """Return a time as people read it; empty where there is none.

    Args:
        moment: RFC 3339, UTC.
    """
    return "" if moment is None else f"{moment[:10]} {moment[11:19]}"
