"""HTTP clients' exceptions that carry a status, a first line or a count of bytes.

And what proxies answer: a status to CONNECT, a code of SOCKS (RFC 1928, RFC 1929, SOCKS 4).
"""

import re
from typing import Any

from ringback.failure import codes
from ringback.failure.clue import EXACT, SPECIFIC, UMBRELLA, Clue
from ringback.failure.frames import reads_chunks, reads_json_answer
from ringback.failure.names import KindName

# HTTP clients' exceptions that carry a status, a first line or a count of bytes.

_QUOTED = re.compile(r"b(['\"])(.*?)\1")
_ENDED_BY_PEER = re.compile(r"<ConnectionTerminated .{0,100}last_stream_id:0\b")


def incomplete(exc: Any, by_name: Clue) -> Clue:
    """``IncompleteRead``: without an expected count the body was chunked."""
    if getattr(exc, "expected", None) is None or reads_chunks(exc.__traceback__):
        return Clue(
            "http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body", final=True
        )
    return by_name


def chunk_length(exc: Any, by_name: Clue) -> Clue:
    """urllib3's ``InvalidChunkLength``: an empty length is the end, any other is nonsense."""
    if getattr(exc, "length", b""):
        return Clue("http.protocol.error", SPECIFIC, "body", final=True)
    return by_name


def status_line(exc: Any, by_name: Clue) -> Clue:
    """``BadStatusLine``: the bytes that came instead of ``HTTP/1.1 200 OK``."""
    if _of_aiohttp(exc):
        return _quoted_line(str(exc)[:1000])
    line = str(getattr(exc, "line", "") or "")
    if line in {"", "''", "'\\n'"}:
        return Clue("http.response.invalid.empty", SPECIFIC, "wait", final=True)
    return _first_line(line.lstrip("'\"b"))


def _first_line(line: str) -> Clue:
    kind: KindName = "http.response.invalid.not_http"
    if line.startswith("HTTP/"):
        kind = "http.protocol.error"
    return Clue(kind, SPECIFIC, "wait", code=line[:40], final=True)


def _quoted_line(text: str) -> Clue:
    """A message of aiohttp quotes the bytes, where it has them."""
    quoted = _QUOTED.search(text)
    if quoted is None:
        return Clue("http.protocol.error", UMBRELLA, "wait", final=True)
    return _first_line(quoted[2])


def header(exc: Any, by_name: Clue) -> Clue:
    """``InvalidHeader``: of requests it is ours, unless it wraps urllib3's: the server's."""
    ours = any(base.__name__ == "RequestException" for base in type(exc).__mro__)
    ours = ours and not (exc.args and isinstance(exc.args[0], Exception))
    return by_name if ours else Clue("http.protocol.error", SPECIFIC, "wait", final=True)


def not_json(exc: Any, by_name: Clue) -> Clue:
    """``JSONDecodeError``: a failure of the call only where a client was reading an answer."""
    if reads_json_answer(exc.__traceback__):
        return Clue("http.response.unexpected_content", SPECIFIC, "body", final=True)
    return by_name


def too_many(exc: Any, by_name: Clue) -> Clue:
    """``HTTPException`` itself: ``http.client`` raises it only for "got more than 100 headers"."""
    if str(exc).startswith("got more than"):
        return Clue("http.protocol.error", SPECIFIC, "wait", final=True)
    return by_name


def no_handshake(exc: Any, by_name: Clue) -> Clue:
    """``InvalidMessage`` of websockets: what it could not read is in its cause."""
    inner = exc.__cause__
    if not isinstance(inner, EOFError):
        return by_name
    if str(inner).endswith("headers"):
        return Clue("http.response.headers.truncated", SPECIFIC, "wait", final=True)
    return Clue("http.response.invalid.empty", SPECIFIC, "wait", final=True)


def payload(exc: Any, by_name: Clue) -> Clue:
    """``ClientPayloadError`` of aiohttp keeps a reset only in its message."""
    if "ConnectionResetError(" in str(exc):
        return Clue("tcp.reset", SPECIFIC, "body", code="ECONNRESET", final=True)
    return by_name


def peer_broke_rules(exc: Any, by_name: Clue) -> Clue:
    """``RemoteProtocolError`` of httpx and httpcore: h11's words, or an event of HTTP/2.

    GOAWAY before our stream promises that nothing was processed.
    """
    text = str(exc)
    if text.startswith("Server disconnected"):
        return Clue("http.response.invalid.empty", SPECIFIC, "wait")
    if text.startswith("peer closed connection without sending complete message body"):
        if "chunked" in text:
            return Clue("http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body")
        return Clue("http.response.invalid.content_length_mismatch", SPECIFIC, "body")
    if _ENDED_BY_PEER.search(text):
        return Clue("h2.refused_stream", EXACT, "wait", code="GOAWAY", final=True)
    return by_name


def answered(exc: Any, by_name: Clue) -> Clue:
    """An error made of a response: its HTTP status decides."""
    number = _status(exc)
    if number is None or not 300 <= number <= 599:
        return by_name
    if number < 400 and "not allowed" in str(exc):  # urllib on a redirect to another scheme
        return Clue("http.response.redirect_invalid", SPECIFIC, "wait", code=str(number))
    if number < 400:
        return Clue("http.response.redirect_loop", by_name.rank, "wait", code=str(number))
    # aiohttp invents a 400 for an answer that is not HTTP; then the cause below is worth more.
    invented = number == 400 and _from_parser(exc)
    rank = by_name.rank if invented else EXACT
    return Clue(codes.kind_of_status(number), rank, "wait", code=str(number), final=not invented)


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
    return _of_aiohttp(exc.__cause__ or exc.__context__)


