"""The program in a process that has imported it: starting Python anew is most of its cost.

``ringback diagnose`` runs in a fork of that process, as an ordinary user in a network namespace,
with the namespace's files in ``/etc`` (as ``ip netns exec`` does) and an environment of its own.
What a library reads once when it is imported, as OpenSSL does its configuration, it cannot change.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from ringback.testing.lab.namespace import FILES, HELD

_NEWNS, _NEWNET = 0x00020000, 0x40000000
_BIND, _RECURSIVE, _SLAVE = 0x1000, 0x4000, 0x80000
_DETACH = 2
_KEEP_CAPABILITIES = 8
_READS = 1 << 2
"""The capability dac_read_search."""
_LAZY = ("dns.resolver", "dns.edns", "cryptography.x509", "rich.console", "requests", "ssl")

_WAIT_TIMEOUT = 120.0
"""Seconds after which a program hangs; a diagnosis ends by itself long before."""


class Preloaded:
    """Runs ``ringback`` many times at a low price, until it is closed."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory()
        self._path = str(Path(self._directory.name, "socket"))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self._path)
            listening.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(listening.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )

    def close(self):
        """End it."""
        self._process.stdin.close()
        self._process.wait()
        self._directory.cleanup()

    def run(self, namespace, words, variables, user):
        """Return the exit status and both outputs of ``ringback`` with these words."""
        with (
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
            socket.socket(socket.AF_UNIX) as asking,
        ):
            asking.settimeout(_WAIT_TIMEOUT)
            asking.connect(self._path)
            order = {"namespace": namespace, "words": words, "env": variables, "user": user}
            files = [out.fileno(), err.fileno()]
            socket.send_fds(asking, [json.dumps(order).encode()], files)
            asking.shutdown(socket.SHUT_WR)
            said = asking.makefile().read()
            out.seek(0)
            err.seek(0)
            return int(said or -1), out.read(), err.read()


def _serve(listening):
    _import_all()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # It ends with the process that started it, which holds the other end of its input.
    while select.select([listening, sys.stdin], [], [])[0] == [listening]:
        asked, _ = listening.accept()
        if os.fork():
            asked.close()
        else:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            asked.sendall(str(_status(asked)).encode())
            os._exit(0)


def _status(asked):
    """Run the program as asked in a fork, and return its exit status."""
    order, files, _, _ = socket.recv_fds(asked, 1 << 16, 2)
    while more := asked.recv(1 << 16):
        order += more
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    asked.close()
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
    _run(**json.loads(order))
    return None


def _run(namespace, words, env, user):
    _enter(namespace)
    closed = _closed()
    _call("prctl", _KEEP_CAPABILITIES, int(closed), 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if closed:
        _call(
            "capset", struct.pack("Ii", 0x20080522, 0), struct.pack("6I", _READS, _READS, *[0] * 4)
        )
    os.chdir("/")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["ringback", *words]
    try:
        importlib.import_module("ringback.cli").main()
    except SystemExit as ended:
        # Without taking down, module by module, all that was imported: that is most of the cost.
        status = ended.code or 0
        if not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _enter(namespace):
    """Enter a network namespace with its files, as ip-netns(8) describes it."""
    with Path(HELD, namespace).open("rb") as held:
        _call("setns", held.fileno(), _NEWNET)
    _call("unshare", _NEWNS)
    _call("mount", b"", b"/", None, _SLAVE | _RECURSIVE, None)
    with contextlib.suppress(OSError):
        _call("umount2", b"/sys", _DETACH)
    flags = os.statvfs("/sys").f_flag & os.ST_RDONLY
    _call("mount", namespace.encode(), b"/sys", b"sysfs", flags, None)
    for file in Path(FILES, namespace).iterdir():
        with contextlib.suppress(FileNotFoundError):
            _call("mount", os.fsencode(file), f"/etc/{file.name}".encode(), None, _BIND, None)


def _call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        raise OSError(ctypes.get_errno(), name)


def _closed():
    """Whether Python lies where an ordinary user may not read, as in root's own directory."""
    files = [Path(sys.modules[name].__file__).resolve() for name in ("os", "dns", "ringback")]
    return not all(folder.stat().st_mode & 1 for file in files for folder in file.parents)


def _import_all():
    """Import what a diagnosis imports once it needs it."""
    packages = [
        importlib.import_module(name) for name in ("ringback.cli.diagnosis", "ringback.diagnosis")
    ]
    found = [m.name for p in packages for m in pkgutil.walk_packages(p.__path__, f"{p.__name__}.")]
    for name in (*found, *_LAZY):
        importlib.import_module(name)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
