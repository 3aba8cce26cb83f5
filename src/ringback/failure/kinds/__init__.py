"""Every kind of connection failure, one file per layer; the reference pages come from here."""

from ringback.failure.kind import Kind
from ringback.failure.kinds.certificate import CERTIFICATE, TRUST
from ringback.failure.kinds.client import CLIENT, CONFIG
from ringback.failure.kinds.dns import DNS, DNS_BY_DIAGNOSIS
from ringback.failure.kinds.http import HTTP, HTTP2, HTTP_BODY, HTTP_REDIRECT
from ringback.failure.kinds.proxy import PROXY
from ringback.failure.kinds.status import GENERAL, STATUS
from ringback.failure.kinds.tcp import IP, TCP, TCP_ESTABLISHED, UNIX
from ringback.failure.kinds.tls import TLS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *CONFIG,
        *CLIENT,
        *DNS,
        *DNS_BY_DIAGNOSIS,
        *IP,
        *TCP,
        *TCP_ESTABLISHED,
        *UNIX,
        *CERTIFICATE,
        *TRUST,
        *TLS,
        *PROXY,
        *HTTP,
        *HTTP_BODY,
        *HTTP_REDIRECT,
        *HTTP2,
        *STATUS,
        *GENERAL,
    )
}
"""Name → kind, in the order of the layers."""
