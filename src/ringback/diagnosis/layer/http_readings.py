"""Responses as readings, and who has answered in place of the service: a firewall, or a proxy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.diagnosis.facts import ProxyTunnelFacts, RequestFacts
from ringback.diagnosis.layer.proxy_tunnel import proxy_server
from ringback.diagnosis.layer.spoken import (
    printable,
    printable_text,
    says_certificate,
    says_tls,
    speaks,
)
from ringback.diagnosis.layer.tls_extras import offset_from_date, record_clock

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.http_exchange import HttpRequest
    from ringback.diagnosis.layer.http_message import Head, HttpResponse
    from ringback.failure.names import KindName


_REFUSING = frozenset({401, 403, 405, 406, 429, 503, 999})
_MARKS = (
    ("cf-mitigated", "Cloudflare"),
    ("x-sucuri-id", "Sucuri"),
    ("x-sucuri-block", "Sucuri"),
    ("x-amzn-waf-action", "AWS WAF"),
    ("x-datadome", "DataDome"),
    ("x-iinfo", "Imperva"),
    ("x-denied-reason", "a web application firewall"),
)
_SERVERS = (("akamaighost", "Akamai"), ("cloudflare", "Cloudflare"), ("ddos-guard", "DDoS-Guard"))
_PROXY_MARKS = ("x-squid-error", "proxy-authenticate", "proxy-status", "proxy-connection")
_PROXY_SERVERS = ("squid", "privoxy", "tinyproxy", "zscaler", "bluecoat", "mitmproxy", "haproxy")
_KINDS: dict[int, KindName] = {403: "proxy.denied", 407: "proxy.auth_required"}
_NO_HTTP = frozenset({"not_http", "tls_bytes"})
_OF_PROXIES = frozenset({403, 407, 500, 502, 503, 504})


def filter_of(head: Head | None) -> str | None:
    """Return the service for protection that refuses a request, by its marks in the answer."""
    if head is None or head.status not in _REFUSING:
        return None
    for name, who in _MARKS:
        if head.get(name) is not None:
            return who
    server = (head.get("server") or "").lower()
    return next((who for word, who in _SERVERS if word in server), None)


def refusal_of_proxy(route: OpenRoute, answer: HttpResponse, *, forwarded: bool) -> KindName | None:
    """Return the kind of failure where it is the proxy itself that has answered a request.

    But for 407 it does not say that it is the proxy who answers; its marks do.
    """
    head = answer.head
    if route.proxy is None:
        return None
    if forwarded and answer.outcome in _NO_HTTP:
        return "proxy.protocol_error"  # a proxy passes on no answer that is not HTTP
    if head is None or head.status not in _OF_PROXIES:
        return None
    server = (head.get("server") or "").lower()
    marked = any(head.get(name) is not None for name in _PROXY_MARKS)
    if head.status != 407 and not marked and not server.startswith(_PROXY_SERVERS):
        return None
    return _KINDS.get(head.status, "proxy.upstream_failed")


def record_refusal(
    context: DiagnosisContext,
    route: OpenRoute,
    request: HttpRequest,
    answer: HttpResponse,
    kind: KindName,
) -> None:
    """Record that the proxy has answered a plain request itself."""
    assert route.proxy is not None
    server = proxy_server(route.proxy)
    head = answer.head
    reason = printable_text(head.reason if head else answer.reason, 100)
    facts = ProxyTunnelFacts(
        proxy=server.url,
        method=request.method,
        status=answer.status,
        reason=reason,
        outcome="refused_by_proxy" if head else "nonsense",
        authenticate=_shown(head, "proxy-authenticate"),
        server=_shown(head, "server"),
        via=_shown(head, "via"),
        squid_error=_shown(head, "x-squid-error"),
        body_start=None,
        socks_code=None,
        first_bytes=None if head else printable(answer.first, 60),
    )
    said = f"the proxy answers {answer.status} {printable_text(reason, 60)}".rstrip()
    context.record(
        ProxyTunnelFacts,
        f"{server.name} → {request.authority}",
        state="failed",
        result=said if head else f"it answers, and not in HTTP: {printable(answer.first, 60)!r}",
        kind=kind,
        facts=facts,
    )


def _shown(head: Head | None, name: str) -> str | None:
    value = head.get(name) if head else None
    return None if value is None else printable_text(value, 100)


_SHOWN_HEADERS = """
server via date retry-after content-type content-length transfer-encoding alt-svc x-cache cf-ray
age x-squid-error x-amzn-waf-action x-sucuri-id
"""
_MIN_CLOCK_OFFSET = 2.0
"""Seconds from which a difference of clocks is worth recording."""
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,200}?)\s*</title", re.IGNORECASE)
_WORDS = {
    "timeout": "no answer came in time",
    "closed": "the connection was closed without an answer",
    "reset": "the connection was reset",
    "not_http": "what answers does not speak HTTP/1",
    "tls_bytes": "what answers speaks TLS, not plain HTTP",
    "headers_truncated": "the connection ended within the head of the answer",
    "body_timeout": "the body of the answer stopped coming",
    "invalid": "the answer breaks the rules of HTTP",
    "tls_failed": "TLS failed after the handshake",
}
_TRUNCATED = {
    "http.response.invalid.content_length_mismatch": "the body is shorter than its length says",
    "http.response.invalid.incomplete_chunked_encoding": "the body ended without its last chunk",
    "http.response.invalid.content_decoding": "the body does not match its Content-Encoding",
}


def record_request(
    context: DiagnosisContext,
    route: OpenRoute,
    request: HttpRequest,
    answer: HttpResponse,
    *,
    since: float,
    portal: bool,
) -> None:
    """Record what came of a request."""
    kind: KindName | None = "http.error.captive_portal" if portal else answer.kind
    offset = _offset(answer)
    record_clock(context, request.host, offset, least=_MIN_CLOCK_OFFSET)
    context.record(
        RequestFacts,
        request.url,
        state="failed" if kind else "ok",
        result=result_of(answer),
        kind=kind,
        since=since,
        facts=RequestFacts(
            address=route.address,
            proxied=route.proxy is not None,
            method=request.method,
            **_facts(answer),
            **answer.confirmed,
            sent=answer.sent,
            clock_offset=offset,
            portal=portal,
            plain_to_tls=plain_to_tls(answer),
            certificate_wanted=certificate_wanted(answer, tls=request.scheme == "https"),
        ),
    )


def _offset(answer: HttpResponse) -> float | None:
    """A ``Date`` that a cache has kept is older than the answer and says nothing."""
    head = answer.head
    if head is None or head.get("age") not in {None, "0"}:
        return None
    return offset_from_date(head.get("date"), answer.first_byte or 0.0)


def result_of(answer: HttpResponse) -> str:
    """Return what came of a request, for people."""
    status = "" if answer.head is None else _status(answer.head)
    if answer.outcome == "answered":
        return status
    words = _TRUNCATED.get(answer.wrong or "") or _WORDS.get(answer.outcome, "")
    if answer.outcome in {"not_http", "invalid", "tls_failed"} and answer.reason:
        words += f": {printable_text(answer.reason, 100)}"
    elif answer.outcome == "not_http":
        words += f": {printable(answer.first, 60)!r}"
    return f"{status}, but {words}" if status else words


def plain_to_tls(answer: HttpResponse) -> bool:
    """Return whether the server says that plain HTTP was sent to a TLS port."""
    if answer.outcome == "tls_bytes":
        return True
    body = answer.body.start if answer.body else b""
    return answer.status in {400, 497, 403} and says_tls(body)


def certificate_wanted(answer: HttpResponse, *, tls: bool) -> bool:
    """Return whether the server says over TLS that the client's certificate is missing or wrong."""
    if answer.status in {495, 496}:  # nginx's own, where they are not turned into 400
        return tls
    body = answer.body.start if answer.body else b""
    return tls and answer.status in {400, 401, 403} and says_certificate(body)


