import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from processes import Processes

def pytest_configure(config):
    config.pluginmanager.register(Processes(3))
"""


@pytest.fixture
def outcome(tmp_path):
    """Run files of tests in three processes; the exit status and what pytest wrote."""

    def run(files, *options):
        (tmp_path / "conftest.py").write_text(CONFTEST)
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            # What others tidy up of theirs meanwhile is not seen.
            env={"PYTHONPATH": str(Path(__file__).parent), "PYTEST_DEBUG_TEMPROOT": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stderr == ""
        return ended.returncode, ended.stdout

    return run


def test_all_tests_run_once_each_and_a_module_in_one_process(outcome):
    module = """
import os, pytest

@pytest.fixture(scope="module")
def process():
    pid = os.getpid()
    yield pid
    print("torn down in", "the same" if pid == os.getpid() else "another")

@pytest.mark.parametrize("number", range(20))
def test(process, number, tmp_path):
    assert process == os.getpid()
    print("written here")
    assert number != 7
"""
    files = {f"test_{name}.py": module for name in "abcde"}

    status, text = outcome(files, "-rA")

    assert status == 1
    assert "5 failed, 95 passed" in text
    assert text.count("torn down in the same") == 5
    assert text.count("written here") == 100 + 5  # and where a failure quotes the source


@pytest.mark.parametrize(
    ("dies", "status"), [("os._exit(3)", "3"), ("os.kill(os.getpid(), 9)", "-9")]
)
def test_a_process_that_dies_is_a_failure(outcome, dies, status):
    files = {
        "test_a.py": f"import os\ndef test_dies(): {dies}\ndef test_undone(): pass\n",
        "test_b.py": "def test(): pass\n",
    }

    code, text = outcome(files)

    assert code == 1
    assert f"the process of this test ended with {status}, and leaves others undone" in text
    assert "1 failed, 1 passed" in text


def test_after_enough_failures_what_runs_is_interrupted_and_torn_down(outcome, tmp_path):
    waits = """
import pathlib, pytest, threading

@pytest.fixture
def kept():
    yield
    pathlib.Path("torn-down").touch()

def test_waits(kept):
    pathlib.Path("waits").touch()
    threading.Event().wait(60)
"""
    fails = """
import os

def test_fails():
    while not os.path.exists("waits"):
        os.sched_yield()
    assert False
"""
    code, text = outcome({"test_a.py": waits, "test_b.py": fails}, "-x")

    assert code == 1
    assert "1 failed" in text
    assert (tmp_path / "torn-down").exists()


def test_what_the_last_test_did_not_close_is_its_failure(outcome):
    leaks = "import socket\ndef test():\n    s = [socket.socket()]\n    s.append(s)\n"

    code, text = outcome({"test_a.py": leaks}, "-W", "error")

    assert code == 1
    assert "ResourceWarning: unclosed" in text


def test_what_cannot_be_collected_ends_the_run(outcome):
    code, text = outcome({"test_a.py": "import nothing_of_this_name\n", "test_b.py": "1"})

    assert code == 2
    assert "1 error" in text
