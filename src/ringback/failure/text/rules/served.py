"""What access logs tell of the requests that a server was sent.

A status of 502, 503 or 504 says that a server behind it failed, and not how: the gateway's own
error log says that. All other statuses are answers of a server that works, to clients that are not
ours: no failure, 401, 404, 429 and 500 included.

Sources: "Azure Front Door: Monitor metrics and logs", Application Gateway's access log;
the common log format of Apache and nginx; IIS's W3C fields and HTTP.sys's ``HTTPERR``,
with WinHTTP's numbers behind 502.3; AWS's "Access logs for your Classic Load Balancer"; the loggers
of Caddy, Traefik, morgan, gin, Rails and uvicorn.
"""

from typing import Final

from ringback.failure.clue import TEXT, ClueKind
from ringback.failure.names import KindName
from ringback.failure.text.rule import OVERRIDE, PHRASE, SENTENCE, TextRule, says

OTHER: Final = "not_a_connection_failure"
_GATEWAY: dict[str, KindName] = {
    "502": "http.error.gateway",
    "503": "http.error.unavailable",
    "504": "http.error.gateway",
}
_VERSIONS = tuple(f' http/{version}" ' for version in ("1.1", "1.0", "2.0", "2", "3.0", "3"))
_REQUEST = r'"[A-Z]{3,7} /[^"\n]{0,250}'
_FROM = r"(?:(?<![:\d])\d{1,3}|[\]\-]) (?:- )?(?:\[[^\]\n]{1,40}\] )?" + _REQUEST
"""A client's address and a time stand before it, and not the URL that a client called."""
_UNFLAGGED = r"(?! (?:(?-i:[A-Z]{2,5})[, ]|- (?-i:rbac_)))"
"""Envoy says behind it that it was its own."""
_FIELDS = r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b[^\n]{0,200}[\"= ]/[^\n]{0,200}"
"""A method and a path, as loggers with fields write them."""
_ANSWERED = TEXT - 3
"""Outweighs a status; what the record says besides of a connection outweighs it."""
_STATUS_ALONE = PHRASE - 5
"""Envoy says beside it why."""
_W3C = (
    r"\d\d:\d\d:\d\d [\w.\- ]{0,80}[\da-f.:]{3,45} [A-Z]{3,7} /[^ \n]{0,200} [^ \n]{1,90}"
    r" \d{1,5} [^\n]{1,200}"
)
_WINHTTP: dict[str, tuple[ClueKind, int]] = {
    "12002": ("http.response.timed_out", TEXT + 1),
    "12007": ("dns.name_not_resolved", SENTENCE),
    "12029": ("tcp.failed", SENTENCE),
    "12030": ("tcp.closed", SENTENCE),
    "12152": ("http.response.invalid.not_http", SENTENCE),
    "12175": ("tls.failed", SENTENCE),
}
_HTTPERR = (
    "AppOffline",
    "QueueFull",
    "Disabled",
    "AppShutdown",
    "AppPoolTimer",
    "ConnLimit",
    "N/A",
)
_CLIENTS: dict[str, KindName] = {
    "40[13]": "http.error.auth",
    "429": "http.error.rate_limited",
    "503": "http.error.unavailable",
    "50[24]": "http.error.gateway",
    "(?:40[02-9]|41\\d|42[0-8]|50[015-9])": "http.error",
}

_AZURE: dict[str, tuple[ClueKind, int]] = {
    "originconnectionerror": ("tcp.failed", TEXT),
    "originconnectionrefused": ("tcp.refused", SENTENCE),
    "originconnectionaborted": ("tcp.closed", TEXT),
    "origintimeout": ("http.response.timed_out", TEXT),
    "origininvalidresponse": ("http.protocol.error", TEXT),
    "responseheadertoobig": ("http.protocol.error", TEXT),
    "dnsfailure": ("dns.failed", SENTENCE),
    "dnsnamenotresolved": ("dns.name_not_resolved", SENTENCE),
    "sslhandshakeerror": ("tls.failed", TEXT),
    "sslinvalidrootca": ("tls.cert.authority_invalid.unknown_issuer", TEXT),
    "sslinvalidcipher": ("tls.version_or_cipher_mismatch", TEXT),
    "sslmismatchedsni": ("tls.cert.name_invalid", TEXT),
    "clientdisconnected": ("abandoned", TEXT),
    "errorinfo_upstream_no_live": ("http.error.unavailable", SENTENCE),
    "errorinfo_upstream_timed_out": ("http.response.timed_out", SENTENCE),
    "errorinfo_upstream_closed_connection": ("tcp.closed", SENTENCE),
    "errorinfo_client_closed_request": ("abandoned", SENTENCE),
    "errorinfo_client_timed_out": ("abandoned", SENTENCE),
}
"""``errorInfo`` of Front Door and of Application Gateway."""


def _gateway(status: str, kind: KindName) -> list[TextRule]:
    return [
        *says(kind, _STATUS_ALONE, "wait")(*_VERSIONS, before=_REQUEST, then=rf"{status}\b"),
        *says(kind, TEXT, "wait")(f" {status} ", before=_W3C, then=r"\d{1,3} \d{1,5}[ \d]{0,30}$"),
        *says(kind, TEXT, "wait")(
            f" {status} 0 ", before=r" [^ \n]{1,60} -?[\d.]{1,12} -?[\d.]{1,12} -?[\d.]{1,12}"
        ),
        *says(kind, PHRASE, "wait")(
            f" {status} ",
            before=r"\b[A-Z]{3,7} /[^ \n]{0,250}",
            then=r"(?:\x1b\[0m)?[\d.]{1,12} ms - ",
        ),
        *says(kind, PHRASE, "wait")(f"| {status} |", before=r"\[GIN\] [^\n]{10,40}"),
        # HAProxy, where the server behind it gave the answer
        *says(kind, PHRASE, "wait")(
            " ---- ",
            before=r"/[^ \n]{1,80} [-+\d/]{5,60} "
            + status
            + r" [-+\d]{1,15} [^ \n]{1,80} [^ \n]{1,80}",
        ),
    ]


SERVED: list[TextRule] = [
    *[rule for status, kind in _GATEWAY.items() for rule in _gateway(status, kind)],
    *[
        rule
        for number, said in _WINHTTP.items()
        for rule in says(*said)(f" 502 3 {number}", before=_W3C, then=r"\b")
    ],
    *[
        rule
        for reason in _HTTPERR
        for rule in says("http.error.unavailable", SENTENCE, "wait")(
            f" {reason.lower()} ",
            before=r"HTTP/\d[\d.]{0,2} [A-Z]{3,7} [^\n]{1,250}\b503 [-\d]{1,10}",
        )
    ],
    *[
        rule
        for word, said in _AZURE.items()
        for rule in says(*said)(word, before=r"error_?info\w{0,4}\"?[:=] ?\"?", then=r"\b")
    ],
    # what is an answer to a client of this server
    *says(OTHER, OVERRIDE)(*_VERSIONS, before=_FROM, then=rf"(?!50[234])\d{{3}}\b{_UNFLAGGED}"),
    *says(OTHER, _ANSWERED)(
        "status", before=_FIELDS, then=r"(?:_?code)?\"?[:=] ?\"?(?:4\d\d|50[015])\b"
    ),
    *says(OTHER, _ANSWERED)(
        "status", then=r"(?:_?code)?\"?[:=] ?\"?(?:4\d\d|50[015])\b[^\n]{0,80}?" + _FIELDS
    ),
    *says(OTHER, SENTENCE)("completed ", then=r"(?:4\d\d|50[015]) [a-z ]{3,40} in \d{1,9}ms"),
    # or to this one, by a server behind it
    *[
        rule
        for statuses, kind in _CLIENTS.items()
        for rule in says(kind, _ANSWERED + 1, "wait")(
            "status",
            before=r"(?:upstream|outbound|backend|http client|calling)\b[^\n]{0,250}",
            then=rf"(?:_?code)?\"?[:=] ?\"?{statuses}\b",
        )
    ],
    # what urllib3 says of the requests that it made
    *[
        rule
        for statuses, kind in _CLIENTS.items()
        for rule in says(kind, SENTENCE, "wait")(
            *_VERSIONS[:2],
            before=r"https?://[^\s\"]{1,200}:\d{1,5} " + _REQUEST,
            then=rf"{statuses} ",
        )
    ],
]
