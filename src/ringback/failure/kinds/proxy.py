"""Reference data: kinds of proxy failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="proxy.unreachable",
        layer="proxy",
        delivered="no",
        retry="backoff",
        meaning="Cannot reach the proxy itself (inner kind kept in via)",
    ),
    Kind(
        name="proxy.auth_required",
        layer="proxy",
        delivered="no",
        retry="no",
        meaning="Proxy wants credentials",
    ),
    Kind(
        name="proxy.denied",
        layer="proxy",
        delivered="no",
        retry="no",
        meaning="Proxy forbids the destination",
    ),
    Kind(
        name="proxy.upstream_failed",
        layer="proxy",
        delivered="no",
        retry="backoff",
        meaning="Proxy could not reach the target",
    ),
    Kind(
        name="proxy.protocol_error",
        layer="proxy",
        delivered="no",
        retry="no",
        meaning="Peer is not a usable proxy of this type",
    ),
    Kind(
        name="proxy.no_response",
        layer="proxy",
        delivered="no",
        retry="backoff",
        meaning="Proxy closed, reset or stayed silent before the tunnel was up",
    ),
)
