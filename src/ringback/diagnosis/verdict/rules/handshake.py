"""Rules about TLS: no handshake came about."""

import re
from collections.abc import Callable

from ringback.diagnosis.facts import (
    HandshakeFacts,
    OldVersionsFacts,
    OtherNameFacts,
    PlainFacts,
    TlsSmallSegmentsFacts,
)
from ringback.diagnosis.model import Alternative
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import Evidence, place_at, protocol_name
from ringback.diagnosis.verdict.rule import (
    Finding,
    black_hole,
    is_unheard,
    need,
    new_rule,
    when_found,
)

_CLIENT_ALERTS = frozenset({42, 43, 44, 45, 46, 48, 49, 116})
_ACCESS_DENIED = 49
_MISMATCH_ALERTS = frozenset({40, 70, 71, 86, 120})


def _failed(evidence: Evidence, *errors: str) -> ReadingOf[HandshakeFacts] | None:
    """Return the first handshake that failed so, unless another one held."""
    if any(reading.state == "ok" for reading in evidence.all(HandshakeFacts)):
        return _late(evidence, errors)
    for reading in evidence.all(HandshakeFacts):
        if reading.state == "failed" and (not errors or reading.facts["error"] in errors):
            return reading
    return None


def _ended(*errors: str) -> Callable[[Evidence], ReadingOf[HandshakeFacts] | None]:
    return lambda evidence: _failed(evidence, *errors)


def _late(evidence: Evidence, errors: tuple[str, ...]) -> ReadingOf[HandshakeFacts] | None:
    """Return a TLS 1.3 handshake whose alert came behind it, on the first read."""
    late = [
        reading
        for reading in evidence.all(HandshakeFacts, error="alert")
        if reading.state == "failed"
    ]
    return late[-1] if late and "alert" in errors else None


def _spoken(evidence: Evidence) -> ReadingOf[PlainFacts] | None:
    return next((reading for reading in evidence.all(PlainFacts) if reading.facts["speaks"]), None)


def _plain_port(evidence: Evidence) -> Finding | None:
    failed, spoken = _failed(evidence), _spoken(evidence)
    if (
        failed is None
        or spoken is None
        or spoken.facts["speaks"] not in {"http", "markup", evidence.protocol}
    ):
        return None
    if failed.facts["alert"] or spoken.facts["plain_to_tls"]:
        return None
    return Finding(
        _in_plain(evidence, failed, spoken),
        (failed, spoken),
        advice=_plain_advice(evidence),
    )


def _in_plain(
    evidence: Evidence, failed: ReadingOf[HandshakeFacts], spoken: ReadingOf[PlainFacts]
) -> str:
    place, speaks = place_at(evidence.host, failed.facts["port"]), spoken.facts["speaks"]
    if speaks in {"http", "markup"} and evidence.asked.get("scheme") == "https":
        return f"{place} answers plain HTTP: use http://."
    plain = "plain " if speaks in {"http", "markup", evidence.protocol} else ""
    return f"{place} answers {plain}{protocol_name(speaks)}, not TLS."


def _plain_advice(evidence: Evidence) -> tuple[str, ...]:
    if evidence.asked["scheme"] != "https":
        return ("Use the protocol without TLS, or the port with TLS.",)
    return (
        f"Use `http://{evidence.place}` if the service is meant to be unencrypted there.",
        "Otherwise use its TLS port, or set up TLS in the service.",
    )


def _other_protocol(evidence: Evidence) -> Finding | None:
    failed, spoken = _failed(evidence), _spoken(evidence)
    if failed is None or spoken is None or spoken.facts["speaks"] in {"nothing", "tls"}:
        return None
    return Finding(
        _in_plain(evidence, failed, spoken),
        (failed, spoken),
    )


def _client_certificate(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, "alert", "closed", "reset"))
    alert = failed.facts["alert"]
    asked = bool(failed.facts["client_certificate_asked"])
    sent = bool(failed.facts["local_certificate_used"])
    if alert not in _CLIENT_ALERTS and not (asked and alert in {40, None}):
        return None
    if failed.facts["client_certificate_asked"] is False and _is_about_name(evidence, alert):
        return None
    what = "does not accept this program's certificate" if sent else "requires a client certificate"
    return Finding(
        f"{evidence.place} {what}"
        f"{f' (alert {alert})' if alert is not None else ', and ends the connection without one'}.",
        (failed,),
        kind="tls.bad_client_auth_cert",
        confidence=0.95
        if alert in _CLIENT_ALERTS and failed.facts["client_certificate_asked"] is not False
        else 0.75,
    )


def _is_about_name(evidence: Evidence, alert: object) -> bool:
    """Whether no certificate was asked for, and the alert may as well be about the server's name."""
    named = evidence.first(OtherNameFacts, works=True)
    return named is not None or alert == _ACCESS_DENIED


