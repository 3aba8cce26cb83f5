"""One attempt to connect, and everything that answers it."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.layer.address import sockaddr_of
from ringback.diagnosis.layer.errqueue import Icmp, hear_icmp, icmp_messages
from ringback.diagnosis.layer.tcp.outcome import errno_name, kind_of, meaning, of_errno, of_icmp
from ringback.diagnosis.layer.tcpinfo import tcp_info

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.outcome import Outcome

UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR, errno.EALREADY})

FIRST_REPEAT = 1.1
"""Seconds after which the SYN has been sent a second time (RFC 6298 section 2.1: 1 s)."""

_LOOK = 0.1
"""Seconds between looks at what does not wake the waiting."""

_HOPS = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to connect.

    Attributes:
        address: What was connected to.
        port: Its port.
        family: 4 or 6.
        outcome: How it came out.
        errno: Name of the error; ``None``: none, or nothing answered.
        icmp: The ICMP message that ended it; ``None``: none, or not to be known here.
        rtt: Seconds until the connection stood; ``None``: it did not.
        source: Own address; ``None``: not known.
        seconds: How long it took.
        repeats: How often the SYN was sent again; ``None``: not known.
        withheld: Whether this host dropped the SYN itself; ``None``: not known.
        sock: The connection, where it stands; it is the caller's to close.
    """

    address: str
    port: int
    family: int
    outcome: Outcome
    errno: str | None = None
    icmp: Icmp | None = None
    rtt: float | None = None
    source: str | None = None
    seconds: float = 0.0
    repeats: int | None = None
    withheld: bool | None = None
    sock: socket.socket | None = None

    @property
    def kind(self) -> str | None:
        """The kind of failure; ``None``: it is open."""
        return kind_of(self.outcome, self.errno)

    def facts(self) -> dict[str, Any]:
        """Return it as a reading has it."""
        return {
            "address": self.address,
            "port": self.port,
            "family": self.family,
            "outcome": self.outcome,
            "errno": self.errno,
            "icmp": None if self.icmp is None else self.icmp.facts(),
            "rtt": None if self.rtt is None else round(self.rtt, 6),
            "source": self.source,
            "unsent": self.withheld,
            "repeats": self.repeats,
        }

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self.sock is not None:
            self.sock.close()


def attempt(
    address: str,
    port: int,
    seconds: float,
    *,
    hops: int | None = None,
    needless: Callable[[], bool] = lambda: False,
) -> Attempt:
    """Connect to an address and return what came of it; never raises for what the network does."""
    family = 6 if ":" in address else 4
    blank = Attempt(address=address, port=port, family=family, outcome="timeout")
    began = time.monotonic()
    try:
        kind, where = sockaddr_of(address, port)
        sock = socket.socket(kind, socket.SOCK_STREAM)
    except OSError as error:
        return _failed(blank, error.errno, began)
    try:
        _prepare(sock, hops)
        number = sock.connect_ex(where)
        if number in UNDER_WAY:
            made = _answered(sock, blank, began, seconds, needless)
        else:
            made = _failed(replace(blank, icmp=_fatal(sock, address)), number, began)
    except OSError as error:
        made = _failed(blank, error.errno, began)
    if made.sock is None:
        sock.close()
    return made


def _prepare(sock: socket.socket, hops: int | None) -> None:
    sock.setblocking(False)
    hear_icmp(sock)
    if hops is not None:
        sock.setsockopt(*_HOPS[sock.family], hops)


def _answered(
    sock: socket.socket,
    blank: Attempt,
    began: float,
    seconds: float,
    needless: Callable[[], bool],
) -> Attempt:
    """Wait for the connection, an error or an ICMP message."""
    waiting = replace(blank, source=_source(sock))
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while True:
            if ended := _ended(sock, waiting, began):
                return ended
            passed = time.monotonic() - began
            silent = _silent(sock, waiting, passed)
            if passed >= seconds or needless() or (passed > FIRST_REPEAT and silent.withheld):
                return silent
            selector.select(max(0.001, min(_LOOK, seconds - passed)))


def _ended(sock: socket.socket, waiting: Attempt, began: float) -> Attempt | None:
    """What an attempt has come to; ``None``: it goes on."""
    if icmp := _fatal(sock, waiting.address):
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        name = errno_name(number) if number else icmp.error
        outcome = of_icmp(icmp) or "error"
        seconds = time.monotonic() - began
        return replace(waiting, outcome=outcome, errno=name, icmp=icmp, seconds=seconds)
    if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return _failed(waiting, number, began)
    try:
        itself = sock.getpeername() == sock.getsockname()
    except OSError:
        return None
    if itself:  # the port that the kernel chose for us is the one that nobody listens on
        return _failed(waiting, errno.ECONNREFUSED, began)
    seconds = time.monotonic() - began
    info = tcp_info(sock)
    hear_icmp(sock, on=False)
    return replace(
        waiting,
        outcome="open",
        seconds=seconds,
        rtt=info.rtt if info and info.rtt else seconds,
        repeats=info.total_retransmits if info else None,
        source=_source(sock),
        sock=sock,
    )


def _fatal(sock: socket.socket, address: str) -> Icmp | None:
    """The first ICMP message that ends the attempt, of those that have come."""
    return next((one for one in icmp_messages(sock, address) if of_icmp(one)), None)


def _failed(blank: Attempt, number: int | None, began: float) -> Attempt:
    name = errno_name(number)
    outcome = of_errno(name, blank.family)
    return replace(blank, outcome=outcome, errno=name, seconds=time.monotonic() - began)


def _silent(sock: socket.socket, waiting: Attempt, passed: float) -> Attempt:
    """An attempt that nothing has answered so far."""
    info = tcp_info(sock)
    tried = info.total_retransmits if info else 0
    return replace(
        waiting,
        seconds=passed,
        repeats=tried if info else None,
        withheld=info.withheld if info and tried else None,
    )


def _source(sock: socket.socket) -> str | None:
    try:
        return str(sock.getsockname()[0])
    except OSError:
        return None


def told(made: Attempt) -> str:
    """Return what came of an attempt in one line, for people."""
    if made.outcome == "open":
        late = f", but only after {made.seconds:.1f} s" if made.repeats else ""
        return f"open, {(made.rtt or 0.0) * 1000:.1f} ms{late}"
    if made.withheld:
        return "not sent: a rule of this host drops it"
    if made.icmp is not None:
        return f"{meaning(made.icmp)} from {_whom(made.icmp)} after {made.seconds:.2f} s"
    if made.outcome == "timeout":
        return f"no answer in {made.seconds:.1f} s"
    words = made.outcome.replace("_", " ")
    return f"{words} ({made.errno}) after {made.seconds:.2f} s"


def _whom(icmp: Icmp) -> str:
    if icmp.own:
        return "this host"
    return "the target itself" if icmp.is_target else f"{icmp.sender}, which is on the way"
