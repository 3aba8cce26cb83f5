"""Faults of name resolution: a DNS server that answers each name under ``lab.test`` its own way."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.edns import EDECode
from dns.rcode import FORMERR, NOTIMP, NXDOMAIN, REFUSED, SERVFAIL

from ringback.testing.lab.fault import Endpoint, Fault, new_fault, shared
from ringback.testing.lab.message import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.lab import Lab


ZONE = dns.name.from_text("lab.test.")
"""Every name of the lab; RFC 6761 keeps ``test`` out of the public DNS."""

TTL = 0
"""Seconds: nothing may be cached between two tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DNSAnswer:
    """What the server answers to every question for one name."""

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR  # The response code
    addresses: tuple[str, ...] = ()  # IPv4 and IPv6 addresses; each question gets those of its type
    alias: str | None = None  # Canonical name, where the name is an alias
    # Extended DNS error (RFC 8914) as code and text, sent to clients that speak EDNS
    error: tuple[dns.edns.EDECode, str] | None = None
    delay: float = 0.0  # Seconds before the answer leaves
    # What becomes of the answer over UDP
    udp: Literal["whole", "silent", "truncated", "wrong id", "wrong question"] = "whole"
    tcp: bool = True  # Whether TCP is answered; else the connection is closed without a word
    referral: bool = False  # Whether the answer only points at a server that is not there


@dataclass(frozen=True, slots=True)
class DNSQuestion:
    """One question that reached the server."""

    name: str
    type: str
    transport: Literal["udp", "tcp"]


