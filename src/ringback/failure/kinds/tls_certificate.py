"""Reference data: kinds of tls certificate failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="tls.cert.date_invalid.expired",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Certificate (or an intermediate) expired",
    ),
    Kind(
        name="tls.cert.date_invalid.not_yet_valid",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Certificate not yet valid",
    ),
    Kind(
        name="tls.cert.name_invalid",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Certificate is for another name/IP",
    ),
    Kind(
        name="tls.cert.authority_invalid.self_signed",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Leaf is self-signed",
    ),
    Kind(
        name="tls.cert.authority_invalid.untrusted_root",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Chain ends in a root we do not trust",
    ),
    Kind(
        name="tls.cert.authority_invalid.unknown_issuer",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Issuer not found",
    ),
    Kind(
        name="tls.cert.revoked",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Revoked",
    ),
    Kind(
        name="tls.cert.invalid",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Certificate unacceptable for another reason (weak key/signature, wrong purpose, not a CA, path length, name constraints, strict checks, CRL missing)",
    ),
    Kind(
        name="tls.cert.pinned_key_not_in_cert_chain",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Pinned fingerprint/key differs",
    ),
    Kind(
        name="tls.bad_client_auth_cert",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="Client certificate missing or rejected",
    ),
)
