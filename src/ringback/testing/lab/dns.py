"""Faults of name resolution: each is a name under ``lab.test`` that the lab's server answers so."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from dns.edns import EDECode
from dns.rcode import FORMERR, NOTIMP, NXDOMAIN, REFUSED, SERVFAIL

from ringback.testing.lab.fault import Endpoint, Fault
from ringback.testing.lab.nameserver import Answer, Nameserver, bind
from ringback.testing.lab.response import serve
from ringback.testing.lab.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.lab import Lab

LOOPBACK = ("127.0.0.1",)

ANSWERS = {
    "ok": Answer(addresses=LOOPBACK),
    "slow": Answer(addresses=LOOPBACK, delay=0.3),
    "late": Answer(addresses=LOOPBACK, delay=2.0),
    "nxdomain": Answer(rcode=NXDOMAIN),
    "dangling": Answer(rcode=NXDOMAIN, alias="removed.lab.test."),
    "nodata": Answer(),
    "servfail": Answer(rcode=SERVFAIL),
    "refused": Answer(rcode=REFUSED),
    "notimp": Answer(rcode=NOTIMP),
    "formerr": Answer(rcode=FORMERR),
    "lame": Answer(referral=True),
    "silent": Answer(udp="silent", tcp=False),
    "truncated": Answer(addresses=LOOPBACK, udp="truncated"),
    "truncated-dead": Answer(addresses=LOOPBACK, udp="truncated", tcp=False),
    "wrong-id": Answer(addresses=LOOPBACK, udp="wrong id"),
    "wrong-question": Answer(addresses=LOOPBACK, udp="wrong question"),
    "zero": Answer(addresses=("0.0.0.0",)),
    "dnssec-bogus": Answer(
        rcode=SERVFAIL, error=(EDECode.DNSSEC_BOGUS, "signature has expired for lab.test")
    ),
    "network-error": Answer(
        rcode=SERVFAIL, error=(EDECode.NETWORK_ERROR, "timeout at 192.0.2.53:53 for lab.test")
    ),
    "filtered": Answer(rcode=NXDOMAIN, error=(EDECode.FILTERED, "on the blocklist of this lab")),
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


def answered(lab: Lab, label: str) -> Endpoint:
    """Return where to meet the name ``label``, whose port is in good health."""
    met = lab.listen(serve)
    met.nameserver = nameserver(lab).address
    met.host = f"{label}.lab.test"
    met.url = f"http://{met.host}:{met.port}/"
    return met


def port_closed(lab: Lab) -> Endpoint:
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
    return Fault(
        kind="dns.temporary_failure",
        when=when,
        summary=summary,
        start=_named(when.replace("_", "-")),
        also=also,
    )


FAULTS: tuple[Fault, ...] = (
    Fault(
        kind="ok",
        when="dns_slow",
        summary="the name resolves after 0.3 s",
        start=lambda lab: answered(lab, "slow"),
    ),
    Fault(
        kind="ok",
        when="dns_truncated",
        summary="the answer over UDP is cut short, and whole over TCP",
        start=lambda lab: answered(lab, "truncated"),
    ),
    Fault(
        kind="dns.name_not_resolved",
        summary="the server says NXDOMAIN",
        start=_named("nxdomain"),
    ),
    Fault(
        kind="dns.name_not_resolved",
        when="dangling",
        summary="the name is an alias of one that does not exist",
        start=_named("dangling"),
    ),
    Fault(
        kind="dns.name_not_resolved",
        when="formerr",
        summary="the server says FORMERR, which glibc reports as a missing name",
        start=_named("formerr"),
        also=("dns.server",),
    ),
    Fault(
        kind="dns.no_address",
        summary="the name exists without an address",
        start=_named("nodata"),
    ),
    _temporary("servfail", "the server says SERVFAIL", "dns.server"),
    _temporary("refused", "the server says REFUSED", "dns.server"),
    _temporary("notimp", "the server says NOTIMP", "dns.server"),
    _temporary("lame", "the server points at a server that is not there", "dns.server"),
    _temporary("truncated_dead", "the answer is cut short, and TCP is closed", "dns.server"),
    _temporary("wrong_id", "the answer carries another id than the question", "dns.unreachable"),
    _temporary("wrong_question", "the answer is to another question", "dns.unreachable"),
    Fault(
        kind="dns.timed_out",
        summary="the answer comes after 2 s, later than the resolver waits",
        start=_named("late"),
        also=("dns.temporary_failure", "dns.unreachable"),
    ),
    Fault(
        kind="dns.unreachable",
        when="silent",
        summary="the server does not answer",
        start=_named("silent"),
        also=("dns.temporary_failure", "dns.timed_out"),
    ),
    Fault(
        kind="dns.unreachable",
        when="port_closed",
        summary="nothing listens on the server's port",
        start=port_closed,
        also=("dns.temporary_failure",),
    ),
    Fault(
        kind="dns.server",
        when="dnssec_bogus",
        summary="SERVFAIL with extended error 6: the signature is not valid",
        start=_named("dnssec-bogus"),
        also=("dns.temporary_failure",),
    ),
    Fault(
        kind="dns.server",
        when="network_error",
        summary="SERVFAIL with extended error 23: the zone's servers do not answer",
        start=_named("network-error"),
        also=("dns.temporary_failure",),
    ),
    Fault(
        kind="dns.blocked",
        summary="NXDOMAIN with extended error 17: a filter withholds the name",
        start=_named("filtered"),
        also=("dns.name_not_resolved",),
    ),
    Fault(
        kind="dns.bogus_address",
        summary="the answer is 0.0.0.0, which connects to this machine",
        start=_named("zero"),
        also=("tcp.refused",),
    ),
)
