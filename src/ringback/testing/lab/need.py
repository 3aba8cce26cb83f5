"""What a fault may need from the machine, and whether it is there."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Bits of capabilities(7).
_CAP_NET_ADMIN = 12
_CAP_SYS_ADMIN = 21


def _installed(module: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(module) is not None


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _program(name: str) -> Callable[[], bool]:
    # Root's programs may be missing from PATH.
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    return lambda: shutil.which(name, path=path) is not None


def _netns() -> bool:
    """Whether this process may make network namespaces: root in a container often may not."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    return all(effective >> capability & 1 for capability in (_CAP_NET_ADMIN, _CAP_SYS_ADMIN))


def _ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


NEEDS: dict[str, Callable[[], bool]] = {
    "cryptography": _installed("cryptography"),
    "h2": _installed("h2"),
    "ip": _program("ip"),
    "ip6tables": _program("ip6tables"),
    "iptables": _program("iptables"),
    "ipv6": _ipv6,
    "netns": _netns,
    "root": _root,
    "tls1.1": lambda: ssl.HAS_TLSv1_1,
}
"""Name of a need to a function that tells whether this machine meets it."""


class NeedMissingError(RuntimeError):
    """Raised when a fault is started on a machine that lacks what it needs."""


def missing(needs: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``needs`` that this machine does not meet."""
    return tuple(need for need in needs if not NEEDS[need]())
