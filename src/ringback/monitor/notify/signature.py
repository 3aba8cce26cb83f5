"""The signature of a webhook: that it comes from who knows the key, whole, and not long ago."""

from __future__ import annotations

import hmac

SIGNATURE_HEADER = "Ringback-Signature"
"""HTTP header that it stands in: ``t=<seconds since 1970>,v1=<HMAC-SHA256, hexadecimal>``."""

MAX_SIGNATURE_AGE = 300.0  # Seconds that a signature is good for, either way


def sign(secret: str, at: float, body: bytes) -> str:
    """Return the header's value: the HMAC-SHA256 (RFC 2104) of time, full stop and body."""
    return f"t={int(at)},v1={_mac(secret, int(at), body)}"


def is_signed(
    value: str, secret: str, body: bytes, now: float, tolerance: float = MAX_SIGNATURE_AGE
) -> bool:
    """Return whether a header's value is right for a body."""
    parts = dict(part.partition("=")[::2] for part in value.split(","))
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return False
    if abs(now - int(stamp)) > tolerance:
        return False
    expected = _mac(secret, int(stamp), body)
    return hmac.compare_digest(parts.get("v1", "").encode(), expected.encode())


def _mac(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
