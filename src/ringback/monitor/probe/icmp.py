"""A host that answers echo requests (RFC 792, RFC 4443), where this system lets us ask."""

import asyncio
import os
import socket
import struct
import sys

from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import endpoint_family, endpoint_host
from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure, notes_of
from ringback.monitor.probe.prober import ProbeContext, TaskProber

RESEND_INTERVAL = 1.0  # Seconds until the request is sent again
_ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}  # Types of request and reply
_PROTOCOLS = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_RECEIVE_TTL = 12  # `IP_RECVTTL` of <linux/in.h>, which Python has no name for
_SAY_HOP_LIMIT = {
    socket.AF_INET: (socket.IPPROTO_IP, _RECEIVE_TTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT),
}
_HOP_LIMITS = frozenset(
    {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)}
)
_HEADER = struct.Struct("!BBHHH")
_PERMITTED_BY = (
    "allow them with the sysctl net.ipv4.ping_group_range, give CAP_NET_RAW"
    if sys.platform == "linux"
    else "run it as administrator"
)
_NOT_PERMITTED = f"echo requests are not permitted here: {_PERMITTED_BY}, or use tcp"


class ICMPProber(TaskProber):
    """Sends an echo request every second until one is answered."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint, context)
        self._host = endpoint_host(endpoint)

    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        until = phases.began + self.endpoint.timeout
        addresses = await self.context.resolver.addresses(
            self._host, 0, until, endpoint_family(self.endpoint)
        )
        phases.enter("connect", "dns")
        family, address = addresses[0][0], addresses[0][4]
        phases.address = address[0]
        with echo_socket(family) as asking:
            asking.setblocking(False)
            asking.connect((address[0], 0, *address[2:]))
            hop_limit = await _echo(asking, family)
        if (notes := notes_of(self.endpoint)) is not None:
            notes.hop_limit = hop_limit
        phases.leave("first_byte")
        return None


def echo_socket(family: int) -> socket.socket:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return socket.socket(family, kind, _PROTOCOLS[socket.AddressFamily(family)])
        except OSError:
            continue
    raise ProbeError(ProbeFailure("request.invalid", _NOT_PERMITTED, False))


async def _echo(asking: socket.socket, family: int) -> int | None:
    """Ask until a reply comes; return its hop limit, where the system says it."""
    token = os.urandom(16)
    loop = asyncio.get_running_loop()
    asked, reply = _ECHO[socket.AddressFamily(family)]
    if sys.platform == "linux":
        asking.setsockopt(*_SAY_HOP_LIMIT[socket.AddressFamily(family)], 1)
    for number in range(1, 1 << 16):
        await loop.sock_sendall(asking, echo_request(asked, number, token))
        try:
            async with asyncio.timeout(RESEND_INTERVAL):
                while True:
                    packet, hop_limit = await _received(asking)
                    if is_echo_reply(packet, reply, token):
                        return hop_limit
        except TimeoutError:
            continue
    return None


async def _received(asking: socket.socket) -> tuple[bytes, int | None]:
    """The next packet, and its hop limit."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(asking, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(asking)
    packet, ancillary, *_ = asking.recvmsg(2048, 64)
    limits = [
        int.from_bytes(data[:4], sys.byteorder)
        for level, kind, data in ancillary
        if (level, kind) in _HOP_LIMITS
    ]
    return packet, limits[0] if limits else None


def echo_request(type_: int, number: int, token: bytes) -> bytes:
    """Return an echo request; of version 6 the system fills in the checksum."""
    identifier = os.getpid() & 0xFFFF
    without = _HEADER.pack(type_, 0, 0, identifier, number) + token
    return _HEADER.pack(type_, 0, internet_checksum(without), identifier, number) + token


def internet_checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_echo_reply(packet: bytes, type_: int, token: bytes) -> bool:
    if type_ == 0 and packet[:1] and packet[0] >> 4 == 4 and len(packet) >= 28:
        packet = packet[(packet[0] & 0x0F) * 4 :]
    return packet[:1] == bytes((type_,)) and packet[_HEADER.size :] == token
