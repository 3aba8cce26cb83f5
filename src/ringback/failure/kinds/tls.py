"""Reference data: kinds of tls failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="tls.version_or_cipher_mismatch",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="No common TLS version, cipher, group or ALPN",
    ),
    Kind(
        name="tls.unrecognized_name_alert",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Server does not know the SNI name",
    ),
    Kind(
        name="tls.protocol.error.not_tls",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Peer does not speak TLS on this port",
    ),
    Kind(
        name="tls.protocol.error",
        layer="tls",
        delivered="maybe",
        retry="idempotent",
        meaning="TLS protocol violated (bad MAC, unexpected message, legacy renegotiation)",
    ),
    Kind(
        name="tls.closed",
        layer="tls",
        delivered="no",
        retry="backoff",
        meaning="Connection ended during handshake / without close_notify",
    ),
    Kind(
        name="tls.timed_out",
        layer="tls",
        delivered="no",
        retry="backoff",
        meaning="Handshake not finished in time",
    ),
    Kind(
        name="tls.failed",
        layer="tls",
        delivered="no",
        retry="backoff",
        meaning="Other TLS failure (internal_error alert …)",
    ),
)
