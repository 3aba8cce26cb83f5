"""Reference data: kinds of status failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="http.error",
        layer="status",
        delivered="yes",
        retry="idempotent",
        meaning="4xx/5xx not listed below",
    ),
    Kind(
        name="http.error.auth",
        layer="status",
        delivered="yes",
        retry="no",
        meaning="401/403",
    ),
    Kind(
        name="http.error.rate_limited",
        layer="status",
        delivered="yes",
        retry="backoff",
        meaning="429 (or 403/503 with Retry-After / WAF mark)",
    ),
    Kind(
        name="http.error.unavailable",
        layer="status",
        delivered="yes",
        retry="backoff",
        meaning="503",
    ),
    Kind(
        name="http.error.gateway",
        layer="status",
        delivered="maybe",
        retry="idempotent",
        meaning="502/504: a gateway in front failed",
    ),
    Kind(
        name="http.error.captive_portal",
        layer="status",
        delivered="no",
        retry="no",
        meaning="511, or redirect/200 from a portal on a known-good URL",
    ),
)
