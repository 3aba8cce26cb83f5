"""TLS errors: verification result, reason, alert."""

import re
from typing import Any

from ringback.failure.codes import certificate, tls
from ringback.failure.reading import EXACT, SPECIFIC, UMBRELLA, Reading

_ALERT_NUMBER = re.compile(r"alert number (\d{1,3})")
_REASON_IN_TEXT = re.compile(
    r"\[(?:SSL|X509|PEM|ASN1)(?:: ([A-Z0-9_]{3,60}))?\](?: ([a-z0-9 ]{3,60}) \(_ssl)?"
)
_WITHOUT_REASON = (
    ("record layer failure", tls.NOT_TLS),
    ("certificate required", tls.CLIENT_CERTIFICATE),
    ("no application protocol", tls.MISMATCH),
    ("unknown psk identity", tls.CLIENT_CERTIFICATE),
    ("EOF occurred", "tls.closed"),
    ("SSL module is not available", "config.tls_unavailable"),
    ("doesn't match", certificate.NAME),
    ("Fingerprints did not match", "tls.cert.pinned_key_not_in_cert_chain"),
    ("unknown error (_ssl.c", "tls.closed"),
)
_FILES = frozenset({"X509", "PEM", "ASN1", "PKCS12", "PROV", "DECODER"})


def verification(exc: Any, by_name: Reading) -> Reading:
    """``ssl.SSLCertVerificationError``: its ``verify_code`` is the X.509 verification result."""
    code = getattr(exc, "verify_code", None)
    if not isinstance(code, int):
        return tls_error(exc, by_name)
    if code == 0:
        return by_name
    return Reading(certificate.kind_of(code), EXACT, "tls", code=str(code), final=True)


def tls_error(exc: Any, by_name: Reading) -> Reading:
    """``ssl.SSLError``: its ``errno`` is OpenSSL's; only ``reason`` counts."""
    if exc.args and isinstance(exc.args[0], BaseException):  # it only wraps the real one
        return by_name
    reason = getattr(exc, "reason", None)
    if isinstance(reason, BaseException):  # urllib3 and requests wrap the real one
        return by_name
    if not isinstance(reason, str):
        reason = None
    library = getattr(exc, "library", None)
    kind = tls.KIND_OF_REASON.get(reason or "")
    if kind is None and library in _FILES:
        kind = tls.FILES
    if kind is not None:
        phase = "config" if kind == tls.FILES else by_name.phase
        return Reading(kind, EXACT, _own_phase(kind, phase), code=reason, final=True)
    if reason and library == "SSL":
        return Reading("tls.failed", SPECIFIC, by_name.phase, code=reason, final=True)
    return _by_text(str(exc), by_name)


def _own_phase(kind: str, phase: Any) -> Any:
    """The end and the breach of a TLS stream can come at any time; the rest is the handshake."""
    return "unknown" if kind in {"tls.closed", tls.PROTOCOL, tls.CLIENT_CERTIFICATE} else phase


def _by_text(text: str, by_name: Reading) -> Reading:
    number = _ALERT_NUMBER.search(text)
    if number and int(number[1]) in tls.KIND_OF_ALERT:
        return Reading(tls.KIND_OF_ALERT[int(number[1])], EXACT, code=f"alert {number[1]}")
    for part, kind in _WITHOUT_REASON:
        if part in text:
            return Reading(kind, SPECIFIC, _own_phase(kind, by_name.phase))
    reason = _reason_in(text)
    if reason in tls.KIND_OF_REASON:
        kind = tls.KIND_OF_REASON[reason]
        # A wrapper prints the reason of the exception inside it, which also knows why.
        rank = UMBRELLA if kind == certificate.INVALID else EXACT
        return Reading(kind, rank, _own_phase(kind, by_name.phase), code=reason)
    return by_name


def _reason_in(text: str) -> str:
    """The reason; of one that is newer than Python, only OpenSSL's words are there."""
    named = _REASON_IN_TEXT.search(text)
    if named is None:
        return ""
    return named[1] or (named[2] or "").upper().replace(" ", "_")


RECOGNISERS = {
    "SSLCertVerificationError": verification,
    "CertificateError": verification,
    "SSLError": tls_error,
    "SSLEOFError": tls_error,
    "SSLZeroReturnError": tls_error,
    "SSLSyscallError": tls_error,
}
