"""Further readings beside a request.

One sees whether the network itself has answered in place of the target: a captive portal. The
others are for a response that does not come, or does not go on.
"""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import HttpSmallSegmentsFacts, PortalCheckFacts, TlsHereFacts
from ringback.diagnosis.layer.host_routes import source_to
from ringback.diagnosis.layer.http_exchange import ResponseTimeouts, exchange_http1
from ringback.diagnosis.layer.http_readings import host_of, without_query
from ringback.diagnosis.layer.opening import open_connection, subject_of
from ringback.diagnosis.layer.tls_extras import SMALL
from ringback.diagnosis.layer.tls_handshake import TlsChannel, attempted
from ringback.diagnosis.layer.tls_trust import unverifying
from ringback.failure.target import is_of_one_domain

if TYPE_CHECKING:
    import ssl
    import threading

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.http_exchange import HttpRequest
    from ringback.diagnosis.layer.http_message import HttpResponse


NOWHERE = ("192.0.2.231", "198.51.100.231", "203.0.113.231")
"""Addresses of the networks for documentation (RFC 5737), which no host has: only a network that
answers in place of others answers there."""
_PORTAL_TIMEOUT = 1.0
_PAGE = re.compile(
    rb"(log ?in|sign ?in|captive|hotspot|wi-?fi|accept[^<]{0,40}terms|http-equiv=.?refresh)",
    re.IGNORECASE,
)


def is_portal(
    context: DiagnosisContext, route: OpenRoute, request: HttpRequest, answer: HttpResponse
) -> bool:
    """Return whether an answer is a captive portal's; where it may be, that is looked into."""
    if answer.status == 511:
        return True
    if not _may_be(route, request, answer):
        return False
    if ipaddress.ip_address(route.address.partition("%")[0]).is_loopback:
        return False
    return _answers_for_others(context, route, request, answer)


def _may_be(route: OpenRoute, request: HttpRequest, answer: HttpResponse) -> bool:
    """Only plain HTTP can be answered by another without a certificate's objection."""
    if request.scheme != "http" or route.proxy is not None or answer.head is None:
        return False
    location = answer.head.get("location")
    if location is not None and 300 <= answer.head.status < 400:
        host = host_of(location)
        return bool(host) and not is_of_one_domain(request.host, host)
    page = "html" in (answer.head.get("content-type") or "")
    return page and answer.body is not None and _PAGE.search(answer.body.start) is not None


def _answers_for_others(
    context: DiagnosisContext, route: OpenRoute, request: HttpRequest, answer: HttpResponse
) -> bool:
    since = context.now()
    nowhere = _nowhere(route.address)
    other = replace(request, host=nowhere, target="/", cookies=())
    got = _asked(context, replace(route, address=nowhere), other)
    same = got is not None and got.head is not None and _same(got, answer)
    location = got.head.get("location") if got is not None and got.head is not None else None
    context.record(
        PortalCheckFacts,
        other.url,
        result="an address that nobody has gives the same answer"
        if same
        else "an address that nobody has does not give the same answer",
        since=since,
        facts=PortalCheckFacts(
            url=other.url,
            status=got.status if got is not None else None,
            location=without_query(location) if location else None,
            differs=not same,
        ),
    )
    return same


def _nowhere(address: str) -> str:
    """An address that is neither on the target's network nor on one of this host's."""
    near = {_network(address), *(_network(source_to(nowhere)[0] or "") for nowhere in NOWHERE)}
    return next((nowhere for nowhere in NOWHERE if _network(nowhere) not in near), NOWHERE[0])


def _network(address: str) -> str:
    return address.rpartition(".")[0]


def _asked(
    context: DiagnosisContext, route: OpenRoute, request: HttpRequest
) -> HttpResponse | None:
    left = context.left(_PORTAL_TIMEOUT)
    try:
        sock = open_connection(context, route, request.host, request.port, left)
    except OSError:
        return None
    with TlsChannel(sock) as channel:
        text = request.text(route, tunnelled=True)
        return exchange_http1(
            channel, text, request.method, ResponseTimeouts(left, left, left, left)
        )


