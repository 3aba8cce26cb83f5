"""Every fault the lab has: one line per group."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ringback.testing.lab import (
    certificate,
    dns,
    healthy,
    http,
    http2,
    network,
    proxy,
    schedule,
    slow,
    socks,
    status,
    tcp,
    tls,
    wrong_port,
)

if TYPE_CHECKING:
    from ringback.testing.lab.fault import Fault

GROUPS: tuple[tuple[Fault, ...], ...] = (
    healthy.FAULTS,
    tcp.FAULTS,
    slow.FAULTS,
    http.FAULTS,
    status.FAULTS,
    certificate.FAULTS,
    tls.FAULTS,
    wrong_port.FAULTS,
    http2.FAULTS,
    schedule.FAULTS,
    dns.FAULTS,
    proxy.FAULTS,
    socks.FAULTS,
    network.FAULTS,
)

FAULTS: dict[str, Fault] = {fault.name: fault for group in GROUPS for fault in group}
"""Faults by name, ``kind`` or ``kind:when``."""


def find(text: str) -> Fault:
    """Return the fault called ``kind`` or ``kind:when``.

    A kind that only has variants gives its first one.

    Raises:
        LookupError: There is none; the message names the nearest.
    """
    if text in FAULTS:
        return FAULTS[text]
    variants = [fault for fault in FAULTS.values() if fault.kind == text]
    if variants:
        return variants[0]
    raise LookupError(f"no fault called {text!r}; nearest: {', '.join(_nearest(text))}")


def _nearest(text: str) -> list[str]:
    kind = text.partition(":")[0]
    variants = [fault.name for fault in FAULTS.values() if fault.kind == kind]
    return variants or difflib.get_close_matches(text, FAULTS, n=3, cutoff=0) or list(FAULTS)[:3]
