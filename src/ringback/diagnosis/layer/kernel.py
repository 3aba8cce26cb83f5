"""What the kernel tells of a socket: the ICMP messages that answered it, and ``TCP_INFO``.

Linux only; elsewhere nothing is known.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import struct
import sys
import time
from collections.abc import Iterator

from ringback.diagnosis.fact_values import ConfirmedFacts, IcmpFacts
from ringback.values import dataclass

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""What ``socket.connect`` takes."""


def sockaddr_of(address: str, port: int) -> tuple[socket.AddressFamily, SocketAddress]:
    """Return the family and the socket address of an IP address, without asking a resolver."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=flags)
    family, _, _, _, where = found[0]
    if len(where) == 4:
        return family, (str(where[0]), where[1], where[2], where[3])
    return family, (str(where[0]), int(where[1]))


def limit(sock: socket.socket, until: float) -> None:
    """Let a socket wait until then (``time.monotonic``); ``TimeoutError``: that is over."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    sock.settimeout(left)


def received(sock: socket.socket, size: int, until: float) -> Iterator[bytes]:
    """Yield what comes until then, ``size`` bytes in all, or fewer where the peer ends."""
    while size > 0:
        limit(sock, until)
        if not (piece := sock.recv(size)):
            return
        size -= len(piece)
        yield piece


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
_MAX_MESSAGES = 16
_SOCKADDR = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Icmp:
    """An ICMP message that answered a packet."""

    type: int  # Of ICMP or ICMPv6
    code: int  # Of ICMP or ICMPv6
    sender: str | None  # Its address; `None`: not known
    own: bool  # Whether that is an address of this host
    is_target: bool  # Whether it is the address that was written to
    family: int
    mtu: int | None = None  # What fits, where a packet was too big; else `None`
    error: str | None = None  # Name of the error that Linux makes of it

    def facts(self) -> IcmpFacts:
        """Return it as a reading has it."""
        return IcmpFacts(
            type=self.type,
            code=self.code,
            sender=self.sender,
            own=self.own,
            is_target=self.is_target,
            family=self.family,
            mtu=self.mtu,
        )


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
    for _ in range(_MAX_MESSAGES):
        try:
            _, ancillary, _, _ = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            break
        found += (icmp for _, _, data in ancillary if (icmp := _message(data, target)))
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


_SIZE = 104
_RETRANSMITS, _UNACKED, _BYTES = 2, 24, 120
"""Where ``struct tcp_info`` of ``linux/tcp.h`` has ``tcpi_retransmits`` (one byte),
``tcpi_unacked``, and ``tcpi_bytes_acked`` with ``tcpi_bytes_received`` behind it."""
_WORDS = {"in_flight": 36, "rtt": 68, "total_retransmits": 100}
"""Where it has numbers of 32 bits."""
_SYN_SENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpInfo:
    """What the kernel knows of a TCP connection."""

    state: int  # Of the connection, as in `net/tcp_states.h`: 1 established, 2 SYN sent.
    retransmits: int  # How often the oldest segment was sent again, without success so far
    in_flight: int  # Segments sent again that have left this host and are not confirmed
    total_retransmits: int  # Segments sent again, or tried to be, since the beginning
    rtt: float  # Seconds of a round trip; 0: none was seen

    @property
    def withheld(self) -> bool:
        """Whether this host itself drops what the connection sends: a local firewall.

        A packet that a rule for outgoing ones drops comes back to TCP as an error, which is told
        to nobody; but each try to send the SYN again is counted, and none is then in flight.
        """
        tried = self.total_retransmits
        waiting = self.state == _SYN_SENT and tried > 0
        return waiting and tried == self.retransmits and self.in_flight == 0


def tcp_info(sock: socket.socket) -> TcpInfo | None:
    """Return what the kernel knows of a connection; ``None`` on other systems."""
    raw = _raw_info(sock, _SIZE)
    if raw is None:
        return None
    words = {name: struct.unpack_from("=I", raw, at)[0] for name, at in _WORDS.items()}
    return TcpInfo(
        state=raw[0],
        retransmits=raw[_RETRANSMITS],
        rtt=words.pop("rtt") / 1e6,
        **words,
    )


UNCONFIRMED: ConfirmedFacts = {
    "unacked": None,
    "retransmits": None,
    "bytes_acked": None,
    "bytes_received": None,
}


def confirmed(sock: socket.socket) -> ConfirmedFacts:
    """Return what the kernel knows of the bytes sent and received; ``None``: it does not tell."""
    raw = _raw_info(sock, _BYTES + 16)
    if raw is None:
        return UNCONFIRMED
    acked, received = struct.unpack_from("=QQ", raw, _BYTES)
    return {
        "unacked": struct.unpack_from("=I", raw, _UNACKED)[0],
        "retransmits": raw[_RETRANSMITS],
        "bytes_acked": max(0, acked - 1),  # the SYN counts as one byte that was confirmed
        "bytes_received": received,
    }


def _raw_info(sock: socket.socket, size: int) -> bytes | None:
    """Return the beginning of ``struct tcp_info``; ``None``: the kernel does not tell so much."""
    if sys.platform != "linux":
        return None
    try:
        raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
    except OSError:  # closed, or no socket of TCP
        return None
    return raw if len(raw) == size else None
