"""The fields of a certificate that a diagnosis shows (X.509, RFC 5280), read from DER (X.690)."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ringback.diagnosis.layer.spoken import printable_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BOOLEAN = 0x01
INTEGER = 0x02
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30

_MAX_ELEMENTS = 1000
"""Elements read of one sequence."""


class DERError(ValueError):
    """The bytes are no DER, or not what was expected."""


class Element(NamedTuple):
    """One element."""

    tag: int  # Class, form and number, in one byte
    content: bytes  # What it holds
    whole: bytes  # The same with tag and length


def element(data: bytes) -> Element:
    """Return the first element of some bytes."""
    if len(data) < 2:
        raise DERError("no element")
    tag, length, start = data[0], data[1], 2
    if tag & 0x1F == 0x1F:
        raise DERError("a tag of several bytes")
    if length & 0x80:
        start += length & 0x7F
        if not 2 < start <= 6 or len(data) < start:
            raise DERError("no definite length")
        length = int.from_bytes(data[2:start])
    end = start + length
    if end > len(data):
        raise DERError("cut short")
    return Element(tag, data[start:end], data[:end])


def elements(content: bytes) -> Iterator[Element]:
    """Give the elements that follow one another."""
    for _ in range(_MAX_ELEMENTS):
        if not content:
            return
        found = element(content)
        yield found
        content = content[len(found.whole) :]
    raise DERError("too many elements")


def sequence(data: bytes, tag: int = SEQUENCE) -> list[Element]:
    """Return the elements of the sequence that some bytes begin with."""
    found = element(data)
    if found.tag != tag:
        raise DERError(f"tag {found.tag:#x} in place of {tag:#x}")
    return list(elements(found.content))


def at_least(found: Iterable[Element], least: int) -> list[Element]:
    """Return elements as a list."""
    listed = list(found)
    if len(listed) < least:
        raise DERError("a field is missing")
    return listed


def identifier(content: bytes) -> str:
    """Return an object identifier in dotted form."""
    arcs: list[int] = []
    value = 0
    for byte in content[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        return ""
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


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


def public_key_of(info: Element) -> str:
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


_EXPLICIT_VERSION = 0xA0
_EXPLICIT_EXTENSIONS = 0xA3
_GENERALIZED_TIME = 0x18
_UTC_TIME = 0x17
_NAME_DNS = 0x82
_NAME_URI = 0x86
_NAME_ADDRESS = 0x87
_BMP_STRING = 0x1E

_ALTERNATIVE_NAMES = "2.5.29.17"
_BASIC_CONSTRAINTS = "2.5.29.19"
_AUTHORITY_ACCESS = "1.3.6.1.5.5.7.1.1"
_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"

_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
}
_MAX_NAMES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCertificate:
    """A certificate."""

    subject: str  # Whom it is for, as `CN=…, O=…`
    issuer: str  # Who signed it
    names: tuple[str, ...]  # Host names and addresses it is for (subjectAltName), at most 100
    not_before: dt.datetime  # From when on it is valid
    not_after: dt.datetime  # Until when
    serial: str  # Number given by the issuer, hexadecimal
    sha256: str  # Hash of the whole certificate, hexadecimal
    self_signed: bool  # Whether subject and issuer are the same
    is_authority: bool  # Whether it may sign others
    ca_issuers: tuple[str, ...]  # Where the issuer's certificate can be fetched
    key: str  # Kind and size of its key: `RSA 2048`, `EC P-256` …
    signature: str  # How it was signed


def parse_certificate(der: bytes) -> ParsedCertificate:
    """Return the fields of a certificate."""
    signed, algorithm, *_ = at_least(sequence(der), 2)
    fields = list(elements(signed.content))
    if fields and fields[0].tag == _EXPLICIT_VERSION:
        del fields[0]
    serial, _, issuer, validity, subject, key, *rest = at_least(fields, 6)
    not_before, not_after, *_ = at_least(elements(validity.content), 2)
    extensions = _extensions(rest)
    return ParsedCertificate(
        subject=_distinguished(subject),
        issuer=_distinguished(issuer),
        names=_names(extensions.get(_ALTERNATIVE_NAMES)),
        not_before=_moment(not_before),
        not_after=_moment(not_after),
        serial=_serial(serial),
        sha256=hashlib.sha256(der).hexdigest(),
        self_signed=subject.whole == issuer.whole,
        is_authority=_is_authority(extensions.get(_BASIC_CONSTRAINTS)),
        ca_issuers=_ca_issuers(extensions.get(_AUTHORITY_ACCESS)),
        key=public_key_of(key),
        signature=signature_of(algorithm),
    )


def _serial(found: Element) -> str:
    if found.tag != INTEGER:
        raise DERError("no serial number")
    return found.content[:32].hex().lstrip("0") or "0"


def _distinguished(name: Element) -> str:
    parts: list[str] = []
    for relative in elements(name.content):
        for attribute in elements(relative.content):
            kind, value, *_ = at_least(elements(attribute.content), 2)
            label = _ATTRIBUTES.get(identifier(kind.content))
            if label:
                parts.append(f"{label}={_text(value)}")
    return ", ".join(parts)[:300]


def _text(value: Element) -> str:
    encoding = "utf-16-be" if value.tag == _BMP_STRING else "utf-8"
    return printable_text(value.content[:400].decode(encoding, "replace"), 100)


def _moment(found: Element) -> dt.datetime:
    text = found.content.decode("ascii", "replace")
    if found.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif found.tag != _GENERALIZED_TIME:
        raise DERError("no time")
    try:
        return dt.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise DERError(f"no time: {error}") from None


def _extensions(rest: list[Element]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for field in rest:
        if field.tag == _EXPLICIT_EXTENSIONS:
            for extension in sequence(field.content):
                kind, *_, value = at_least(elements(extension.content), 2)
                if kind.tag == OBJECT_IDENTIFIER:
                    found[identifier(kind.content)] = value.content
    return found


def _names(extension: bytes | None) -> tuple[str, ...]:
    if extension is None:
        return ()
    found: list[str] = []
    for name in sequence(extension):
        if name.tag == _NAME_DNS:
            found.append(printable_text(name.content[:253].decode("ascii", "replace"), 253))
        elif name.tag == _NAME_ADDRESS and len(name.content) in {4, 16}:
            found.append(str(ipaddress.ip_address(name.content)))
    return tuple(found[:_MAX_NAMES])


def _is_authority(extension: bytes | None) -> bool:
    if extension is None:
        return False
    first = next(iter(sequence(extension)), None)
    return first is not None and first.tag == BOOLEAN and first.content != b"\x00"


def _ca_issuers(extension: bytes | None) -> tuple[str, ...]:
    if extension is None:
        return ()
    found: list[str] = []
    for access in sequence(extension):
        method, place, *_ = at_least(elements(access.content), 2)
        if identifier(method.content) == _CA_ISSUERS and place.tag == _NAME_URI:
            found.append(printable_text(place.content.decode("ascii", "replace"), 200))
    return tuple(found[:4])
