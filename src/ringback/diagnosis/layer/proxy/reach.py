"""The connection to a proxy itself: its name, its addresses, TCP."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ringback.client.dial import LookupTimedOut, resolve
from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt, told
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.layer.tunnel.server import ProxyServer
    from ringback.diagnosis.scene import Scene

LOOKUP = 3.0
"""Seconds for the name of a proxy."""

PATIENCE = 3.4
"""Seconds for the answer of an address; see ``tcp.reading.PATIENCE``."""

MOST = 4
"""Addresses of a proxy that are tried, all at once."""

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
        made: The first attempt that opened, else the last; ``None``: there is no address.
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
    """Connect to the addresses of a proxy, as clients do, until one is open."""
    try:
        found = resolve(server.host, server.port, timeout=scene.left(lookup))
    except (OSError, UnicodeError) as error:
        return Reached(eai=_eai(error))
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    made = _open_one(scene, addresses[:MOST], server.port, patience)
    return Reached(addresses=addresses, made=made, eai=None if made else "EBUSY")


def _open_one(scene: Scene, addresses: Sequence[str], port: int, patience: float) -> Attempt | None:
    opened = threading.Event()

    def connect(address: str) -> Attempt:
        made = attempt(address, port, scene.left(patience), needless=opened.is_set)
        if made.sock is not None:
            opened.set()
        return made

    allowed = [address for address in addresses if scene.may_connect(address, port)]
    every = [one for one in together(scene, [partial(connect, a) for a in allowed]) if one]
    best = next((one for one in every if one.sock is not None), every[-1] if every else None)
    for one in every:
        if one is not best:
            one.close()
    return best


def _eai(error: Exception) -> str:
    if isinstance(error, LookupTimedOut):
        return "EAI_TIMEOUT"
    names = (name for name in dir(socket) if name.startswith("EAI_"))
    number = getattr(error, "errno", None)
    return next((name for name in names if getattr(socket, name) == number), "EAI_NONAME")
