"""Keys and signatures of certificates, in words."""

from __future__ import annotations

from ringback.diagnosis.layer.tls.certificate.der import (
    DERError,
    Element,
    at_least,
    elements,
    identifier,
    sequence,
)

_RSA = "1.2.840.113549.1.1.1"
_EC = "1.2.840.10045.2.1"
_KEYS = {
    _RSA: "RSA",
    _EC: "EC",
    "1.2.840.113549.1.1.10": "RSA",
    "1.2.840.10040.4.1": "DSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_CURVES = {
    "1.2.840.10045.3.1.1": "P-192",
    "1.3.132.0.33": "P-224",
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.3.132.0.10": "secp256k1",
}
_SIGNATURES = {
    "1.2.840.113549.1.1.2": "RSA with MD2",
    "1.2.840.113549.1.1.4": "RSA with MD5",
    "1.2.840.113549.1.1.5": "RSA with SHA-1",
    "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.2.840.113549.1.1.11": "RSA with SHA-256",
    "1.2.840.113549.1.1.12": "RSA with SHA-384",
    "1.2.840.113549.1.1.13": "RSA with SHA-512",
    "1.2.840.10045.4.1": "ECDSA with SHA-1",
    "1.2.840.10045.4.3.1": "ECDSA with SHA-224",
    "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
    "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
    "1.2.840.10045.4.3.4": "ECDSA with SHA-512",
    "1.2.840.10040.4.3": "DSA with SHA-1",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
"""Object identifiers of RFC 3279, RFC 4055, RFC 5758 and RFC 8410."""


def key_of(info: Element) -> str:
    """Return kind and size of a subjectPublicKeyInfo: ``RSA 2048``, ``EC P-256``."""
    algorithm, bits, *_ = at_least(elements(info.content), 2)
    kind, *parameters = at_least(elements(algorithm.content), 1)
    name = identifier(kind.content)
    if name == _EC and parameters:
        curve = identifier(parameters[0].content)
        return f"EC {_CURVES.get(curve, curve)}"
    known = _KEYS.get(name, name)
    return f"RSA {_modulus(bits.content)}" if known == "RSA" else known


def _modulus(bits: bytes) -> int:
    numbers = sequence(bits[1:])
    return int.from_bytes(numbers[0].content).bit_length() if numbers else 0


def signature_of(algorithm: Element) -> str:
    """Return how a certificate was signed."""
    for kind in elements(algorithm.content):
        name = identifier(kind.content)
        return _SIGNATURES.get(name, name)
    raise DERError("no signature algorithm")
