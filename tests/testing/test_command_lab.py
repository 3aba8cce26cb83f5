import json
import signal
import subprocess
import sys

import pytest
from program import running_program

from ringback.testing.clients import installed
from ringback.testing.command.outcome import Meeting, outcome_with
from ringback.testing.command.reproduce import line_to_try
from ringback.testing.lab import FAULTS, find
from ringback.testing.lab.fault import NEEDS, missing
from tests.requires import requires


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_fault_is_met_by_every_installed_client(ringback):
    done = ringback("lab", "tcp.refused", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    met = objects(done.stdout)
    assert [line["client"] for line in met] == list(installed())
    assert {(line["ended"], line["kind"]) for line in met} == {("raised", "tcp.refused")}
    classes = {line["client"]: line["exception"] for line in met}
    assert classes["socket"] == "ConnectionRefusedError"
    assert classes["requests"] == "requests.exceptions.ConnectionError"


def test_a_fault_that_counts_begins_anew_for_each_client(ringback):
    met = objects(ringback("lab", "tcp.reset:first_two", "--json").stdout)
    assert {line["kind"] for line in met} == {"tcp.reset"}


def test_for_people_it_shows_the_exception_and_its_kind(ringback):
    done = ringback("lab", "tcp.reset:after_request")
    assert done.returncode == 0
    assert done.stdout.startswith("tcp.reset:after_request: RST after the request was read")
    assert "ConnectionResetError" in done.stdout
    assert done.stdout.count("→ tcp.reset") == len(installed())
    assert done.stdout.rstrip().endswith("ringback explain tcp.reset")


def test_what_a_client_cannot_do_is_said(ringback):
    requires("h2")
    said = ringback("lab", "ok:http2").stdout
    assert "not called: urllib does not speak HTTP/2" in said
    assert "no exception" in said


@pytest.mark.nightly
def test_a_client_without_a_deadline_is_left_waiting(fault, monkeypatch):
    # No pause of this machine may be as long as the timeout: then the client would be right.
    monkeypatch.setattr("ringback.testing.command.outcome.MAX_TIMEOUTS", 1.2)
    trickling = find("http.response.body_timed_out:trickling_body")
    meeting = Meeting(fault(trickling.name), "get", 3.0)
    assert outcome_with("urllib", meeting).ended == "waiting"


@pytest.mark.nightly
def test_a_fault_in_a_namespace_is_met_there(ringback):
    requires(*find("tcp.address_unreachable.network:no_route").needs)
    met = objects(ringback("lab", "tcp.address_unreachable.network:no_route", "--json").stdout)
    assert {line["kind"] for line in met} == {"tcp.address_unreachable.network"}
    assert [line["client"] for line in met] == list(installed())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tcp.refusd"], "nearest: tcp.refused"),
        (["tcp.reset:mid_bdy"], "nearest: tcp.reset:"),
        (["client.pool_exhausted"], "client.pool_exhausted cannot be produced on one machine"),
        (["tcp.refused", "--list"], "--list takes no FAULT"),
        (["a\x1bb"], "'a\\x1bb'"),
    ],
)
def test_a_wrong_fault_is_one_line(ringback, words, said):
    done = ringback("lab", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_the_machine_lacks_is_one_line(ringback, monkeypatch):
    monkeypatch.setitem(NEEDS, "cryptography", lambda: False)
    done = ringback("lab", "tls.cert.date_invalid.expired")
    needs = "tls.cert.date_invalid.expired needs cryptography, which this machine lacks"
    assert (done.returncode, done.stderr) == (2, f"ringback: {needs}\n")


def test_the_list_has_every_fault_once(ringback):
    listed = objects(ringback("lab", "--list", "--json").stdout)
    assert [fault["fault"] for fault in listed] == list(FAULTS)
    assert [fault["lacks"] for fault in listed] == [list(missing(f.needs)) for f in FAULTS.values()]
    assert not any("url" in fault for fault in listed)

    lines = [line.strip() for line in ringback("lab", "--list").stdout.splitlines()]
    assert set(FAULTS) <= set(lines)


def test_runs_until_it_is_interrupted():
    with running_program(
        [sys.executable, "-W", "error", "-m", "ringback", "lab", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        started = [json.loads(process.stdout.readline()) for _ in FAULTS]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors.strip() == ""
    assert all(("url" in fault) == (not fault["lacks"]) for fault in started)


def test_the_lines_to_try_meet_the_fault(lab):
    requires("curl")
    statuses = {"tcp.refused": 7, "tls.cert.date_invalid.expired": 60, "ok:tls": 0, "ok:proxy": 0}
    for name, status in statuses.items():
        line = line_to_try(FAULTS[name], lab.start(name))
        done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=120, check=False)
        assert done.returncode == status, line
