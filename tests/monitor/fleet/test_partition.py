"""Of a partition both sides make a diagnosis, and the incident says what differs."""

import json

import pytest
from diagnosis.compare.reports import report
from diagnosis.compare.test_compare import CASES, proxied
from monitor.fleet.hubs import Clock, T, health, in_loop, opened, result

from ringback.diagnosis.record import record_of
from ringback.incident.model import Check

WELL = json.loads(json.dumps(record_of(report())))
BROKEN = json.loads(
    json.dumps(record_of(report(*proxied("refused"), found=CASES["proxy set only there"][3])))
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def monitor(tmp_path, clock):
    with opened(tmp_path / "a.db", clock) as made:
        yield made


def split(monitor, clock):
    """Have the hub and tokyo get through to the shop, and oslo not."""
    tokyo, oslo = monitor.agent("tokyo"), monitor.agent("oslo")
    for n in range(1, 30):
        clock.now = T + 5 * n + 1
        at = T + 5 * n
        for id_ in ("shop", "blog"):
            monitor.core.take(Check(at=at, endpoint=id_, up=True, vantage="hub"))
        monitor.send(tokyo, result(2 * n, 5 * n), result(2 * n + 1, 5 * n, endpoint="blog"))
        monitor.send(
            oslo, result(2 * n, 5 * n, up=False), result(2 * n + 1, 5 * n, endpoint="blog")
        )
        monitor.core.processor.tick()
    (incident,) = monitor.engine.incidents()
    assert (incident.pattern, incident.severity) == ("network_partition", "warn")
    assert monitor.states() == ["partial", "ok"]
    return tokyo, oslo, incident.id


def diagnosed_here(monitor, incident):
    seen = {**WELL, "vantage": "hub"}
    monitor.core.processor.apply(monitor.engine.diagnosed(incident, seen, monitor.clock.now))


def evidence(monitor):
    (incident,) = monitor.engine.incidents()
    return incident.evidence


@in_loop
def test_the_other_side_is_asked_once_and_what_differs_is_evidence(monitor, clock):
    tokyo, oslo, incident = split(monitor, clock)
    monitor.fleet.tick(clock.now)
    monitor.fleet.tick(clock.now)
    asked = monitor.fleet.commands_for(oslo)["diagnose"]
    assert asked == [{"incident": incident, "endpoint": "shop"}]
    assert monitor.fleet.commands_for(tokyo)["diagnose"] == []

    monitor.send(oslo, diagnoses=[{"incident": incident, "report": BROKEN}])
    monitor.fleet.tick(clock.now)
    before = evidence(monitor)  # the hub has made none yet
    diagnosed_here(monitor, incident)
    for _ in range(2):
        monitor.fleet.tick(clock.now)
    (line,) = evidence(monitor)[len(before) :]
    assert "“oslo” goes through the proxy http://proxy.example:3128" in line
    (kept,) = monitor.store.incidents()
    assert kept.evidence[-1] == line
    assert kept.timeline[-1].text == line


@in_loop
def test_nobody_and_nothing_else_can_say_what_differs(monitor, clock):
    tokyo, oslo, incident = split(monitor, clock)
    diagnosed_here(monitor, incident)
    before = evidence(monitor)
    monitor.send(oslo, diagnoses=[{"incident": incident, "report": BROKEN}])  # too soon
    monitor.fleet.tick(clock.now)
    monitor.send(tokyo, diagnoses=[{"incident": incident, "report": BROKEN}])
    monitor.send(oslo, diagnoses=[{"incident": "another", "report": BROKEN}])
    for report_ in ({}, {"verdict": 1}, {**BROKEN, "target": "https://other.example/"}):
        monitor.send(oslo, diagnoses=[{"incident": incident, "report": report_}])
    monitor.send(oslo, health=health())
    monitor.fleet.tick(clock.now)
    assert evidence(monitor) == before
