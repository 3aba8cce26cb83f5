"""Every kind of connection failure, one file per layer; the reference pages come from here."""

from ringback.failure.kind import Kind
from ringback.failure.kinds.client import CLIENT
from ringback.failure.kinds.config import CONFIG
from ringback.failure.kinds.dns import DNS
from ringback.failure.kinds.dns_diagnosis import DNS_BY_DIAGNOSIS
from ringback.failure.kinds.general import GENERAL
from ringback.failure.kinds.http import HTTP
from ringback.failure.kinds.http2 import HTTP2
from ringback.failure.kinds.http_body import HTTP_BODY
from ringback.failure.kinds.http_redirect import HTTP_REDIRECT
from ringback.failure.kinds.ip import IP
from ringback.failure.kinds.proxy import PROXY
from ringback.failure.kinds.status import STATUS
from ringback.failure.kinds.tcp import TCP
from ringback.failure.kinds.tcp_established import TCP_ESTABLISHED
from ringback.failure.kinds.tls import TLS
from ringback.failure.kinds.tls_certificate import CERTIFICATE
from ringback.failure.kinds.tls_trust import TRUST
from ringback.failure.kinds.unix import UNIX

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
