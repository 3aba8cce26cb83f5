"""Name resolution for this process through the lab's DNS server.

The C library asks port 53 of the servers in ``/etc/resolv.conf`` and nothing else, so a server on
a high port of loopback cannot be met through it without root. ``resolving`` therefore puts a stub
resolver in front of ``socket.getaddrinfo``: the packets it exchanges with the lab's server are
real, the error codes are those glibc 2.36 gives for the same answers, but it is not glibc. The
faults of ``network`` are: there, inside a network namespace, glibc itself asks the same server.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from ringback.testing.lab.dns import ANSWERS, ZONE

TEXTS = {
    socket.EAI_AGAIN: "Temporary failure in name resolution",
    socket.EAI_NODATA: "No address associated with hostname",
    socket.EAI_NONAME: "Name or service not known",
}
"""The texts glibc has for the codes (``gai_strerror``)."""

CODES = {
    dns.rcode.NXDOMAIN: socket.EAI_NONAME,
    dns.rcode.FORMERR: socket.EAI_NONAME,
    dns.rcode.SERVFAIL: socket.EAI_AGAIN,
    dns.rcode.NOTIMP: socket.EAI_AGAIN,
    dns.rcode.REFUSED: socket.EAI_AGAIN,
}
"""What glibc's ``getaddrinfo`` makes of a response code. Silence, replies to other questions, a
truncated answer without TCP, a closed port and a referral are ``EAI_AGAIN``; an answer without
addresses is ``EAI_NODATA``. Held against glibc itself by the tests of ``network``."""

_PATIENT, _IMPATIENT = 10.0, 1.0
"""Seconds for an answer that comes, also from a machine that is busy, and for one that does not."""

_ANSWERED = {
    label.encode()
    for label, answer in ANSWERS.items()
    if answer.udp in {"whole", "truncated"} and answer.delay < _IMPATIENT
}

_TYPES: dict[int, tuple[dns.rdatatype.RdataType, ...]] = {
    socket.AF_INET: (dns.rdatatype.A,),
    socket.AF_INET6: (dns.rdatatype.AAAA,),
    socket.AF_UNSPEC: (dns.rdatatype.A, dns.rdatatype.AAAA),
}


@dataclass(frozen=True, slots=True, eq=False)
class _Route:
    """Where questions go, and how long and how often an answer is awaited."""

    address: str
    port: int
    timeout: float | None
    attempts: int

    def patience(self, name: dns.name.Name) -> float:
        """Seconds to wait for an answer of the lab's server about a name."""
        if self.timeout is not None:
            return self.timeout
        known = not _ANSWERED.isdisjoint(name.relativize(ZONE).labels[-1:])
        return _PATIENT if known else _IMPATIENT


_lock = threading.Lock()
_routes: list[_Route] = []


@contextlib.contextmanager
def resolving(
    nameserver: tuple[str, int], *, timeout: float | None = None, attempts: int = 1
) -> Iterator[None]:
    """Send the names under ``lab.test`` to a nameserver while the context is open.

    Every thread of the process is affected, so that both a direct ``socket.getaddrinfo`` and the
    executor thread of an event loop meet the fault; all other names go to the real function. Of
    several open contexts the last one entered counts. What does not call ``socket.getaddrinfo``
    (``gethostbyname``, uvloop, c-ares, a library in C) is not affected.
    """
    route = _Route(*nameserver, timeout, attempts)
    with _lock:
        _install()
        _routes.append(route)
    try:
        yield
    finally:
        with _lock:
            _routes.remove(route)
            _uninstall()


class _Stub:
    """Stands in for ``socket.getaddrinfo``."""

    def __init__(self, system: Callable[..., list[tuple[Any, ...]]]) -> None:
        self.system = system

    def __call__(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the signature of socket.getaddrinfo
        proto: int = 0,
        flags: int = 0,
    ) -> list[tuple[Any, ...]]:
        route = next(reversed(_routes), None)
        name = _name(host)
        if not route or not name or flags & socket.AI_NUMERICHOST or family not in _TYPES:
            return self.system(host, port, family, type, proto, flags)
        flags |= socket.AI_NUMERICHOST
        return [
            info
            for address in _addresses(name, family, route)
            for info in self.system(address, port, family, type, proto, flags)
        ]


def _install() -> None:
    if not isinstance(socket.getaddrinfo, _Stub):
        socket.getaddrinfo = _Stub(socket.getaddrinfo)


def _uninstall() -> None:
    # A replacement made by others in the meantime stays; it still leads to the system's function.
    if not _routes and isinstance(socket.getaddrinfo, _Stub):
        socket.getaddrinfo = socket.getaddrinfo.system


def _name(host: bytes | str | None) -> dns.name.Name | None:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        name = dns.name.from_text(text or "")
    except (dns.exception.DNSException, UnicodeError):
        return None
    return name if name.is_subdomain(ZONE) else None


def _addresses(name: dns.name.Name, family: int, route: _Route) -> list[str]:
    addresses = [found for type_ in _TYPES[family] for found in _lookup(name, type_, route)]
    if not addresses:
        raise _error(socket.EAI_NODATA)
    return addresses


def _lookup(name: dns.name.Name, type_: dns.rdatatype.RdataType, route: _Route) -> list[str]:
    query = dns.message.make_query(name, type_, use_edns=False)
    for _ in range(route.attempts):
        with contextlib.suppress(OSError, EOFError, dns.exception.DNSException):
            reply = _ask(query, route)
            break
    else:
        raise _error(socket.EAI_AGAIN)
    if reply.rcode() != dns.rcode.NOERROR:
        raise _error(CODES.get(reply.rcode(), socket.EAI_NONAME))
    if _is_referral(reply):
        raise _error(socket.EAI_AGAIN)
    return [str(rdata) for rrset in reply.answer if rrset.rdtype == type_ for rdata in rrset]


def _error(code: int) -> socket.gaierror:
    return socket.gaierror(code, TEXTS[code])


def _ask(query: dns.message.Message, route: _Route) -> dns.message.Message:
    patience = route.patience(query.question[0].name)
    deadline = time.monotonic() + patience
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        # Only a connected socket is told that the port is closed.
        asking.connect((route.address, route.port))
        asking.setblocking(False)
        reply = dns.query.udp(
            query,
            route.address,
            patience,
            route.port,
            ignore_unexpected=True,
            ignore_errors=True,
            sock=asking,
        )
    if not reply.flags & dns.flags.TC:
        return reply
    left = max(0.0, deadline - time.monotonic())
    return dns.query.tcp(query, route.address, left, route.port)


def _is_referral(reply: dns.message.Message) -> bool:
    """Whether the server only points elsewhere; glibc then turns to the next server."""
    known = reply.answer or reply.additional
    return not known and not reply.flags & (dns.flags.AA | dns.flags.RA)
