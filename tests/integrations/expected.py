"""What the matrix expects beyond the kind that a fault has by itself."""

from __future__ import annotations

from fnmatch import fnmatchcase

RACE = {"tcp.reset", "tcp.closed", "http.response.invalid.empty", "tls.closed"}
"""One event, the loss of the connection: who notices it first decides what it is called."""

BYTES_ONLY = ("socket", "asyncio")
NO_STATUS = (*BYTES_ONLY, "http.client", "urllib3", "urllib3-future")

NOT_MET = (
    # client, fault, why the client cannot meet it
    ("*", "ok*", "healthy"),
    ("*", "*retry_after*", "the same exception as the plain status"),
    ("*", "*first_two", "the same exception as the fault without a schedule"),
    ("*", "tcp.refused:*come*", "the same exception as tcp.refused"),
    ("*", "tcp.refused:moved", "the same exception as tcp.refused"),
    ("*", "*:trickling_*", "no client bounds more than a single read"),
    ("*-bytes", "http*", "knows nothing of HTTP"),
    ("*-bytes", "h2*", "knows nothing of HTTP"),
    ("*-bytes", "tcp.closed.stale*", "has no connections to keep"),
    ("*-nostatus", "http.error*", "no exception for a status"),
    ("*-nostatus", "proxy.auth_required:forward", "no exception for a status"),
    ("http.client", "http.response.redirect*", "follows no redirect"),
    ("http.client", "http.response.unexpected_content*", "reads no JSON"),
    ("http.client", "http.response.invalid.content_decoding*", "decodes nothing"),
    ("urllib", "http.response.unexpected_content*", "reads no JSON"),
    ("urllib", "http.response.invalid.content_decoding*", "decodes nothing"),
    ("urllib", "tcp.closed.stale*", "keeps no connection"),
    ("urllib", "*redirect_invalid:bad_port", "calls port 99999 modulo 65536"),
    ("httpx", "*redirect_invalid:bad_port", "calls port 99999 modulo 65536"),
    ("httpx2", "*redirect_invalid:bad_port", "calls port 99999 modulo 65536"),
    ("*", "tls.cert.revoked", "meets it only through an SSLContext"),
    ("httpx*", "proxy.no_response:socks5_silent", "waits for ever: no timeout inside SOCKS"),
    ("aiohttp", "proxy.no_response:silent", "waits for ever: no timeout inside CONNECT"),
    ("aiohttp", "http.request.timed_out*", "waits for ever: no timeout on writing"),
    ("websockets", "tls.protocol.error:corrupted_record", "waits for ever"),
    ("websockets", "http.response.redirect*", "another exception altogether"),
    ("websockets", "http.response.unexpected_content*", "reads no JSON"),
    ("websockets", "http.response.invalid.[ci]*", "takes any body for a refusal"),
    ("websockets", "http.protocol.error*", "takes any body for a refusal"),
    ("websockets", "http.response.invalid.not_http*", "an AssertionError, by race"),
    ("websockets", "tls.closed:without_close_notify", "a 200 is a refusal"),
    ("websockets", "*upload*", "sends no body"),
    ("websockets", "*mid_request", "sends no body"),
    ("websockets", "tcp.closed.stale*", "keeps no connection"),
    ("botocore", "http.response.redirect*", "follows only its own redirects"),
    ("botocore", "http.response.unexpected_content*", "reads no JSON"),
    ("botocore", "*upload*", "the call has no body"),
    ("botocore", "*mid_request", "the call has no body"),
    ("botocore", "tcp.closed.stale*", "one call each"),
)

ACCEPTING = (
    # client, fault: it notices nothing and returns
    ("botocore", "http.response.invalid.content_decoding:*"),  # hands out what came
    ("socket", "tcp.closed:on_accept"),
    ("socket", "tls.closed:*"),
    ("socket", "tcp.reset:after_request_tls"),
    ("aiohttp", "tcp.closed.stale*"),  # sends the request again by itself
    ("aiohttp", "http.response.unexpected_content:empty_body"),  # takes it for null
)

_LOST_IN_GROUP = {"tcp.failed", "tcp.closed"}
_SPENT = {"client.deadline_exceeded", "tcp.timed_out", "tls.timed_out", "http.response.timed_out"}
_OF_THE_URL = {"url.scheme_invalid", "url.invalid", "not_a_connection_failure"}

LESS_IN_TEXT = (
    # client, fault, what the pasted traceback still says of it
    ("*", "tcp.closed.stale*", {"tcp.reset", "tcp.closed", "http.response.invalid.empty"}),
    ("httpx*-async", "tcp.refused*", _LOST_IN_GROUP),  # it prints no cause below its own class
    ("httpx*-async", "dns.bogus_address", _LOST_IN_GROUP),
    ("httpx*-async", "tcp.reset*", _LOST_IN_GROUP),
    ("httpx*-async", "tls.closed*", _LOST_IN_GROUP),
    ("httpx*-async", "proxy.no_response:on_accept", {"proxy.unreachable"}),
    ("httpx*-async", "dns.*", _SPENT),
    ("asyncio", "dns.*", _SPENT),
    ("asyncio", "tcp.timed_out*", _SPENT),
    ("*", "proxy.no_response:socks5_silent", {"proxy.unreachable"}),
    ("httpx*", "h2.refused_stream:goaway", {"h2.protocol.error"}),
    ("httpx*", "http.response.redirect_invalid:*", _OF_THE_URL),
    ("urllib3*", "http.response.redirect_invalid:*", _OF_THE_URL),
    ("httpx*-async", "http.response.body_timed_out*", _SPENT),
    ("httpx2*", "http.protocol.error:chunk_size_invalid", {"request.invalid"}),
    ("aiohttp", "http.protocol.error:malformed_status_line", {"http.error"}),
    ("niquests", "http.protocol.error:*", {"request.invalid"}),
    ("urllib3-future", "http.protocol.error:*", {"request.invalid"}),
    ("niquests", "dns.*", {"dns.name_not_resolved"}),
    ("urllib3-future", "dns.*", {"dns.name_not_resolved"}),
    ("niquests", "proxy.*:socks*", {"proxy.unreachable"}),
    ("urllib3-future", "proxy.*:socks*", {"proxy.unreachable"}),
    ("botocore", "http.response.body_timed_out*", {"http.response.timed_out"}),
    ("botocore", "http.protocol.error:*", {"http.response.invalid.empty"} | _OF_THE_URL),
    ("botocore", "http.error*", {"http.error"}),
    ("websockets", "tls.bad_client_auth_cert*", RACE),
    ("websockets", "tcp.reset*", {"http.response.invalid.not_http"}),
)
"""Some clients cut the chain before it is printed, or keep the phase in objects only."""

