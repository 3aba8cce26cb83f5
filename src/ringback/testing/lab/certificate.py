"""TLS servers whose certificate a careful client refuses (verify codes of OpenSSL)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault
from ringback.testing.lab.secured import secured

if TYPE_CHECKING:
    from ringback.testing.lab.lab import Lab


def revoked(lab: Lab) -> Endpoint:
    """Start a server with a revoked certificate; ``verify`` holds the revocation list."""
    endpoint = secured("revoked")(lab)
    endpoint.verify = lab.certificates.bundle_with_revocations
    return endpoint


def _refused(kind: str, when: str, summary: str, certificate: str) -> Fault:
    return Fault(
        kind=kind,
        when=when,
        summary=summary,
        start=secured(certificate),
        needs=("cryptography",),
    )


_UNKNOWN = "tls.cert.authority_invalid.unknown_issuer"

FAULTS: tuple[Fault, ...] = (
    _refused("tls.cert.date_invalid.expired", "", "expired yesterday", "expired"),
    _refused("tls.cert.date_invalid.not_yet_valid", "", "valid from tomorrow", "not_yet_valid"),
    Fault(
        kind="tls.cert.name_invalid",
        when="wrong_host",
        summary="issued for other.test, called as localhost",
        start=secured("wrong_host", host="localhost"),
        needs=("cryptography",),
    ),
    _refused(
        "tls.cert.name_invalid",
        "wrong_address",
        "issued for other.test, called as 127.0.0.1",
        "wrong_host",
    ),
    _refused(
        "tls.cert.authority_invalid.self_signed", "", "signed with its own key", "self_signed"
    ),
    _refused(
        "tls.cert.authority_invalid.untrusted_root",
        "",
        "the chain ends in a root that is sent but not trusted",
        "untrusted_root",
    ),
    _refused(_UNKNOWN, "", "the issuer is unknown and not sent", "unknown_issuer"),
    _refused(
        _UNKNOWN,
        "missing_intermediate",
        "the trusted root's intermediate is not sent",
        "missing_intermediate",
    ),
    _refused("tls.cert.invalid", "weak_key", "an RSA key of 1024 bits", "weak_key"),
    Fault(
        kind="tls.cert.revoked",
        summary="on the issuer's revocation list, for a client that checks it",
        start=revoked,
        also=("ok",),
        needs=("cryptography",),
        provoke="crl",
    ),
)
