"""A host that answers echo requests (RFC 792, RFC 4443), where this system lets us ask."""

import asyncio
import os
import socket
import struct

from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import endpoint_family, endpoint_host
from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure
from ringback.monitor.probe.prober import ProbeContext, TaskProber

RESEND_INTERVAL = 1.0  # Seconds until the request is sent again
_ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}  # Types of request and reply
_PROTOCOLS = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_HEADER = struct.Struct("!BBHHH")
_NOT_PERMITTED = (
    "echo requests are not permitted here: allow them with the sysctl net.ipv4.ping_group_range, "
    "give CAP_NET_RAW, or use tcp"
)


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
            await _echo(asking, family)
        phases.leave("first_byte")
        return None


def echo_socket(family: int) -> socket.socket:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return socket.socket(family, kind, _PROTOCOLS[socket.AddressFamily(family)])
        except OSError:
            continue
    raise ProbeError(ProbeFailure("request.invalid", _NOT_PERMITTED, False))


async def _echo(asking: socket.socket, family: int) -> None:
    token = os.urandom(16)
    loop = asyncio.get_running_loop()
    asked, reply = _ECHO[socket.AddressFamily(family)]
    for number in range(1, 1 << 16):
        await loop.sock_sendall(asking, echo_request(asked, number, token))
        try:
            async with asyncio.timeout(RESEND_INTERVAL):
                while not is_echo_reply(await loop.sock_recv(asking, 2048), reply, token):
                    pass
                return
        except TimeoutError:
            continue


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
