"""Network namespaces of this process: made, entered, and removed even after a kill.

Linux only, root only, with the program ``ip`` of iproute2. The machine's own namespace is never
changed: interfaces are born inside the namespaces.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import CalledProcessError, CompletedProcess
from typing import Self

HELD = Path("/run/netns")
"""Where iproute2 keeps a name for each namespace."""

FILES = Path("/etc/netns")
"""Where iproute2 looks for the files that a namespace sees in ``/etc``."""

_NAME = re.compile(r"ringback-(\d+)\.(\d+)\.")
_CLONE_NEWNET = 0x40000000
_STARTED = 19
"""Index of the start time in ``/proc/PID/stat`` behind the command (proc(5): field 22)."""

_counter = itertools.count(1)


class Namespaces:
    """A set of namespaces that goes with its context.

    Names carry the process and its start time; what a killed process left behind is removed when
    the next set is made.
    """

    def __init__(self) -> None:
        sweep()
        pid = os.getpid()
        self._prefix = f"ringback-{pid}.{_started(pid)}.{next(_counter)}-"
        self._names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, role: str) -> str:
        """Make an empty namespace and return its name."""
        name = self._prefix + role
        self._names.append(name)
        _run("netns", "add", name)
        return name

    def also(self, namespace: str, role: str) -> str:
        """Give a namespace a further name, which may have files of its own; return it."""
        name = self._prefix + role
        self._names.append(name)
        with inside(namespace):
            _run("netns", "attach", name, str(threading.get_native_id()))
        return name

    def close(self) -> None:
        """Remove the namespaces; harmless when called again."""
        while self._names:
            _remove(self._names.pop())


def give_file(namespace: str, name: str, text: str) -> None:
    """Let programs that ``run`` starts in a namespace see ``text`` as ``/etc/NAME``."""
    directory = FILES / namespace
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text)


def run(
    namespace: str, command: Sequence[str], *, stdin: str = "", timeout: float = 60.0
) -> CompletedProcess[str]:
    """Run a program inside a namespace, with that namespace's files in ``/etc``."""
    return _run("netns", "exec", namespace, *command, stdin=stdin, timeout=timeout)


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Put the calling thread into a namespace; sockets made there stay there for good.

    Threads started meanwhile stay there as well. Name resolution is still the machine's.
    """
    home = Path("/proc/thread-self/ns/net")
    with home.open("rb") as back, (HELD / namespace).open("rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(back.fileno())


def sweep() -> None:
    """Remove the namespaces and files of processes that no longer run."""
    for path in (*HELD.glob("ringback-*"), *FILES.glob("ringback-*")):
        match = _NAME.match(path.name)
        if match and _started(int(match[1])) != match[2]:
            _remove(path.name)


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")


def _remove(name: str) -> None:
    with contextlib.suppress(CalledProcessError):
        _run("netns", "delete", name)
    shutil.rmtree(FILES / name, ignore_errors=True)


def _run(*arguments: str, stdin: str = "", timeout: float = 60.0) -> CompletedProcess[str]:
    """Run ``ip``; what it says of an error is a note on the exception."""
    ip = shutil.which("ip") or "/usr/sbin/ip"  # Root's programs may be missing from PATH.
    try:
        return subprocess.run(
            [ip, *arguments],
            input=stdin,
            timeout=timeout,
            check=True,
            capture_output=True,
            text=True,
        )
    except CalledProcessError as error:
        error.add_note(error.stderr)
        raise


def _started(pid: int) -> str:
    """Return when a process was started, in clock ticks since boot; empty if it is not there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_STARTED]
