"""Rules about what was answered: by HTTP, or in a service's own protocol."""

import re
from collections.abc import Callable, Mapping

from ringback.diagnosis.facts import (
    ElsewhereFacts,
    GreetingFacts,
    HandshakeFacts,
    HttpSmallSegmentsFacts,
    PortalCheckFacts,
    RedirectFacts,
    RequestFacts,
    TlsHereFacts,
)
from ringback.diagnosis.model import HEALTHY, Alternative, Where
from ringback.diagnosis.protocols import protocol_of
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import Evidence, place_at, protocol_name
from ringback.diagnosis.verdict.rule import (
    Finding,
    black_hole,
    is_unheard,
    need,
    new_rule,
    when_found,
)
from ringback.failure.target import is_of_one_domain, target_of_url
from ringback.values import replace

# Rules about the answer: none, or none that can be read.

SLOW_SECONDS = 2.0
"""Seconds to the first byte from which an answer is called slow."""


def _request(evidence: Evidence, *outcomes: str) -> ReadingOf[RequestFacts] | None:
    """Return the last request, where it ended so: those before it were redirects."""
    every = evidence.all(RequestFacts)
    if not every or every[-1].state == "ok":
        return None
    return every[-1] if every[-1].facts["outcome"] in outcomes else None


def _ended(*outcomes: str) -> Callable[[Evidence], ReadingOf[RequestFacts] | None]:
    return lambda evidence: _request(evidence, *outcomes)


def _speaks_tls(evidence: Evidence) -> Finding | None:
    reading = need(evidence.all(RequestFacts)[-1:])[0]
    place, tls = target_of_url(reading.subject), evidence.first(TlsHereFacts, works=True)
    if place.scheme == "https":
        return None
    if not (reading.facts["plain_to_tls"] or (tls and reading.state == "failed")):
        return None
    there = place_at(place.host or evidence.host, place.port)
    return Finding(
        f"{there} expects TLS, and was sent plain HTTP: use https://.",
        (reading, *([tls] if tls else [])),
        advice=(f"Write `https://{there}`.",),
    )


def _black_hole(evidence: Evidence) -> Finding | None:
    failed = _request(evidence, "timeout", "body_timeout")
    return black_hole(evidence, HttpSmallSegmentsFacts, failed, "the answer stalls, and comes")


def _lost(evidence: Evidence) -> Finding | None:
    failed = _request(evidence, "timeout")
    if failed is None or not is_unheard(failed):
        return None
    return Finding(
        f"The connection to {evidence.last_place} opens, but the request is lost on the path.",
        (failed,),
        confidence=0.85,
    )


def _silent(evidence: Evidence) -> Finding | None:
    failed = need(_request(evidence, "timeout"))
    arrived = failed.facts["unacked"] == 0
    accepts = "accepts the request" if arrived else "accepts the connection"
    return Finding(
        f"{evidence.last_place} {accepts} and does not answer within {failed.seconds:.0f} s.",
        (failed,),
        confidence=0.9 if arrived else 0.75,
        alternatives=(
            Alternative(
                kind="http.response.timed_out",
                cause="slow_first_byte",
                where="their application",
                summary="It answers, but after the time limit.",
                check="`ringback diagnose --timeout 60`",
            ),
        ),
    )


def _slow(evidence: Evidence) -> Finding | None:
    every = evidence.all(RequestFacts)
    late = [reading for reading in every if (reading.facts["first_byte"] or 0.0) >= SLOW_SECONDS]
    if not late or not evidence.served:
        return None
    return Finding(
        f"{evidence.place} is slow: its answer begins after {late[0].facts['first_byte']:.1f} s.",
        (late[0],),
        alternatives=(_BY_NATURE,),
    )


_BY_NATURE = Alternative(
    kind=HEALTHY,
    cause="healthy",
    where="",
    summary="Nothing is wrong: what was asked for takes so long.",
    check="compare with how long the same request usually takes",
)


def _portal(evidence: Evidence) -> Finding | None:
    for reading in evidence.all(RequestFacts):
        if reading.facts["portal"] or reading.facts["status"] == 511:
            return Finding(
                f"The answer is not from {evidence.host}, but from this network's login page (captive portal).",
                (reading, *evidence.all(PortalCheckFacts)),
            )
    return None


