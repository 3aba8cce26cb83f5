import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ringback.testing.lab.need import NEEDS

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "testing-failures.md"


@pytest.fixture
def pytest_run(tmp_path):
    """Runs pytest on a module in a process of its own, as a user of the plugin does."""

    def run(code, **env):
        (tmp_path / "test_it.py").write_text(code)
        command = [
            sys.executable,
            "-W",
            "error",
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
        ]
        return subprocess.run(
            [*command, "test_it.py"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=180,
            check=False,
            env={name: value for name, value in os.environ.items() if name != "CI"} | env,
        )

    return run


BLOCKS = re.findall(r"^```python\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: re.findall(r"def (test_\w+)", code)[0])
def test_each_example_of_the_tutorial_passes(pytest_run, code):
    done = pytest_run(code)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_the_plugin_loads_nothing_slow():
    code = "import ringback.testing.plugin, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"requests", "cryptography", "dns", "rich", "click", "h2"}
    assert "ringback.testing.lab" not in done.stdout.split()


def test_each_test_has_records_of_its_own(pytest_run):
    done = pytest_run(
        """
import pytest, requests

@pytest.mark.parametrize("time", range(2))
def test_first(fault, time):
    endpoint = fault("ok")
    assert endpoint.requests == 0
    requests.get(endpoint.url, timeout=30)
    assert endpoint.requests == 1

@pytest.mark.parametrize("time", range(2))
def test_a_schedule_begins_anew(fault, time):
    with pytest.raises(requests.ConnectionError):
        requests.get(fault("tcp.reset", when="first_two").url, timeout=30)
"""
    )
    assert "4 passed" in done.stdout


def test_the_lab_is_shared_by_all_tests(pytest_run):
    done = pytest_run(
        """
import pytest

urls = set()

@pytest.mark.parametrize("time", range(2))
def test_shared(lab, time):
    urls.add(lab.start("ok").url)
    assert len(urls) == 1
"""
    )
    assert "2 passed" in done.stdout


def test_a_fixture_of_the_same_name_wins(pytest_run):
    done = pytest_run(
        """
import pytest

@pytest.fixture
def lab():
    return "mine"

def test_mine(lab, fault):
    assert lab == "mine"
    assert fault("tcp.refused").port
"""
    )
    assert "1 passed" in done.stdout


def test_an_unknown_fault_names_the_nearest(pytest_run):
    done = pytest_run("def test_it(fault):\n    fault('tcp.refusd')\n")
    assert done.returncode == 1
    assert "nearest: tcp.refused" in done.stdout


LACKING = """
from ringback.testing.lab.need import NEEDS
NEEDS["cryptography"] = lambda: False  # as on a machine without it

def test_it(fault):
    fault("tls.cert.date_invalid.expired")
"""


def test_what_the_machine_lacks_skips_with_the_reason(pytest_run):
    assert "cryptography" in NEEDS
    done = pytest_run(LACKING)
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    assert "needs cryptography, which this machine lacks" in done.stdout


def test_in_ci_a_skip_is_a_failure(pytest_run):
    done = pytest_run(LACKING, CI="true")
    assert done.returncode == 1
    assert "with CI=true nothing is skipped" in done.stdout


def test_names_are_the_systems_again_after_the_test(pytest_run):
    done = pytest_run(
        """
import socket

system = socket.getaddrinfo

def test_replaced(fault):
    fault("dns.name_not_resolved")
    assert socket.getaddrinfo is not system

def test_restored():
    assert socket.getaddrinfo is system
"""
    )
    assert "2 passed" in done.stdout
