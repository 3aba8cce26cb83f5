"""The connection to a proxy itself: its name, its addresses, TCP."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.client.dial import LookupTimedOut, resolve
from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt, told

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tunnel.server import ProxyServer
    from ringback.diagnosis.scene import Scene

LOOKUP = 3.0
"""Seconds for the name of a proxy."""

PATIENCE = 3.4
"""Seconds for the answer of its last address; see ``tcp.reading.PATIENCE``."""

_IMPATIENCE = 1.2
_NOT_TRIED = {
    "address": None,
    "family": None,
    "errno": None,
    "icmp": None,
    "rtt": None,
    "source": None,
    "unsent": None,
    "repeats": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What came of connecting to a proxy.

    Attributes:
        addresses: Those of its name.
        made: The last attempt, an open one where there is one; ``None``: there is no address.
        eai: Why its name has none, by its name in ``socket``; ``EAI_TIMEOUT`` where the resolver
            said nothing.
    """

    addresses: tuple[str, ...] = ()
    made: Attempt | None = None
    eai: str | None = None

    @property
    def sock(self) -> socket.socket | None:
        """The connection; ``None``: it was not made."""
        return self.made.sock if self.made else None

    @property
    def outcome(self) -> str:
        """How it came out: ``unresolved``, or as in ``Attempt``."""
        return self.made.outcome if self.made else "unresolved"

    @property
    def text(self) -> str:
        """The same in one line, for people."""
        return told(self.made) if self.made else f"its name is not resolved ({self.eai})"

    def facts(self) -> dict[str, Any]:
        """Return it as a reading has it."""
        made: dict[str, Any] = self.made.facts() if self.made else dict(_NOT_TRIED)
        return made | {
            "outcome": self.outcome,
            "addresses": list(self.addresses),
            "eai": self.eai,
        }


def reach(
    scene: Scene, server: ProxyServer, lookup: float = LOOKUP, patience: float = PATIENCE
) -> Reached:
    """Connect to a proxy: to one address of each family in turn, until one is open.

    Args:
        scene: The diagnosis under way; it counts the connections.
        server: The proxy.
        lookup: Seconds for its name.
        patience: Seconds for the answer of its last address.
    """
    try:
        found = resolve(server.host, server.port, timeout=scene.left(lookup))
    except (OSError, UnicodeError) as error:
        return Reached(eai=_eai(error))
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    made: Attempt | None = None
    tried = _one_of_each_family(addresses)
    for address in tried:
        if not scene.may_connect(address, server.port):
            continue
        wait = patience if address == tried[-1] else min(patience, _IMPATIENCE)
        made = attempt(address, server.port, scene.left(wait))
        if made.sock is not None:
            break
    return Reached(addresses=addresses, made=made, eai=None if made else "EBUSY")


def _one_of_each_family(addresses: tuple[str, ...]) -> list[str]:
    firsts: dict[bool, str] = {}
    for address in addresses:
        firsts.setdefault(":" in address, address)
    return list(firsts.values())


def _eai(error: Exception) -> str:
    if isinstance(error, LookupTimedOut):
        return "EAI_TIMEOUT"
    names = (name for name in dir(socket) if name.startswith("EAI_"))
    number = getattr(error, "errno", None)
    return next((name for name in names if getattr(socket, name) == number), "EAI_NONAME")
