"""What the kernel knows of a TCP connection: ``TCP_INFO``, Linux only."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass

_SIZE = 104
_RETRANSMITS = 2
"""Where ``struct tcp_info`` of ``linux/tcp.h`` has ``tcpi_retransmits``, one byte."""
_WORDS = {"in_flight": 36, "rtt": 68, "total_retransmits": 100}
"""Where it has numbers of 32 bits."""
_SYN_SENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpInfo:
    """What the kernel knows of a TCP connection.

    Attributes:
        state: Of the connection, as in ``net/tcp_states.h``: 1 established, 2 SYN sent.
        retransmits: How often the oldest segment was sent again, without success so far.
        in_flight: Segments sent again that have left this host and are not confirmed.
        total_retransmits: Segments sent again, or tried to be, since the beginning.
        rtt: Seconds of a round trip; 0: none was seen.
    """

    state: int
    retransmits: int
    in_flight: int
    total_retransmits: int
    rtt: float

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
    if sys.platform != "linux":
        return None
    try:
        raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    except OSError:
        return None
    if len(raw) < _SIZE:
        return None
    words = {name: struct.unpack_from("=I", raw, at)[0] for name, at in _WORDS.items()}
    return TcpInfo(
        state=raw[0],
        retransmits=raw[_RETRANSMITS],
        rtt=words.pop("rtt") / 1e6,
        **words,
    )
