"""Every kind of connection failure, one file per layer; the reference pages come from here."""

from ringback.failure.kind import Kind
from ringback.failure.kinds import (
    client,
    config,
    dns,
    dns_diagnosis,
    general,
    http,
    http2,
    http_body,
    http_redirect,
    ip,
    proxy,
    status,
    tcp,
    tcp_established,
    tls,
    tls_certificate,
    tls_trust,
    unix,
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for module in (
        config,
        client,
        dns,
        dns_diagnosis,
        ip,
        tcp,
        tcp_established,
        unix,
        tls_certificate,
        tls_trust,
        tls,
        proxy,
        http,
        http_body,
        http_redirect,
        http2,
        status,
        general,
    )
    for kind in module.KINDS
}
"""Name → kind, in the order of the layers."""
