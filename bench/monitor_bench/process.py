"""What a process uses, as the kernel counts it, and processes that end with a context."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
WAIT_TIMEOUT = 60.0
"""Seconds that a process has to begin, and to end."""


def cpu(pid):
    """Return the CPU seconds that a process and its children have used: user and system.

    Args:
        pid: The process. Of its children also those that have ended.
    """
    while True:
        try:
            return sum(_times(f"/proc/{pid}/stat")) + sum(map(cpu, children(pid)))
        except (FileNotFoundError, ProcessLookupError):  # a child has ended: it is counted now
            if not Path(f"/proc/{pid}").exists():
                raise


def thread_cpu(pid):
    """Return the CPU seconds that the first thread of a process has used.

    Args:
        pid: The process.
    """
    return sum(_times(f"/proc/{pid}/task/{pid}/stat")[:2])


def waited(pid):
    """Return the seconds for which the first thread of a process could run and got no processor.

    Args:
        pid: The process.
    """
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def _times(path):
    fields = Path(path).read_text().rpartition(")")[2].split()
    return [int(ticks) / _TICK for ticks in fields[11:15]]


def children(pid):
    """Return the processes that a process has started and that still run.

    Args:
        pid: The process.
    """
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def rss(pid):
    """Return the memory of a process in MB: resident, its highest ever included.

    Args:
        pid: The process.

    Returns:
        Now, and at most.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = dict(line.split(":", 1) for line in lines)
    return tuple(int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


@contextlib.contextmanager
def running(command, log, **options):
    """Run a program; it is ended with the context.

    Args:
        command: The program and its arguments.
        log: File for what it says.
        **options: Of ``subprocess.Popen``.
    """
    with Path(log).open("ab") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, **options)
    try:
        yield process
    finally:
        end(process)


def end(process, number=signal.SIGTERM):
    """End a process and wait for it.

    Args:
        process: The process.
        number: The signal.
    """
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(WAIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(WAIT_TIMEOUT)


def free_port(host="127.0.0.1"):
    """Return a port that nothing listens on."""
    with socket.socket() as trying:
        trying.bind((host, 0))
        return trying.getsockname()[1]


def until(right, seconds=WAIT_TIMEOUT, pause=0.02):
    """Return what a function returns as soon as that is true.

    Args:
        right: The function.
        seconds: How long to try.
        pause: Between two tries.

    Raises:
        TimeoutError: It never was.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := right():
            return found
        time.sleep(pause)
    raise TimeoutError(f"not within {seconds:g} s")
