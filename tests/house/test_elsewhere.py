"""On macOS and Windows ringback is imported, and says what cannot be had there; simulated."""

import builtins
import contextlib
import importlib
import io
import json
import os
import pkgutil
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import dns.resolver
import pytest

import ringback

NAMESPACES = "network namespaces, which only Linux has"
OF_LINUX = "links, routers, neighbours and what the other kernel has got: on Linux only"


@pytest.mark.nightly
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_it_is_imported_and_says_in_a_line_what_only_linux_has(tmp_path, platform, unused_port):
    commands = {
        "lab": ["lab", "tcp.timed_out:dropped"],
        "demo": ["demo", "--places", "3"],
        "reproduced": ["lab", "tcp.refused", "--json"],
        "explained": ["explain", "Connection refused"],
        "diagnosed": ["diagnose", "-v", f"http://127.0.0.1:{unused_port}/"],
        "machine": ["diagnose", "-v"],
        "icmp": ["check-config", "icmp.toml"],
    }
    (tmp_path / "icmp.toml").write_text('[[endpoint]]\nname = "a"\nurl = "icmp://127.0.0.1"\n')
    done = subprocess.run(
        [sys.executable, "-W", "error", __file__, platform, json.dumps([*commands.values()])],
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ends = dict(zip(commands, map(json.loads, done.stdout.splitlines()), strict=True))

    assert ends["lab"] == [2, f"ringback: tcp.timed_out:dropped needs {NAMESPACES}\n"]
    said = f"ringback: --places needs {NAMESPACES}; ringback demo shows two agents without\n"
    assert ends["demo"] == [2, said]
    kinds = {json.loads(line)["kind"] for line in ends["reproduced"][1].splitlines()}
    assert kinds == {"tcp.refused"}
    assert ends["explained"][1].startswith("tcp.refused\n")
    statuses = {name: ends[name][0] for name in ("diagnosed", "machine", "icmp")}
    no_nameserver = int(platform == "win32")
    assert statuses == {"diagnosed": 1, "machine": no_nameserver, "icmp": 0}
    for name in ("diagnosed", "machine"):
        assert OF_LINUX in " ".join(ends[name][1].split())
        assert "defect" not in ends[name][1]
    assert not any("Traceback" in text for _, text in ends.values())


# As a program this module is a process that Python takes for one of another platform: ringback is
# imported anew where the modules, constants, functions and files are missing that it does not have,
# and runs commands. What the libraries beneath have found out of this machine stays.

LINUX_ONLY = {
    socket: ("AF_NETLINK", "AF_PACKET", "MSG_ERRQUEUE", "TCP_INFO", "SO_BINDTODEVICE", "SO_MARK"),
    os: ("sched_getaffinity", "setns", "unshare", "pidfd_open", "getrandom", "eventfd"),
    select: ("epoll",),
}
POSIX_ONLY = {
    socket: ("AF_UNIX", "MSG_DONTWAIT", "SO_REUSEPORT", "SCM_RIGHTS"),
    os: (
        *("fork", "geteuid", "getuid", "getegid", "getgid", "killpg", "setsid", "getpgid", "uname"),
        *("statvfs", "fchmod", "fchown", "chown", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC"),
        *("O_NONBLOCK", "mkfifo", "getloadavg", "sysconf", "WNOHANG", "posix_fallocate"),
    ),
    select: ("poll",),
    signal: ("SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "SIGSTOP", "SIGCONT"),
}
LINUX_PROGRAMS = {"ip", "iptables", "ip6tables", "nft", "ss", "unshare"}
POSIX_MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "uvloop")


def become(platform):
    """Take away what a platform does not have."""
    for module, name in ((builtins, "open"), (io, "open"), (os, "listdir"), (os, "stat")):
        setattr(module, name, without_proc(getattr(module, name)))
    which = shutil.which
    shutil.which = lambda name, **more: None if name in LINUX_PROGRAMS else which(name, **more)
    lacking = [LINUX_ONLY]
    if platform == "win32":
        lacking.append(POSIX_ONLY)
        sys.modules |= dict.fromkeys(POSIX_MODULES)
        sys.modules["msvcrt"] = SimpleNamespace(LK_NBLCK=2, LK_UNLCK=0, locking=lambda *_: None)
        ssl.enum_certificates = lambda store: ()
        subprocess.CREATE_NEW_PROCESS_GROUP = 0
        dns.resolver.Resolver.read_registry = lambda resolver: None  # it names no nameserver
        socket.socketpair = partial(socket.socketpair, socket.AF_UNIX)
    for module, names in ((m, names) for missing in lacking for m, names in missing.items()):
        for name in names:
            vars(module).pop(name, None)
    sys.platform = platform


def without_proc(function):
    """As a function of files is where there is no /proc."""

    def called(path=".", *more, **named):
        if str(path).startswith("/proc/"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return function(path, *more, **named)

    return called


def main(platform, commands):
    names = [
        found.name
        for found in pkgutil.walk_packages(ringback.__path__, "ringback.")
        if "__main__" not in found.name and ".install.start." not in found.name
    ]
    for name in names:
        importlib.import_module(name)  # with all that they need
    for name in [name for name in sys.modules if name.partition(".")[0] == "ringback"]:
        del sys.modules[name]
    become(platform)
    for name in names:
        importlib.import_module(name)
    run = importlib.import_module("ringback.cli").main
    for words in json.loads(commands):
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            try:
                run(words)
            except SystemExit as end:
                status = end.code
        print(json.dumps([status, out.getvalue()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
