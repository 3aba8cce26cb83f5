"""Handshakes and chains of certificates as readings."""

from __future__ import annotations

import re
import ssl
import time
from typing import TYPE_CHECKING, Any, Literal

from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.facts import ChainFacts, HandshakeFacts
from ringback.diagnosis.layer.opening import subject_of
from ringback.diagnosis.layer.spoken import printable, printable_text
from ringback.diagnosis.layer.x509 import DERError, ParsedCertificate, parse_certificate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.fact_values import CertificateFacts
    from ringback.diagnosis.layer.tls_handshake import Handshake, TlsChannel


def matches(names: Iterable[str], host: str) -> bool:
    """Return whether a host is among the names of a certificate."""
    wanted = _plain(host)
    address = address_of(wanted)
    if address is not None:
        return any(address_of(name) == address for name in names)
    return any(_is_for(_plain(name), wanted) for name in names)


def _is_for(name: str, host: str) -> bool:
    if not name.startswith("*."):
        return name == host
    _, dot, rest = host.partition(".")
    return bool(dot) and rest == name[2:] and "." in rest


def _plain(name: str) -> str:
    name = name.strip("[]").partition("%")[0].rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


_WORD = re.compile(r"[^\W\d_]{2,}")
_GENERIC_WORDS = """
ca cas root roots authority authorities certificate certificates certification certifying
issuing issuer intermediate sub subordinate trust trusted tls ssl rsa ecc ecdsa sha server
services service global public primary class network networks secure security digital web
inc ltd llc corp corporation gmbh co limited company organization test lab local internal
private the of and for
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
"""Words in the names of authorities that say nothing of who they are."""
_INTERMEDIATE = frozenset({"intermediate", "issuing", "sub", "subordinate"})

Role = Literal["root", "intermediate"]


def role_of(issuer: str) -> Role | None:
    """Return what an authority calls itself; ``None``: neither."""
    words = _words(issuer)
    if words & _INTERMEDIATE:
        return "intermediate"
    return "root" if words & {"root", "roots"} else None


def kin_of(issuer: str, ssl_context: ssl.SSLContext) -> str | None:
    """Return a trusted authority whose name has a word in common with the issuer's."""
    wanted = _words(issuer) - _GENERIC
    for authority in ssl_context.get_ca_certs():
        name = _name(authority.get("subject"))
        if wanted & _words(name):
            return name[:200]
    return None


def _words(name: str) -> frozenset[str]:
    values = " ".join(part.partition("=")[2] for part in name.split(", ") if part[:2] != "C=")
    return frozenset(word.lower() for word in _WORD.findall(values))


def _name(subject: Any) -> str:
    """The ``ssl`` module's tuples of tuples as ``CN=…, O=…``."""
    short = {"commonName": "CN", "organizationName": "O"}
    pairs = (pair for relative in subject or () for pair in relative)
    return ", ".join(f"{short[key]}={value}" for key, value in pairs if key in short)


_TLS_1_3 = 0x0304
_MAX_CERTIFICATES = 10
"""Certificates read; OpenSSL itself stops at 100."""


def chain_of(channel: TlsChannel) -> tuple[list[bytes], bool]:
    """Return the certificates that a server sent, as DER, and whether they are all it sent."""
    seen = channel.messages
    if seen is not None and seen.certificate:
        return _parsed(seen.certificate, with_context=seen.version == _TLS_1_3), True
    return _told(channel.tls)


def certificates(chain: list[bytes]) -> list[ParsedCertificate]:
    """Return the certificates of a chain that can be read."""
    read: list[ParsedCertificate] = []
    for der in chain:
        try:
            read.append(parse_certificate(der))
        except DERError:
            continue
    return read


def certificate_path(chain: list[ParsedCertificate]) -> list[ParsedCertificate]:
    """Return the first certificate and those above it, as far as they were sent, in any order."""
    if not chain:
        return []
    found, rest = [chain[0]], list(chain[1:])
    while above := next(
        (certificate for certificate in rest if _is_above(certificate, found[-1])), None
    ):
        rest.remove(above)
        found.append(above)
    return found


def _is_above(certificate: ParsedCertificate, below: ParsedCertificate) -> bool:
    return (
        bool(certificate.subject) and certificate.subject == below.issuer and not below.self_signed
    )


def _parsed(body: bytes, *, with_context: bool) -> list[bytes]:
    """RFC 8446, section 4.4.2; RFC 5246, section 7.4.2."""
    at = 4 + body[0] if with_context else 3
    found: list[bytes] = []
    while at + 3 <= len(body) and len(found) < _MAX_CERTIFICATES:
        length = int.from_bytes(body[at : at + 3])
        at += 3
        found.append(body[at : at + length])
        at += length
        if with_context:
            at += 2 + int.from_bytes(body[at : at + 2])
    return [der for der in found if der]


def _told(tls: ssl.SSLObject | None) -> tuple[list[bytes], bool]:
    """What Python tells, where it cannot be watched."""
    secured: Any = tls
    if hasattr(secured, "get_unverified_chain"):  # Python 3.13
        return list(secured.get_unverified_chain())[:_MAX_CERTIFICATES], True
    try:
        leaf = tls.getpeercert(binary_form=True) if tls is not None else None
    except ValueError:  # the handshake is not done
        leaf = None
    return ([leaf] if leaf else []), False


