"""``history`` of one endpoint and ``report`` of the availability, from a monitor's database."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len
from rich.text import Text

from ringback.cli.input import InputError
from ringback.cli.layout import console, hanging
from ringback.cli.monitor.database import (
    database_option,
    known_endpoint,
    opened_database,
    parse_moment,
)
from ringback.cli.terminal import plain
from ringback.incident.pattern import stamp, two_units

if TYPE_CHECKING:
    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.export.availability import MonthlyReport
    from ringback.monitor.store.reader import StoreReader

_REPORT_HELP = """Report the availability of endpoints by calendar month (UTC).

Availability is the share of the known time in which an endpoint was not down. An outage lasts from
the first of the failures that opened it to the first of the successes that ended it. Time without
checks, or in which the monitor itself was impaired, does not count.

\b
Examples:
  ringback report
  ringback report --month 2026-10
  ringback report shop api --months 12 --csv > year.csv
  ringback report --slo 99.9
  ringback report shop --by-vantage

\b
Exit status:
  0  the report was made
  2  the database cannot be read
"""

_COLUMN_TITLES = {"availability": "available", "down": "down for", "budget_left": "budget"}
_ONE_BY_ONE = (
    "this database tells vantages apart in single checks only, which are kept for a few days: "
    "what is older is not in this report"
)


@click.command("report", help=_REPORT_HELP)
@click.argument("endpoints", nargs=-1, metavar="[ENDPOINT]...")
@click.option("--month", help="A month such as 2026-11; default: this one.")
@click.option(
    "--months", type=click.IntRange(1, 120), help="This many months, up to the current one."
)
@click.option(
    "--slo",
    type=click.FloatRange(50, 100, max_open=True),
    help="A target in percent: also what is left of each month's error budget.",
)
@click.option("--by-vantage", is_flag=True, help="What each place saw: a row for each.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array; times in seconds.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV; times in seconds.")
@database_option
def report_command(  # noqa: PLR0913 - click gives each option by name
    endpoints: tuple[str, ...],
    month: str | None,
    months: int | None,
    slo: float | None,
    db: Path | str,
    *,
    by_vantage: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    if slo is not None and by_vantage:
        raise click.UsageError("--slo and --by-vantage cannot be combined")
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot be combined")
    if month is not None and months is not None:
        raise click.UsageError("--month and --months cannot be combined")
    from ringback.monitor.export.availability import (  # noqa: PLC0415 - loads the monitor
        AVAILABILITY,
        BY_VANTAGE,
        with_budget,
    )

    report = BY_VANTAGE if by_vantage else AVAILABILITY
    if slo is not None:
        report = with_budget(report, slo / 100)
    with opened_database(db) as reader:
        found = _rows(reader, report, endpoints, month, months or 1)
        if by_vantage and not reader.has_vantages:
            click.echo(f"ringback report: {_ONE_BY_ONE}", err=True)
    if as_json:
        click.echo(json.dumps(found))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, report.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    else:
        _show(found, report.shown)


def _rows(
    reader: StoreReader,
    report: MonthlyReport,
    endpoints: tuple[str, ...],
    month: str | None,
    months: int,
) -> list[dict[str, Any]]:
    from ringback.monitor.export.availability import (  # noqa: PLC0415 - loads the monitor
        months_until,
    )

    wanted = [known_endpoint(reader, name) for name in endpoints] or reader.endpoints()
    now = time.time()
    named = [month] if month is not None else months_until(now, months)
    try:
        return report.of(reader, named, wanted, now)
    except ValueError as error:
        raise InputError(plain(str(error))) from error


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if not rows:
        click.echo("no endpoint was watched in that time")
        return
    lines = [[_COLUMN_TITLES.get(name, name) for name in columns]]
    lines += [[_cell(name, row[name]) for name in columns] for row in rows]
    widths = [max(cell_len(line[n]) for line in lines) for n in range(len(columns))]
    screen = console()
    for number, line in enumerate(lines):
        cells = [_aligned(*cell) for cell in zip(columns, line, widths, strict=True)]
        style = "dim" if number == 0 else ""
        screen.print(Text("  ".join(cells).rstrip(), style=style), soft_wrap=True)


def _aligned(name: str, cell: str, width: int) -> str:
    room = " " * (width - cell_len(cell))
    return cell + room if name in {"month", "endpoint", "vantage"} else room + cell


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name in {"availability", "succeeded"}:
        # Rounded down: 99.999 % is not 100 %.
        return f"{int(value * 1000) / 1000:.3f} %"
    if name == "budget_left":
        return f"{floor(value)} %"
    if name in {"down", "repair", "unknown"}:
        return two_units(value)
    if name in {"p50", "p95"}:
        return f"{value * 1000:.0f} ms" if value < 10 else f"{value:.1f} s"
    return plain(str(value))


_HISTORY_HELP = """Show what happened at an endpoint: state changes, failed checks, incidents.

