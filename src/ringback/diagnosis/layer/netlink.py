"""What Linux tells anyone about its interfaces, addresses, routes and neighbours: rtnetlink(7)."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=8BI")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")

_ERROR, _DONE = 2, 3
_GET_LINK, _GET_ADDRESS, _GET_ROUTE, _GET_NEIGHBOUR = 18, 22, 26, 30
_REQUEST, _DUMP = 0x1, 0x300
_MAX_PACKETS = 512
"""Packets that one answer may have: a full routing table of the internet is not read."""

_UP, _LOOPBACK, _POINT_TO_POINT, _LOWER_UP = 0x1, 0x8, 0x10, 0x10000

TYPES: Final = {
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
}
"""``RTN_*`` of linux/rtnetlink.h, as ip(8) names them."""

_NEIGHBOUR_STATES: Final = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x40: "noarp",
    0x80: "permanent",
}

_MAIN_TABLE = 254

OUT_OF_RESOURCES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What says nothing about the network."""


class NetlinkRefused(OSError):  # noqa: N818 - named as its relatives of the standard library are
    """The kernel answered with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A network interface."""

    index: int  # Its number
    name: str
    up: bool  # Whether it is switched on and has a carrier
    loopback: bool  # Whether it leads back to this host only
    point_to_point: bool = False  # Whether there is but one other host on it, as with a tunnel


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    """A route."""

    family: int
    type: str
    bits: int  # Length of the prefix that it is for; 0: everywhere
    table: int  # Number of the routing table
    gateway: str | None  # Address of the next router; `None`: the destination is on the link
    interface: int  # Number of the interface; 0: none
    source: str | None  # The address that packets will carry; `None`: not known
    metric: int  # Of several alike the lowest is taken


def links() -> list[Link] | None:
    """Return the interfaces of this host."""
    answers = _answers(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0), dump=True)
    if answers is None:
        return None
    found = []
    for body in answers:
        _, _, index, flags, _ = _LINK.unpack_from(body)
        name = _attributes(body[_LINK.size :]).get(3, b"").rstrip(b"\0").decode("utf-8", "replace")
        up = bool(flags & _UP and flags & _LOWER_UP)
        found.append(
            Link(
                index=index,
                name=name,
                up=up,
                loopback=bool(flags & _LOOPBACK),
                point_to_point=bool(flags & _POINT_TO_POINT),
            )
        )
    return found


def interface_addresses() -> list[tuple[int, str, int]] | None:
    """Return number of the interface, address and prefix length of each address of this host."""
    answers = _answers(_GET_ADDRESS, _ADDRESS.pack(0, 0, 0, 0, 0), dump=True)
    if answers is None:
        return None
    found = []
    for body in answers:
        _, bits, _, _, index = _ADDRESS.unpack_from(body)
        attributes = _attributes(body[_ADDRESS.size :])
        raw = attributes.get(2) or attributes.get(1)  # the local address before the peer's
        if raw and (address := _text(raw)):
            found.append((index, address, bits))
    return found


def default_routes(version: int) -> list[RouteEntry] | None:
    """Return the routes of one family that lead everywhere, the preferred first."""
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    request = _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
    answers = _answers(_GET_ROUTE, request, dump=True)
    if answers is None:
        return None
    entries = [entry for body in answers if body[1] == 0 and (entry := _route_entry(body))]
    entries = [entry for entry in entries if entry.family == version and entry.type != "local"]
    return sorted(entries, key=lambda entry: (entry.table != _MAIN_TABLE, entry.metric))


def route_entry_to(address: str, zone: int = 0) -> RouteEntry | None:
    """Return the route that packets to an address take."""
    six = ":" in address
    family = socket.AF_INET6 if six else socket.AF_INET
    raw = socket.inet_pton(family, address)
    request = _ROUTE.pack(family, len(raw) * 8, 0, 0, 0, 0, 0, 0, 0)
    request += _ATTRIBUTE.pack(4 + len(raw), 1) + raw
    if zone:
        request += _ATTRIBUTE.pack(8, 4) + struct.pack("=I", zone)
    answers = _answers(_GET_ROUTE, request, dump=False)
    return _route_entry(answers[0]) if answers else None


