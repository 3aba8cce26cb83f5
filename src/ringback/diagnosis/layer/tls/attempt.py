"""One more connection with a handshake, to learn why another failed."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.opening import open_connection
from ringback.diagnosis.layer.tls.handshake import Handshake, shake_hands

if TYPE_CHECKING:
    import ssl

    from ringback.diagnosis.scene import Route, Scene


def server_name(host: str) -> str:
    """Return a host as TLS wants it: without brackets, zone and final dot."""
    return host.strip("[]").partition("%")[0].rstrip(".")


def sni_of(host: str) -> str | None:
    """Return what SNI says for a host: nothing for an address (RFC 6066, section 3)."""
    try:
        ipaddress.ip_address(server_name(host))
    except ValueError:
        return server_name(host)
    return None


def attempted(
    scene: Scene,
    route: Route,
    context: ssl.SSLContext,
    *,
    within: float,
    named: bool = True,
    segment_size: int | None = None,
) -> Handshake | None:
    """Connect and shake hands once more; return nothing where no connection can be made."""
    asked = scene.asked
    left = scene.left(within)
    try:
        raw = open_connection(scene, route, asked.host, asked.port, left, segment_size=segment_size)
    except OSError:
        return None
    name = server_name(asked.host) if named else None
    return shake_hands(raw, context, name, scene.left(within))