ISSUER_CODES = frozenset({2, 18, 19, 20, 21, 27})
"""Results of verification that say that nobody who is trusted vouches for the certificate."""
_DAY = 86400.0
_WORDS = {
    "closed": "the connection was closed during the handshake",
    "reset": "the connection was reset during the handshake",
    "timeout": "the handshake was not finished in time",
    "not_tls": "what answers does not speak TLS",
    "unsupported": "no TLS version or cipher in common",
    "protocol": "the rules of TLS were broken",
}


def record_handshake(
    context: DiagnosisContext,
    route: OpenRoute,
    made: Handshake,
    *,
    name: str | None,
    own_certificate: bool,
) -> None:
    """Record what came of a handshake."""
    channel = made.channel
    leaf = next(iter(certificates(chain_of(channel)[0][:1])), None)
    asked = made.client_certificate_asked
    facts = HandshakeFacts(
        address=route.address,
        port=route.port,
        proxied=route.proxy is not None,
        sni=name,
        **_agreed(made),
        error=made.error,
        verify_code=made.verify_code,
        verify_message=made.verify_message and printable_text(made.verify_message),
        alert=made.alert,
        reason=made.reason and printable_text(made.reason, 100),
        sent_something=channel.received > 0,
        first_bytes=printable(channel.first, 100) if made.error == "not_tls" else None,
        **made.confirmed,
        sent=channel.sent,
        received=channel.received,
        client_certificate_asked=asked,
        local_certificate_used=bool(own_certificate and asked is not False),
        days_left=None if leaf is None else _days(leaf.not_after),
    )
    context.record(
        HandshakeFacts,
        subject_of(route),
        state="failed" if made.error else "ok",
        result=_result(made, facts),
        kind=made.kind,
        since=context.now() - made.seconds,
        facts=facts,
    )


def record_chain(
    context: DiagnosisContext, route: OpenRoute, made: Handshake, ssl_context: ssl.SSLContext
) -> None:
    """Record the certificates that came with a handshake, where there were any."""
    sent, as_sent = chain_of(made.channel)
    chain = certificates(sent)
    if not sent:
        return
    leaf = chain[0] if chain else None
    right = leaf is not None and matches(leaf.names, context.asked.host)
    context.record(
        ChainFacts,
        subject_of(route),
        state="noted",
        result=_chain_result(chain),
        facts=ChainFacts(
            chain=[_fields(certificate) for certificate in chain],
            as_sent=as_sent,
            leaf_only=len(sent) == 1,
            matches_name=right,
            key=leaf.key if leaf else None,
            signature=leaf.signature if leaf else None,
            days_left=_days(leaf.not_after) if leaf else None,
            unreadable=len(sent) - len(chain),
            error=made.error,
            **_issuer(chain, made, ssl_context),
        ),
    )


def _agreed(made: Handshake) -> HandshakeFacts:
    tls = made.channel.tls
    done = made.error is None and tls is not None
    cipher = tls.cipher() if tls is not None and done else None
    return {
        "version": tls.version() if tls is not None and done else None,
        "cipher": cipher[0] if cipher else None,
        "alpn": tls.selected_alpn_protocol() if tls is not None and done else None,
        "verified": done,
    }


def _result(made: Handshake, facts: HandshakeFacts) -> str:
    if made.error is None:
        left = facts["days_left"]
        until = "" if left is None else f", certificate valid for {left:.0f} more days"
        return f"{facts['version']}, {facts['cipher']}{until}"
    if made.error == "certificate":
        return f"the certificate was refused: {facts['verify_message'] or facts['reason']}"
    if made.error == "alert":
        return f"the server answered with alert {made.alert} ({facts['reason'] or 'no name'})"
    if made.error == "not_tls":
        return f"{_WORDS['not_tls']}: {facts['first_bytes']!r}"
    silent = "" if facts["sent_something"] else "; the server sent nothing"
    return _WORDS[made.error] + silent


def _issuer(
    chain: list[ParsedCertificate], made: Handshake, ssl_context: ssl.SSLContext
) -> ChainFacts:
    """Who would have to vouch for the last certificate above the leaf, where nobody does."""
    last = certificate_path(chain)[-1] if chain and made.verify_code in ISSUER_CODES else None
    top = None if last is None else last.issuer
    return {
        "issuer_kin": None if top is None else kin_of(top, ssl_context),
        "issuer_role": None if top is None else role_of(top),
        "unsent_issuer": None if last is None or last.self_signed else last.issuer,
    }


def _chain_result(chain: list[ParsedCertificate]) -> str:
    if not chain:
        return "no certificate of the chain can be read"
    leaf = chain[0]
    names = ", ".join(leaf.names[:3]) or "no name"
    more = f" and {len(leaf.names) - 3} more" if len(leaf.names) > 3 else ""
    return (
        f"for {names}{more}; issued by {leaf.issuer or 'nobody named'}; "
        f"until {leaf.not_after:%Y-%m-%d}; {len(chain)} sent"
    )


def _fields(certificate: ParsedCertificate) -> CertificateFacts:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names[:20]),
        "not_before": _rfc3339(certificate.not_before),
        "not_after": _rfc3339(certificate.not_after),
        "days_left": _days(certificate.not_after),
        "serial": certificate.serial,
        "sha256": certificate.sha256,
        "self_signed": certificate.self_signed,
        "is_authority": certificate.is_authority,
        "ca_issuers": list(certificate.ca_issuers),
        "key": certificate.key,
        "signature": certificate.signature,
    }


def _days(moment: dt.datetime) -> float:
    return round((moment.timestamp() - time.time()) / _DAY, 4)  # seconds count where clocks differ


def _rfc3339(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
