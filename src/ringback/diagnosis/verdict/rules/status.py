"""Rules about the status: the service answered, and not with what was wanted."""

from collections.abc import Callable, Mapping
from typing import Final

from ringback.diagnosis.facts import RequestFacts
from ringback.diagnosis.model import Alternative, Where
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import Finding, VerdictRule, new_rule
from ringback.failure.codes import kind_of_status
from ringback.failure.names import KindName


def _answer(evidence: Evidence) -> tuple[ReadingOf[RequestFacts] | None, int]:
    every = evidence.all(RequestFacts)
    if not every or every[-1].facts["outcome"] != "answered":
        return None, 0
    return every[-1], int(every[-1].facts["status"] or 0)


def _when(
    matches: Callable[[int, ReadingOf[RequestFacts]], bool], says: str, where: Where | None = None
) -> Callable[[Evidence], Finding | None]:
    def when(evidence: Evidence) -> Finding | None:
        answer, status = _answer(evidence)
        if answer is None or not matches(status, answer):
            return None
        headers = answer.facts["headers"] or {}
        wait = (
            f" It asks to wait: Retry-After {headers['retry-after']}."
            if "retry-after" in headers
            else ""
        )
        others = _of_the_proxy(answer, status)
        return Finding(
            f"{evidence.last_place} {says} (status {status}).{wait}",
            (answer,),
            where=where,
            alternatives=others,
        )

    return when


_CAUSE_AT_PROXY: Final[Mapping[int, tuple[str, KindName]]] = {
    **dict.fromkeys((403, 429), ("proxy_forbids", "proxy.denied")),
    **dict.fromkeys((502, 503, 504), ("proxy_upstream_failed", "proxy.upstream_failed")),
}
"""Status of a request to what a proxy would mean by it."""


def _of_the_proxy(answer: ReadingOf[RequestFacts], status: int) -> tuple[Alternative, ...]:
    """Return that a proxy may have answered itself: without TLS nothing tells it from the target."""
    if status == 407 and not answer.facts["proxied"]:
        return (_PROXY_BETWEEN,)
    by_proxy = _CAUSE_AT_PROXY.get(status)
    in_the_clear = answer.facts["proxied"] and answer.subject.startswith("http://")
    if by_proxy is None or not in_the_clear:
        return ()
    cause, kind = by_proxy
    return (
        Alternative(
            kind=kind,
            cause=cause,
            where="proxy",
            summary="The proxy has answered itself, and not asked the target.",
            check="Ask the target without the proxy (`curl --noproxy '*' …`), or look for the "
            "request in the log of either.",
        ),
    )


_PROXY_BETWEEN = Alternative(
    kind="proxy.auth_required",
    cause="proxy_wants_password",
    where="proxy",
    summary="A proxy on the way, or in front of the service, wants a login of its own.",
    check="compare `Server` and `Via` of the answer with those from another network",
)

_LIMITED = ("retry-after", "x-ratelimit-reset", "ratelimit-reset")


def _rate_limited(status: int, answer: ReadingOf[RequestFacts]) -> bool:
    headers = answer.facts["headers"] or {}
    return status == 429 or (status == 403 and any(name in headers for name in _LIMITED))


def _rule(
    cause: str,
    kind: KindName,
    meaning: str,
    matches: Callable[[int, ReadingOf[RequestFacts]], bool],
    says: str,
    advice: tuple[str, ...],
) -> VerdictRule:
    return new_rule(cause, kind, "their application")(
        meaning=meaning,
        decided_by="the status of the answer",
        when=_when(matches, says),
        confidence=0.98,
        advice=advice,
    )


def _certificate_wanted(evidence: Evidence) -> Finding | None:
    answer, status = _answer(evidence)
    if answer is None or not answer.facts["certificate_wanted"]:
        return None
    return Finding(
        f"{evidence.place} completes the handshake without a client certificate, and then requires "
        f"one (status {status}).",
        (answer,),
    )


_WEBSOCKETS = frozenset({"ws", "wss"})
_SWITCHED = 101


def _no_websocket(evidence: Evidence) -> Finding | None:
    answer, status = _answer(evidence)
    if answer is None or evidence.asked["scheme"] not in _WEBSOCKETS:
        return None
    if status == _SWITCHED or status >= 300:
        return None
    return Finding(
        f"{evidence.place} answers HTTP (status {status}) where a WebSocket is asked for: nothing "
        "speaks WebSocket at this path.",
        (answer,),
        alternatives=(
            Alternative(
                kind="http.error",
                cause="upgrade_dropped",
                where="path",
                summary="A proxy in front of the service does not pass the upgrade on.",
                check="Ask the service itself, without the proxy; the proxy has to pass `Upgrade` "
                "and `Connection` on.",
            ),
        ),
    )


