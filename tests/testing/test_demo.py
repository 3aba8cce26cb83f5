import dataclasses
import json
import subprocess
import sys

import pytest
from nightly import rest_nightly
from program import run_as_process
from requires import requires

from ringback.failure.kinds import KINDS
from ringback.testing.demo.play import play
from ringback.testing.demo.scenes import SCENES
from tests.testing.terminal import lines_of, run_in_terminal, width_of


@pytest.fixture(scope="module")
def events():
    """The first scenes: those that need no monitor."""
    done = run_as_process("demo", "--json", without="uvicorn")
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_happens_is_what_is_promised(events):
    told = [(e["event"], e.get("kind"), e.get("decision")) for e in events if e["event"] != "check"]
    again = [
        ("attempt", "tcp.refused", "retry"),
        ("attempt", "tcp.refused", "give_up"),
        ("raised", None, None),
    ]
    alerted = [*again[:2], ("alert", None, None), again[2]]
    works = ("attempt", None, "done")
    assert told == [
        ("scene", None, None),
        ("attempt", "tcp.refused", "retry"),
        ("attempt", "tcp.refused", "retry"),
        works,
        ("scene", None, None),
        ("attempt", "dns.name_not_resolved", "give_up"),
        ("raised", None, None),
        ("scene", None, None),
        ("attempt", "tls.cert.date_invalid.expired", "give_up"),
        ("raised", None, None),
        ("scene", None, None),
        ("attempt", "tcp.reset", "retry"),
        works,
        ("attempt", "tcp.reset", "give_up"),
        ("raised", None, None),
        ("scene", None, None),
        *again,
        *again,
        *alerted,
        works,
        works,
        ("recovery", None, None),
        ("end", None, None),
        ("lacking", None, None),
    ]
    assert all(event["kept"] for event in events if event["event"] == "check")


def test_the_events_say_what_an_operator_needs(events):
    for event in events:
        if event["event"] == "attempt" and event["kind"]:
            assert event["layer"] == KINDS[event["kind"]].layer
            assert event["url"].startswith("http")
            assert (event["delay"] is None) == (event["decision"] == "give_up")
            assert (event["reason"] is None) == (event["decision"] == "retry")
    (alert,) = (event for event in events if event["event"] == "alert")
    (recovery,) = (event for event in events if event["event"] == "recovery")
    assert (alert["count"], alert["kinds"]) == (3, {"tcp.refused": 3})
    assert recovery["endpoint"] == alert["endpoint"]
    assert recovery["at"] - recovery["seconds"] == pytest.approx(alert["since"])
    raised = {event["exception"]: event for event in events if event["event"] == "raised"}
    assert raised["ConnectionRefused"]["also"] == [
        "requests.exceptions.ConnectionError",
        "ConnectionRefusedError",
    ]
    assert raised["NameNotResolved"]["also"][-1] == "socket.gaierror"
    expired = raised["CertificateExpired"]
    assert expired["also"] == ["requests.exceptions.SSLError", "ssl.SSLCertVerificationError"]
    assert "`openssl s_client -connect 127.0.0.1:" in expired["advice"]


@pytest.mark.nightly
def test_without_a_terminal_it_is_plain_lines_and_says_how_to_get_the_rest():
    done = run_as_process("demo", without="uvicorn")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert all(scene.title in done.stdout for scene in SCENES)
    assert f"{len(SCENES)} of {len(SCENES)} scenes went as expected" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "pip install 'ringback[demo]'" in done.stdout.splitlines()[-1]


@pytest.mark.nightly
@pytest.mark.parametrize("columns", [40, 120])
def test_on_a_terminal_it_fits_and_is_coloured(columns):
    status, written = run_in_terminal("demo", columns=columns, without="uvicorn")
    assert status == 0
    assert width_of(written) <= columns
    assert "\x1b[31m" in written
    assert any("ALERT" in line for line in lines_of(written))
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h")  # the cursor is back


def test_a_promise_that_is_not_kept_is_reported():
    wrong = dataclasses.replace(SCENES[0], promised=("ok done",))
    told = []
    assert not play(told.append, [wrong])
    (check,) = (record for record in told if record["event"] == "check")
    assert (check["kept"], check["promised"]) == (False, ["ok done"])
    assert check["seen"] == list(SCENES[0].promised)
    assert told[-1]["kept"] == 0


@pytest.mark.parametrize("name", rest_nightly(["cryptography", "requests"]))
def test_what_is_not_installed_is_named_in_one_line(name):
    done = run_as_process("demo", without=name)
    said = f"ringback: the demo needs {name}: pip install 'ringback[demo]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_without_the_monitor_there_is_nothing_to_keep():
    done = run_as_process("demo", "--keep", without="uvicorn")
    said = "ringback: the monitor is not installed (uvicorn): pip install 'ringback[demo]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("words", rest_nightly([["lab"], ["demo"], ["lab", "tcp.refused"]]))
def test_without_loopback_there_is_one_line(words):
    requires("netns", "unshare")
    command = ["unshare", "--net", sys.executable, "-m", "ringback", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "its loopback interface is down" in done.stderr