_LOGIN = re.compile(
    r"\b(log-?in|log in|sign-?in|sign in|captive|hotspot|wi-?fi|portal|terms of use)\b",
    re.IGNORECASE,
)


def _led_to_login(evidence: Evidence) -> Finding | None:
    """Over plain HTTP anybody on the way may redirect, and to wherever it likes."""
    elsewhere = need(evidence.first(ElsewhereFacts))
    if evidence.asked["scheme"] not in {"http", "ws"} or evidence.all(HandshakeFacts):
        return None
    place = target_of_url(elsewhere.subject)
    there = place.host or ""
    if is_of_one_domain(evidence.host, there):
        return None
    read = [
        reading for reading in elsewhere.facts["readings"] or () if isinstance(reading, Mapping)
    ]
    titles = (str(reading["facts"].get("title") or "") for reading in read)
    if not any(map(_LOGIN.search, (place.url or "", *titles))):
        return None
    return Finding(
        f"{evidence.place} redirects over plain HTTP to a login page of another host, {there}.",
        (elsewhere, *evidence.all(RedirectFacts)),
        alternatives=(
            Alternative(
                kind="http.error.auth",
                cause="unauthorized",
                where="their application",
                summary="The page is the service's own, for who has not logged in.",
                check=f"Ask from another network: if it redirects to {there} as well, it is theirs.",
            ),
        ),
    )


def _hung_up(evidence: Evidence) -> Finding | None:
    failed = need(_request(evidence, "closed"))
    chosen = evidence.asked["explicit_port"] and not evidence.asked["tls"]
    return Finding(
        f"{evidence.last_place} accepts the request and closes the connection without an answer.",
        (failed,),
        alternatives=(_OTHER_SERVICE,) if chosen else (),
    )


_OTHER_SERVICE = Alternative(
    kind="http.response.invalid.not_http",
    cause="not_http",
    where="this program",
    summary="The port is another service's, which does not answer what it cannot read.",
    check="on its host: `ss -ltnp 'sport = :PORT'` names the program that listens",
)


def _not_http(evidence: Evidence) -> Finding | None:
    failed = need(_request(evidence, "not_http", "tls_bytes"))
    said = str(failed.facts["first_bytes"] or "")[:40]
    return Finding(
        f"{evidence.last_place} does not answer in HTTP{f': its answer begins with {said!r}' if said else ''}.",
        (failed,),
        where=_where(evidence),
    )


def _where(evidence: Evidence) -> Where:
    return "this program" if evidence.asked["explicit_port"] else "their service"


def _cut(evidence: Evidence) -> Finding | None:
    failed = need(_request(evidence, "truncated", "headers_truncated", "tls_failed"))
    if failed.facts["outcome"] == "tls_failed":
        return Finding(
            f"TLS with {evidence.last_place} fails within the answer: {failed.result}.",
            (failed,),
            kind=failed.kind,
            confidence=0.85,
        )
    part = "header" if failed.facts["outcome"] == "headers_truncated" else "body"
    return Finding(
        f"The answer of {evidence.last_place} is cut off within its {part}.",
        (failed,),
        kind=failed.facts["truncated_how"] or failed.kind,
    )


def _loop(evidence: Evidence) -> Finding | None:
    loop = need(evidence.first(RedirectFacts, loop=True))
    return Finding(
        f"{evidence.place} redirects in a loop (to {loop.facts['location']}).",
        (loop, *evidence.all(RedirectFacts)),
    )


def _invalid_redirect(evidence: Evidence) -> Finding | None:
    failed = need(
        next(
            (
                reading
                for reading in evidence.all(RedirectFacts)
                if reading.kind == "http.response.redirect_invalid"
            ),
            None,
        )
    )
    missing = failed.facts["resolves"] is False
    why = "whose host is a name that does not exist" if missing else "which is no usable URL"
    return Finding(
        f"{evidence.place} redirects to {failed.facts['location']!r}, {why}.",
        (failed,),
        kind="dns.name_not_resolved" if missing else None,  # what a program that follows it meets
    )


