"""Every kind of connection failure, one file per layer; the reference pages come from here."""

from ringback.failure.kind import Kind
from ringback.failure.kinds import (
    client,
    config,
    dns,
    general,
    http,
    proxy,
    status,
    tcp,
    tls,
    tls_certificate,
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for module in (config, client, dns, tcp, tls_certificate, tls, proxy, http, status, general)
    for kind in module.KINDS
}
"""Name → kind, in the order of the layers."""