def _same(got: HttpResponse, other: HttpResponse) -> bool:
    assert got.head is not None
    assert other.head is not None
    if got.status != other.status:
        return False
    locations = [head.get("location") for head in (got.head, other.head)]
    if any(locations):
        return host_of(locations[0] or "") == host_of(locations[1] or "")
    bodies = [answer.body.start[:200] if answer.body else b"" for answer in (got, other)]
    return bodies[0] == bodies[1]


STALL_SECONDS = 1.2
"""Seconds without a byte after which it is tried with small segments."""
_PEEK_TIMEOUT = 0.1
_STALL_TIMEOUT = 2.0
_MIN_LARGE = 1000
"""Bytes that are too many for a small packet: less would also have come through a path that loses
large ones."""


def watch_stall(
    context: DiagnosisContext,
    route: OpenRoute,
    request: HttpRequest,
    channel: TlsChannel,
    ssl_context: ssl.SSLContext | None,
    over: threading.Event,
) -> None:
    """Wait for an answer; where it stalls, ask again with small segments, or for TLS."""
    silence = max(STALL_SECONDS, 4 * (route.rtt or 0.0))
    seen, since = channel.received, time.monotonic()
    while not over.wait(_PEEK_TIMEOUT) and context.left(1.0):
        if channel.received != seen:
            seen, since = channel.received, time.monotonic()
        elif time.monotonic() - since >= silence:
            tasks = [partial(_small_segments, context, route, request, ssl_context)]
            if ssl_context is None and not seen:
                tasks.append(partial(tls_here, context, route))
            together(context, tasks)
            return


def _small_segments(
    context: DiagnosisContext,
    route: OpenRoute,
    request: HttpRequest,
    ssl_context: ssl.SSLContext | None,
) -> None:
    since = context.now()
    channel = _opened(context, route, ssl_context)
    if channel is None:
        return
    with channel:
        text = request.text(route, tunnelled=ssl_context is not None)
        left = context.left(_STALL_TIMEOUT)
        answer = exchange_http1(
            channel, text, request.method, ResponseTimeouts(left, left, left, left)
        )
        came = channel.received
    works = answer.outcome == "answered" and came >= _MIN_LARGE
    context.record(
        HttpSmallSegmentsFacts,
        request.url,
        result=f"with segments of {SMALL} bytes "
        + ("the answer comes" if works else f"{came} bytes come"),
        since=since,
        facts=HttpSmallSegmentsFacts(
            works=works,
            outcome=answer.outcome,
            first_byte=answer.first_byte,
            bytes=came,
        ),
    )


def _opened(
    context: DiagnosisContext, route: OpenRoute, ssl_context: ssl.SSLContext | None
) -> TlsChannel | None:
    if ssl_context is not None:
        made = attempted(context, route, ssl_context, within=_STALL_TIMEOUT, segment_size=SMALL)
        return made.channel if made is not None and made.error is None else None
    asked = context.asked
    try:
        return TlsChannel(
            open_connection(
                context,
                route,
                asked.host,
                asked.port,
                context.left(_STALL_TIMEOUT),
                segment_size=SMALL,
            )
        )
    except OSError:
        return None


def tls_here(context: DiagnosisContext, route: OpenRoute) -> None:
    """Record whether a port that did not answer plain HTTP speaks TLS."""
    since = context.now()
    made = attempted(context, route, unverifying(), within=_STALL_TIMEOUT / 3, named=True)
    if made is None:
        return
    tls = made.channel.tls
    works = (made.error is None or made.error == "alert") and made.channel.received > 0
    version = tls.version() if tls is not None and made.error is None else None
    made.channel.close()
    context.record(
        TlsHereFacts,
        subject_of(route),
        result=f"the port speaks TLS ({version or 'it answers with an alert'})"
        if works
        else "the port does not speak TLS either",
        since=since,
        facts=TlsHereFacts(works=works, version=version, error=made.error, alert=made.alert),
    )