\b
Examples:
  ringback history shop
  ringback history shop --since 30d --failures 0
  ringback history shop --vantage tokyo
  ringback history shop --since 2026-11-01 --json | jq .incidents

\b
Exit status:
  0  the endpoint is known
  2  it is not, or the database cannot be read
"""

_STYLES = {
    "ok": "green",
    "down": "bold red",
    "partial": "yellow",
    "suspect": "yellow",
    "recovering": "yellow",
}
_INDENT = 22
_MAX_FAILURES = 10_000


@click.command("history", help=_HISTORY_HELP)
@click.argument("endpoint")
@click.option("--since", default="7d", show_default=True, help="A time, or how long ago.")
@click.option(
    "--failures",
    type=click.IntRange(0, _MAX_FAILURES),
    default=20,
    show_default=True,
    help="At most this many failed checks, the newest.",
)
@click.option("--vantage", help="Failed checks of this place only.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@database_option
def history_command(
    endpoint: str, since: str, failures: int, vantage: str | None, db: Path | str, *, as_json: bool
) -> None:
    now = time.time()
    with opened_database(db) as reader:
        id_ = known_endpoint(reader, endpoint)
        most = _MAX_FAILURES if vantage and failures else failures
        story = _EndpointHistory(reader, id_, parse_moment(since, now), now, most)
    if vantage:
        of_place = [check for check in story.failed if check.vantage == vantage]
        story.failed = of_place[-failures:] if failures else []
    if as_json:
        click.echo(json.dumps(story.record()))
    else:
        story.show()


class _EndpointHistory:
    """What happened at one endpoint in a time."""

    def __init__(
        self, reader: StoreReader, endpoint: str, since: float, now: float, failures: int
    ) -> None:
        until = now + 1.0
        self.endpoint, self.now = endpoint, now
        self.changes: list[Transition] = reader.transitions(endpoint, since, until)
        self.incidents: list[Incident] = reader.incidents(since, until, endpoint)
        self.failed: list[Check] = []
        if failures:
            self.failed = reader.failures(endpoint, since, until, failures)[::-1]

    def record(self) -> dict[str, Any]:
        from ringback.diagnosis.record import moment  # noqa: PLC0415 - loads the diagnosis
        from ringback.monitor.export import formats  # noqa: PLC0415 - loads the monitor

        return {
            "endpoint": self.endpoint,
            "transitions": [{**asdict(change), "at": moment(change.at)} for change in self.changes],
            "failures": [formats.check_row(check) for check in self.failed],
            "incidents": [formats.incident_row(incident) for incident in self.incidents],
        }

    def show(self) -> None:
        screen = console()
        lines = sorted(
            [(change.at, self._change(number)) for number, change in enumerate(self.changes)]
            + [(check.at, text) for check, text in _repeated_failures(self.failed)]
            + [(incident.opened_at, _incident(incident)) for incident in self.incidents],
            key=lambda line: line[0],
        )
        for at, text in lines:
            hanging(screen, Text(stamp(at), style="dim"), text, _INDENT)
        if not lines:
            click.echo("nothing happened in that time")

    def _change(self, number: int) -> Text:
        change = self.changes[number]
        later = self.changes[number + 1].at if number + 1 < len(self.changes) else self.now
        text = Text(f"{change.after}", style=_STYLES.get(change.after, ""))
        kind = f" ({change.kind})" if change.kind else ""
        return text.append(f"{kind} for {two_units(later - change.at)}", style="default")


def _repeated_failures(failed: list[Check]) -> Iterator[tuple[Check, Text]]:
    """Failures that say the same as one, at the first of them."""
    texts = [(check, _failure(check)) for check in failed]
    for text, found in groupby(texts, key=lambda pair: pair[1]):
        same = [check for check, _ in found]
        times = f" ({len(same)} times, until {stamp(same[-1].at)})" if same[1:] else ""
        yield same[0], Text(text + times, style="dim")


def _failure(check: Check) -> str:
    who = {
        "call": "a call failed",
        "heartbeat": "reported",
        "probe": f"failed at {check.vantage}" if check.vantage else "failed",
        "report": f"{check.vantage or 'another monitor'} reported",
    }[check.origin]
    status = f" HTTP {check.status}" if check.status else ""
    detail = f": {check.detail}" if check.detail else ""
    return plain(f"  {who}, {check.kind}{status}{detail}")


def _incident(incident: Incident) -> Text:
    ended = (
        f", {two_units(incident.closed_at - incident.opened_at)}"
        if incident.closed_at
        else f", {incident.state}"
    )
    return Text(
        plain(f"{incident.pattern.replace('_', ' ')} {incident.id}{ended}: {incident.summary}")
    )
