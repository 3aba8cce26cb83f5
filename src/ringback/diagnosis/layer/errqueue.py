"""Which ICMP messages answered a packet: the error queue of a socket, Linux only.

It is read without privileges (``IP_RECVERR``, ip(7); on TCP sockets since Linux 5.8). It tells the
type, the code and the sender of each message, which the number of an error hides: a firewall on the
way, the target's own, and this host's have the same.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import struct
import sys
from dataclasses import asdict, dataclass
from typing import Any

from ringback.diagnosis.layer.address import sockaddr_of

_OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
"""Family to the option ``IP_RECVERR`` or ``IPV6_RECVERR`` and the level of both (linux/in.h)."""

_FROM_ICMP = frozenset({2, 3})
"""``SO_EE_ORIGIN_ICMP`` and ``SO_EE_ORIGIN_ICMP6`` of linux/errqueue.h."""

_ERROR = struct.Struct("=IBBBxII")
"""``struct sock_extended_err``: number, origin, type, code, padding, information, data."""

_FAMILY = struct.Struct("=H")
_INTERFACE = struct.Struct("=I")
_DISCARD = 9
_MOST = 16
_SOCKADDR = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Icmp:
    """An ICMP message that answered a packet.

    Attributes:
        type: Of ICMP or ICMPv6.
        code: Of ICMP or ICMPv6.
        sender: Its address; ``None``: not told.
        own: Whether that is an address of this host.
        is_target: Whether it is the address that was written to.
        family: 4 or 6.
        mtu: What fits, where a packet was too big; else ``None``.
        error: Name of the error that Linux makes of it.
    """

    type: int
    code: int
    sender: str | None
    own: bool
    is_target: bool
    family: int
    mtu: int | None = None
    error: str | None = None

    def facts(self) -> dict[str, Any]:
        """Return it as a reading has it."""
        facts = asdict(self)
        del facts["error"]
        return facts


def hear_icmp(sock: socket.socket, *, on: bool = True) -> bool:
    """Let a socket keep the ICMP messages that answer it; return whether it can.

    Before it is connected; on a TCP connection that stands they would be fatal.
    """
    if sys.platform != "linux" or sock.family not in _OPTIONS:
        return False
    try:
        sock.setsockopt(*_OPTIONS[sock.family], int(on))
    except OSError:
        return False
    return True


def icmp_messages(sock: socket.socket, target: str) -> list[Icmp]:
    """Return the ICMP messages that have come since the last call, the oldest first."""
    found: list[Icmp] = []
    if sys.platform != "linux":
        return found
    for _ in range(_MOST):
        try:
            _, ancillary, _, _ = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            break
        found += (one for _, _, data in ancillary if (one := _message(data, target)))
    return found


def is_own(address: str) -> bool:
    """Return whether an address is one of this host.

    A UDP socket that is connected to it has it as its source then; nothing is sent.
    """
    try:
        wanted = _plain(address)
        if wanted.is_loopback:
            return True
        family, where = sockaddr_of(address, _DISCARD)
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect(where)
            return _plain(sock.getsockname()[0]) == wanted
    except (OSError, ValueError):
        return False


def _message(data: bytes, target: str) -> Icmp | None:
    if len(data) < _ERROR.size:
        return None
    number, origin, type_, code, information, _ = _ERROR.unpack_from(data)
    if origin not in _FROM_ICMP:
        return None
    sender = _sender(data[_ERROR.size : _ERROR.size + _SOCKADDR])
    return Icmp(
        type=type_,
        code=code,
        sender=sender.partition("%")[0] if sender else None,
        own=sender is not None and is_own(sender),
        is_target=sender is not None and _plain(sender) == _plain(target),
        family=4 if origin == 2 else 6,
        mtu=information or None,
        error=errno.errorcode.get(number),
    )


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address without the interface that a link-local one names."""
    return ipaddress.ip_address(address.partition("%")[0])


def _sender(sockaddr: bytes) -> str | None:
    """The address in a ``struct sockaddr``; the numbers of the families are those of this host."""
    with contextlib.suppress(struct.error, OSError, ValueError):
        family = _FAMILY.unpack_from(sockaddr)[0]
        if family == socket.AF_INET:
            return socket.inet_ntop(socket.AF_INET, sockaddr[4:8])
        if family == socket.AF_INET6:
            address = socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
            interface = _INTERFACE.unpack_from(sockaddr, 24)[0]
            return f"{address}%{interface}" if interface else address
    return None
