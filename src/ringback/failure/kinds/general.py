"""Reference data: kinds of general failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="service.rejected",
        layer="application",
        delivered="yes",
        retry="no",
        meaning="The service answered in its own protocol and refused: bad credentials, no such database, too many clients",
    ),
    Kind(
        name="unknown",
        layer="none",
        delivered="maybe",
        retry="no",
        meaning="Nothing matched",
    ),
    Kind(
        name="not_a_connection_failure",
        layer="none",
        delivered="maybe",
        retry="no",
        meaning="The text reports something else",
    ),
)
