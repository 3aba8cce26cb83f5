"""HTTP clients' exceptions that carry a status, a first line or a count of bytes."""

from typing import Any

from ringback.failure.codes import status
from ringback.failure.reading import EXACT, SPECIFIC, Reading


def incomplete(exc: Any, by_name: Reading) -> Reading:
    """``IncompleteRead``: without an expected count the body was chunked."""
    if getattr(exc, "expected", None) is None:
        return Reading(
            "http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body", final=True
        )
    return by_name


def chunk_length(exc: Any, by_name: Reading) -> Reading:
    """urllib3's ``InvalidChunkLength``: an empty length is the end, any other is nonsense."""
    if getattr(exc, "length", b""):
        return Reading("http.protocol.error", SPECIFIC, "body", final=True)
    return by_name


def status_line(exc: Any, by_name: Reading) -> Reading:
    """``BadStatusLine``: the bytes that came instead of ``HTTP/1.1 200 OK``."""
    line = str(getattr(exc, "line", "") or "")
    if line in {"", "''", "'\\n'"}:
        return Reading("http.response.invalid.empty", SPECIFIC, "wait", final=True)
    kind = (
        "http.protocol.error"
        if line.lstrip("'\"b").startswith("HTTP/")
        else "http.response.invalid.not_http"
    )
    return Reading(kind, SPECIFIC, "wait", code=line[:40], final=True)


def answered(exc: Any, by_name: Reading) -> Reading:
    """An error made of a response: its HTTP status decides."""
    number = _status(exc)
    if number is None or not 300 <= number <= 599:
        return by_name
    if number < 400:
        return Reading("http.response.redirect_loop", by_name.rank, "wait", code=str(number))
    # aiohttp invents a 400 for an answer that is not HTTP; then the cause below is worth more.
    invented = number == 400 and _from_parser(exc)
    rank = by_name.rank if invented else EXACT
    return Reading(status.kind_of(number), rank, "wait", code=str(number), final=not invented)


def _status(exc: Any) -> int | None:
    response = getattr(exc, "response", None)
    for holder in (exc, response):
        for attribute in ("status_code", "status", "code"):
            number = getattr(holder, attribute, None)
            if isinstance(number, int) and not isinstance(number, bool):
                return int(number)
    if isinstance(response, dict):  # botocore
        number = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return number if isinstance(number, int) else None
    return None


def _from_parser(exc: BaseException) -> bool:
    inner = exc.__cause__ or exc.__context__
    return any(base.__name__ == "HttpProcessingError" for base in type(inner).__mro__)


def refused_by_proxy(exc: Any, by_name: Reading) -> Reading:
    """``ClientHttpProxyError`` of aiohttp: the proxy's answer to CONNECT."""
    number = _status(exc)
    if number is None:
        return by_name
    kind = status.kind_of_connect(number)
    return Reading(kind, EXACT, "proxy", proxy=True, code=str(number), final=True)


RECOGNISERS = {
    "IncompleteRead": incomplete,
    "InvalidChunkLength": chunk_length,
    "BadStatusLine": status_line,
    "HTTPError": answered,
    "HTTPStatusError": answered,
    "ClientResponseError": answered,
    "WSServerHandshakeError": answered,
    "InvalidStatus": answered,
    "InvalidStatusCode": answered,
    "ClientError": answered,
    "ClientHttpProxyError": refused_by_proxy,
}
