"""Rules about the certificate: the handshake came through, its proof did not."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from ringback.diagnosis.fact_values import CertificateFacts, address_of
from ringback.diagnosis.facts import ChainFacts, HandshakeFacts, SystemStoreFacts, TrustFacts
from ringback.diagnosis.host_facts import ClockFacts
from ringback.diagnosis.model import Alternative, Facts
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import PRIVATE_NETWORKS, Evidence
from ringback.diagnosis.verdict.rule import Finding, need, new_rule

# Who looks into TLS on behalf of a network's owner, or of this host's, by the issuer's name.

_NAMES = """
adguard avast barracuda bitdefender bluecoat checkpoint cyberoam decryption fiddler firewall
forcepoint fortigate fortinet iboss inspection intercept interception kaspersky kerio
lightspeed mitmproxy netskope nortonlifelock portswigger proxyman qustodio sangfor securly
smoothwall sonicwall sophos squid stormshield trendmicro umbrella untangle watchguard websense
zscaler
"""
_PHRASES = """
anti-virus, antivirus, blue coat, cato networks, charles proxy, check point, cisco secure web,
cloudflare gateway, content filter, corporate proxy, dr.web, eset ssl, gateway ca - cloudflare,
mail shield, mcafee web, menlo security, norton web, palo alto, proxy ca, skyhigh security, ssl
filter, ssl proxy, symantec web, tls proxy, trend micro, web filter, web gateway, web shield
"""
_INSPECTORS = (*_NAMES.split(), *_PHRASES.replace("\n", " ").strip().split(", "))


def inspects(issuer: str) -> bool:
    """Return whether the name of an issuer is that of a product which ends TLS to look into it."""
    text = issuer.lower()
    return any(word in text for word in _INSPECTORS)


_DAY = 86400.0

MIN_CLOCK_DIFFERENCE = 60.0
"""Seconds by which clocks differ when it is looked whether a date error is ours."""

MIN_CLOCK_SKEW = 3600.0
"""The same where the dates of the certificates are not known."""

_EXPIRED, _NOT_YET = frozenset({10}), frozenset({9})
_NAME = frozenset({62, 64})
_SELF_SIGNED, _ROOT = frozenset({18}), frozenset({19})
_ISSUER = frozenset({2, 20, 21, 27})
_WEAK = frozenset({66, 67, 68})
_REVOKED = frozenset({23})


def _failed(
    evidence: Evidence, codes: frozenset[int] | None = None
) -> ReadingOf[HandshakeFacts] | None:
    """Return the first handshake that failed for its certificate, unless another one held."""
    if evidence.secured:
        return None
    for reading in evidence.all(HandshakeFacts, error="certificate"):
        if codes is None or reading.facts["verify_code"] in codes:
            return reading
    return None


def _chain(evidence: Evidence) -> tuple[list[CertificateFacts], tuple[ReadingOf[ChainFacts], ...]]:
    read = evidence.first(ChainFacts)
    return (list(read.facts["chain"] or ()), (read,)) if read else ([], ())


def _offset(evidence: Evidence) -> tuple[float, tuple[ReadingOf[ClockFacts], ...]]:
    clock = evidence.first(ClockFacts)
    return (float(clock.facts["offset"] or 0.0), (clock,)) if clock else (0.0, ())


def _leaf(evidence: Evidence) -> CertificateFacts:
    chain, _ = _chain(evidence)
    return chain[0] if chain else cast("CertificateFacts", Facts())


def _clock(evidence: Evidence) -> Finding | None:
    failed = _failed(evidence, _EXPIRED | _NOT_YET)
    offset, readings = _offset(evidence)
    ahead = offset > 0
    if failed is None or ahead != (failed.facts["verify_code"] in _EXPIRED):
        return None
    held = _held(evidence, offset)
    if held is False or abs(offset) < (MIN_CLOCK_SKEW if held is None else MIN_CLOCK_DIFFERENCE):
        return None
    return Finding(
        f"This host's clock is {_span(abs(offset))} {'fast' if ahead else 'slow'}: by the "
        f"server's clock, the certificate of {evidence.host} is valid.",
        (failed, *readings, *_chain(evidence)[1]),
        kind=failed.kind,
        confidence=0.85,
        alternatives=(
            Alternative(
                kind=failed.kind or "tls.cert.invalid",
                cause="certificate_expired" if ahead else "certificate_not_yet_valid",
                where="their certificate",
                summary="The server's clock is wrong, and its certificate is not valid.",
                check="compare `date -u` with another machine",
            ),
        ),
    )


def _held(evidence: Evidence, offset: float) -> bool | None:
    """Return whether what is out of date here is valid by the server's clock; ``None``: unknown."""
    doubtful = []
    for certificate in _chain(evidence)[0]:
        begins, ends = _moment(certificate["not_before"]), _moment(certificate["not_after"])
        days = certificate["days_left"]
        if begins is None or ends is None or days is None:
            return None
        here = ends - days * _DAY
        if not begins <= here <= ends:
            doubtful.append(begins <= here - offset <= ends)
    return all(doubtful) if doubtful else None


