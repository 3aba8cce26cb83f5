"""`ringback replay`: a log or scenarios in, incidents, notifications and what is unmet out."""

import json
from pathlib import Path

import pytest

from ringback.incident.scenario import scenarios_of

SCENARIOS = Path(__file__).parents[2] / "incident" / "scenarios.jsonl"
T = 1_790_000_000

CONFIG = """
[[endpoint]]
name = "router"
url = "tcp://router.test:22"

[[endpoint]]
name = "shop"
url = "https://shop.test/"
every = 60
parents = ["router"]

[[notifier]]
name = "blue"
type = "command"
command = ["false"]

[[notifier]]
name = "red"
type = "command"
command = ["false"]

[[route]]
endpoints = ["router"]
notifiers = ["red"]
"""


@pytest.fixture
def log(tmp_path):
    def write(*entries):
        path = tmp_path / "checks.jsonl"
        lines = [{"at": T + at, "endpoint": endpoint, "up": up} for at, endpoint, up in entries]
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        return path

    return write


@pytest.fixture
def checks(log):
    return log(*((30 * number, "shop", number == 0) for number in range(6)))


LINES = SCENARIOS.read_text().splitlines()


def test_a_log_is_gone_through(ringback, checks):
    done = ringback("replay", checks)
    assert (done.returncode, done.stderr) == (0, "")
    assert "opened" in done.stdout
    assert done.stdout.endswith("6 lines, 1 incident, 1 notification\n")


def test_a_log_of_changes_is_recognised_and_said(ringback, log):
    path = log((0, "shop", True), (3600, "shop", False), (7200, "shop", True))
    done = ringback("replay", path)
    assert done.returncode == 0
    assert done.stderr.startswith(f"ringback: {path}: each line is a change of state")
    assert done.stdout.endswith("3 lines, 1 incident, 2 notifications\n")
    changes = [json.loads(line) for line in ringback("replay", "--json", path).stdout.splitlines()]
    opened = [change["at"] - T for change in changes if change["what"] == "opened"]
    assert opened == [3660.0], "at the third check that finds it down"
    (line,) = ringback("replay", "--changes", path).stdout.splitlines()[-1:]
    assert line == "3 lines, 1 incident, 2 notifications"


def test_a_log_of_checks_without_an_incident_names_the_other_sort(ringback, log):
    path = log((0, "shop", True), (3600, "shop", False), (7200, "shop", True))
    done = ringback("replay", "--checks", path)
    assert done.stdout == "3 lines, 0 incidents, 0 notifications\n"
    assert "--changes: each line is a change of state" in done.stderr
    assert done.stderr.count("\n") == 1
    well = ringback("replay", log((0, "shop", True)))
    assert (well.stdout, well.stderr) == ("1 line, 0 incidents, 0 notifications\n", "")


def test_a_configuration_gives_intervals_parents_and_routes(ringback, log, tmp_path):
    path, config = log((0, "router", False), (1, "shop", False)), tmp_path / "ringback.toml"
    config.write_text(CONFIG)
    done = ringback("replay", "--changes", "--json", "-c", config, path)
    changes = [json.loads(line) for line in done.stdout.splitlines()]
    (incident,) = {change["incident"]["id"] for change in changes}
    assert changes[-1]["incident"]["members"] == ["router", "shop"]
    assert incident.endswith("-router")
    told = ringback("replay", "--changes", "-c", config, path).stdout
    assert told.endswith("2 lines, 1 incident, 2 notifications\n"), "to one of two: that it grew"


def test_a_line_that_is_no_check_and_seconds_that_are_none_are_told(ringback, one_line, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b"\x00\xff\n")
    assert f"{path}: line 1 is no check: it is not JSON" in one_line(ringback("replay", path))
    line = one_line(ringback("replay", stdin="[]"))
    assert "standard input: line 1 is no check: it is not a JSON object" in line
    for every in ("nan", "0"):
        assert "'--every': " in one_line(ringback("replay", f"--every={every}", path))


def test_scenarios_are_a_table_with_a_sum_and_what_is_unmet_is_status_1(ringback):
    met = [line for line in LINES if json.loads(line)["name"].startswith("met")]
    done = ringback("replay", "--scenarios", stdin="\n".join(met))
    assert (done.returncode, done.stderr) == (0, "")
    first, *_, last = done.stdout.splitlines()
    assert first.split() == ["scenario", "notified", "unmet"]
    assert "[RESOLVED] shop" in done.stdout
    assert last == "3 scenarios, 3 met, 0 not, 3 incidents, 4 notifications"

    done = ringback("replay", "--scenarios", SCENARIOS)
    assert done.returncode == 1
    assert '{"messages": 1}' in done.stdout
    assert "15 scenarios, 3 met, 12 not" in done.stdout


def test_a_scenario_as_json(ringback):
    done = ringback("replay", "--scenarios", "--json", SCENARIOS)
    assert (done.returncode, done.stderr) == (1, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for scenario, outcome in zip(scenarios_of(LINES), found, strict=True):
        met = scenario.name.startswith("met")
        assert outcome["unmet"] == ([] if met else [dict(scenario.expectations[0].given)])
    whole = found[0]
    (incident,) = whole["incidents"]
    assert (whole["name"], incident["pattern"]) == ("met: an outage", "service_outage")
    assert (incident["opened_at"], incident["closed_at"]) == (1040.0, 1075.0)
    assert [(sent["at"], sent["subject"]) for sent in whole["messages"]] == [
        (1050.0, "[DOWN] shop is down: tcp.refused"),
        (1195.0, "[RESOLVED] shop: no longer down, after 35 s"),
    ]
    assert [state for _, state in whole["states"]["shop"]] == [
        "unknown", "ok", "suspect", "down", "recovering", "ok", "unknown",
    ]  # fmt: skip


def test_what_is_no_scenario_is_one_line(ringback, one_line, checks):
    odd = json.loads(LINES[0]) | {"expect": [{"weather": "fine"}]}
    line = one_line(ringback("replay", "--scenarios", stdin=json.dumps(odd)))
    assert "line 1 is no scenario: there is no expectation of this sort: weather" in line
    assert "line 1 is no scenario" in one_line(ringback("replay", "--scenarios", checks))
    done = ringback("replay", "--scenarios", "--checks", SCENARIOS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--changes and --checks say what a log is, not scenarios" in done.stderr