STATUS = (
    new_rule("no_websocket", "http.error", "their application")(
        meaning="The service answers HTTP where a WebSocket is asked for.",
        decided_by="a status below 300 that is not 101",
        when=_no_websocket,
        confidence=0.8,
        advice=(
            "Compare the path with the service's documentation: a WebSocket often has one of its own.",
        ),
    ),
    new_rule("client_certificate_wanted", "tls.bad_client_auth_cert", "this program")(
        meaning="The server accepts only requests with a client certificate that it trusts.",
        decided_by="status 400, 401 or 403 over TLS with words that say so, or nginx's 495 or 496",
        when=_certificate_wanted,
        confidence=0.9,
        advice=(
            "Give the program a certificate and its key: `cert=('client.pem', 'client.key')`, or `load_cert_chain()`.",
            "Ask the owner of {host} which authority must have issued it; `openssl x509 -noout -dates -issuer -in client.pem` shows who issued yours.",
        ),
    ),
    _rule(
        "rate_limited",
        "http.error.rate_limited",
        "The service limits the rate of requests.",
        _rate_limited,
        "reports too many requests",
        (
            "Wait as long as it asks for (`Retry-After`: {retry_after}) before the next request.",
            "Limit the rate on your side, with growing waits and jitter: fewer workers, batches, a token bucket.",
            "Cache what you ask for repeatedly, or ask for a higher limit.",
        ),
    ),
    _rule(
        "unauthorized",
        "http.error.auth",
        "Credentials are required, or those given are rejected.",
        lambda status, _: status == 401,
        "requires credentials",
        (
            "Give the program a token or a password that is valid now; `WWW-Authenticate` says of which sort.",
            "Look for a redirect or a `~/.netrc` entry that changes the header; set `trust_env = False` for a test.",
        ),
    ),
    _rule(
        "forbidden",
        "http.error.auth",
        "Access is forbidden for this client or address.",
        lambda status, _: status == 403,
        "forbids access",
        (
            "Ask the owner of {host} for the right: who you are is known or not asked for, and this is not allowed.",
            "If it works from another network or with another User-Agent, a firewall in front of it decides.",
        ),
    ),
    _rule(
        "not_found",
        "http.error",
        "The path does not exist.",
        lambda status, _: status in {404, 410},
        "has nothing at this path",
        (
            "Compare the path of the URL with the service's documentation.",
            "If it is right, look whether {host} serves this application: another site may answer for the name.",
        ),
    ),
    _rule(
        "unavailable",
        "http.error.unavailable",
        "The service is overloaded, or down for maintenance.",
        lambda status, _: kind_of_status(status) == "http.error.unavailable",
        "reports that it is unavailable",
        (
            "Wait as long as it asks for (`Retry-After`: {retry_after}) before the next request.",
            "Look at the load and the state of the service: a deployment, maintenance, or no healthy backend.",
            "Retry after a wait, if the request may be processed twice.",
        ),
    ),
    _rule(
        "gateway_failed",
        "http.error.gateway",
        "A gateway in front of the service gets no answer from it.",
        lambda status, _: kind_of_status(status) == "http.error.gateway",
        "is a gateway whose backend does not answer",
        (
            "Read the gateway's log (nginx, ALB, Envoy): it names the server behind it and the reason.",
            "{if_late}Compare the duration of the request with the gateway's timeout.",
            "Check that the server behind it runs, and ask it directly, past the gateway.",
        ),
    ),
    _rule(
        "server_error",
        "http.error",
        "The service failed.",
        lambda status, _: status >= 500,
        "failed",
        (
            "Read the log of the service at this time; if it is not yours, give its owner the time, the URL and any request id.",
            "Repeat it after a wait, if the request may be processed twice.",
        ),
    ),
    _rule(
        "client_error",
        "http.error",
        "The service rejects the request.",
        lambda status, _: 400 <= status < 500,
        "rejects the request",
        (
            "Read the body of the response: services put the reason there (`response.text`).",
            "Compare method, URL, headers and body with the service's documentation; the same request fails again.",
        ),
    ),
)