def _moment(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _span(seconds: float) -> str:
    if seconds >= 2 * 86400:
        return f"{seconds / 86400:.0f} days"
    return f"{seconds / 3600:.0f} hours" if seconds >= 2 * 3600 else f"{seconds / 60:.0f} minutes"


def _date_of(chain: list[CertificateFacts], *, expired: bool) -> str:
    """Return the date that is to blame, of whichever certificate of the chain it is."""
    if expired:
        over = [cert for cert in chain if (cert["days_left"] or 0.0) < 0] or chain[:1]
        date = over[0]["not_after"] if over else None
    else:
        date = max((cert["not_before"] or "" for cert in chain), default=None)
    return f" ({date[:10]})" if date else ""


def _name(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, _NAME))
    names = [str(name) for name in _leaf(evidence)["names"] or ()]
    held = f"it is for {', '.join(names[:3])}" if names else "it names no host"
    if len(names) > 3:
        held += f" and {len(names) - 3} more"
    return Finding(
        f"The certificate is not for {evidence.host}: {held}.",
        (failed, *_chain(evidence)[1]),
    )


def _self_signed(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, _SELF_SIGNED))
    return Finding(
        f"The certificate of {evidence.host} is self-signed: no authority has signed it."
        f"{_ended(evidence)}",
        (failed, *_chain(evidence)[1]),
    )


def _ended(evidence: Evidence) -> str:
    """Return what comes next once it is trusted: OpenSSL reports one error at a time."""
    days = _leaf(evidence)["days_left"]
    return " It has also expired." if days is not None and days < 0 else ""


def _issuers(evidence: Evidence) -> list[str]:
    chain, _ = _chain(evidence)
    return [str(cert["issuer"] or "") for cert in chain]


def _intercepted(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, _ROOT | _ISSUER | _SELF_SIGNED | _NAME))
    named = next((issuer for issuer in _issuers(evidence) if inspects(issuer)), None)
    local = evidence.first(SystemStoreFacts, verified=True)
    if named is None and (local is None or _is_private(evidence)):
        return None
    who = named or _authority(evidence)
    known = "; this host's own store trusts it" if local else ""
    return Finding(
        f"TLS to {evidence.host} is intercepted: the certificate was issued by {who}{known}.",
        (failed, *_chain(evidence)[1], *([local] if local else [])),
        kind=failed.kind,
        confidence=0.9 if named else 0.6,
        alternatives=_instead(evidence, named),
    )


def _instead(evidence: Evidence, named: str | None) -> tuple[Alternative, ...]:
    if named is None:
        return (_OWN_AUTHORITY,)
    return (_OF_THE_DEVICE,) if _is_private(evidence) else ()


_OF_THE_DEVICE = Alternative(
    kind="tls.cert.authority_invalid.unknown_issuer",
    cause="certificate_unknown_issuer",
    where="their certificate",
    summary="The target is such a device itself, and shows the certificate that it came with.",
    check="ask what stands at this address",
)