class Nameserver:
    """Answers questions under ``lab.test`` until it is closed; refuses all other names.

    The label under the zone selects the answer: ``nxdomain.lab.test`` and
    ``www.nxdomain.lab.test`` get that of ``nxdomain``. An unknown label does not exist.

    Attributes:
        address: Address and port that answer.
        asked: Every question, in order of arrival.
    """

    def __init__(
        self, answers: Mapping[str, DNSAnswer], sockets: tuple[socket.socket, socket.socket]
    ) -> None:
        host, port = sockets[0].getsockname()[:2]
        self.address: tuple[str, int] = (host, port)
        self.asked: list[DNSQuestion] = []
        self.closing = threading.Event()
        self._answers = answers
        self._servers = (_Datagrams(self, sockets[0]), _Streams(self, sockets[1]))
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering, at once even for answers that are still being delayed."""
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def answer(self, wire: bytes, transport: Literal["udp", "tcp"]) -> bytes | None:
        """Answer one message."""
        try:
            query = dns.message.from_wire(wire)
            (question,) = query.question
        except (dns.exception.DNSException, ValueError):
            return None
        type_ = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(DNSQuestion(question.name.to_text(omit_final_dot=True), type_, transport))
        found = self._find(question.name)
        if self.closing.wait(found.delay):
            return None
        return _datagram(query, found) if transport == "udp" else _segment(query, found)

    def _find(self, name: dns.name.Name) -> DNSAnswer:
        if not name.is_subdomain(ZONE) or name == ZONE:
            return DNSAnswer(rcode=dns.rcode.REFUSED)
        label = name.relativize(ZONE).labels[-1].decode("ascii", "replace").lower()
        return self._answers.get(label, DNSAnswer(rcode=dns.rcode.NXDOMAIN))


def bind(host: str, port: int = 0) -> tuple[socket.socket, socket.socket]:
    """Bind the pair of sockets of a nameserver."""
    for chance in reversed(range(1 if port else 10)):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagrams.bind((host, port))
            return datagrams, socket.create_server(datagrams.getsockname())
        except OSError:
            datagrams.close()
            if not chance:
                raise
    raise AssertionError


def _datagram(query: dns.message.Message, answer: DNSAnswer) -> bytes | None:
    reply = _reply(query, answer)
    match answer.udp:
        case "silent":
            return None
        case "truncated":
            reply.flags |= dns.flags.TC
            reply.answer.clear()
        case "wrong id":
            reply.id ^= 0xFFFF
        case "wrong question":
            other = dns.name.from_text("other", ZONE)
            reply.question = [dns.rrset.RRset(other, dns.rdataclass.IN, query.question[0].rdtype)]
    return reply.to_wire()


def _segment(query: dns.message.Message, answer: DNSAnswer) -> bytes | None:
    return _reply(query, answer).to_wire() if answer.tcp else None


def _reply(query: dns.message.Message, answer: DNSAnswer) -> dns.message.Message:
    reply = dns.message.make_response(query, recursion_available=not answer.referral)
    reply.set_rcode(answer.rcode)
    name = query.question[0].name
    if answer.alias:
        reply.answer.append(dns.rrset.from_text(name, TTL, "IN", "CNAME", answer.alias))
    wanted = [a for a in answer.addresses if _type(a) == query.question[0].rdtype]
    if wanted:
        reply.answer.append(
            dns.rrset.from_text_list(name, TTL, "IN", query.question[0].rdtype, wanted)
        )
    if answer.referral:
        reply.authority.append(dns.rrset.from_text(name, TTL, "IN", "NS", f"ns.{name}"))
    if answer.error and query.edns >= 0:
        reply.use_edns(0, options=[dns.edns.EDEOption(*answer.error)])
    return reply


def _type(address: str) -> dns.rdatatype.RdataType:
    version = ipaddress.ip_address(address).version
    return dns.rdatatype.A if version == 4 else dns.rdatatype.AAAA


class _Datagrams(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self, nameserver: Nameserver, bound: socket.socket) -> None:
        super().__init__(("", 0), _Datagram, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.nameserver = nameserver


class _Streams(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, nameserver: Nameserver, listening: socket.socket) -> None:
        super().__init__(("", 0), _Stream, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.nameserver = nameserver


class _Datagram(socketserver.BaseRequestHandler):
    server: _Datagrams

    def handle(self) -> None:
        wire, bound = self.request
        reply = self.server.nameserver.answer(wire, "udp")
        if reply is not None:
            # The server may be closed while this answer was made.
            with contextlib.suppress(OSError):
                bound.sendto(reply, self.client_address)


class _Stream(socketserver.BaseRequestHandler):
    server: _Streams

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            for wire in _messages(self.request):
                reply = self.server.nameserver.answer(wire, "tcp")
                if reply is None:
                    return
                self.request.sendall(struct.pack("!H", len(reply)) + reply)


def _messages(stream: socket.socket) -> Iterator[bytes]:
    """Yield the messages of a connection, each behind its length (RFC 1035 section 4.2.2)."""
    stream.settimeout(5.0)
    with stream.makefile("rb") as file:
        while len(prefix := file.read(2)) == 2:
            (length,) = struct.unpack("!H", prefix)
            yield file.read(length)


LOOPBACK = ("127.0.0.1",)

ANSWERS = {
    "ok": DNSAnswer(addresses=LOOPBACK),
    "slow": DNSAnswer(addresses=LOOPBACK, delay=0.3),
    "late": DNSAnswer(addresses=LOOPBACK, delay=2.0),
    "nxdomain": DNSAnswer(rcode=NXDOMAIN),
    "dangling": DNSAnswer(rcode=NXDOMAIN, alias="removed.lab.test."),
    "nodata": DNSAnswer(),
    "servfail": DNSAnswer(rcode=SERVFAIL),
    "refused": DNSAnswer(rcode=REFUSED),
    "notimp": DNSAnswer(rcode=NOTIMP),
    "formerr": DNSAnswer(rcode=FORMERR),
    "lame": DNSAnswer(referral=True),
    "silent": DNSAnswer(udp="silent", tcp=False),
    "truncated": DNSAnswer(addresses=LOOPBACK, udp="truncated"),
    "truncated-dead": DNSAnswer(addresses=LOOPBACK, udp="truncated", tcp=False),
    "wrong-id": DNSAnswer(addresses=LOOPBACK, udp="wrong id"),
    "wrong-question": DNSAnswer(addresses=LOOPBACK, udp="wrong question"),
    "zero": DNSAnswer(addresses=("0.0.0.0",)),
    "dnssec-bogus": DNSAnswer(
        rcode=SERVFAIL, error=(EDECode.DNSSEC_BOGUS, "signature has expired for lab.test")
    ),
    "network-error": DNSAnswer(
        rcode=SERVFAIL, error=(EDECode.NETWORK_ERROR, "timeout at 192.0.2.53:53 for lab.test")
    ),
    "filtered": DNSAnswer(rcode=NXDOMAIN, error=(EDECode.FILTERED, "on the blocklist of this lab")),
}
"""Label under ``lab.test`` to answer; ``ok``, ``slow`` and ``truncated`` can be connected to."""


@shared
def nameserver(lab: Lab) -> Nameserver:
    """Return the lab's DNS server, started on first use."""
    server = Nameserver(ANSWERS, bind("127.0.0.1"))
    lab.on_stop(server.close)
    return server


