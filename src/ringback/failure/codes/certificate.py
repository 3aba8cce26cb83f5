"""Why a certificate was refused: X.509 verification results.

Source: OpenSSL ``include/openssl/x509_vfy.h`` and ``crypto/x509/x509_txt.c``; 62 and 64 are
worded by CPython itself.
"""

EXPIRED = "tls.cert.date_invalid.expired"
NOT_YET_VALID = "tls.cert.date_invalid.not_yet_valid"
NAME = "tls.cert.name_invalid"
SELF_SIGNED = "tls.cert.authority_invalid.self_signed"
UNTRUSTED_ROOT = "tls.cert.authority_invalid.untrusted_root"
UNKNOWN_ISSUER = "tls.cert.authority_invalid.unknown_issuer"
REVOKED = "tls.cert.revoked"
INVALID = "tls.cert.invalid"

KIND_OF_VERIFY_CODE: dict[int, str] = {
    2: UNKNOWN_ISSUER,
    9: NOT_YET_VALID,
    10: EXPIRED,
    18: SELF_SIGNED,
    19: UNTRUSTED_ROOT,
    20: UNKNOWN_ISSUER,
    21: UNKNOWN_ISSUER,
    23: REVOKED,
    27: UNKNOWN_ISSUER,
    62: NAME,
    64: NAME,
}
"""Every other verification result is ``tls.cert.invalid``."""


def kind_of(verify_code: int) -> str:
    """The kind for ``SSLCertVerificationError.verify_code``."""
    return KIND_OF_VERIFY_CODE.get(verify_code, INVALID)