HIDDEN = (
    # client, fault, what the client leaves of it
    ("niquests", "proxy.no_response:socks5_silent", {"proxy.unreachable"}),
    ("urllib3-future", "proxy.no_response:socks5_silent", {"proxy.unreachable"}),
    ("niquests", "dns.*", {"dns.failed"}),
    ("urllib3-future", "dns.*", {"dns.failed"}),
    ("niquests", "tcp.reset:mid_body", {"http.response.invalid.content_length_mismatch"}),
    ("urllib3-future", "tcp.reset:mid_body", {"http.response.invalid.content_length_mismatch"}),
    ("*", "proxy.protocol_error:ssh", {"proxy.no_response"}),
    ("urllib", "proxy.protocol_error:https_url", {"proxy.denied"}),  # a 400 to CONNECT
    ("asyncio", "dns.temporary_failure:*", {"dns.timed_out"}),
    ("httpx*async", "dns.temporary_failure:*", {"dns.timed_out"}),
    ("httpx*", "http.response.timed_out*", {"tls.timed_out"}),
    ("aiohttp", "*content_length_too_short", {"http.response.invalid.not_http"}),
    ("botocore", "*content_length_invalid", {"unknown"}),  # a bare ValueError of its own
    ("websockets", "tcp.reset:mid_body", {"http.error"}),
    ("websockets", "tcp.reset:mid_headers", {"http.response.headers.truncated"}),
    ("websockets", "tls.bad_client_auth_cert*", {"http.response.invalid.empty"}),
    ("websockets", "http.response.body_timed_out*", {"http.response.timed_out"}),
)

PHASES = (
    ("tcp.refused*", {"connect"}),
    ("tcp.timed_out*", {"connect"}),
    ("dns.bogus_address", {"connect"}),
    ("dns.*", {"dns"}),
    ("*:in_handshake", {"tls"}),
    ("tls.cert.*", {"tls"}),
    ("tls.timed_out*", {"tls"}),
    ("tls.version_or_cipher*", {"tls"}),
    ("tls.unrecognized*", {"tls"}),
    ("tls.failed*", {"tls"}),
    ("tls.protocol.error.not_tls*", {"tls"}),
    ("http.response.timed_out*", {"wait"}),
    ("http.response.invalid.empty*", {"send", "wait"}),
    ("http.response.invalid.not_http*", {"send", "wait"}),
    ("tcp.reset:after_request*", {"send", "wait"}),
    ("tcp.closed:on_accept", {"send", "wait"}),
    ("http.error*", {"wait"}),
    ("http.request.timed_out*", {"send", "wait"}),
    ("*:mid_body", {"body"}),
    ("http.response.invalid.incomplete_chunked*", {"body"}),
    ("proxy.unreachable*", {"dns", "connect", "tls"}),
)
"""How far a call can have come; ``unknown`` where a client of bytes leaves no trace of it."""

NEVER_SENT = ("tcp.refused*", "tcp.timed_out*", "dns.*", "tls.cert.*", "tls.timed_out*",
              "tls.version_or_cipher*", "tls.failed*", "*:in_handshake",
              "tls.protocol.error.not_tls*", "proxy.*")  # fmt: skip
"""Faults that no complete request can have reached the server through."""

NOT_PROCESSED = (
    "h2.refused_stream*",
    "http.error.captive_portal*",  # nor did it ever reach the server that was meant
    "http.error.rate_limited*",
    "http.error:425",
    "http.error.gateway:521",  # a gateway says so of the server behind it
    "proxy.auth_required:forward",
)
"""Faults with which the server reads the request, and says that it did nothing with it."""


UNANSWERED = (
    "dns.timed_out",
    "dns.unreachable:silent",
    "dns.temporary_failure:wrong_id",
    "dns.temporary_failure:wrong_question",
)
"""Names that no answer comes for while a resolver waits; for all others it comes, or an error."""


def groups(client):
    """The names under which a client stands in the tables."""
    names = [client]
    if client in BYTES_ONLY:
        names.append(f"{client}-bytes")
    if client in NO_STATUS:
        names.append(f"{client}-nostatus")
    return names


def listed(table, client, fault):
    """The rows of a table that speak of a client and a fault."""
    return [
        row
        for row in table
        if any(fnmatchcase(name, row[0]) for name in groups(client)) and fnmatchcase(fault, row[1])
    ]


def phases(fault):
    """The phases a fault can show in, ``None`` where the table is silent."""
    return next((allowed for pattern, allowed in PHASES if fnmatchcase(fault, pattern)), None)