_VERSIONS = frozenset({"TLSv1.2", "TLSv1.3"})
_OLD_RENEGOTIATION = "UNSAFE_LEGACY_RENEGOTIATION_DISABLED"
_CURRENT = re.compile(r"(ECDHE-.*|TLS_.*)(GCM|POLY1305)")
"""Names of ciphers that nobody gives up without a policy of his own."""


def _old_tls(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, "alert", "protocol", "unsupported", "closed", "reset"))
    old = evidence.first(OldVersionsFacts, works=True)
    if failed.facts["reason"] == _OLD_RENEGOTIATION:
        return Finding(
            f"{evidence.place} lacks secure renegotiation (RFC 5746), without which OpenSSL 3 "
            "shakes hands with nobody.",
            (failed, *([old] if old else [])),
            kind=failed.kind,
            advice=_RENEGOTIATION_ADVICE,
        )
    old = need(old)
    version, cipher = old.facts["version"], str(old.facts["cipher"] or "")
    if old.facts["offered"] is False and version in _VERSIONS and _CURRENT.match(cipher):
        return Finding(
            f"{evidence.place} answers in {version} with {cipher}, which this host's policy for "
            "OpenSSL does not permit.",
            (failed, old),
            where="this host",
            advice=_POLICY_ADVICE,
        )
    return Finding(
        f"{evidence.place} supports only {old.facts['version'] or 'an old TLS'} "
        f"({old.facts['cipher'] or 'an old cipher'}), which this program no longer accepts.",
        (failed, old),
    )


_RENEGOTIATION_ADVICE = (
    "Update the server, or the device before it that ends TLS.",
    "If it cannot change, make a context for this one host with `options |= ssl.OP_LEGACY_SERVER_CONNECT` (0x4).",
)
_POLICY_ADVICE = (
    "Let the server offer what the policy permits, TLS 1.3 at best.",
    "Or look for `MinProtocol`, `MaxProtocol` and `CipherString` in this host's `openssl.cnf`, or the file that `OPENSSL_CONF` names.",
)


def _sni(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, "alert", "closed", "reset", "timeout"))
    other = evidence.first(OtherNameFacts, works=True)
    if failed.facts["alert"] == 112:
        return Finding(f"The server does not know the name {evidence.host} (SNI).", (failed,))
    if other is None:
        return None
    return Finding(
        f"The handshake fails when it names {evidence.host}, and works without the name: "
        "a filter on the path, or a server that does not serve this name.",
        (failed, other),
        kind=failed.kind,
        where="path",
        confidence=0.8,
    )


def _mismatch(evidence: Evidence) -> Finding | None:
    failed = _failed(evidence, "alert", "protocol", "unsupported")
    if failed is None or not (
        failed.facts["alert"] in _MISMATCH_ALERTS or failed.kind == "tls.version_or_cipher_mismatch"
    ):
        return None
    return Finding(
        f"{evidence.place} and this program have no TLS version or cipher in common "
        f"({failed.result}).",
        (failed,),
        confidence=0.75,
        alternatives=()
        if failed.facts["alert"] != 40
        else (
            Alternative(
                kind="tls.bad_client_auth_cert",
                cause="client_certificate_wanted",
                where="this program",
                summary="The server requires a client certificate (TLS 1.2 signals it with alert 40).",
                check="ask its operators; try with a client certificate",
            ),
        ),
    )


def _black_hole(evidence: Evidence) -> Finding | None:
    failed = _failed(evidence, "timeout")
    if evidence.first(OtherNameFacts, works=True):
        return None  # packets as large came through, for another name
    return black_hole(evidence, TlsSmallSegmentsFacts, failed, "the handshake stalls, and works")


def _lost(evidence: Evidence) -> Finding | None:
    failed = _failed(evidence, "timeout")
    if failed is None or not is_unheard(failed):
        return None
    return Finding(
        f"The connection to {evidence.place} opens, but what is sent over it is lost.",
        (failed,),
        kind=failed.kind,
        where="path",
        confidence=0.8,
    )


def _silent(evidence: Evidence) -> Finding | None:
    failed = need(_failed(evidence, "timeout"))
    return Finding(
        f"{evidence.place} accepts the connection and does not answer the TLS handshake.",
        (failed, *evidence.all(PlainFacts)),
        confidence=0.85,
        alternatives=(
            Alternative(
                kind="tls.timed_out",
                cause="tls_on_plain_port",
                where="this program",
                summary="The port serves another protocol, which waits for its own request.",
                check="compare the port with the service's configuration",
            ),
        ),
    )


