"""Where a service may have gone, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.moved.place import Place

NEIGHBOURS = 16
"""Ports beside the usual one that are tried, at most."""

_NEAR = (1, -1, 2, -2)
_USUAL = (80, 443, 8080, 8443, 8000, 8081, 8888, 3000, 5000, 9000, 9443, 8008)


def configured(endpoint: Endpoint, own: Place) -> Iterator[Place]:
    """Yield the ports that the configuration names.

    Args:
        endpoint: The endpoint.
        own: Where it was.
    """
    for port in endpoint.ports:
        yield replace(own, port=port, source="configured")


def neighbouring(endpoint: Endpoint, own: Place) -> Iterator[Place]:
    """Yield ports near the usual one, and usual ones; only of hosts that are one's own.

    Others would take it for a scan of their ports.

    Args:
        endpoint: The endpoint.
        own: Where it was.
    """
    if not endpoint.mine:
        return
    near = [own.port + step for step in _NEAR]
    usual = _USUAL if own.scheme in {"http", "https"} else ()
    ports = [one for one in dict.fromkeys((*near, *usual)) if 0 < one <= 65535 and one != own.port]
    for port in ports[:NEIGHBOURS]:
        yield replace(own, port=port, source="neighbouring")
