"""Which proxy this program would use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.client.proxies import Proxies
from ringback.diagnosis.layer.tunnel.server import authority

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene


def chosen(scene: Scene) -> str | None:
    """Return the URL of the proxy that this program would use, with what it needs to log in.

    Only HTTP clients look at the environment; proxies that are given are taken for everything.
    """
    asked, given = scene.asked, scene.options.proxies
    if not asked.host or (given is None and asked.protocol != "http"):
        return None
    scheme = "http" if asked.protocol == "http" and not asked.tls else "https"
    proxies = Proxies() if given is None else given
    found = proxies.candidates(f"{scheme}://{authority(asked.host, asked.port)}/")
    return found[0] if found else None
