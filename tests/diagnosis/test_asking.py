"""A target or an exception in, a diagnosis out: whatever happens, and in time."""

import asyncio
import gc
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from program import running_program
from until import until

import ringback
from ringback.diagnosis import adiagnose, diagnose
from ringback.testing.lab import Lab
from ringback.testing.lab.message import response


@pytest.fixture
def healthy():
    with Lab() as lab:
        yield lab.start("ok")


@pytest.fixture
def silent():
    """A port that takes connections and says nothing."""
    with Lab() as lab:
        yield lab.start("http.response.timed_out", "silent")


def test_the_public_name_is_the_function(healthy):
    found = ringback.diagnose(healthy.url)
    assert isinstance(found, ringback.Diagnosis)
    assert found.verdict.healthy
    assert found.complete


def test_readings_are_recorded_as_they_come_and_stand_in_the_order_of_a_call(healthy):
    told = []
    found = diagnose(healthy.url, tell=told.append)
    assert set(map(id, found.readings)) == set(map(id, told))
    stages = list(dict.fromkeys(reading.layer for reading in found.readings))
    assert stages == ["url", "host", "tcp", "http"]


def test_a_listener_that_raises_changes_nothing(healthy):
    def raises(_):
        raise RuntimeError("no")

    assert diagnose(healthy.url, tell=raises).verdict.healthy


def test_an_exception_is_diagnosed_by_the_target_it_names(unused_port):
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get(f"http://127.0.0.1:{unused_port}/", timeout=5)
    found = diagnose(caught.value)
    assert found.target == f"http://127.0.0.1:{unused_port}/"
    assert found.verdict.cause == "service_down"
    assert found.readings[0].what == "exception" or found.readings[1].what == "exception"


def test_an_exception_without_a_target_is_refused():
    with pytest.raises(ValueError, match="hand in the URL"):
        diagnose(ConnectionResetError(104, "Connection reset by peer"))


def test_nothing_is_refused():
    with pytest.raises(ValueError, match="empty"):
        diagnose("  ")


def test_a_time_limit_is_kept_and_recorded(silent):
    found = diagnose(silent.url, timeout=0.3)
    assert found.verdict.kind in {"http.response.timed_out", "unknown"}


def test_tasks_go_on_meanwhile():
    """The server answers only once another task has seen that it was asked."""
    ran = threading.Event()

    def later(connection):
        if connection.read_request() and ran.wait(60):
            connection.send(response(200, b""))

    async def both():
        diagnosing = asyncio.ensure_future(adiagnose(met.url, timeout=60.0))
        while not met.requests:
            await asyncio.sleep(0)
        before = diagnosing.done()
        ran.set()
        return before, await diagnosing

    with Lab() as lab:
        met = lab.listen(later)
        before, found = asyncio.run(both())
    assert not before
    assert found.target == met.url


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc")
def test_no_thread_and_no_socket_is_left(unused_port):
    diagnose(f"http://127.0.0.1:{unused_port}/")
    gc.collect()
    before = descriptors()
    diagnose(f"http://127.0.0.1:{unused_port}/")
    until(lambda: not any(thread.name == "ringback-diagnosis" for thread in threading.enumerate()))
    gc.collect()
    until(lambda: descriptors() <= before)


def test_no_secret_is_recorded(unused_port):
    place = f"127.0.0.1:{unused_port}/path"
    found = diagnose(f"http://user:hunter2@{place}?token=hunter3#hunter4")
    assert "hunter" not in repr(found)
    assert found.target == f"http://{place}"


_INTERRUPTED = """
import signal, sys, ringback
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
found = ringback.diagnose(sys.argv[1], tell=lambda one: print(one.what, flush=True))
print("complete", found.complete, len(found.readings) > 0)
print(found.verdict.kind, *found.verdict.advice)
"""


def test_ctrl_c_gives_what_is_known(silent):
    with running_program(
        [sys.executable, "-c", _INTERRUPTED, silent.url], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if line.strip() == "connect":
                break
        program.send_signal(signal.SIGINT)
        rest = program.stdout.read()
        program.wait(120)
    assert "complete False True" in rest
    assert "unknown It was interrupted. Let it end:" in rest
    assert "longer time" not in rest
    assert program.returncode == 0
