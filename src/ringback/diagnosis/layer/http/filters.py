"""Who answered in place of the service: a web application firewall, or a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringback.diagnosis.layer.tls.spoken import plain, printable
from ringback.diagnosis.layer.tunnel.server import proxy_server

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.answer import Answer
    from ringback.diagnosis.layer.http.head import Head
    from ringback.diagnosis.layer.http.request import Request
    from ringback.diagnosis.scene import Route, Scene

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
_KINDS = {403: "proxy.denied", 407: "proxy.auth_required"}
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


def refusal_of_proxy(route: Route, answer: Answer, *, forwarded: bool) -> str | None:
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


def tell_refusal(scene: Scene, route: Route, request: Request, answer: Answer, kind: str) -> None:
    """Tell that the proxy has answered a plain request itself."""
    assert route.proxy is not None
    server = proxy_server(route.proxy)
    head = answer.head
    reason = plain(head.reason if head else answer.reason, 100)
    facts: dict[str, Any] = {
        "proxy": server.url,
        "method": request.method,
        "status": answer.status,
        "reason": reason,
        "outcome": "refused_by_proxy" if head else "nonsense",
        "authenticate": _shown(head, "proxy-authenticate"),
        "server": _shown(head, "server"),
        "via": _shown(head, "via"),
        "squid_error": _shown(head, "x-squid-error"),
        "body_start": None,
        "socks_code": None,
        "first_bytes": None if head else printable(answer.first, 60),
    }
    said = f"the proxy answers {answer.status} {plain(reason, 60)}".rstrip()
    scene.tell(
        "proxy",
        "tunnel",
        f"{server.name} → {request.authority}",
        state="failed",
        result=said if head else f"it answers, and not in HTTP: {printable(answer.first, 60)!r}",
        kind=kind,
        facts=facts,
    )


def _shown(head: Head | None, name: str) -> str | None:
    value = head.get(name) if head else None
    return None if value is None else plain(value, 100)
