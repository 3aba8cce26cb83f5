"""Scenarios in the neutral form become what the engine takes; a mistake is named, with its line."""

import json
import re
from pathlib import Path

import pytest

from ringback.incident.expectation import EXPECTATIONS
from ringback.incident.model import WatchedEndpoint
from ringback.incident.replay import LineInvalid
from ringback.incident.scenario import FaultFound, scenarios_of

LOOK = {"at": 1000, "endpoint": "a", "observer": "A", "ok": True, "kind": None}


def scenario(**fields):
    known = {
        "name": "one",
        "start": 1000,
        "endpoints": [{"id": "a"}],
        "observers": [],
        "events": [],
        "expect": [],
    }
    return known | fields


def read(**fields):
    (found,) = scenarios_of([json.dumps(scenario(**fields))])
    return found


def check(*, endpoint=(), **fields):
    (found,) = read(
        endpoints=[{"id": "a"} | dict(endpoint)],
        observers=[{"id": "web1", "kind": "call", "domain": "web1"}],
        events=[LOOK | fields],
    ).events
    return found


def test_an_endpoint_is_watched_as_the_scenario_says():
    given = {"id": "a", "host": "a.test", "every": 60, "resolver": "9.9.9.9", "parents": ["b"]}
    known = {"a": WatchedEndpoint(id="a", name="A", host="old", threshold=5)}
    (found,) = scenarios_of([json.dumps(scenario(endpoints=[given]))], known)
    assert found.watched == (
        WatchedEndpoint(
            id="a",
            name="A",
            host="a.test",
            every=60.0,
            resolver="9.9.9.9",
            parents=("b",),
            threshold=5,
        ),
    )


def test_who_looked_and_what_was_seen():
    assert (check().up, check().origin, check().vantage) == (True, "probe", "A")
    assert check(observer="web1").origin == "call"
    assert check(endpoint={"job": True}).origin == "heartbeat"
    assert check(ok=None).up is None
    assert check(endpoint={"address": "192.0.2.1"}).address == "192.0.2.1"
    assert check(endpoint={"here": True}).address == "127.0.0.1"
    assert check(endpoint={"cert": "k1"}).certificate.key == "k1"


def test_a_status_stands_behind_its_kind():
    failed = check(ok=False, kind="http.error.404")
    assert (failed.kind, failed.status) == ("http.error", 404)
    assert check(ok=False, kind="http.error.gateway").status is None
    assert check(ok=False).kind is None


def test_a_diagnosis_says_where_the_fault_lies():
    said = LOOK | {"observer": "diagnosis", "ok": None, "kind": "where:this host"}
    assert read(events=[said]).events == (FaultFound(at=1000.0, endpoint="a", where="this host"),)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": None}, "'name' is None, not a text"),
        ({"start": "soon"}, "soon"),
        ({"endpoints": "a"}, "'endpoints' is not a list of JSON objects"),
        ({"endpoints": [{"host": "a"}]}, "'id' is missing"),
        ({"endpoints": [{"id": "a", "every": "often"}]}, "often"),
        ({"observers": [{"id": "A", "kind": "eye"}]}, "observer 'A' is a 'eye', none of probe"),
        ({"events": [LOOK | {"endpoint": "b"}]}, "about 'b', which is none of its endpoints"),
        ({"events": [LOOK | {"ok": "yes"}]}, "'ok' is 'yes', none of true, false and null"),
        ({"events": [LOOK | {"ok": False, "kind": "tcp.tired"}]}, "no kind of failure 'tcp.tired'"),
        ({"events": [LOOK | {"observer": "diagnosis"}]}, "a diagnosis says None, not where"),
        ({"expect": [{"weather": "fine"}]}, "no expectation of this sort: weather; there are inc"),
        ({"expect": [{}]}, "no expectation of this sort: an empty one"),
        ({"expect": [{"incidents": 1, "messages": 2}]}, "of this sort: incidents, messages"),
        ({"expect": [{"incidents": 1, "most": 2}]}, "of the sort 'incidents' has no 'most'"),
        ({"expect": [{"incidents": [1, 2, 3]}]}, "neither a number nor the least and the most"),
        ({"expect": [{"messages": "two"}]}, "'messages' is 'two', not a number"),
        ({"expect": [{"alarm_within": True}]}, "'alarm_within' is True, not a number"),
        ({"expect": [{"state": "ok", "at": 3}]}, "'endpoint' is missing"),
        ({"expect": [{"incident": "latency"}]}, "'members' is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(fields, why):
    lines = [json.dumps(scenario()), "", json.dumps(scenario(**fields))]
    with pytest.raises(LineInvalid, match=f"line 3 is no scenario: .*{re.escape(why)}"):
        list(scenarios_of(lines))


def test_every_sort_has_a_scenario_that_meets_it_and_one_that_does_not():
    met, unmet = set(), set()
    for line in Path(__file__).with_name("scenarios.jsonl").read_text().splitlines():
        entry = json.loads(line)
        sorts = {next(iter(expected)) for expected in entry["expect"]}
        (met if entry["name"].startswith("met") else unmet).update(sorts)
    assert met == unmet == set(EXPECTATIONS)
