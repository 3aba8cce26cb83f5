"""One attempt to connect, and everything that answers it: an errno, or an ICMP message."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from typing import TYPE_CHECKING, Final, Literal

from ringback.diagnosis.fact_values import AttemptFacts
from ringback.diagnosis.layer.kernel import Icmp, hear_icmp, icmp_messages, sockaddr_of, tcp_info
from ringback.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.failure.names import KindName

Outcome = Literal[
    "open",
    "refused",
    "reset",
    "timeout",
    "network_unreachable",
    "host_unreachable",
    "prohibited",
    "invalid",
    "error",
]
"""How an attempt to connect came out."""

KIND_OF: Final[dict[str, KindName | None]] = {
    "open": None,
    "refused": "tcp.refused",
    "reset": "tcp.reset",
    "timeout": "tcp.timed_out",
    "network_unreachable": "tcp.address_unreachable.network",
    "host_unreachable": "tcp.address_unreachable.host",
    "prohibited": "tcp.address_unreachable.prohibited",
    "invalid": "tcp.address_invalid",
    "error": "tcp.failed",
}
"""Outcome to kind of failure."""

_OF_ERRNO: Final[dict[str, Outcome]] = {
    "ECONNREFUSED": "refused",
    "ECONNRESET": "reset",
    "ECONNABORTED": "reset",
    "EPIPE": "reset",
    "ETIMEDOUT": "timeout",
    "ENETUNREACH": "network_unreachable",
    "ENETDOWN": "network_unreachable",
    "ENONET": "network_unreachable",
    "EAFNOSUPPORT": "network_unreachable",
    "EHOSTUNREACH": "host_unreachable",
    "EHOSTDOWN": "host_unreachable",
    "EACCES": "prohibited",
    "EPERM": "prohibited",
    "ENOPROTOOPT": "prohibited",
    "EINVAL": "invalid",
    "EADDRNOTAVAIL": "invalid",
}

_LOCAL_KINDS: Final[dict[str, KindName]] = {
    "EMFILE": "client.resources_exhausted",
    "ENFILE": "client.resources_exhausted",
    "ENOBUFS": "client.resources_exhausted",
    "ENOMEM": "client.resources_exhausted",
}

_UNREACHABLE_4: Final[dict[int, tuple[Outcome, str]]] = {
    0: ("network_unreachable", "network unreachable"),
    1: ("host_unreachable", "host unreachable"),
    2: ("prohibited", "protocol unreachable"),
    3: ("refused", "port unreachable"),
    5: ("host_unreachable", "source route failed"),
    6: ("network_unreachable", "network unknown"),
    7: ("host_unreachable", "host unknown"),
    8: ("host_unreachable", "source host isolated"),
    9: ("prohibited", "network prohibited"),
    10: ("prohibited", "host prohibited"),
    11: ("network_unreachable", "network unreachable for this service"),
    12: ("host_unreachable", "host unreachable for this service"),
    13: ("prohibited", "administratively prohibited"),
    14: ("prohibited", "host precedence violation"),
    15: ("prohibited", "precedence cutoff"),
}
"""Code of ICMP type 3 (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). Code 4 says
that a packet was too big: it ends nothing."""

_UNREACHABLE_6: Final[dict[int, tuple[Outcome, str]]] = {
    0: ("network_unreachable", "no route"),
    1: ("prohibited", "administratively prohibited"),
    2: ("host_unreachable", "beyond the scope of the source address"),
    3: ("host_unreachable", "address unreachable"),
    4: ("refused", "port unreachable"),
    5: ("prohibited", "source address failed the policy"),
    6: ("prohibited", "route says reject"),
}
"""Code of ICMPv6 type 1 (RFC 4443 section 3.1)."""

EXCEEDED: Final = frozenset({(4, 11), (6, 3)})
"""Family and type of the message "time exceeded": a router had to give the packet up."""

_EXCEEDED_CODES: Final = {0: "time to live exceeded", 1: "not put together in time"}
_MALFORMED: Final = {(4, 12), (6, 4)}


def of_errno(name: str | None, family: int = 4) -> Outcome:
    """Return the outcome that an errno means."""
    if name == "EADDRNOTAVAIL" and family == 6:
        return "network_unreachable"
    return _OF_ERRNO.get(name or "", "error")


def of_icmp(icmp: Icmp) -> Outcome | None:
    """Return the outcome that an ICMP message means; ``None``: the attempt goes on."""
    known = _known(icmp)
    return None if known is None else known[0]


def meaning(icmp: Icmp) -> str:
    """Return what an ICMP message says, in words."""
    known = _known(icmp)
    version = "ICMPv6" if icmp.family == 6 else "ICMP"
    words = f" ({known[1]})" if known else ""
    return f"{version} {icmp.type}/{icmp.code}{words}"


def kind_of(outcome: str, name: str | None) -> KindName | None:
    """Return the kind of failure of an outcome."""
    if name == "EADDRNOTAVAIL" and outcome == "invalid":
        return "client.local_address"
    return _LOCAL_KINDS.get(name or "", KIND_OF[outcome])


def errno_name(number: int | None) -> str | None:
    """Return the name of an error number; a number without one stays a number."""
    return None if number is None else errno.errorcode.get(number, str(number))


def _known(icmp: Icmp) -> tuple[Outcome, str] | None:
    pair = icmp.family, icmp.type
    if pair in EXCEEDED:
        return "host_unreachable", _EXCEEDED_CODES.get(icmp.code, "time exceeded")
    if pair in _MALFORMED:
        return "error", "parameter problem"
    if pair == (4, 3):
        return _UNREACHABLE_4.get(icmp.code)
    return _UNREACHABLE_6.get(icmp.code) if pair == (6, 1) else None


UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR, errno.EALREADY})

FIRST_REPEAT = 1.1
"""Seconds after which the SYN has been sent a second time (RFC 6298 section 2.1: 1 s)."""

_POLL_INTERVAL = 0.1
"""Seconds between looks at what does not wake the waiting."""

_HOPS = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectResult:
    """One attempt to connect."""

    address: str  # What was connected to
    port: int
    family: int
    outcome: Outcome  # How it came out
    errno: str | None = None  # Name of the error; `None`: none, or nothing answered
    # The ICMP message that ended it; `None`: none, or not to be known here
    icmp: Icmp | None = None
    rtt: float | None = None  # Seconds until the connection stood; `None`: it did not
    source: str | None = None  # Own address; `None`: not known
    seconds: float = 0.0  # How long it took
    repeats: int | None = None  # How often the SYN was sent again; `None`: not known
    withheld: bool | None = None  # Whether this host dropped the SYN itself; `None`: not known
    # The connection, where it stands; it is the caller's to close
    sock: socket.socket | None = None

    @property
    def kind(self) -> KindName | None:
        """The kind of failure; ``None``: it is open."""
        return kind_of(self.outcome, self.errno)

    def facts(self) -> AttemptFacts:
        """Return it as a reading has it."""
        return AttemptFacts(
            address=self.address,
            port=self.port,
            family=self.family,
            outcome=self.outcome,
            errno=self.errno,
            icmp=None if self.icmp is None else self.icmp.facts(),
            rtt=None if self.rtt is None else round(self.rtt, 6),
            source=self.source,
            unsent=self.withheld,
            repeats=self.repeats,
        )

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self.sock is not None:
            self.sock.close()


NOT_ATTEMPTED: Final[AttemptFacts] = {
    "address": None,
    "port": None,
    "family": None,
    "outcome": "unresolved",
    "errno": None,
    "icmp": None,
    "rtt": None,
    "source": None,
    "unsent": None,
    "repeats": None,
}
"""The reading where there is no address to connect to."""


def attempt_connect(
    address: str,
    port: int,
    seconds: float,
    *,
    hops: int | None = None,
    needless: Callable[[], bool] = lambda: False,
) -> ConnectResult:
    """Connect to an address and return what came of it; never raises for what the network does."""
    family = 6 if ":" in address else 4
    blank = ConnectResult(address=address, port=port, family=family, outcome="timeout")
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
    blank: ConnectResult,
    began: float,
    seconds: float,
    needless: Callable[[], bool],
) -> ConnectResult:
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
            selector.select(max(0.001, min(_POLL_INTERVAL, seconds - passed)))


def _ended(sock: socket.socket, waiting: ConnectResult, began: float) -> ConnectResult | None:
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
    return next((icmp for icmp in icmp_messages(sock, address) if of_icmp(icmp)), None)


def _failed(blank: ConnectResult, number: int | None, began: float) -> ConnectResult:
    name = errno_name(number)
    outcome = of_errno(name, blank.family)
    return replace(blank, outcome=outcome, errno=name, seconds=time.monotonic() - began)


def _silent(sock: socket.socket, waiting: ConnectResult, passed: float) -> ConnectResult:
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


def describe_attempt(made: ConnectResult) -> str:
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
