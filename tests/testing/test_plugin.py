"""The plugin, in a pytest of its own: all modules below run in one process, as a user's do."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial" / "testing-failures.md"
FRONT = DOCS / "how-to" / "make-connections-fail.md"
BLOCKS = {
    re.findall(r"def (test_\w+)", code)[0]: code
    for code in re.findall(
        r"^```python\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL
    )
}

MODULES = {
    **BLOCKS,
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
def ended(tmp_path_factory):
    """How the tests of each module ended: their names, and ``passed`` or what was said."""
    folder = tmp_path_factory.mktemp("plugin")
    for name, code in MODULES.items():
        (folder / f"{name}.py").write_text(code)
    options = ["-q", "-p", "no:cacheprovider", "--junitxml=ended.xml", "-o", "junit_family=xunit1"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *options, "."],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        check=False,
        env={
            **{name: value for name, value in os.environ.items() if name != "CI"},
            "PYTEST_DEBUG_TEMPROOT": str(folder),  # others tidy up theirs meanwhile
        },
    )
    assert done.returncode == 1, done.stdout + done.stderr  # some of them are to fail
    found = {name: {} for name in MODULES}
    for case in ET.parse(folder / "ended.xml").iter("testcase"):
        said = [
            f"{element.tag}: {element.get('message')}"
            for element in case
            if element.tag != "system-out"
        ]
        found[case.get("classname")][case.get("name")] = " ".join(said) or "passed"
    return found


def test_the_example_of_the_front_page_ends_as_it_says(tmp_path):
    page = FRONT.read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    said = re.search(r"^FAILED .*\n.*passed", page, re.MULTILINE)[0]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    env = {name: value for name, value in os.environ.items() if name != "CI"}  # it cuts no line
    told = {"capture_output": True, "text": True, "env": env | {"COLUMNS": "100"}}
    mended = code.replace("ConnectionError", "RequestException")
    for text, right in ((code, said), (mended, "3 passed")):
        (tmp_path / "test_shop.py").write_text(text)
        done = subprocess.run(words, cwd=tmp_path, check=False, timeout=300, **told)
        assert right in done.stdout, done.stdout + done.stderr


def counted(module):
    return dict(Counter(module.values()))


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


def test_each_test_has_records_of_its_own(ended):
    assert counted(ended["test_records"]) == {"passed": 4}


def test_the_lab_is_shared_by_all_tests(ended):
    assert counted(ended["test_shared_lab"]) == {"passed": 2}


def test_a_fixture_of_the_same_name_wins(ended):
    assert counted(ended["test_own_lab"]) == {"passed": 1}


def test_no_test_meets_the_circuit_or_the_pace_of_another(ended):
    assert counted(ended["test_memory"]) == {"passed": 4}


def test_an_unknown_fault_names_the_nearest(ended):
    assert "nearest: tcp.refused" in ended["test_unknown"]["test_it"]
    assert ended["test_unknown"]["test_it"].startswith(("failure", "error"))


def test_what_the_machine_lacks_skips_with_the_reason(ended):
    said = ended["test_lacking"]["test_it"]
    assert said.startswith("skipped: ")
    assert "needs cryptography, which this machine lacks" in said


def test_in_ci_a_skip_is_a_failure(ended):
    said = ended["test_lacking"]["test_in_ci"]
    assert said.startswith(("failure", "error"))
    assert "with CI=true nothing is skipped" in said


def test_names_are_the_systems_again_after_the_test(ended):
    assert counted(ended["test_names"]) == {"passed": 2}


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ("", "patience 0.0"),
        ("ringback_patience = default", "patience 10.0"),
        ("ringback_patience = 2", "patience 2.0"),
        ("ringback_patience = long", "must be seconds or default, got 'long'"),
    ],
)
def test_no_call_waits_for_an_outage_unless_pytest_is_told(tmp_path, configured, said):
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{configured}\n")
    (tmp_path / "test_it.py").write_text(
        "from ringback.retry import default_patience\n"
        "def test_it():\n    print('patience', default_patience(known=True))\n"
    )
    words = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said in done.stdout + done.stderr
    assert done.returncode == (4 if "long" in configured else 0)
