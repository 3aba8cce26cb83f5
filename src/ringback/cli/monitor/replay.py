"""``ringback replay``: what a monitor would have made of a log of checks, or of scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from ringback.cli.config import loaded_config
from ringback.cli.input import InputError, Seconds, open_file, standard_input
from ringback.cli.layout import console
from ringback.cli.terminal import counted, plain
from ringback.incident.pattern import stamp, two_units
from ringback.incident.replay import (
    LineInvalid,
    checks_of,
    first_of,
    held_between,
    is_log_of_changes,
)
from ringback.incident.scenario import scenarios_of
from ringback.monitor.config.settings import MonitorConfig
from ringback.monitor.simulation import TICK_INTERVAL, Simulation, scenario_outcome

if TYPE_CHECKING:
    from ringback.incident.expectation import ScenarioOutcome
    from ringback.incident.model import Change, Check
    from ringback.incident.scenario import Scenario

_HELP = """Show the incidents and notifications a log of checks would have caused.

FILE has one JSON object per line, oldest first:
{"at": 1790000000, "endpoint": "shop", "up": false, "code": "503"}; `at` is seconds since 1970 or
RFC 3339. The same lines always give the same incidents. Where each line is a change of state, the
state is held until the next one.

With --scenarios each line is a scenario: what observers saw, and what people should have been told.
It says what was told, and which expectations are unmet. Nothing is sent.

\b
Examples:
  ringback replay events.jsonl
  ringback replay -c ringback.toml outages.jsonl
  ringback replay --json < events.jsonl | jq -r .what
  ringback replay --scenarios scenarios.jsonl
  ringback replay --scenarios --json scenarios.jsonl | jq -c '[.name, .unmet]'

\b
Exit status:
  0  the whole log was processed; every expectation is met
  1  with --scenarios: some expectation is unmet
  2  a line cannot be read, or the configuration is invalid
