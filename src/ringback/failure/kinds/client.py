"""Reference data: kinds of client failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="client.closed",
        layer="client",
        delivered="no",
        retry="no",
        meaning="Session/client/pool/stream already closed by this program",
    ),
    Kind(
        name="client.pool_exhausted",
        layer="client",
        delivered="no",
        retry="backoff",
        meaning="No free connection in our own pool in time",
    ),
    Kind(
        name="client.resources_exhausted",
        layer="client",
        delivered="no",
        retry="backoff",
        meaning="Process/OS out of descriptors, memory, buffers",
    ),
    Kind(
        name="client.local_address",
        layer="client",
        delivered="no",
        retry="backoff",
        meaning="Local source address or port not available",
    ),
    Kind(
        name="client.deadline_exceeded",
        layer="client",
        delivered="maybe",
        retry="idempotent",
        meaning="Caller's total time budget ran out; phase unknown from the exception alone",
    ),
    Kind(
        name="abandoned",
        layer="client",
        delivered="maybe",
        retry="no",
        meaning="Caller cancelled (NEL abandoned)",
    ),
)
