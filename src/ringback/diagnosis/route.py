"""How a connection to the target is made: to an address, or through a proxy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way to the target that was found open.

    Attributes:
        address: IP address that is connected to: the target's, or the proxy's.
        port: Its port.
        proxy: URL of the proxy, with what it needs to log in; ``None``: the way is direct.
        rtt: Seconds the TCP handshake took; ``None``: not measured.
    """

    address: str
    port: int
    proxy: str | None = None
    rtt: float | None = None

    def __repr__(self) -> str:
        through = " through a proxy" if self.proxy else ""
        return f"Route({self.address}:{self.port}{through})"