SECURE = (
    new_rule("tls_on_plain_port", "tls.protocol.error.not_tls", "this program")(
        meaning="TLS was used on a port that is not encrypted.",
        decided_by="the handshake fails, and an unencrypted request is answered in the protocol",
        when=_plain_port,
        advice=("Use the protocol without TLS, or the port with TLS.",),
    ),
    new_rule("other_protocol", "tls.protocol.error.not_tls", "this program")(
        meaning="Another protocol answers on the port.",
        decided_by="the handshake fails, and the service's greeting is of another protocol",
        when=_other_protocol,
        advice=(
            "Compare {place} with the service's configuration: another service listens there.",
        ),
    ),
    new_rule("client_certificate_wanted", "tls.bad_client_auth_cert", "this program")(
        meaning="The server requires a client certificate, or rejects the one given.",
        decided_by="alert 42 to 46, 48, 49 or 116, or a CertificateRequest before the end",
        when=_client_certificate,
        advice=(
            "Give the program a certificate and its key: `cert=('client.pem', 'client.key')`, or `load_cert_chain()`.",
            "Ask the owner of {host} which authority must have issued it; `openssl x509 -noout -dates -issuer -in client.pem` shows who issued yours.",
        ),
    ),
    new_rule("old_tls", "tls.version_or_cipher_mismatch", "their service")(
        meaning="The server supports only versions or ciphers that are no longer secure.",
        decided_by="the handshake fails, and works with old versions and ciphers allowed, or OpenSSL says that secure renegotiation is missing",
        when=_old_tls,
        advice=(
            "Update the server to TLS 1.2 or 1.3 with current ciphers.",
            "If it cannot change, make a context for this one host with `minimum_version` and `set_ciphers('DEFAULT@SECLEVEL=0')`.",
        ),
    ),
    new_rule("mtu_black_hole", "tls.timed_out", "path")(
        meaning="Full-size packets are lost on the path, small ones pass.",
        decided_by="the handshake times out, and works at once with TCP_MAXSEG=536",
        when=_black_hole,
        layer="ip",
        advice=(
            "Allow ICMP fragmentation-needed (3/4, IPv6 2/0) through all firewalls on the path.",
            "Or clamp the segment size on the router or VPN: `--clamp-mss-to-pmtu`.",
            "Until then lower the MTU here: `ip link set dev {interface} mtu 1280`.",
        ),
    ),
    new_rule("sni_unknown", "tls.unrecognized_name_alert", "their service")(
        meaning="The handshake fails because of the name in it (SNI).",
        decided_by="alert 112, or the handshake works without the name",
        when=_sni,
        advice=(
            "Add {host} to the server, CDN or load balancer: it has no site of this name.",
            "If it has, a filter on the path reads the name: compare from another network.",
        ),
    ),
    new_rule("tls_mismatch", "tls.version_or_cipher_mismatch", "their service")(
        meaning="Client and server have no TLS version, cipher or application protocol in common.",
        decided_by="alert 40, 70, 71, 86 or 120, or OpenSSL's own refusal",
        when=_mismatch,
        advice=(
            "Update the server to TLS 1.2 or 1.3 with current ciphers, and with a certificate that they can use.",
            "If the client is the old one, update Python and OpenSSL: `python -c 'import ssl; print(ssl.OPENSSL_VERSION)'`.",
        ),
    ),
    new_rule("not_tls", "tls.protocol.error.not_tls", "this program")(
        meaning="The answer is not TLS.",
        decided_by="the first bytes are not a TLS record",
        when=when_found(
            _ended("not_tls"),
            lambda evidence, _: f"The answer of {evidence.place} is not TLS.",
            confidence=0.85,
        ),
        advice=(
            "Compare {place} with the service's configuration: what listens there does not speak TLS.",
        ),
    ),
    new_rule("path_lost", "tls.timed_out", "path")(
        meaning="The connection opens, but nothing that is sent arrives.",
        decided_by="the handshake times out and the peer's kernel acknowledges nothing (TCP_INFO)",
        when=_lost,
        layer="ip",
        advice=(
            "Look for a firewall or load balancer between {source} and {address} that has lost the connection's state.",
            "{else}Look for a firewall or load balancer that lost the connection's state.",
        ),
    ),
    new_rule("handshake_silent", "tls.timed_out", "their service")(
        meaning="The connection is accepted, but the handshake gets no answer.",
        decided_by="the handshake times out, the peer's kernel has acknowledged it",
        when=_silent,
        advice=(
            "Look at the load and the log of the service on {place}: it has got the ClientHello, and hangs.",
            "Check that port {port} is meant to speak TLS.",
        ),
    ),
    new_rule("handshake_cut", "tls.closed", "their service")(
        meaning="The connection is closed or reset within the handshake.",
        decided_by="an end, a reset or an alert before the handshake is done",
        when=when_found(
            _ended("closed", "reset", "alert", "protocol", "unsupported"),
            lambda evidence, failed: f"{evidence.place} aborts the TLS handshake: {failed.result}.",
            confidence=0.8,
            own_kind=True,
        ),
        advice=(
            "Look into the log of the server or load balancer at this time: it may lack a certificate for {host}.",
            "Compare from another network: `ringback compare here.json there.json`; a filter on the path cuts as well.",
        ),
    ),
)
