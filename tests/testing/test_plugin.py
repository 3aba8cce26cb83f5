"""The plugin, in a pytest of its own: all modules below run in one process, as a user's do."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from ringback.retry import default_patience, set_default_patience
from ringback.testing import plugin

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = (DOCS / "tutorial" / "testing-failures.md").read_text("utf-8")
FRONT = (DOCS / "how-to" / "make-connections-fail.md").read_text("utf-8")
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = {re.findall(r"def (test_\w+)", code)[0]: code for code in PYTHON.findall(TUTORIAL)}
(SHOP,) = PYTHON.findall(FRONT)

MODULES = {
    **BLOCKS,
    "test_shop": SHOP,
    "test_mended_shop": SHOP.replace("ConnectionError", "RequestException"),
    "test_patience": """
from ringback.retry import default_patience

def test_no_call_waits_for_the_end_of_an_outage():
    assert default_patience(known=True) == 0.0
""",
    "test_records": """
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
""",
    "test_shared_lab": """
import pytest

urls = set()

@pytest.mark.parametrize("time", range(2))
def test_shared(lab, time):
    urls.add(lab.start("ok").url)
    assert len(urls) == 1
""",
    "test_own_lab": """
import pytest

@pytest.fixture
def lab():
    return "mine"

def test_mine(lab, fault):
    assert lab == "mine"
    assert fault("tcp.refused").port
""",
    "test_memory": """
import pytest
from ringback import Breaker, Policy
from ringback.retry import Rate
from ringback.client.requests import Session

@pytest.mark.parametrize(
    "policy",
    [
        Policy(attempts=1, breaker=Breaker(consecutive=1, sustained=0.0)),
        Policy(attempts=1, breaker=None, rate=Rate(0.01, burst=1), deadline=5),
    ],
)
@pytest.mark.parametrize("time", range(2))
def test_each_call_is_the_first(lab, policy, time):
    with Session(policy=policy) as session, pytest.raises(OSError) as caught:
        session.get(lab.start("tcp.refused").url)
    assert caught.value.failure.kind == "tcp.refused"
""",
    "test_unknown": """
def test_it(fault):
    fault("tcp.refusd")
""",
    "test_lacking": """
import pytest
from ringback.testing.lab.fault import NEEDS

@pytest.fixture(autouse=True)
def lacking(monkeypatch):  # as on a machine without it
    monkeypatch.setitem(NEEDS, "cryptography", lambda: False)

def test_it(fault):
    fault("tls.cert.date_invalid.expired")

def test_in_ci(fault, monkeypatch):
    monkeypatch.setenv("CI", "true")
    fault("tls.cert.date_invalid.expired")
""",
    "test_names": """
import socket

system = socket.getaddrinfo

def test_replaced(fault):
    fault("dns.name_not_resolved")
    assert socket.getaddrinfo is not system

def test_restored():
    assert socket.getaddrinfo is system
""",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run of all modules: what it printed, and what became of each test."""
    folder = tmp_path_factory.mktemp("plugin")
    for name, code in MODULES.items():
        (folder / f"{name}.py").write_text(code)
    options = ["-q", "-p", "no:cacheprovider", "--junitxml=ended.xml", "-o", "junit_family=xunit1"]
    env = {name: value for name, value in os.environ.items() if name != "CI"}  # it cuts no line
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *options, "."],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=280,
        check=False,
        # Others tidy up their temporary folders meanwhile.
        env=env | {"PYTEST_DEBUG_TEMPROOT": str(folder), "COLUMNS": "100"},
    )
    assert done.returncode == 1, done.stdout + done.stderr  # some of them are to fail
    return done.stdout, ET.parse(folder / "ended.xml")


@pytest.fixture(scope="module")
def ended(run):
    """How the tests of each module ended: their names, and ``passed`` or what was said."""
    found = {name: {} for name in MODULES}
    for case in run[1].iter("testcase"):
        said = [
            f"{element.tag}: {element.get('message')}"
            for element in case
            if element.tag != "system-out"
        ]
        found[case.get("classname")][case.get("name")] = " ".join(said) or "passed"
    return found


def test_the_example_of_the_front_page_ends_as_it_says(run, ended):
    failed = re.search(r"^FAILED .*$", FRONT, re.MULTILINE)[0]
    assert failed in run[0].splitlines()
    assert Counter(said == "passed" for said in ended["test_shop"].values()) == {True: 2, False: 1}
    assert "1 failed, 2 passed" in FRONT


def test_each_example_of_the_tutorial_passes(ended):
    assert len(BLOCKS) > 3
    assert {name: set(ended[name].values()) for name in BLOCKS} == {
        name: {"passed"} for name in BLOCKS
    }


def test_the_plugin_loads_nothing_slow():
    code = "import ringback.testing.plugin, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"requests", "cryptography", "dns", "rich", "click", "h2"}
    assert "ringback.testing.lab" not in done.stdout.split()


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        pytest.param("test_mended_shop", 3, id="the-program-that-the-front-page-mends"),
        pytest.param("test_records", 4, id="each-test-has-records-of-its-own"),
        pytest.param("test_shared_lab", 2, id="the-lab-is-shared-by-all-tests"),
        pytest.param("test_own_lab", 1, id="a-fixture-of-the-same-name-wins"),
        pytest.param("test_memory", 4, id="no-test-meets-the-circuit-or-pace-of-another"),
        pytest.param("test_names", 2, id="names-are-the-systems-again-after-the-test"),
        pytest.param("test_patience", 1, id="no-call-waits-for-an-outage"),
    ],
)
def test_a_module_of_a_user_passes(ended, module, tests):
    assert dict(Counter(ended[module].values())) == {"passed": tests}


def test_an_unknown_fault_names_the_nearest(ended):
    assert "nearest: tcp.refused" in ended["test_unknown"]["test_it"]
    assert ended["test_unknown"]["test_it"].startswith(("failure", "error"))


def test_what_the_machine_lacks_skips_with_the_reason_and_fails_in_ci(ended):
    said = ended["test_lacking"]
    assert said["test_it"].startswith("skipped: ")
    assert "needs cryptography, which this machine lacks" in said["test_it"]
    assert said["test_in_ci"].startswith(("failure", "error"))
    assert "with CI=true nothing is skipped" in said["test_in_ci"]


def configured(value):
    plugin.pytest_configure(SimpleNamespace(getini=lambda name: value))


def test_calls_wait_for_an_outage_as_pytest_is_configured():
    try:
        for value, seconds in (("2", 2.0), ("default", 10.0), ("0", 0.0)):
            configured(value)
            assert default_patience(known=True) == seconds
        with pytest.raises(pytest.UsageError, match="must be seconds or default, got 'long'"):
            configured("long")
    finally:
        set_default_patience(0.0)  # as it is in all these tests
