import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from program import running_program

from ringback.testing.lab import namespace
from ringback.testing.lab.namespace import FILES, HELD, Namespaces, inside, run
from tests.requires import requires

NET = Path("/proc/thread-self/ns/net")
pytestmark = pytest.mark.netns


@pytest.fixture(autouse=True)
def _needs():
    requires("root", "netns", "ip")


def test_a_namespace_is_apart_and_goes_with_its_context():
    machine = NET.readlink()
    with Namespaces() as namespaces:
        name = namespaces.add("lone")
        assert (HELD / name).exists()
        with inside(name):
            assert NET.readlink() != machine
            with socket.socket() as made, pytest.raises(OSError, match="unreachable"):
                made.connect(("127.0.0.1", 9))
        assert NET.readlink() == machine
    assert not (HELD / name).exists()


def test_the_thread_comes_home_after_an_error():
    machine = NET.readlink()
    with Namespaces() as namespaces:
        with pytest.raises(KeyError), inside(namespaces.add("lone")):
            raise KeyError
        assert NET.readlink() == machine


def test_programs_see_the_files_of_the_name_they_run_under():
    with Namespaces() as namespaces:
        first = namespaces.add("first")
        second = namespaces.also(first, "second")
        namespace.give_file(first, "resolv.conf", "nameserver 192.0.2.1\n")
        namespace.give_file(second, "resolv.conf", "nameserver 192.0.2.2\n")
        assert run(first, ["cat", "/etc/resolv.conf"]).stdout == "nameserver 192.0.2.1\n"
        assert run(second, ["cat", "/etc/resolv.conf"]).stdout == "nameserver 192.0.2.2\n"
        same = ["readlink", "/proc/self/ns/net"]
        assert run(first, same).stdout == run(second, same).stdout
    assert not (FILES / first).exists()
    assert not (FILES / second).exists()


def test_a_program_that_fails_says_why():
    with Namespaces() as namespaces, pytest.raises(subprocess.CalledProcessError) as caught:
        run(namespaces.add("lone"), [sys.executable, "-c", "raise SystemExit('because')"])
    assert caught.value.stderr == "because\n"


def test_what_a_killed_process_left_is_removed_and_what_lives_is_kept():
    code = """
from ringback.testing.lab.namespace import Namespaces, give_file
name = Namespaces().add("left")
give_file(name, "resolv.conf", "")
print(name, flush=True)
input()
"""
    with running_program(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        left = process.stdout.readline().strip()
        namespace.sweep()
        assert (HELD / left).exists()
        process.send_signal(signal.SIGKILL)
        # As long as nobody has taken note of its end, no other process tidies up behind it.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert (HELD / left).exists()
    with Namespaces() as namespaces:
        mine = namespaces.add("mine")
        namespace.sweep()
        assert not (HELD / left).exists()
        assert not (FILES / left).exists()
        assert (HELD / mine).exists()