RESPONSE = (
    new_rule("captive_portal", "http.error.captive_portal", "this network")(
        meaning="The network answers in place of the target until somebody logs in.",
        decided_by="status 511, or a redirect or page that is not the target's for a plain request",
        when=_portal,
        advice=(
            "Open `http://neverssl.com` in a browser and log in to the network, then repeat the call.",
            "For a machine without a browser, have its address {source} allowed by the network's owner, or use another network.",
        ),
    ),
    new_rule("login_elsewhere", "http.error.captive_portal", "this network")(
        meaning="An answer over plain HTTP redirects to a login page of another host.",
        decided_by="words of a login in its address or title",
        when=_led_to_login,
        confidence=0.5,
        advice=(
            "Open `http://neverssl.com` in a browser: if it asks to log in to the network, do so, and repeat the call.",
            "If the login page is the service's own, give the program what it needs to log in.",
        ),
    ),
    new_rule("plain_on_tls_port", "http.response.invalid.not_http", "this program")(
        meaning="Plain HTTP was sent to a port that expects TLS.",
        decided_by="an answer that begins with a TLS record, status 400 saying so, or a TLS "
        "handshake that works there",
        when=_speaks_tls,
        advice=("Write `https://` in place of `http://`.",),
    ),
    new_rule("mtu_black_hole", "http.response.timed_out", "path")(
        meaning="Full-size packets are lost on the path, small ones pass.",
        decided_by="the answer stalls, and comes with TCP_MAXSEG=536",
        when=_black_hole,
        layer="ip",
        advice=(
            "Allow ICMP fragmentation-needed (3/4, IPv6 2/0) through all firewalls on the path.",
            "Or clamp the segment size on the router or VPN: `--clamp-mss-to-pmtu`.",
            "Until then lower the MTU here: `ip link set dev {interface} mtu 1280`.",
        ),
    ),
    new_rule("path_lost", "http.response.timed_out", "path")(
        meaning="The connection opens, but the request is lost.",
        decided_by="no answer, and the peer's kernel acknowledges nothing (TCP_INFO)",
        when=_lost,
        layer="ip",
        advice=(
            "Look for a firewall or load balancer between {source} and {address} that has lost the connection's state.",
            "{else}Look for a firewall or load balancer that lost the connection's state.",
        ),
    ),
    new_rule("accepts_and_silent", "http.response.timed_out", "their application")(
        meaning="The service accepts the request and does not answer.",
        decided_by="no first byte, while the peer's kernel has acknowledged the request",
        when=_silent,
        advice=(
            "Look into the log and the load of the service: it has accepted the connection, and is busy or hangs.",
            "Compare with a cheap request to it: if that is fast, this one request is slow.",
            "If it is rightly slow, raise the read timeout for this one call, or let the service answer 202 and poll.",
        ),
    ),
    new_rule("closes_without_answer", "http.response.invalid.empty", "their application")(
        meaning="The service accepts the request and closes the connection.",
        decided_by="the connection ends without a byte of an answer",
        when=_hung_up,
        advice=(
            "Read the log of the service at this time for a crash, an out-of-memory kill or a worker timeout.",
            "If the same request always fails, the request triggers it; try it with a smaller body.",
        ),
    ),
    new_rule("reset_after_request", "tcp.reset", "their service")(
        meaning="The connection is reset after the request was sent.",
        decided_by="ECONNRESET while waiting for the answer",
        when=when_found(
            _ended("reset"),
            lambda evidence, _: (
                f"The connection to {evidence.last_place} is reset after the request."
            ),
            confidence=0.85,
            alternatives=(
                Alternative(
                    kind="tcp.reset",
                    cause="firewall_rejects",
                    where="path",
                    summary="A firewall or filter on the path resets it.",
                    check="compare with another machine: `ringback compare`",
                ),
            ),
        ),
        advice=(
            "Look into the log of the service and of what stands in front of it at this time: crash, restart, out of memory.",
            "If it always comes for this request and not for others, look for a filter on the path.",
        ),
    ),
    new_rule("not_http", "http.response.invalid.not_http", "their service")(
        meaning="The answer is not HTTP.",
        decided_by="the first bytes are not an HTTP status line",
        when=_not_http,
        advice=(
            "Compare {place} with the service's configuration: another service listens there, or it needs another client (HTTP/2, gRPC).",
        ),
    ),
    new_rule("body_cut", "http.response.invalid.content_length_mismatch", "their service")(
        meaning="The answer ends before it is complete.",
        decided_by="fewer bytes than announced, or no last chunk, or an end within the header",
        when=_cut,
        advice=(
            "{if_miscoded}Correct the server or proxy that sets `Content-Encoding`, or ask with `Accept-Encoding: identity`.",
            "{if_tls_broken}Compare from another network: a device on the path may alter what is sent.",
            "Read the log of the service and of each proxy before it at this time: crash, restart, or a limit on size or time.",
            "Do not use what has come; repeat the request after a wait, if it may be processed twice.",
        ),
    ),
    new_rule("body_stalled", "http.response.body_timed_out", "their application")(
        meaning="The answer begins and does not continue.",
        decided_by="no further byte in time",
        when=when_found(
            _ended("body_timeout"),
            lambda evidence, failed: (
                f"{evidence.last_place} begins its answer and stalls after {failed.facts['bytes'] or 0} bytes."
            ),
            confidence=0.85,
        ),
        advice=(
            "Read the log of the service: what it waits for in the middle of its answer.",
            "For a stream of events, let it send comments more often than the read timeout.",
        ),
    ),
    new_rule("redirect_loop", "http.response.redirect_loop", "their application")(
        meaning="Redirects lead back to an earlier URL.",
        decided_by="a URL that was already asked",
        when=_loop,
        advice=(
            "Behind a load balancer, let the application trust `X-Forwarded-Proto`.",
            "Look which rule of the server and which of the balancer send to each other, and remove one.",
        ),
    ),
    new_rule("redirect_invalid", "http.response.redirect_invalid", "their application")(
        layer="http",
        meaning="A redirect leads to no usable URL, or to a name that does not exist.",
        decided_by="the Location header, and a look-up of the host in it",
        when=_invalid_redirect,
        advice=(
            "Correct the address that the service redirects to, or tell its owner.",
            "Until then do not follow it (`allow_redirects=False`).",
        ),
    ),
    new_rule("http_broken", "http.protocol.error", "their service")(
        meaning="The answer violates HTTP.",
        decided_by="the answer itself",
        when=when_found(
            _ended("invalid"),
            lambda evidence, failed: (
                f"The answer of {evidence.last_place} violates HTTP ({failed.result})."
            ),
            confidence=0.85,
            own_kind=True,
        ),
        advice=(
            "Report it to the owner of the service with the raw answer: `curl -v --raw --http1.1 URL`.",
            "If there is a proxy in front of it, ask the service directly: one of the two breaks the answer.",
        ),
    ),
    new_rule("slow_first_byte", "http.response.timed_out", "their application")(
        meaning="The answer arrives late.",
        decided_by=f"{SLOW_SECONDS:.0f} s or more to the first byte",
        when=_slow,
        advice=(
            "Look into the log and the load of the service: database, queue, upstream.",
            "Compare with a cheap request to it: if that is fast, this one request is slow.",
            "If it is rightly slow, raise the read timeout for this one call, or let the service answer 202 and poll.",
        ),
    ),
)


