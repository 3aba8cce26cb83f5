"""The commands that ask a running monitor: ``status``, ``incidents``, ``ack`` and ``silence``."""

import getpass
import json
from fnmatch import fnmatchcase
from operator import itemgetter
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from ringback.cli.input import InputError, nearest
from ringback.cli.layout import console, hanging
from ringback.cli.monitor.remote import Remote, endpoints_named, monitor_options, segment
from ringback.cli.terminal import counted, plain
from ringback.incident.advice import operators_steps

MARKS = {
    "ok": "✓",
    "partial": "◐",
    "down": "✗",
    "suspect": "?",
    "recovering": "↑",
    "unknown": "·",
    "paused": "‖",
}
STYLES = {
    "ok": "green",
    "down": "bold red",
    "partial": "yellow",
    "suspect": "yellow",
    "recovering": "yellow",
}
_DOWN_STATES = frozenset({"down", "recovering"})

_STATUS_HELP = """Show the state of every endpoint of a running monitor, or of some.

ENDPOINT is an id, a name, an URL, or a pattern of ids with *.

\b
Examples:
  ringback status
  ringback status https://shop.example.com 'db-*'
  ringback status --state down
  ringback status --vantage tokyo
  ringback status --json | jq -r '.[] | select(.state != "ok") | .id'

\b
Exit status:
  0  no endpoint shown is down
  1  at least one is
  2  the monitor cannot be reached
"""