def _authority(evidence: Evidence) -> str:
    return (_issuers(evidence) or ["an authority of this host"])[-1]


def _is_private(evidence: Evidence) -> bool:
    """Return whether the target is in a network of somebody's own, as is who issues there."""
    addresses = [found for text in evidence.addresses if (found := address_of(text)) is not None]
    return bool(addresses) and all(
        any(address in network for network in PRIVATE_NETWORKS) for address in addresses
    )


def _own_authority(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, _ROOT | _ISSUER))
    local = need(evidence.first(SystemStoreFacts, verified=True))
    return Finding(
        f"The certificate of {evidence.host} was issued by {_authority(evidence)}, which this "
        "host's own store trusts, and this program does not.",
        (failed, *_chain(evidence)[1], local),
        kind=failed.kind,
        alternatives=(
            Alternative(
                kind=failed.kind or "tls.cert.authority_invalid.untrusted_root",
                cause="tls_interception",
                where="this network",
                summary="A device on the network decrypts TLS with an authority of its own.",
                check="compare the issuer as seen from another network",
            ),
        ),
    )


_OWN_AUTHORITY = Alternative(
    kind="tls.cert.authority_invalid.unknown_issuer",
    cause="certificate_own_authority",
    where="this program",
    summary="It is the service's own: a company's authority, which this host's store trusts and "
    "this program does not.",
    check="ask who issued it",
)


def _store_missing(evidence: Evidence) -> Finding | None:
    trust = evidence.first(TrustFacts, loaded=False)
    if trust is None or evidence.secured:
        return None
    failed = _failed(evidence, _ROOT | _ISSUER)
    return Finding(
        f"The trusted authorities cannot be read from {trust.facts['path']} "
        f"({trust.facts['source']}): {trust.facts['error'] or trust.result}.",
        (trust, *([failed] if failed else [])),
    )


def _missing_intermediate(evidence: Evidence) -> Finding | None:
    failed = _failed(evidence, _ISSUER)
    read = evidence.first(ChainFacts)
    if failed is None or read is None or read.facts["issuer_role"] == "root":
        return None
    unsent, kin = read.facts["unsent_issuer"], read.facts["issuer_kin"]
    # That a private authority's root is nowhere to be fetched tells it from a public one's.
    fetched = read.facts["leaf_only"] and _leaf(evidence)["ca_issuers"]
    if not unsent or not (kin or fetched):
        return None
    return Finding(
        f"The server sends the certificate of {evidence.host} without the intermediate "
        f"certificate that leads to a trusted authority ({unsent}).",
        (failed, read),
        confidence=0.85,
        alternatives=(_PRIVATE,) if not kin else (),
    )


_PRIVATE = Alternative(
    kind="tls.cert.authority_invalid.unknown_issuer",
    cause="certificate_unknown_issuer",
    where="this program",
    summary="The issuer is a private authority that this program does not trust.",
    check="ask who issued it; trust its root with SSL_CERT_FILE or `--ca FILE`",
)


def _unknown_issuer(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, _ROOT | _ISSUER))
    issuer = next(
        (issuer for issuer in reversed(_issuers(evidence)) if issuer), "an unknown authority"
    )
    return Finding(
        f"The certificate of {evidence.host} was issued by {issuer}, which this program does not "
        f"trust.{_ended(evidence)}",
        (failed, *_chain(evidence)[1]),
        kind=failed.kind,
        alternatives=(
            *((_UNSENT,) if _may_be_unsent(evidence) else ()),
            *(() if _is_private(evidence) else (_UNKNOWN_DEVICE,)),
        ),
    )


def _may_be_unsent(evidence: Evidence) -> bool:
    """Return whether the leaf came alone, and its issuer is not known to be a root."""
    facts = evidence.facts(ChainFacts)
    return bool(facts["leaf_only"] and facts["unsent_issuer"]) and facts["issuer_role"] != "root"