# Rules about services with a protocol of their own.


def _greeted(*outcomes: str) -> Callable[[Evidence], ReadingOf[GreetingFacts] | None]:
    def find(evidence: Evidence) -> ReadingOf[GreetingFacts] | None:
        every = evidence.all(GreetingFacts)
        if any(reading.state == "ok" for reading in every):
            return None
        return next((reading for reading in every if reading.facts["outcome"] in outcomes), None)

    return find


def _locked(evidence: Evidence) -> Finding | None:
    found = need(
        [reading for reading in evidence.all(GreetingFacts) if reading.facts["wants_login"]]
    )
    if evidence.asked["logs_in"]:
        return None
    return Finding(
        f"{evidence.place} does nothing for who has not logged in, and the "
        f"URL has no credentials{_quoted(found[0])}.",
        (found[0],),
    )


def _quoted(failed: ReadingOf[GreetingFacts]) -> str:
    said = failed.facts["message"]
    return f": {str(said).rstrip('.')}" if said else ""


def _service_closed(evidence: Evidence) -> Finding | None:
    failed = need(_greeted("closed", "reset")(evidence))
    how = "closes" if failed.facts["outcome"] == "closed" else "resets"
    return Finding(
        f"{evidence.place} accepts the connection and {how} it without sending anything.",
        (failed,),
        kind="tcp.closed" if failed.facts["outcome"] == "closed" else "tcp.reset",
        alternatives=_elsewhere(evidence),
    )


