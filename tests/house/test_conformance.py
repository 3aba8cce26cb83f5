"""The parts of `conformance/run.py` that decide, and the network it runs the suites in."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from requires import requires

HOME = Path(__file__).parents[2] / "conformance"


def load(name):
    spec = importlib.util.spec_from_file_location(f"conformance_{name}", HOME / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


outcome = load("outcome")


def phase(test="t", phase="call", outcome="passed", expected=False, said=""):
    values = {"test": test, "phase": phase, "outcome": outcome, "expected": expected, "said": said}
    return json.dumps(values)


@pytest.mark.parametrize(
    ("phases", "was"),
    [
        ([phase()], "passed"),
        ([phase(phase="setup"), phase(), phase(phase="teardown")], "passed"),
        ([phase(outcome="failed")], "failed"),
        ([phase(), phase(phase="teardown", outcome="failed")], "error"),
        ([phase(outcome="failed"), phase(phase="teardown", outcome="failed")], "failed"),
        ([phase(phase="setup", outcome="failed")], "error"),
        ([phase(phase="setup", outcome="skipped")], "skipped"),
        ([phase(outcome="skipped", expected=True)], "xfailed"),
        ([phase(outcome="passed", expected=True)], "xpassed"),
        ([phase(phase="collect", outcome="failed")], "error"),
    ],
)
def test_how_a_test_ended(phases, was):
    assert outcome.outcomes(phases)["t"].was == was


def test_a_test_in_which_the_process_ended_has_not_passed():
    assert outcome.outcomes([phase(phase="setup")]) == {}


def test_what_was_said_is_one_line():
    found = outcome.outcomes([phase(outcome="failed", said="ValueError: one\ntwo")])

    assert found["t"].said == "ValueError: one"


def result(**tests):
    held = {name: outcome.Outcome(was) for name, was in tests.items()}
    return outcome.Result("form", True, 1.0, 0, held)


def test_lost_is_what_passed_and_does_not():
    plain = result(a="passed", b="passed", c="failed", d="passed", e="skipped")
    other = result(a="passed", b="failed", c="failed", e="passed")

    assert outcome.lost(plain, other) == ["b", "d"]
    assert sorted(outcome.differing(plain, other)) == ["b", "d", "e"]
    assert outcome.differing(plain, other)["d"][1].was == "missing"


INSIDE = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=0.1)
except TimeoutError:
    print("silent")
try:
    socket.getaddrinfo("example.com", 80)
except socket.gaierror as error:
    print(error.errno == socket.EAI_NONAME)
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
print("loopback")
raise SystemExit(7)
"""


@pytest.mark.netns
def test_the_network_of_a_suite_is_silent_and_knows_no_name():
    requires("root", "unshare", "ip")
    own = ["unshare", "--net", "--mount", "--", sys.executable, HOME / "namespace.py"]
    done = subprocess.run(
        [*own, sys.executable, "-c", INSIDE],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert (done.stdout.split(), done.returncode) == (["silent", "True", "loopback"], 7), (
        done.stderr
    )