def endpoint(lab: Lab, label: str) -> Endpoint:
    """Return where to meet the name ``label`` under ``lab.test``; its port refuses connections."""
    listener = lab.reserve()
    address = nameserver(lab).address
    host = f"{label}.lab.test"
    port = listener.endpoint.port
    return Endpoint(url=f"http://{host}:{port}/", host=host, port=port, nameserver=address)


def answered_name(lab: Lab, label: str) -> Endpoint:
    """Return where to meet the name ``label``, whose port is in good health."""
    met = lab.listen(serve)
    met.nameserver = nameserver(lab).address
    met.host = f"{label}.lab.test"
    met.url = f"http://{met.host}:{met.port}/"
    return met


def nameserver_port_closed(lab: Lab) -> Endpoint:
    """Return a good name whose nameserver is a UDP port that nothing listens on."""
    met = endpoint(lab, "ok")
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    lab.on_stop(holder.close)
    holder.bind((*LOOPBACK, 0))
    holder.connect((*LOOPBACK, 9))  # held, and closed to all others
    met.nameserver = holder.getsockname()
    return met


def _named(label: str) -> Callable[[Lab], Endpoint]:
    return lambda lab: endpoint(lab, label)


def _temporary(when: str, summary: str, *also: str) -> Fault:
    return new_fault("dns.temporary_failure", when, also=also)(
        summary, _named(when.replace("_", "-"))
    )


FAULTS: tuple[Fault, ...] = (
    new_fault("ok", "dns_slow")(
        "the name resolves after 0.3 s", lambda lab: answered_name(lab, "slow")
    ),
    new_fault("ok", "dns_truncated")(
        "the answer over UDP is cut short, and whole over TCP",
        lambda lab: answered_name(lab, "truncated"),
    ),
    new_fault("dns.name_not_resolved")("the server says NXDOMAIN", _named("nxdomain")),
    new_fault("dns.name_not_resolved", "dangling")(
        "the name is an alias of one that does not exist", _named("dangling")
    ),
    new_fault("dns.name_not_resolved", "formerr", also=("dns.server",))(
        "the server says FORMERR, which glibc reports as a missing name", _named("formerr")
    ),
    new_fault("dns.no_address")("the name exists without an address", _named("nodata")),
    _temporary("servfail", "the server says SERVFAIL", "dns.server"),
    _temporary("refused", "the server says REFUSED", "dns.server"),
    _temporary("notimp", "the server says NOTIMP", "dns.server"),
    _temporary("lame", "the server points at a server that is not there", "dns.server"),
    _temporary("truncated_dead", "the answer is cut short, and TCP is closed", "dns.server"),
    _temporary("wrong_id", "the answer carries another id than the question", "dns.unreachable"),
    _temporary("wrong_question", "the answer is to another question", "dns.unreachable"),
    new_fault("dns.timed_out", also=("dns.temporary_failure", "dns.unreachable"))(
        "the answer comes after 2 s, later than the resolver waits", _named("late")
    ),
    new_fault("dns.unreachable", "silent", also=("dns.temporary_failure", "dns.timed_out"))(
        "the server does not answer", _named("silent")
    ),
    new_fault("dns.unreachable", "port_closed", also=("dns.temporary_failure",))(
        "nothing listens on the server's port", nameserver_port_closed
    ),
    new_fault("dns.server", "dnssec_bogus", also=("dns.temporary_failure",))(
        "SERVFAIL with extended error 6: the signature is not valid", _named("dnssec-bogus")
    ),
    new_fault("dns.server", "network_error", also=("dns.temporary_failure",))(
        "SERVFAIL with extended error 23: the zone's servers do not answer", _named("network-error")
    ),
    new_fault("dns.blocked", also=("dns.name_not_resolved",))(
        "NXDOMAIN with extended error 17: a filter withholds the name", _named("filtered")
    ),
    new_fault("dns.bogus_address", also=("tcp.refused",))(
        "the answer is 0.0.0.0, which connects to this machine", _named("zero")
    ),
)
