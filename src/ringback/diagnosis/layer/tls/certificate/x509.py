"""The fields of an X.509 certificate that a diagnosis shows (RFC 5280)."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass

from ringback.diagnosis.layer.tls.certificate.der import (
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    DERError,
    Element,
    at_least,
    elements,
    identifier,
    sequence,
)
from ringback.diagnosis.layer.tls.certificate.key import key_of, signature_of
from ringback.diagnosis.layer.tls.spoken import plain

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
_MOST_NAMES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate.

    Attributes:
        subject: Whom it is for, as ``CN=…, O=…``.
        issuer: Who signed it.
        names: Host names and addresses it is for (subjectAltName), at most 100.
        not_before: From when on it is valid.
        not_after: Until when.
        serial: Number given by the issuer, hexadecimal.
        sha256: Hash of the whole certificate, hexadecimal.
        self_signed: Whether subject and issuer are the same.
        is_authority: Whether it may sign others.
        ca_issuers: Where the issuer's certificate can be fetched.
        key: Kind and size of its key: ``RSA 2048``, ``EC P-256`` …
        signature: How it was signed.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime
    serial: str
    sha256: str
    self_signed: bool
    is_authority: bool
    ca_issuers: tuple[str, ...]
    key: str
    signature: str


def certificate(der: bytes) -> Certificate:
    """Return the fields of a certificate."""
    signed, algorithm, *_ = at_least(sequence(der), 2)
    fields = list(elements(signed.content))
    if fields and fields[0].tag == _EXPLICIT_VERSION:
        del fields[0]
    serial, _, issuer, validity, subject, key, *rest = at_least(fields, 6)
    not_before, not_after, *_ = at_least(elements(validity.content), 2)
    extensions = _extensions(rest)
    return Certificate(
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
        key=key_of(key),
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
    return plain(value.content[:400].decode(encoding, "replace"), 100)


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
    for one in rest:
        if one.tag == _EXPLICIT_EXTENSIONS:
            for extension in sequence(one.content):
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
            found.append(plain(name.content[:253].decode("ascii", "replace"), 253))
        elif name.tag == _NAME_ADDRESS and len(name.content) in {4, 16}:
            found.append(str(ipaddress.ip_address(name.content)))
    return tuple(found[:_MOST_NAMES])


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
            found.append(plain(place.content.decode("ascii", "replace"), 200))
    return tuple(found[:4])
