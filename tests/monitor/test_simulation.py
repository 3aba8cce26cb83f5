"""What would have been made of a log, or of a scenario, by the code that a monitor runs."""

from pathlib import Path

import pytest

from ringback.incident.model import Check
from ringback.incident.scenario import scenarios_of
from ringback.monitor.config import MonitorConfig
from ringback.monitor.config.settings import MaintenanceWindow
from ringback.monitor.simulation import Simulation, scenario_outcome

INCIDENT = Path(__file__).parents[1] / "incident"
NETWORKS = list(scenarios_of((INCIDENT / "networks.jsonl").read_text().splitlines()))
T = 1_790_000_000.0


def log(*ups, every=30.0, endpoint="shop"):
    return [
        Check(at=T + i * every, endpoint=endpoint, up=up, kind=None if up else "tcp.refused")
        for i, up in enumerate(ups)
    ]


def replayed(checks, config=None, **options):
    with Simulation(config or MonitorConfig(), T) as simulation:
        changes = list(simulation.replay(checks, every=30.0, **options))
    return changes, simulation.notifications


@pytest.mark.parametrize("scenario", NETWORKS, ids=lambda one: one.name)
def test_nobody_is_blamed_for_the_network_of_who_looks(scenario):
    outcome = scenario_outcome(scenario, MonitorConfig())
    assert [e for e in scenario.expectations if not e.is_met_by(outcome)] == []


def test_an_outage_is_notified_once_and_its_end():
    changes, notifications = replayed(log(True, False, False, False, False, True, True))
    assert [change.what for change in changes if change.told] == ["opened", "closed"]
    told = [(sent.at - T, update.headline) for sent in notifications for update in sent.updates]
    assert told == [(100.0, "opened"), (300.0, "closed")]  # a diagnosis is waited for


def test_nobody_is_notified_of_what_begins_in_a_maintenance_window():
    window = MaintenanceWindow(name="update", endpoints=("*",), begins=T, ends=T + 300)
    _, notifications = replayed(log(*[False] * 5, True, True), MonitorConfig(maintenance=(window,)))
    assert notifications == []
    _, notifications = replayed(log(*[False] * 20), MonitorConfig(maintenance=(window,)))
    assert [sent.at - T for sent in notifications] == [301.0]  # what is left of it