def without_query(location: str) -> str:
    """Return a URL without user, query and fragment, safe to show."""
    bare = location.partition("#")[0].partition("?")[0]
    head, slashes, rest = bare.partition("//")
    place, slash, path = rest.partition("/")
    return printable_text(head + slashes + place.rpartition("@")[2] + slash + path)


def host_of(url: str) -> str:
    """Return the host of a URL; nothing where it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _status(head: Head) -> str:
    return f"HTTP/{head.version} {head.status} {printable_text(head.reason, 60)}".rstrip()


def _facts(answer: HttpResponse) -> RequestFacts:
    head, body = answer.head, answer.body
    odd = [*(head.odd if head else ()), *([body.odd] if body and body.odd else [])]
    return {
        "status": answer.status,
        "version": answer.version,
        "headers": {} if head is None else _headers(head),
        "first_byte": answer.first_byte and round(answer.first_byte, 6),
        "bytes": body.received if body else 0,
        "complete": body.complete if body else False,
        "outcome": answer.outcome,
        "truncated_how": answer.wrong if answer.outcome == "truncated" else None,
        "reason": printable_text(answer.reason) or None,
        "odd": odd,
        "first_bytes": None if head else printable(answer.first, 100) or None,
        "speaks": None if head or not answer.first else speaks(answer.first),
        "filter": filter_of(head),
        "title": None if body is None else _title(body.start),
    }


def _title(body: bytes) -> str | None:
    """Of a page; more of a body is never told, since it may repeat what was sent."""
    found = _TITLE.search(body)
    text = found[1].decode("utf-8", "replace") if found else ""
    return None if not text or "?" in text or "=" in text else printable_text(text, 100)


def _headers(head: Head) -> dict[str, str]:
    shown = {
        name: printable_text(value)
        for name in _SHOWN_HEADERS.split()
        if (value := head.get(name)) is not None
    }
    if (location := head.get("location")) is not None:
        shown["location"] = without_query(location)
    for name in ("www-authenticate", "proxy-authenticate"):
        if (challenge := head.get(name)) is not None:
            shown[name] = printable_text(challenge.split(" ")[0], 40)
    return shown
