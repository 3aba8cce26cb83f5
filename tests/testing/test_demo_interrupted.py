"""The demo when it is ended before its time."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from program import running_program
from until import until

WAIT_TIMEOUT = 120
"""Seconds for what takes one or two on a machine that is not busy."""


def demo(folder, *options):
    """The demo, with its temporary files in a folder of its own."""
    return running_program(
        [sys.executable, "-m", "ringback", "demo", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)},
    )


def wait_for(process, event, times=1):
    """Read until so many events of a sort; return them."""
    found = []
    for line in process.stdout:
        record = json.loads(line)
        if record["event"] == event:
            found.append(record)
        if len(found) == times:
            return found
    raise AssertionError(process.stderr.read())


def running(folder):
    """Processes that have this folder in their environment."""
    mark, found = f"TMPDIR={folder}".encode(), []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in file.read_bytes().split(b"\0"):
                found.append(file.parent.joinpath("cmdline").read_bytes())
    return found


@pytest.mark.nightly
def test_nothing_is_left_of_a_demo_that_is_interrupted_in_its_first_scene(tmp_path):
    with demo(tmp_path) as process:
        wait_for(process, "attempt")
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_TIMEOUT) == 130
    assert list(tmp_path.iterdir()) == []
    until(lambda: not running(tmp_path))


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("event", "with_signal", "status"),
    [
        ("page", signal.SIGINT, 130),
        ("change", signal.SIGTERM, 143),
        ("end", signal.SIGHUP, 129),
    ],
)
def test_nothing_is_left_wherever_it_is_interrupted(tmp_path, event, with_signal, status):
    with demo(tmp_path, "--keep") as process:
        wait_for(process, event)
        assert len(running(tmp_path)) >= 2  # the monitor, too
        process.send_signal(with_signal)
        process.send_signal(with_signal)  # of an impatient person
        assert process.wait(WAIT_TIMEOUT) == status
        assert process.stderr.read().strip() == ""
    assert list(tmp_path.iterdir()) == []
    until(lambda: not running(tmp_path))


@pytest.mark.nightly
def test_the_monitor_ends_with_a_demo_that_is_killed(tmp_path):
    with demo(tmp_path) as process:
        wait_for(process, "change")
        process.kill()
        process.wait(WAIT_TIMEOUT)
    until(lambda: not running(tmp_path))
