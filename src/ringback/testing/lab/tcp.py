"""Faults of TCP: ports that refuse, connections that are reset, closed or never accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.testing.lab.connection import Connection
from ringback.testing.lab.fault import Endpoint, Fault, serving

if TYPE_CHECKING:
    from ringback.testing.lab.lab import Lab


def refused(lab: Lab) -> Endpoint:
    """Start a port that is bound but does not listen: the kernel answers each SYN with a RST."""
    return lab.reserve().endpoint


FAULTS: tuple[Fault, ...] = (
    Fault(kind="tcp.refused", summary="nothing listens on the port", start=refused),
    Fault(
        kind="tcp.reset",
        when="on_accept",
        summary="RST as soon as the connection is accepted",
        start=serving(Connection.reset),
        also=("tcp.closed",),
    ),
)
