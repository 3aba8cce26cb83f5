"""Rules about the status: the service answered, and not with what was wanted."""

from collections.abc import Callable

from ringback.diagnosis.model import Reading, Where
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import Finding, Rule
from ringback.failure.codes import kind_of_status


def _answer(evidence: Evidence) -> tuple[Reading | None, int]:
    every = evidence.all("http", "request")
    if not every or every[-1].facts.get("outcome") != "answered":
        return None, 0
    return every[-1], int(every[-1].facts.get("status") or 0)


def _when(
    matches: Callable[[int, Reading], bool], says: str, where: Where | None = None
) -> Callable[[Evidence], Finding | None]:
    def when(evidence: Evidence) -> Finding | None:
        answer, status = _answer(evidence)
        if answer is None or not matches(status, answer):
            return None
        headers = answer.facts.get("headers") or {}
        wait = (
            f" It asks to wait: Retry-After {headers['retry-after']}."
            if "retry-after" in headers
            else ""
        )
        return Finding(f"{evidence.place} {says} (status {status}).{wait}", (answer,), where=where)

    return when


_LIMITED = ("retry-after", "x-ratelimit-reset", "ratelimit-reset")


def _rate_limited(status: int, answer: Reading) -> bool:
    headers = answer.facts.get("headers") or {}
    return status == 429 or (status == 403 and any(one in headers for one in _LIMITED))


def _rule(
    cause: str, kind: str, meaning: str, matches: Callable[[int, Reading], bool], says: str
) -> Rule:
    return Rule(
        cause=cause,
        kind=kind,
        where="their application",
        meaning=meaning,
        decided_by="the status of the answer",
        when=_when(matches, says),
        confidence=0.98,
    )


def _certificate_wanted(evidence: Evidence) -> Finding | None:
    answer, status = _answer(evidence)
    if answer is None or not answer.facts.get("certificate_wanted"):
        return None
    return Finding(
        f"{evidence.place} shakes hands without a client certificate, and says then that it wants "
        f"one (status {status}).",
        (answer,),
    )


STATUS = (
    Rule(
        cause="client_certificate_wanted",
        kind="tls.bad_client_auth_cert",
        where="this program",
        meaning="The server takes requests with a client certificate of its liking only.",
        decided_by="status 400, 401 or 403 over TLS with words that say so, or nginx's 495 or 496",
        when=_certificate_wanted,
        confidence=0.9,
    ),
    _rule(
        "rate_limited",
        "http.error.rate_limited",
        "Too many requests came from here.",
        _rate_limited,
        "says that too many requests were sent",
    ),
    _rule(
        "unauthorized",
        "http.error.auth",
        "Credentials are wanted, or others.",
        lambda status, _: status == 401,
        "wants credentials",
    ),
    _rule(
        "forbidden",
        "http.error.auth",
        "This caller, or this address, may not.",
        lambda status, _: status == 403,
        "forbids it",
    ),
    _rule(
        "not_found",
        "http.error",
        "There is nothing under this path.",
        lambda status, _: status in {404, 410},
        "has nothing under this path",
    ),
    _rule(
        "unavailable",
        "http.error.unavailable",
        "The service is overloaded, or down for maintenance.",
        lambda status, _: kind_of_status(status) == "http.error.unavailable",
        "says that it is unavailable",
    ),
    _rule(
        "gateway_failed",
        "http.error.gateway",
        "A gateway in front of the service gets no answer from it.",
        lambda status, _: kind_of_status(status) == "http.error.gateway",
        "is a gateway whose service does not answer",
    ),
    _rule(
        "server_error",
        "http.error",
        "The service failed.",
        lambda status, _: status >= 500,
        "failed",
    ),
    _rule(
        "client_error",
        "http.error",
        "The service does not accept the request.",
        lambda status, _: 400 <= status < 500,
        "does not accept the request",
    ),
)
