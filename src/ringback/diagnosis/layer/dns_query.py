"""One question to one nameserver, and what its answer says."""

from __future__ import annotations

import errno
import socket
import struct
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from ringback.diagnosis.layer.kernel import hear_icmp, icmp_messages, received

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.fact_values import IcmpFacts

PAYLOAD: Final = 1232
"""Bytes that an answer over UDP may have, which fit into any packet (DNS Flag Day 2020)."""

_MAX_MESSAGE = 65535
_MIN_TRIES = 2
_TCP_TIMEOUT = 1.5
_AFTER_MALFORMED_TIMEOUT = 0.3
_WITHOUT_EDNS = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS})


@dataclass(frozen=True, slots=True)
class Server:
    """A nameserver."""

    address: str  # IP address, perhaps with a zone
    port: int = 53
    configured: bool = True  # Whether this host's resolver asks it

    def __str__(self) -> str:
        if self.port == 53:
            return self.address
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTimeouts:
    """How long an answer is awaited."""

    # Seconds after each of the times that the question is sent
    tries: tuple[float, ...] = (0.5, 0.5, 1.5)
    # Returns how many of so many seconds there are; ends the waiting with 0
    left: Callable[[float], float] = float
    # Seconds to listen behind the last try, for an ICMP message (the kernel gives up a neighbour
    # after 3.06 s) or a late answer.
    further: float = 0.0
    # Returns whether others have answered, so that two tries are enough
    settled: Callable[[], bool] = bool
    # Returns whether the server is known to be out of reach, so that one is: routers send an ICMP
    # message a second, and not one for each packet
    hopeless: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a question."""

    message: dns.message.Message | None = None  # The answer, if there is one that can be read
    timed_out: bool = False  # Whether nothing came
    error: str | None = None  # Name of the error of the socket
    icmp: IcmpFacts | None = None  # The ICMP message behind it, as a reading has it
    malformed: bool = False  # Whether something came that is no DNS message
    mismatched: int = 0  # How many answers came that were none to this question
    truncated: bool = False  # Whether the answer over UDP was cut
    over_tcp: bool = False  # Whether TCP was tried
    edns: bool = True  # Whether the answer is with EDNS (RFC 6891)

    @property
    def rcode(self) -> str | None:
        """Name of the response code; ``None``: there is no answer."""
        return None if self.message is None else dns.rcode.to_text(self.message.rcode())


@dataclass(slots=True)
class _Heard:
    """What came that was not the answer."""

    malformed: bool = False
    mismatched: int = 0
    ends: float = field(default=float("inf"))


def ask_nameserver(
    server: Server,
    name: dns.name.Name,
    type_: str,
    timeouts: QueryTimeouts,
    may_connect: Callable[[str, int], bool],
) -> Reply:
    """Ask a nameserver a question and return what came of it; never raises for what it does.

    Over UDP, then over TCP where the answer is cut; without EDNS where the server does not know it.
    """
    query, plain = _queries(name, type_)
    reply = _over_udp(server, (query, plain), timeouts)
    if reply.message is not None and reply.message.rcode() in _WITHOUT_EDNS:
        without = _over_udp(server, (plain,), timeouts)
        if without.message is not None and without.message.rcode() != reply.message.rcode():
            reply = without
    if reply.message is None or not reply.message.flags & dns.flags.TC:
        return reply
    if not may_connect(server.address, server.port):
        return replace(reply, truncated=True)
    whole = _over_tcp(server, query if reply.edns else plain, timeouts.left(_TCP_TIMEOUT))
    return replace(whole, truncated=True, over_tcp=True, edns=reply.edns)


def _queries(
    name: dns.name.Name, type_: str
) -> tuple[dns.message.QueryMessage, dns.message.QueryMessage]:
    """The same question with EDNS and without, which some devices drop or refuse."""
    query = dns.message.make_query(name, type_, use_edns=0, payload=PAYLOAD)
    return query, dns.message.make_query(name, type_, id=query.id)


def _over_udp(
    server: Server, queries: Sequence[dns.message.QueryMessage], timeouts: QueryTimeouts
) -> Reply:
    heard = _Heard()
    try:
        family, where = _place(server, socket.SOCK_DGRAM)
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            try:
                return _asked(asking, where, queries, timeouts, heard)
            except TimeoutError:
                return _silence(heard)
            except OSError as error:
                return _error(asking, server, error)
    except OSError as error:
        return Reply(error=_name(error))


def _asked(
    asking: socket.socket,
    where: Any,
    queries: Sequence[dns.message.QueryMessage],
    timeouts: QueryTimeouts,
    heard: _Heard,
) -> Reply:
    """Send the questions in turn, all with one number, until one is answered."""
    hear_icmp(asking)
    asking.connect(where)
    for number, seconds in enumerate(timeouts.tries):
        if (number >= _MIN_TRIES and timeouts.settled()) or (number and timeouts.hopeless()):
            return _silence(heard)
        asking.send(queries[number % len(queries)].to_wire())
        message = _answer(asking, queries[0], time.monotonic() + timeouts.left(seconds), heard)
        if message is not None:
            return _reply(message, heard)
    seconds = 0.0 if timeouts.settled() or timeouts.hopeless() else timeouts.left(timeouts.further)
    message = _answer(asking, queries[0], time.monotonic() + seconds, heard)
    return _silence(heard) if message is None else _reply(message, heard)


def _answer(
    asking: socket.socket, query: dns.message.QueryMessage, until: float, heard: _Heard
) -> dns.message.Message | None:
    """The answer, or ``None`` if it does not come in time."""
    while (left := min(until, heard.ends) - time.monotonic()) > 0:
        asking.settimeout(left)
        try:
            wire = asking.recv(_MAX_MESSAGE)
        except TimeoutError:
            return None
        message = _parsed(wire)
        if message is None:
            heard.malformed = True
            heard.ends = time.monotonic() + _AFTER_MALFORMED_TIMEOUT
        elif query.is_response(message):
            return message
        else:
            heard.mismatched += 1
    return None


def _over_tcp(server: Server, query: dns.message.QueryMessage, seconds: float) -> Reply:
    ends = time.monotonic() + seconds
    try:
        family, where = _place(server, socket.SOCK_STREAM)
        with socket.socket(family, socket.SOCK_STREAM) as asking:
            asking.settimeout(max(seconds, 0.01))
            asking.connect(where)
            wire = query.to_wire()
            asking.sendall(struct.pack("!H", len(wire)) + wire)
            (length,) = struct.unpack("!H", _exactly(asking, 2, ends))
            message = _parsed(_exactly(asking, length, ends))
    except TimeoutError:
        return Reply(timed_out=True)
    except OSError as error:
        return Reply(error=_name(error))
    if message is None or not query.is_response(message):
        return Reply(malformed=True)
    return Reply(message=message)


def _exactly(asking: socket.socket, length: int, ends: float) -> bytes:
    """So many bytes (RFC 1035, section 4.2.2)."""
    got = b"".join(received(asking, length, ends))
    if len(got) < length:
        raise ConnectionResetError(errno.ECONNRESET, "closed inside an answer")
    return got


def _parsed(wire: bytes) -> dns.message.Message | None:
    try:
        return dns.message.from_wire(wire, ignore_trailing=True)
    except Exception:  # noqa: BLE001 - whatever bytes from the network do to the parser
        return None


def _reply(message: dns.message.Message, heard: _Heard) -> Reply:
    return Reply(message=message, mismatched=heard.mismatched, edns=message.edns >= 0)


def _silence(heard: _Heard) -> Reply:
    return Reply(
        timed_out=not heard.malformed, malformed=heard.malformed, mismatched=heard.mismatched
    )


def _error(asking: socket.socket, server: Server, error: OSError) -> Reply:
    asking.setblocking(False)
    messages = icmp_messages(asking, server.address)
    return Reply(error=_name(error), icmp=messages[0].facts() if messages else None)


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def _place(server: Server, kind: socket.SocketKind) -> tuple[socket.AddressFamily, Any]:
    found = socket.getaddrinfo(server.address, server.port, type=kind, flags=socket.AI_NUMERICHOST)[
        0
    ]
    return found[0], found[4]


_MAX_ADDRESSES: Final = 64
_MAX_ALIASES: Final = 16
_MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """What an answer says of a name."""

    addresses: tuple[str, ...] = ()  # Of the asked type, at the end of the chain of aliases
    aliases: tuple[str, ...] = ()  # The chain of canonical names
    ttl: int | None = None  # Seconds the answer may be kept; `None`: there is none
    negative_ttl: int | None = None  # Seconds its absence may be kept (RFC 2308); `None`: not told
    errors: tuple[tuple[int, str], ...] = ()  # Extended errors (RFC 8914), code and text
    authoritative: bool = False  # Whether the server says so of itself
    # Whether it says that it asks other servers; without, and without authority, it only points at
    # them
    recursion: bool = True


def answer_of(message: dns.message.Message, name: dns.name.Name, type_: str) -> DnsAnswer:
    """Return what an answer says of a name."""
    wanted = dns.rdatatype.from_text(type_)
    addresses: list[str] = []
    aliases: list[str] = []
    ttls: list[int] = []
    here = name
    while len(aliases) <= _MAX_ALIASES:
        found = {rrset.rdtype: rrset for rrset in message.answer if rrset.name == here}
        if wanted in found:
            addresses = [str(rdata) for rdata in found[wanted]][:_MAX_ADDRESSES]
            ttls.append(found[wanted].ttl)
            break
        if dns.rdatatype.CNAME not in found:
            break
        alias = found[dns.rdatatype.CNAME]
        ttls.append(alias.ttl)
        here = alias[0].target
        aliases.append(printable_label(here.to_text(omit_final_dot=True)))
    return DnsAnswer(
        addresses=tuple(addresses),
        aliases=tuple(aliases),
        ttl=min(ttls, default=None),
        negative_ttl=None if addresses else _negative_ttl(message),
        errors=_errors(message),
        authoritative=bool(message.flags & dns.flags.AA),
        recursion=bool(message.flags & dns.flags.RA),
    )


def printable_label(text: str) -> str:
    """Return text of the network cut and without what could drive a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text[:_MAX_TEXT])


def _negative_ttl(message: dns.message.Message) -> int | None:
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return int(min(rrset.ttl, rrset[0].minimum))
    return None


def _errors(message: dns.message.Message) -> tuple[tuple[int, str], ...]:
    found = [option for option in message.options if isinstance(option, dns.edns.EDEOption)]
    return tuple((int(option.code), printable_label(option.text or "")) for option in found[:8])