_UNSENT = Alternative(
    kind="tls.cert.authority_invalid.unknown_issuer",
    cause="certificate_missing_intermediate",
    where="their certificate",
    summary="Its issuer is an intermediate authority whose certificate the server does not send.",
    check="look whether the issuer is a public authority's; if so the server lacks the full chain",
)
_UNKNOWN_DEVICE = Alternative(
    kind="tls.cert.authority_invalid.unknown_issuer",
    cause="tls_interception",
    where="this network",
    summary="A device on the network decrypts TLS with an authority of its own.",
    check="compare the issuer as seen from another network, or from a phone without Wi-Fi",
)


def _coded(
    codes: frozenset[int], words: str, *, dated: bool = False
) -> Callable[[Evidence], Finding]:
    """Return the condition of a rule that the result of the verification decides."""

    def when(evidence: Evidence) -> Finding:
        failed = need(_failed(evidence, codes))
        chain, read = _chain(evidence)
        date = _date_of(chain, expired=codes == _EXPIRED) if dated else ""
        clock = _offset(evidence)[1] if dated else ()
        return Finding(
            f"The certificate of {evidence.host} {words}{date}.",
            (failed, *read, *clock),
            alternatives=(_CLOCK,) if dated and not clock else (),
        )

    return when


_CLOCK = Alternative(
    kind="tls.cert.date_invalid.expired",
    cause="clock_wrong",
    where="this host",
    summary="This host's clock is wrong: the server says no time that it could be compared with.",
    check="compare `date -u` with another machine",
)


def _invalid(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence))
    return Finding(
        f"The certificate of {evidence.host} is not accepted: "
        f"{failed.facts['verify_message'] or failed.result}.",
        (failed, *_chain(evidence)[1]),
        kind=failed.kind,
    )


