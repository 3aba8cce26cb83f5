"""Reference data: kinds of tcp failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="tcp.address_unreachable.network",
        layer="ip",
        delivered="no",
        retry="backoff",
        meaning="No route to the network (incl. IPv6 not available here, interface down)",
    ),
    Kind(
        name="tcp.address_unreachable.host",
        layer="ip",
        delivered="no",
        retry="backoff",
        meaning="Route exists, host cannot be reached",
    ),
    Kind(
        name="tcp.address_unreachable.prohibited",
        layer="ip",
        delivered="no",
        retry="no",
        meaning="Local or remote policy forbids",
    ),
    Kind(
        name="tcp.address_invalid",
        layer="ip",
        delivered="no",
        retry="no",
        meaning="Address cannot be connected to",
    ),
    Kind(
        name="tcp.refused",
        layer="tcp",
        delivered="no",
        retry="backoff",
        meaning="Connection attempt answered with RST (or ICMP port-unreachable)",
    ),
    Kind(
        name="tcp.timed_out",
        layer="tcp",
        delivered="no",
        retry="backoff",
        meaning="No answer to SYN within the time allowed",
    ),
    Kind(
        name="tcp.reset",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="Peer or middlebox reset the connection (attribute phase says when)",
    ),
    Kind(
        name="tcp.closed",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="Peer closed while we were writing (EPIPE) or before anything was exchanged",
    ),
    Kind(
        name="tcp.closed.stale",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="A re-used keep-alive connection was closed/reset before any response byte",
    ),
    Kind(
        name="tcp.aborted",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="Local stack aborted the connection",
    ),
    Kind(
        name="tcp.timed_out.established",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="Established peer vanished (keepalive/TCP_USER_TIMEOUT/retransmits)",
    ),
    Kind(
        name="tcp.failed",
        layer="tcp",
        delivered="no",
        retry="backoff",
        meaning="Other connect failure",
    ),
    Kind(
        name="unix.not_found",
        layer="tcp",
        delivered="no",
        retry="backoff",
        meaning="Unix socket path missing",
    ),
    Kind(
        name="unix.forbidden",
        layer="tcp",
        delivered="no",
        retry="no",
        meaning="Permission denied on a Unix socket",
    ),
)
