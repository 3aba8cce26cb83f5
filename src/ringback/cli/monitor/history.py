"""``ringback history``: what happened at one endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from ringback.cli.layout import console, hanging
from ringback.cli.monitor.kept import a_time, known_endpoint, opened_database, reading_from
from ringback.cli.monitor.sla import span
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.store.sqlite.reader import SQLiteReader

_HELP = """Show what happened at an endpoint: changes of its state, failed checks, incidents.

\b
Examples:
  ringback history shop
  ringback history shop --since 30d --failures 0
  ringback history shop --since 2026-11-01 --json | jq .incidents

\b
Exit status:
  0  it is known
  2  it is not, or the database cannot be read
"""

_STYLES = {"ok": "green", "down": "bold red", "suspect": "yellow", "recovering": "yellow"}
_INDENT = 22


@click.command("history", help=_HELP)
@click.argument("endpoint")
@click.option("--since", default="7d", show_default=True, help="A time, or how long ago.")
@click.option(
    "--failures",
    type=click.IntRange(0, 10_000),
    default=20,
    show_default=True,
    help="So many failed checks, the newest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@reading_from
def command(endpoint: str, since: str, failures: int, db: Path, *, as_json: bool) -> None:
    """Show the history of an endpoint."""
    now = time.time()
    with opened_database(db) as reader:
        id_ = known_endpoint(reader, endpoint)
        story = _Story(reader, id_, a_time(since, now), now, failures)
    if as_json:
        click.echo(json.dumps(story.record()))
    else:
        story.show()


class _Story:
    """What happened at one endpoint in a time."""

    def __init__(
        self, reader: SQLiteReader, endpoint: str, since: float, now: float, failures: int
    ) -> None:
        until = now + 1.0
        self.endpoint, self.now = endpoint, now
        self.changes: list[Transition] = reader.transitions(endpoint, since, until)
        self.incidents: list[Incident] = reader.incidents(since, until, endpoint)
        self.failed: list[Check] = []
        if failures:
            self.failed = reader.failures(endpoint, since, until, failures)[::-1]

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        from ringback.diagnosis.record import moment  # noqa: PLC0415 - loads the diagnosis
        from ringback.monitor.export import formats  # noqa: PLC0415 - loads the monitor

        return {
            "endpoint": self.endpoint,
            "transitions": [{**asdict(one), "at": moment(one.at)} for one in self.changes],
            "failures": [formats.check_record(one) for one in self.failed],
            "incidents": [formats.incident_record(one) for one in self.incidents],
        }

    def show(self) -> None:
        """Print it, oldest first."""
        screen = console()
        lines = sorted(
            [(one.at, self._change(number)) for number, one in enumerate(self.changes)]
            + [(one.at, text) for one, text in _runs(self.failed)]
            + [(one.opened_at, _incident(one)) for one in self.incidents],
            key=lambda line: line[0],
        )
        for at, text in lines:
            hanging(screen, Text(_moment(at), style="dim"), text, _INDENT)
        if not lines:
            click.echo("nothing happened in that time")

    def _change(self, number: int) -> Text:
        one = self.changes[number]
        later = self.changes[number + 1].at if number + 1 < len(self.changes) else self.now
        text = Text(f"{one.after}", style=_STYLES.get(one.after, ""))
        kind = f" ({one.kind})" if one.kind else ""
        return text.append(f"{kind} for {span(later - one.at)}", style="default")


def _runs(failed: list[Check]) -> Iterator[tuple[Check, Text]]:
    """Failures that say the same as one, at the first of them."""
    said = [(one, _failure(one)) for one in failed]
    for text, found in groupby(said, key=lambda one: one[1]):
        same = [one for one, _ in found]
        times = f" ({len(same)} times, until {_moment(same[-1].at)})" if same[1:] else ""
        yield same[0], Text(text + times, style="dim")


def _failure(check: Check) -> str:
    who = {"call": "a call failed", "heartbeat": "reported", "probe": "failed"}[check.origin]
    status = f" HTTP {check.status}" if check.status else ""
    detail = f": {check.detail}" if check.detail else ""
    return plain(f"  {who}, {check.kind}{status}{detail}")


def _incident(one: Incident) -> Text:
    ended = f", {span(one.closed_at - one.opened_at)}" if one.closed_at else f", {one.state}"
    return Text(plain(f"{one.pattern.replace('_', ' ')} {one.id}{ended}: {one.summary}"))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