def neighbour_state(address: str, interface: int = 0) -> str | None:
    """Return what is known of a neighbour on the link, ``reachable`` or ``failed`` for instance.

    ``interface`` is the number of that link; 0: any, where the address stands for one host only.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    answers = _answers(_GET_NEIGHBOUR, _NEIGHBOUR.pack(family, 0, 0, 0, 0), dump=True)
    for body in answers or ():
        _, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
        if interface not in {0, index}:
            continue
        if _text(_attributes(body[_NEIGHBOUR.size :]).get(1, b"")) == address:
            return _NEIGHBOUR_STATES.get(state)
    return None


def _route_entry(body: bytes) -> RouteEntry | None:
    family, bits, _, _, table, _, _, type_, _ = _ROUTE.unpack_from(body)
    attributes = _attributes(body[_ROUTE.size :])
    gateway = _text(attributes.get(5, b"")) or _via(attributes.get(18, b""))
    interface = _number(attributes.get(4))
    if 9 in attributes and not interface:  # of several next hops the first
        gateway, interface = _first_hop(attributes[9])
    return RouteEntry(
        family=6 if family == socket.AF_INET6 else 4,
        type=TYPES.get(type_, str(type_)),
        bits=bits,
        table=_number(attributes.get(15)) or table,
        gateway=gateway,
        interface=interface,
        source=_text(attributes.get(7, b"")),
        metric=_number(attributes.get(6)),
    )


def _first_hop(raw: bytes) -> tuple[str | None, int]:
    """Gateway and interface of the first ``struct rtnexthop``."""
    if len(raw) < 8:
        return None, 0
    length, _, _, interface = struct.unpack_from("=HBBi", raw)
    attributes = _attributes(raw[8:length])
    return _text(attributes.get(5, b"")) or _via(attributes.get(18, b"")), interface


def _via(raw: bytes) -> str | None:
    """The gateway of another family (``RTA_VIA``)."""
    return _text(raw[2:])


def _text(raw: bytes) -> str | None:
    family = {4: socket.AF_INET, 16: socket.AF_INET6}.get(len(raw))
    return socket.inet_ntop(family, raw) if family else None


def _number(raw: bytes | None) -> int:
    return int.from_bytes(raw, sys.byteorder) if raw else 0


def _attributes(raw: bytes) -> dict[int, bytes]:
    found = {}
    while len(raw) >= _ATTRIBUTE.size:
        length, type_ = _ATTRIBUTE.unpack_from(raw)
        if length < _ATTRIBUTE.size:
            break
        found[type_ & 0x3FFF] = raw[_ATTRIBUTE.size : length]
        raw = raw[(length + 3) & ~3 :]
    return found


def _answers(kind: int, request: bytes, *, dump: bool) -> list[bytes] | None:
    """The bodies of the messages that answer; ``None``: the kernel cannot be asked."""
    if sys.platform != "linux":
        return None
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as asking:
            asking.settimeout(1.0)
            flags = _REQUEST | (_DUMP if dump else 0)
            asking.send(_HEADER.pack(_HEADER.size + len(request), kind, flags, 1, 0) + request)
            return list(_messages(asking, dump=dump))
    except NetlinkRefused:
        if dump:
            return None
        raise
    except OSError as error:
        if error.errno in OUT_OF_RESOURCES:
            raise
        return None


def _messages(asking: socket.socket, *, dump: bool) -> Iterator[bytes]:
    for _ in range(_MAX_PACKETS):
        packet = asking.recv(1 << 18)
        while len(packet) >= _HEADER.size:
            length, type_, _, _, _ = _HEADER.unpack_from(packet)
            body = packet[_HEADER.size : length]
            if type_ == _DONE or length < _HEADER.size:
                return
            if type_ == _ERROR:
                number = -int(struct.unpack_from("=i", body)[0])
                raise NetlinkRefused(number, errno.errorcode.get(number, ""))
            yield body
            if not dump:
                return
            packet = packet[(length + 3) & ~3 :]