def _without_greeting(evidence: Evidence) -> Finding | None:
    failed = need(_greeted("silent", "timeout")(evidence))
    return Finding(
        f"{evidence.place} accepts the connection and sends no greeting in {evidence.protocol}.",
        (failed,),
        alternatives=_elsewhere(evidence),
    )


def _elsewhere(evidence: Evidence) -> tuple[Alternative, ...]:
    """What a port that was chosen, and is none of the protocol's, may be instead."""
    usual = protocol_of(str(evidence.asked["scheme"]))
    ports = (usual.port, *usual.partners) if usual else ()
    if evidence.asked["port"] in ports:
        return ()
    return (replace(_OTHER_SERVICE, kind="service.rejected", cause="service_other_protocol"),)


SERVICE = (
    new_rule("service_other_protocol", "service.rejected", "this program")(
        meaning="Another protocol than the expected one answers on the port.",
        decided_by="its greeting",
        when=when_found(
            _greeted("other_protocol"),
            lambda evidence, failed: (
                f"{evidence.place} answers {protocol_name(failed.facts['speaks'])}, not {evidence.protocol}."
            ),
        ),
        advice=(
            "Compare {place} with the service's configuration: another service listens there.",
        ),
    ),
    new_rule("service_rejects", "service.rejected", "their service")(
        meaning="The service answers in its protocol with a refusal.",
        decided_by="its own message",
        when=when_found(
            _greeted("refused"),
            lambda evidence, failed: f"{evidence.place} answers with a refusal{_quoted(failed)}.",
        ),
        advice=(
            "Look for what its message names in the service's configuration and log: limits, allowed hosts, its state.",
            "If it has too many clients, look for connections that are left open, use a pool, and retry after a wait.",
        ),
    ),
    new_rule("service_wants_login", "service.rejected", "this program")(
        meaning="The service wants a login, and the URL has no credentials.",
        decided_by="its own message",
        when=_locked,
        advice=("Give the program a user and a password, in the URL or apart from it.",),
    ),
    new_rule("service_silent", "http.response.timed_out", "their service")(
        meaning="The service accepts the connection and sends nothing.",
        decided_by="no greeting in time",
        when=_without_greeting,
        layer="application",
        advice=(
            "Check whether the service hangs: its log, load and connection limit.",
            "Check that port {port} is meant for this protocol, and without TLS before it.",
            "{else}Check that the port is meant for this protocol.",
        ),
    ),
    new_rule("service_closes", "tcp.closed", "their service")(
        meaning="The service accepts the connection and closes it without sending anything.",
        decided_by="an end or a reset before its greeting",
        when=_service_closed,
        advice=(
            "Check its log: an allow list, a connection limit, or TLS settings may explain it.",
        ),
    ),
    new_rule("service_tls_failed", "tls.failed", "their service")(
        meaning="The service offers TLS within its protocol, and the handshake fails.",
        decided_by="the handshake",
        when=when_found(
            _greeted("tls_failed"),
            lambda evidence, failed: (
                f"{evidence.place} offers TLS, and the handshake fails: {failed.result}."
            ),
            own_kind=True,
        ),
        advice=(
            "Look into the log of the service at this time: its certificate or its TLS settings.",
            "Check that it has a certificate for {host}.",
        ),
    ),
)
