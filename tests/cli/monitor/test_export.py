import csv
import io
import json
import time

import pytest
from monitor.export.stores import change, check, incident, kept

from ringback.monitor.export.availability import parse_month

NOW = time.time()


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    checks = [
        check(NOW - 300),
        check(NOW - 240, up=False, detail="refused\x1b[31m"),
        check(NOW - 220, up=False, vantage="tokyo"),
        check(NOW - 200, up=False, status=503, kind="http.error.unavailable", origin="call"),
        check(NOW - 100, endpoint="api"),
        check(NOW - 90, endpoint="api", up=False, origin="report", vantage="alertmanager"),
    ]
    changes = [
        change(NOW - 300, "unknown", "ok"),
        change(NOW - 240, "ok", "suspect", kind="tcp.refused"),
        change(NOW - 200, "suspect", "down", kind="http.error.unavailable"),
        change(NOW - 100, "unknown", "ok", endpoint="api"),
    ]
    opened = incident(NOW - 200, state="open", kind="http.error.unavailable")
    path = tmp_path_factory.mktemp("db") / "ringback.db"
    return kept(path, checks, changes, [opened], until=NOW)


def test_checks_are_exported_as_csv_to_standard_output(ringback, database):
    done = ringback("export", "checks", "--db", database, "--endpoint", "shop")
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["up"] for row in rows] == ["true", "false", "false", "false"]
    assert [row["vantage"] for row in rows].count("tokyo") == 1


def test_a_file_is_written_as_its_name_ends(ringback, database, tmp_path):
    out = tmp_path / "checks.jsonl"
    span = f"{time.time() - NOW + 270:.0f}s"  # collected long before: between the first two checks
    done = ringback("export", "checks", "--db", database, "--since", span, "-o", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"5 checks written to {out}\n"
    assert len(out.read_text().splitlines()) == 5


def test_what_cannot_be_done_is_one_line(ringback, database, tmp_path, one_line):
    here = ("export", "checks", "--db")
    assert "no such file" in one_line(ringback(*here, tmp_path / "x.db"))
    assert "did you mean shop" in one_line(ringback(*here, database, "--endpoint", "shpo"))
    assert "is not a time" in one_line(ringback(*here, database, "--since", "soon"))
    assert "cannot be written" in one_line(ringback(*here, database, "-o", tmp_path / "a" / "b"))


def test_history_shows_what_happened_oldest_first(ringback, database):
    done = ringback("history", "shop", "--db", database)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    told = ["ok for 1 min", "suspect (tcp.refused) for 40 s", "failed, tcp.refused", "down"]
    places = [next(n for n, line in enumerate(lines) if word in line) for word in told]
    assert places == sorted(places)
    assert "a call failed, http.error.unavailable HTTP 503" in done.stdout
    assert "service outage i1" in done.stdout
    assert "\x1b" not in done.stdout

    done = ringback("history", "shop", "--db", database, "--vantage", "tokyo")
    assert "failed at tokyo, tcp.refused" in done.stdout
    assert "a call failed" not in done.stdout


def test_history_as_json(ringback, database):
    done = ringback("history", "shop", "--db", database, "--failures", "1", "--json")
    told = json.loads(done.stdout)
    assert [transition["after"] for transition in told["transitions"]] == ["ok", "suspect", "down"]
    assert [failure["kind"] for failure in told["failures"]] == ["http.error.unavailable"]
    assert [incident["state"] for incident in told["incidents"]] == ["open"]
    done = ringback("history", "shop", "--db", database, "--vantage", "oslo", "--json")
    assert json.loads(done.stdout)["failures"] == []


def test_the_report_says_how_available_each_was(ringback, database):
    done = ringback("report", "--db", database, "--months", "2")
    assert done.returncode == 0
    assert "100.000 %" in done.stdout
    words = ("report", "shop", "--db", database, "--months", "2", "--json")
    told = json.loads(ringback(*words).stdout)
    assert told
    assert {row["endpoint"] for row in told} == {"shop"}
    assert all(row["availability"] is None or 0 <= row["availability"] < 100 for row in told)


def test_the_report_has_a_row_for_each_vantage(ringback, database):
    words = ("report", "--db", database, "--months", "2", "--by-vantage")
    done = ringback(*words)
    assert (done.returncode, "succeeded" in done.stdout) == (0, True)
    assert "in single checks only" in done.stderr
    told = json.loads(ringback(*words, "api", "--json").stdout)
    assert ("alertmanager", 1, 1) in [(r["vantage"], r["checks"], r["failed"]) for r in told]
    rows = list(csv.DictReader(io.StringIO(ringback(*words, "--csv").stdout)))
    assert {row["endpoint"] for row in rows} == {"api", "shop"}


def test_a_month_in_which_nothing_was_watched(ringback, database, one_line):
    done = ringback("report", "--db", database, "--month", "2001-01")
    assert (done.returncode, done.stdout) == (0, "no endpoint was watched in that time\n")
    assert "is not a month" in one_line(ringback("report", "--db", database, "--month", "may"))
    assert "cannot be combined" in one_line(ringback("report", "--db", database, "--json", "--csv"))


def test_the_report_says_what_is_left_of_an_error_budget(ringback, database):
    words = ("report", "--db", database, "--months", "2", "--slo")
    told = json.loads(ringback(*words, "99.9", "--json").stdout)
    assert {row["endpoint"] for row in told} == {"api", "shop"}
    for row in told:
        span = parse_month(row["month"])
        allowed = (span.until - span.since) * 0.001
        assert row["budget_left"] == pytest.approx(100 - 100 * row["down"] / allowed)
    shown = ringback(*words, "99").stdout
    assert "budget" in shown.splitlines()[0]
    assert "100 %" in shown
    assert ringback(*words, "100").returncode == 2
    assert ringback(*words, "99", "--by-vantage").returncode == 2
