"""Whether the network itself has answered in place of the target: a captive portal."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.http.exchange import Patience, exchange
from ringback.diagnosis.layer.http.telling import host_of, without_query
from ringback.diagnosis.layer.opening import open_connection
from ringback.diagnosis.layer.tls.channel import Channel

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.answer import Answer
    from ringback.diagnosis.layer.http.request import Request
    from ringback.diagnosis.scene import Route, Scene

NOWHERE = ("192.0.2.231", "198.51.100.231", "203.0.113.231")
"""Addresses of the networks for documentation (RFC 5737), which no host has: only a network that
answers in place of others answers there."""
_LONGEST = 1.0
_PAGE = re.compile(
    rb"(log ?in|sign ?in|captive|hotspot|wi-?fi|accept[^<]{0,40}terms|http-equiv=.?refresh)",
    re.IGNORECASE,
)


def is_portal(scene: Scene, route: Route, request: Request, answer: Answer) -> bool:
    """Return whether an answer is a captive portal's; where it may be, that is looked into."""
    if answer.status == 511:
        return True
    if not _may_be(route, request, answer):
        return False
    if ipaddress.ip_address(route.address.partition("%")[0]).is_loopback:
        return False
    return _answers_for_others(scene, route, request, answer)


def _may_be(route: Route, request: Request, answer: Answer) -> bool:
    """Only plain HTTP can be answered by another without a certificate's objection."""
    if request.scheme != "http" or route.proxy is not None or answer.head is None:
        return False
    location = answer.head.get("location")
    if location is not None and 300 <= answer.head.status < 400:
        host = host_of(location)
        return bool(host) and not _related(host, request.host)
    page = "html" in (answer.head.get("content-type") or "")
    return page and answer.body is not None and _PAGE.search(answer.body.start) is not None


def _related(host: str, asked: str) -> bool:
    """Whether two names are of the same domain: ``www.example.com`` and ``example.com``."""
    one, other = (name.lower().rstrip(".").split(".")[-2:] for name in (host, asked))
    return one == other and not host[-1:].isdigit()


def _answers_for_others(scene: Scene, route: Route, request: Request, answer: Answer) -> bool:
    since = scene.now()
    nowhere = _nowhere(route.address)
    other = replace(request, host=nowhere, target="/", cookies=())
    got = _asked(scene, replace(route, address=nowhere), other)
    same = got is not None and got.head is not None and _same(got, answer)
    location = got.head.get("location") if got is not None and got.head is not None else None
    scene.tell(
        "http",
        "portal_check",
        other.url,
        result="an address that nobody has gives the same answer"
        if same
        else "an address that nobody has does not give the same answer",
        since=since,
        facts={
            "url": other.url,
            "status": got.status if got is not None else None,
            "location": without_query(location) if location else None,
            "differs": not same,
        },
    )
    return same


def _nowhere(address: str) -> str:
    """An address that is neither on the target's network nor on one of this host's."""
    near = {_network(address), *(_network(source_to(each) or "") for each in NOWHERE)}
    return next((each for each in NOWHERE if _network(each) not in near), NOWHERE[0])


def _network(address: str) -> str:
    return address.rpartition(".")[0]


def source_to(address: str) -> str | None:
    """Return the address of this host from which another is reached; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((address, 9))
        except OSError:
            return None
        return str(sock.getsockname()[0])


def _asked(scene: Scene, route: Route, request: Request) -> Answer | None:
    left = scene.left(_LONGEST)
    try:
        sock = open_connection(scene, route, request.host, request.port, left)
    except OSError:
        return None
    with Channel(sock) as channel:
        text = request.text(route, tunnelled=True)
        return exchange(channel, text, request.method, Patience(left, left, left, left))


def _same(one: Answer, other: Answer) -> bool:
    assert one.head is not None
    assert other.head is not None
    if one.status != other.status:
        return False
    locations = [each.get("location") for each in (one.head, other.head)]
    if any(locations):
        return host_of(locations[0] or "") == host_of(locations[1] or "")
    bodies = [each.body.start[:200] if each.body else b"" for each in (one, other)]
    return bodies[0] == bodies[1]