CERTIFICATE = (
    new_rule("clock_wrong", "tls.cert.date_invalid.expired", "this host")(
        meaning="The certificate is valid; this host's clock is wrong.",
        decided_by="a date error, while the certificate is valid by the server's Date header",
        when=_clock,
        advice=(
            "Set this host's clock: `timedatectl set-ntp true`, or `chronyc makestep`; if it is wrong again after a restart, its battery is empty.",
        ),
    ),
    new_rule("trust_store_missing", "config.tls_files_invalid", "this program")(
        meaning="The file of trusted authorities cannot be read.",
        decided_by="the configured file (variable, library or option) cannot be loaded",
        when=_store_missing,
        advice=(
            "Correct the path in {trust_source}: {trust_path} must be there, readable, and hold certificates (PEM).",
            "Or unset it: then the default authorities are used.",
        ),
    ),
    new_rule("tls_interception", "tls.cert.authority_invalid.untrusted_root", "this network")(
        meaning="A device on the network decrypts TLS with an authority of its own.",
        decided_by="an untrusted issuer that is known for TLS inspection, or that only this "
        "host's own store trusts",
        when=_intercepted,
        advice=(
            "Trust the network's authority: name its file in `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`.",
            "Or have {host} exempted from inspection.",
            "If nobody knows of it, do not trust it: it may be an attack.",
        ),
    ),
    new_rule(
        "certificate_own_authority", "tls.cert.authority_invalid.unknown_issuer", "this program"
    )(
        meaning="A private authority issued it, which this host trusts and this program does not.",
        decided_by="verify code 2, 19, 20 or 21, while this host's own store accepts it, and the target has a private address",
        when=_own_authority,
        confidence=0.8,
        advice=(
            "Let the program use this host's store: `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, or the package truststore.",
        ),
    ),
    new_rule("certificate_expired", "tls.cert.date_invalid.expired", "their certificate")(
        meaning="The certificate, or one above it, has expired.",
        decided_by="verify code 10, and the clocks agree as far as known",
        when=_coded(_EXPIRED, "has expired", dated=True),
        advice=(
            "Renew the certificate and reload the server; if only some connections fail, check every node behind the balancer.",
            "If it is not yours, tell the owner of {host}.",
            "{else}Tell the owner of the service.",
        ),
    ),
    new_rule(
        "certificate_not_yet_valid", "tls.cert.date_invalid.not_yet_valid", "their certificate"
    )(
        meaning="The certificate is not valid yet.",
        decided_by="verify code 9, and the clocks agree as far as known",
        when=_coded(_NOT_YET, "is not valid yet", dated=True),
        advice=(
            "Have the server use the certificate before it until {from}, or have this one issued anew.",
            "If many certificates are not valid yet, it is this host's clock: `date -u`.",
        ),
    ),
    new_rule("certificate_wrong_name", "tls.cert.name_invalid", "their certificate")(
        meaning="The certificate is for other names.",
        decided_by="verify code 62 or 64",
        when=_name,
        advice=(
            "Call the service by a name that its certificate lists, as {cert_name}.",
            "If the server is yours, issue a certificate that lists {host} as Subject Alternative Name, or have it serve the right one for this name.",
            "{if_named}If {host} should not lead to {address}, correct its record.",
            "{else}Call the service by a name that its certificate lists.",
        ),
    ),
    new_rule(
        "certificate_self_signed", "tls.cert.authority_invalid.self_signed", "their certificate"
    )(
        meaning="The certificate is self-signed.",
        decided_by="verify code 18",
        when=_self_signed,
        advice=(
            "Give the service a certificate from an authority: a public one, or your own.",
            "Until then get its certificate from its owner, compare the fingerprint, and trust that file: `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`.",
        ),
    ),
    new_rule(
        "certificate_missing_intermediate",
        "tls.cert.authority_invalid.unknown_issuer",
        "their certificate",
    )(
        meaning="The server does not send every certificate between its own and the root.",
        decided_by="verify code 20 or 21, the issuer of the leaf is not sent, and a trusted authority has the same name, or the leaf comes alone and names where its issuer is",
        when=_missing_intermediate,
        advice=(
            "On the server install the full chain (`fullchain.pem`), not the leaf alone.",
            "Browsers hide this: they fetch or remember the missing certificate.",
        ),
    ),
    new_rule(
        "certificate_unknown_issuer",
        "tls.cert.authority_invalid.unknown_issuer",
        "their certificate",
    )(
        meaning="The chain ends in an authority that this program does not trust.",
        decided_by="verify code 2, 19, 20 or 21",
        when=_unknown_issuer,
        advice=(
            "If the issuer is an authority of your own, name the file with its root in `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`.",
            "If it is a public one, update this program's authorities: `pip install -U certifi`, or the package `ca-certificates`.",
            "If nobody knows it, do not trust it: something may answer in place of {host}.",
            "{else}Ask the owner of the service who issued it.",
        ),
    ),
    new_rule("certificate_weak", "tls.cert.invalid", "their certificate")(
        meaning="Its key or its signature is too weak.",
        decided_by="verify code 66, 67 or 68, or a key that OpenSSL's security level refuses",
        when=_coded(_WEAK, "has a key or a signature that is too weak"),
        advice=(
            "Issue it anew, with a key of 2048 bits or more and SHA-256: this one's key is {key}, and it is signed by {signature}.",
            "{else}Issue it anew, with a key of 2048 bits or more and SHA-256.",
        ),
    ),
    new_rule("certificate_revoked", "tls.cert.revoked", "their certificate")(
        meaning="Its authority has revoked it.",
        decided_by="verify code 23",
        when=_coded(_REVOKED, "is revoked"),
        advice=(
            "Issue a certificate with a new key and reload every node; until then nobody should go on.",
            "If it is not yours, tell the owner of {host}.",
        ),
    ),
    new_rule("certificate_invalid", "tls.cert.invalid", "their certificate")(
        meaning="The certificate is rejected for another reason.",
        decided_by="any other verify code",
        when=_invalid,
        advice=(
            "Have the certificate, or the one above it, issued anew without that fault.",
            "If it is not yours, tell the owner of {host} what is wrong with it.",
        ),
    ),
)