"""


@click.command("replay", help=_HELP)
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option(
    "-c",
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Configuration with the endpoints' hosts, parents and thresholds, and the routes.",
)
@click.option(
    "--every",
    type=Seconds(0.1, 86400),
    metavar="SECONDS",
    default=30.0,
    show_default=True,
    help="Time between two checks of an endpoint that is not in the configuration.",
)
@click.option(
    "--changes/--checks",
    default=None,
    help="Each line is a change of state, or one check; default: as the log looks.",
)
@click.option("--scenarios", is_flag=True, help="Each line is a scenario.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per change or scenario.")
@click.pass_context
def replay_command(  # noqa: PLR0913 - click gives each option by name
    context: click.Context,
    file: str,
    config_file: Path | None,
    every: float,
    *,
    changes: bool | None,
    scenarios: bool,
    as_json: bool,
) -> None:
    if scenarios and changes is not None:
        raise click.UsageError("--changes and --checks say what a log is, not scenarios", context)
    name = "standard input" if file == "-" else file
    config = MonitorConfig() if config_file is None else loaded_config(config_file)
    with nullcontext(standard_input()) if file == "-" else open_file(file) as lines:
        texts = (line.decode("utf-8", "replace") for line in lines)
        try:
            if scenarios:
                context.exit(_play(texts, config, as_json=as_json))
            _replay(_Log(name, texts, config, every, changes=changes), as_json=as_json)
        except LineInvalid as error:
            raise InputError(plain(f"{name}: {error}")) from error


class _Log:
    """A log that is read once, and what sort it is."""

    def __init__(
        self,
        name: str,
        lines: Iterable[str],
        config: MonitorConfig,
        every: float,
        *,
        changes: bool | None,
    ) -> None:
        self.count = 0  # Lines that were read
        self.failed = False  # Whether any of them is a failure
        self.name, self.config, self.every = name, config, every
        self.step = TICK_INTERVAL  # Seconds between two ticks, at least
        checks = self._noted(checks_of(self._counted(lines)))
        first = first_of(checks)
        self.start = first[0].at if first else 0.0
        self.checks: Iterable[Check] = chain(first, checks)
        intervals = {endpoint.id: endpoint.watched.every for endpoint in config.endpoints}

        def every_of(endpoint: str) -> float:
            return intervals.get(endpoint, every)

        if changes is None and is_log_of_changes(first, every_of):
            changes = True
            click.echo(plain(f"ringback: {name}: {_TAKEN_AS_CHANGES}"), err=True)
        if changes:
            self.checks = held_between(self.checks, every_of)
            self.step = max(TICK_INTERVAL, min([every, *intervals.values()]))

    def _counted(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.count += 1
            yield line

    def _noted(self, checks: Iterable[Check]) -> Iterator[Check]:
        for check in checks:
            self.failed = self.failed or check.up is False
            yield check


_TAKEN_AS_CHANGES = (
    "each line is a change of state; the state is held until the next one and checked in between "
    "(--checks: each line is one check)"
)


_NO_INCIDENT = (
    "nothing failed often enough in a row for an incident (--changes: each line is a change of "
    "state, which lasts until the next one)"
)


def _replay(log: _Log, *, as_json: bool) -> None:
    incidents: set[str] = set()
    with Simulation(log.config, log.start) as simulation:
        for change in simulation.replay(log.checks, every=log.every, step=log.step):
            incidents.add(change.incident.id)
            click.echo(json.dumps(asdict(change)) if as_json else _line(change))
    if log.failed and not incidents:
        click.echo(plain(f"ringback: {log.name}: {_NO_INCIDENT}"), err=True)
    if not as_json:
        sent = len(simulation.notifications)
        counts = {"line": log.count, "incident": len(incidents), "notification": sent}
        click.echo(", ".join(counted(number, word) for word, number in counts.items()))


def _line(change: Change) -> str:
    mark = "→" if change.told else " "
    last = change.incident.timeline[-1].text if change.incident.timeline else ""
    return plain(f"{stamp(change.at)} {mark} {change.what:12} {change.incident.pattern:18} {last}")


def _play(lines: Iterable[str], config: MonitorConfig, *, as_json: bool) -> int:
    """Show what comes of scenarios; return the exit status."""
    known = {endpoint.id: endpoint.watched for endpoint in config.endpoints}
    table, failed = _ScenarioTable(), 0
    for scenario in scenarios_of(lines, known):
        outcome = scenario_outcome(scenario, config)
        unmet = [
            expected.given for expected in scenario.expectations if not expected.is_met_by(outcome)
        ]
        failed += bool(unmet)
        if as_json:
            click.echo(json.dumps(_record(scenario, outcome, unmet)))
        else:
            table.add(scenario, outcome, unmet)
    if not as_json:
        table.show()
    return 1 if failed else 0


def _record(
    scenario: Scenario, outcome: ScenarioOutcome, unmet: list[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "incidents": [
            {
                "id": incident.id,
                "pattern": incident.pattern,
                "members": incident.members,
                "opened_at": incident.opened_at,
                "closed_at": incident.closed_at,
                "severity": incident.severity,
                "part_of": incident.part_of or None,
                "confidence": incident.confidence,
            }
            for incident in outcome.incidents
        ],
        "messages": [
            {
                "at": sent.at,
                "notifier": sent.notifier,
                "subject": sent.subject,
                "incidents": sent.incidents,
            }
            for sent in outcome.sent
        ],
        "states": outcome.states,
        "unmet": unmet,
    }


class _ScenarioTable:
    """What came of scenarios, for people."""

    def __init__(self) -> None:
        self._met = self._unmet = self._incidents = self._notifications = 0
        self._table = Table(box=None, pad_edge=False, header_style="dim")
        for title in ("", "scenario", "notified", "unmet"):
            self._table.add_column(title, overflow="fold")

    def add(
        self, scenario: Scenario, outcome: ScenarioOutcome, unmet: list[Mapping[str, Any]]
    ) -> None:
        self._met += not unmet
        self._unmet += bool(unmet)
        self._incidents += len(outcome.whole)
        self._notifications += len(outcome.sent)
        told = (f"{two_units(sent.at - outcome.start)}: {sent.subject}" for sent in outcome.sent)
        self._table.add_row(
            Text("✗", style="bold red") if unmet else Text("✓", style="green"),
            plain(scenario.name),
            "\n".join(map(plain, told)),
            "\n".join(plain(json.dumps(given, ensure_ascii=False)) for given in unmet),
        )

    def show(self) -> None:
        screen = console()
        screen.print(self._table)
        counts = [
            counted(self._met + self._unmet, "scenario"),
            f"{self._met} met",
            f"{self._unmet} not",
            counted(self._incidents, "incident"),
            counted(self._notifications, "notification"),
        ]
        screen.print(Text(", ".join(counts), style="bold"))
