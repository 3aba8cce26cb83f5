"""``ringback replay``: the incidents a log of checks would have caused."""

import dataclasses
import json
from collections.abc import Iterable

import click

from ringback.cli.input import InputError, Seconds, open_file, standard_input
from ringback.cli.terminal import counted, plain
from ringback.incident.model import Change
from ringback.incident.pattern import stamp
from ringback.incident.replay import LineInvalid, replay

_HELP = """Show the incidents a log of checks would have caused.

FILE has one JSON object per line, oldest first:
{"at": 1790000000, "endpoint": "shop", "up": false, "code": "503"}; `at` is seconds since 1970 or
RFC 3339. The same lines always give the same incidents.

\b
Examples:
  ringback replay events.jsonl
  ringback replay --json < events.jsonl | jq -r .what

\b
Exit status:
  0  the whole log was processed
  2  a line cannot be read
"""


@click.command("replay", help=_HELP)
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option(
    "--every",
    type=Seconds(0.1, 86400),
    metavar="SECONDS",
    default=30.0,
    show_default=True,
    help="Time between two checks of an endpoint.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per change and line.")
def replay_command(file: str, *, every: float, as_json: bool) -> None:
    if file == "-":
        _replay("standard input", standard_input(), every, as_json=as_json)
        return
    with open_file(file) as lines:
        _replay(file, lines, every, as_json=as_json)


def _replay(name: str, lines: Iterable[bytes], every: float, *, as_json: bool) -> None:
    count, notified, incidents = 0, 0, set()

    def texts() -> Iterable[str]:
        nonlocal count
        for line in lines:
            count += 1
            yield line.decode("utf-8", "replace")

    try:
        for change in replay(texts(), every=every):
            incidents.add(change.incident.id)
            notified += change.told
            click.echo(json.dumps(dataclasses.asdict(change)) if as_json else _line(change))
    except LineInvalid as error:
        raise InputError(plain(f"{name}: {error}")) from error
    if not as_json:
        counts = {"line": count, "incident": len(incidents), "notification": notified}
        click.echo(", ".join(counted(number, word) for word, number in counts.items()))


def _line(change: Change) -> str:
    mark = "→" if change.told else " "
    last = change.incident.timeline[-1].text if change.incident.timeline else ""
    return plain(f"{stamp(change.at)} {mark} {change.what:12} {change.incident.pattern:18} {last}")