def _of_aiohttp(exc: BaseException | None) -> bool:
    return any(base.__name__ == "HttpProcessingError" for base in type(exc).__mro__)


def refused_by_proxy(exc: Any, by_name: Clue) -> Clue:
    """``ClientHttpProxyError`` of aiohttp: the proxy's answer to CONNECT."""
    number = _status(exc)
    if number is None:
        return by_name
    kind = codes.kind_of_connect_status(number)
    return Clue(kind, EXACT, "proxy", proxy=True, code=str(number), final=True)


def invalid_url(exc: Any, by_name: Clue) -> Clue:
    """``InvalidURL`` of requests, also for the URL of a proxy."""
    of_proxy = str(exc).startswith(("Proxy URL", "Please check proxy URL"))
    return Clue("config.proxy_invalid", SPECIFIC, "config") if of_proxy else by_name


HTTP_RECOGNISERS = {
    "InvalidURL": invalid_url,
    "IncompleteRead": incomplete,
    "InvalidChunkLength": chunk_length,
    "BadStatusLine": status_line,
    "InvalidHeader": header,
    "JSONDecodeError": not_json,
    "HTTPException": too_many,
    "InvalidMessage": no_handshake,
    "ClientPayloadError": payload,
    "RemoteProtocolError": peer_broke_rules,
    "HTTPError": answered,
    "HTTPStatusError": answered,
    "ClientResponseError": answered,
    "WSServerHandshakeError": answered,
    "InvalidStatus": answered,
    "InvalidStatusCode": answered,
    "ClientError": answered,
    "ApiError": answered,
    "ApiException": answered,
    "AuthenticationException": answered,
    "ClientHttpProxyError": refused_by_proxy,
}


# What proxies answer: a status to CONNECT, a code of SOCKS (RFC 1928, RFC 1929, SOCKS 4).

_PROXY_STATUS = re.compile(r"(\d{3}) ")
_SOCKS_CODE = re.compile(r"0x([0-9a-fA-F]{2})\b")

_KIND_OF_SOCKS: dict[int, KindName] = {
    0x01: "proxy.upstream_failed",
    0x02: "proxy.denied",
    0x03: "proxy.upstream_failed",
    0x04: "proxy.upstream_failed",
    0x05: "proxy.upstream_failed",
    0x06: "proxy.upstream_failed",
    0x07: "proxy.protocol_error",
    0x08: "proxy.protocol_error",
    0x5B: "proxy.upstream_failed",
    0x5C: "proxy.auth_required",
    0x5D: "proxy.auth_required",
}
"""Replies of SOCKS 5 (below 0x10) and of SOCKS 4 (from 0x5A on)."""

_SOCKS_REPLIES: tuple[tuple[str, int], ...] = (
    ("General SOCKS server failure", 0x01),
    ("not allowed by ruleset", 0x02),
    ("Network unreachable", 0x03),
    ("Host unreachable", 0x04),
    ("Connection refused", 0x05),
    ("TTL expired", 0x06),
    ("Command not supported", 0x07),
    ("Address type not supported", 0x08),
)
"""The replies in the words of RFC 1928, section 6, for httpcore, which leaves out their number."""

_PROXY_WORDS: tuple[tuple[str, KindName], ...] = (
    ("NO ACCEPTABLE METHODS", "proxy.auth_required"),
    ("Invalid username/password", "proxy.auth_required"),
    ("No acceptable authentication methods", "proxy.auth_required"),
    ("authentication failure", "proxy.auth_required"),
    ("Connection closed unexpectedly", "proxy.no_response"),
)
"""httpcore, PySocks and python-socks where they leave out the code."""


def answered_by_proxy(exc: Any, by_name: Clue) -> Clue:
    """A proxy error whose message starts with a status, or names a SOCKS reply."""
    text = str(exc)[:500]
    number = _status_or_socks_code(exc, text)
    if number is not None and number >= 100:
        kind = codes.kind_of_connect_status(number)
        return Clue(kind, EXACT, "proxy", proxy=True, code=str(number), final=True)
    if number in _KIND_OF_SOCKS:
        kind = _KIND_OF_SOCKS[number]
        return Clue(kind, EXACT, "proxy", proxy=True, code=f"0x{number:02x}", final=True)
    for words, kind in _PROXY_WORDS:
        if words in text:
            return Clue(kind, SPECIFIC, "proxy", proxy=True, final=True)
    return by_name


def _status_or_socks_code(exc: Any, text: str) -> int | None:
    found = _PROXY_STATUS.match(text)
    if found:
        return int(found[1])
    code = getattr(exc, "error_code", None)  # python-socks
    if isinstance(code, int):
        return int(code)
    found = _SOCKS_CODE.match(text.removeprefix("Socket error: "))
    return int(found[1], 16) if found else _socks_reply_in(text)


def _socks_reply_in(text: str) -> int | None:
    if not text.startswith("Proxy Server could not connect"):
        return None
    return next((number for words, number in _SOCKS_REPLIES if words in text), None)


PROXY_RECOGNISERS = {
    "ProxyError": answered_by_proxy,
    "GeneralProxyError": answered_by_proxy,
    "SOCKS5Error": answered_by_proxy,
    "SOCKS4Error": answered_by_proxy,
}
