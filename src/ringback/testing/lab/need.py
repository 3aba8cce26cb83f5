"""What a fault may need from the machine, and whether it is there."""

from __future__ import annotations

import importlib.util
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _installed(module: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(module) is not None


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


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
    "ipv6": _ipv6,
    "root": _root,
}
"""Name of a need to a function that tells whether this machine meets it."""


class NeedMissingError(RuntimeError):
    """Raised when a fault is started on a machine that lacks what it needs."""


def missing(needs: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``needs`` that this machine does not meet."""
    return tuple(need for need in needs if not NEEDS[need]())
