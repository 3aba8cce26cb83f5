"""A network of its own for a program: loopback, silence beyond it, no names but those of hosts(5).

    unshare --net --mount -- python conformance/namespace.py PROGRAM [ARGUMENT ...]

The suites call addresses outside. Here a packet to one is dropped without a word, as a tarpit
does, and a name is answered with NXDOMAIN; nothing leaves the machine. Linux only.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

TARPIT = ("10.255.255.1", 80)
"""Any address that is not of this machine."""

_FILES = {"resolv.conf": "nameserver 127.0.0.1\n", "nsswitch.conf": "hosts: files dns\n"}
_NXDOMAIN = b"\x81\x83"
"""RFC 1035, section 4.1.1: a response, recursion desired and available, code 3."""


def entrance() -> list[str]:
    """Return the words that start a program in namespaces of its own.

    Without root they are those of a new user namespace, where the system allows one.

    Raises:
        RuntimeError: The system allows none.
    """
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", "--net", "--mount", *user, "--"]
    if shutil.which("unshare") and _works(words):
        return [*words, sys.executable, str(Path(__file__).resolve())]
    raise RuntimeError(
        "no network namespace can be made here: it takes Linux, and root or "
        "unshare --map-root-user; --without-namespace does without"
    )


def _works(words: Sequence[str]) -> bool:
    made = subprocess.run(
        [*words, "ip", "link", "set", "lo", "up"], check=False, capture_output=True
    )
    return made.returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Set the network up, run the program, return its exit status."""
    _run("ip", "link", "set", "lo", "up")
    # What comes back on the loopback for an address that is not local is dropped in silence.
    _run("ip", "route", "add", "default", "dev", "lo")
    with tempfile.TemporaryDirectory() as directory:
        _use_own_resolver(Path(directory))
        threading.Thread(target=_deny_every_name, args=(_nameserver(),), daemon=True).start()
        _assert_silence()
        return subprocess.run(arguments, check=False).returncode


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def _use_own_resolver(directory: Path) -> None:
    for name, text in _FILES.items():
        (directory / name).write_text(text)
        _run("mount", "--bind", str(directory / name), str(Path("/etc", name).resolve()))
    if Path("/run/nscd").is_dir():  # a cache that would ask from outside
        _run("mount", "-t", "tmpfs", "none", "/run/nscd")


def _nameserver() -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    return server


def _deny_every_name(server: socket.socket) -> None:
    while True:
        query, client = server.recvfrom(4096)
        server.sendto(_no_such_name(query), client)


def _no_such_name(query: bytes) -> bytes:
    end = query.index(0, 12) + 5  # behind the name, its type and its class
    return query[:2] + _NXDOMAIN + query[4:6] + bytes(6) + query[12:end]


def _assert_silence() -> None:
    try:
        socket.create_connection(TARPIT, timeout=0.2).close()
    except TimeoutError:
        return
    except OSError as error:
        raise SystemExit(f"{TARPIT[0]} is not silent in the namespace: {error}") from error
    raise SystemExit(f"{TARPIT[0]} answers in the namespace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
