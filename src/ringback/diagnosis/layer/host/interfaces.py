"""The interfaces of this host and their addresses."""

from __future__ import annotations

import contextlib
import socket
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.layer.host import netlink
from ringback.diagnosis.layer.host.routes import source_to_world

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene


def read(scene: Scene) -> None:
    """Tell which interfaces there are."""
    found = interfaces()
    useful = [one for one in found if one["up"] and not one["loopback"] and _leads_out(one)]
    scene.tell(
        "host",
        "interfaces",
        state="ok" if useful else "noted",
        result=_in_words(useful),
        facts={"interfaces": found, "loopback_only": not useful},
    )


def interfaces() -> list[dict[str, Any]]:
    """Return name, state and addresses of each interface.

    Without netlink the addresses are those that packets to the world would carry.
    """
    links, addresses = netlink.links(), netlink.addresses()
    if links is None or addresses is None:
        return _without_netlink()
    return [
        {
            "name": link.name,
            "up": link.up,
            "loopback": link.loopback,
            "addresses": [address for index, address, _ in addresses if index == link.index],
        }
        for link in links
    ]


def _leads_out(interface: dict[str, Any]) -> bool:
    """Whether it has an address that is not of its link alone: those of a link give themselves."""
    return any(not ip_address(one).is_link_local for one in interface["addresses"])


def _without_netlink() -> list[dict[str, Any]]:
    sources = [source for version in (4, 6) if (source := source_to_world(version))]
    found: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, AttributeError):
        names = [name for _, name in socket.if_nameindex()]
        found = [{"name": n, "up": None, "loopback": _loops(n), "addresses": []} for n in names]
    if sources:
        found.append({"name": "?", "up": True, "loopback": False, "addresses": sources})
    return found


def _loops(name: str) -> bool:
    return name.startswith("lo") or (sys.platform == "win32" and "loopback" in name.lower())


def _in_words(useful: list[dict[str, Any]]) -> str:
    if not useful:
        return "no interface but loopback is up with an address of more than its link"
    shown = [f"{one['name']} {' '.join(one['addresses'][:3])}" for one in useful[:4]]
    return "; ".join(shown)