@click.command("status", help=_STATUS_HELP)
@click.argument("wanted", nargs=-1, metavar="[ENDPOINT]...")
@click.option("--state", type=click.Choice(sorted(MARKS)), help="Only endpoints in this state.")
@click.option("--vantage", help="As this place alone sees them.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
@monitor_options
@click.pass_context
def status_command(  # noqa: PLR0913 - click gives each option by name
    context: click.Context,
    wanted: tuple[str, ...],
    state: str | None,
    vantage: str | None,
    url: str,
    token: str | None,
    *,
    as_json: bool,
) -> None:
    query = f"?state={state}" if state and not (vantage or wanted) else ""
    remote = Remote(url, token)
    endpoints = remote.all(f"/endpoints{query}")
    if wanted:
        named = {end["id"] for word in wanted for end in _known(word, endpoints)}
        endpoints = [end for end in endpoints if end["id"] in named]
        endpoints = [end for end in endpoints if vantage or state in (None, end["state"])]
    if vantage:
        seen = [_seen_from(endpoint, vantage) for endpoint in endpoints]
        endpoints = [end for end in seen if end is not None and state in (None, end["state"])]
    if as_json:
        click.echo(json.dumps(endpoints))
    else:
        _show_endpoints(endpoints)
        _show_lead(remote.get("/status").get("lead"))
    context.exit(1 if any(endpoint["state"] in _DOWN_STATES for endpoint in endpoints) else 0)


def _known(word: str, endpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if named := endpoints_named(word, endpoints):
        return named
    hint = nearest(word, [endpoint["id"] for endpoint in endpoints])
    raise InputError(f"no endpoint is called {plain(word)}{hint}")


def _seen_from(endpoint: dict[str, Any], vantage: str) -> dict[str, Any] | None:
    """Return an endpoint as one place sees it; ``None``: that place does not check it."""
    for observer in endpoint["observers"]:
        if observer["id"] == f"probe:{vantage}":
            kind = observer["kind_of_failure"]
            return {
                **endpoint,
                "state": observer["state"],
                "since": observer["since"],
                "kind": kind,
            }
    return None


def _show_endpoints(endpoints: list[dict[str, Any]]) -> None:
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "endpoint", "state", "since (UTC)", "failure"):
        table.add_column(title, overflow="fold")
    for endpoint in endpoints:
        style = STYLES.get(endpoint["state"], "dim")
        table.add_row(
            Text(MARKS.get(endpoint["state"], "·"), style=style),
            plain(endpoint["name"]),
            Text(endpoint["state"] + (" (silenced)" if endpoint["silenced"] else ""), style=style),
            short_time(endpoint["since"]),
            plain(endpoint["kind"] or ""),
        )
    screen.print(table)
    down = sum(endpoint["state"] in _DOWN_STATES for endpoint in endpoints)
    screen.print(Text(f"{counted(len(endpoints), 'endpoint')}, {down} down", style="bold"))


def _show_lead(lead: dict[str, Any] | None) -> None:
    """Say who leads, where several monitors share a store."""
    if lead is not None:
        host, _, pid = plain(lead["process"]).partition(":")
        where = f" ({plain(lead['url'])})" if lead["url"] else ""
        who = f"process {pid.partition(':')[0]} on {host}{where} leads"
        here = "" if lead["role"] == "lead" else "; the one that was asked stands by"
        console().print(Text(f"{who}, epoch {lead['epoch']}{here}"))


def short_time(moment: str | None) -> str:
    """Return a time as people read it; empty where there is none."""
    return "" if moment is None else f"{moment[:10]} {moment[11:19]}"


_INCIDENTS_HELP = """Show open incidents, or one incident with its timeline.

\b
Examples:
  ringback incidents
  ringback incidents --all
  ringback incidents 20261121T120000Z-shop

\b
Exit status:
  0  no incident is open (or the named one is closed)
  1  at least one is
  2  the monitor cannot be reached
"""


@click.command("incidents", help=_INCIDENTS_HELP)
@click.argument("incident", required=False)
@click.option("--all", "every", is_flag=True, help="Include closed incidents.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
@monitor_options
@click.pass_context
def incidents_command(
    context: click.Context,
    incident: str | None,
    url: str,
    token: str | None,
    *,
    every: bool,
    as_json: bool,
) -> None:
    remote = Remote(url, token)
    if incident is not None:
        found = [remote.get(f"/incidents/{segment(incident)}")]
    else:
        states = ("open", "acknowledged", *(["closed"] if every else []))
        found = [
            incident for state in states for incident in remote.all(f"/incidents?state={state}")
        ]
        found.sort(key=itemgetter("opened_at"), reverse=True)
    if as_json:
        click.echo(json.dumps(found if incident is None else found[0]))
    else:
        for entry in found:
            _show_incident(entry, whole=incident is not None)
        if not found:
            click.echo("no incidents" if every else "no open incidents")
    context.exit(1 if any(incident["state"] != "closed" for incident in found) else 0)


def _show_incident(incident: dict[str, Any], *, whole: bool) -> None:
    screen = console()
    style = {"open": "bold red", "acknowledged": "yellow"}.get(incident["state"], "green")
    head = f"{incident['state']}  {incident['pattern'].replace('_', ' ')}  {incident['id']}"
    screen.print(Text(plain(head), style=style))
    hanging(screen, Text(), Text(plain(incident["summary"])), 2)
    closed = f", closed {short_time(incident['closed_at'])}" if incident["closed_at"] else ""
    if who := incident["acknowledged_by"]:
        closed += f", acknowledged by {plain(who)}"
    facts = f"since {short_time(incident['opened_at'])} UTC{closed}"
    if incident["members"]:
        facts += f"; {', '.join(incident['members'])}"
    hanging(screen, Text(), Text(plain(facts), style="dim"), 2)
    advice = _advice(incident)
    if whole:
        for step in advice:
            hanging(screen, Text("  -"), Text(plain(step)), 4)
        for entry in incident["timeline"]:
            label = Text(f"  {short_time(entry['at'])} {entry['what']}", style="dim")
            hanging(screen, label, Text(plain(entry["text"])), 36)
    elif advice and incident["state"] != "closed":
        hanging(screen, Text("  do first:"), Text(plain(advice[0])), 12)
    screen.print()


def _advice(incident: dict[str, Any]) -> tuple[str, ...]:
    verdict = (incident["diagnosis"] or {}).get("verdict") or {}
    return operators_steps((*verdict.get("advice", ()), *incident["advice"]))


_ACK_HELP = """Acknowledge an incident.

Reminders and escalations of it stop; its resolution is still notified. INCIDENT is the id of one,
or the id, the name or the URL of an endpoint in one.

\b
Examples:
  ringback ack 20261121T120000Z-shop
  ringback ack https://shop.example.com
  ringback ack --all
"""


def user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


@click.command("ack", help=_ACK_HELP)
@click.argument("incidents", nargs=-1, metavar="[INCIDENT]...")
@click.option("--all", "every", is_flag=True, help="All open incidents.")
@monitor_options
@click.pass_context
def ack_command(
    context: click.Context, incidents: tuple[str, ...], url: str, token: str | None, *, every: bool
) -> None:
    if every == bool(incidents):
        raise click.UsageError("name the incidents, or give --all", context)
    remote = Remote(url, token)
    opened = [incident["id"] for incident in remote.all("/incidents?state=open")]
    for id_ in opened if every else [_incident(remote, word, opened) for word in incidents]:
        remote.post(f"/incidents/{segment(id_)}/acknowledge", {"by": user_name()})
        click.echo(f"acknowledged: {plain(id_)}")
    if every and not opened:
        click.echo("no open incidents")


def _incident(remote: Remote, word: str, opened: list[str]) -> str:
    """Return the incident that a word names by its id, or by an endpoint in it."""
    named = [] if word in opened else endpoints_named(word, remote.all("/endpoints"))
    if not named:
        return word
    if named[0]["incident"] is None:
        raise InputError(f"{plain(named[0]['name'])} has no open incident")
    return str(named[0]["incident"])


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_SILENCE_HELP = """Mute notifications about some endpoints for a while.

ENDPOINT is an id, a name, an URL, or a pattern of ids with *. The endpoints are still checked, and
the resolution of an incident that was notified is still notified. Without ENDPOINT, the silences
are listed.

\b
Examples:
  ringback silence shop --for 2h --reason "release 4.2"
  ringback silence 'db-*' --for 30m
  ringback silence
  ringback silence --end s1790000000-1
"""


@click.command("silence", help=_SILENCE_HELP)
@click.argument("endpoints", nargs=-1, metavar="[ENDPOINT]...")
@click.option("--for", "span", default="1h", show_default=True, help="How long: 90s, 30m, 2h, 1d.")
@click.option("--reason", default="", help="Why; shown on the page.")
@click.option("--end", "ended", help="End this silence.")
@monitor_options
def silence_command(
    endpoints: tuple[str, ...],
    span: str,
    reason: str,
    ended: str | None,
    url: str,
    token: str | None,
) -> None:
    remote = Remote(url, token)
    if ended is not None:
        remote.delete(f"/silences/{segment(ended)}")
        click.echo(f"ended: {plain(ended)}")
    elif endpoints:
        known = remote.all("/endpoints")
        endpoints = tuple(_silenced(word, known) for word in endpoints)
        body = {
            "endpoints": list(endpoints),
            "seconds": parse_span(span),
            "by": user_name(),
            "reason": reason,
        }
        made = remote.post("/silences", body)
        click.echo(f"{plain(made['id'])}: {', '.join(map(plain, endpoints))} for {span}")
        _warn(endpoints, [endpoint["id"] for endpoint in known])
    else:
        silences = remote.get("/silences")
        if not silences:
            click.echo("no silences")
        for silence in silences:
            where, until = ", ".join(silence["endpoints"]), short_time(silence["ends"])
            click.echo(plain(f"{silence['id']}: {where} until {until} UTC {silence['reason']}"))


def _silenced(word: str, known: list[dict[str, Any]]) -> str:
    """Return the id of the endpoint that a word names; a pattern, and what may come, as it is."""
    named = [] if "*" in word else endpoints_named(word, known)
    return str(named[0]["id"]) if named else word


def _warn(silenced: tuple[str, ...], known: list[str]) -> None:
    """Warn of what matches no endpoint: it may come later, or be misspelt."""
    for pattern in silenced:
        if not any(fnmatchcase(id_, pattern) for id_ in known):
            hint = nearest(pattern, known)
            click.echo(f"ringback: no endpoint is called {plain(pattern)} yet{hint}", err=True)


def parse_span(span: str) -> float:
    """Return the seconds of ``90s``, ``30m``, ``2h`` or ``1d``."""
    number, unit = span[:-1], span[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdigit() or not int(number):
        raise InputError(f"{plain(span)!r} is not a duration; write 90s, 30m, 2h or 1d")
    return float(int(number) * _UNITS[unit])
