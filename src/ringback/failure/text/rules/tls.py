"""What is said of certificates and of TLS itself.

OpenSSL, LibreSSL, GnuTLS, NSS, Schannel, Go, Rust, Node, Java.
"""

from typing import TYPE_CHECKING, Final

from ringback.failure import codes
from ringback.failure.clue import SPECIFIC, TEXT, UMBRELLA
from ringback.failure.codes import (
    CERT_EXPIRED,
    CERT_INVALID,
    CERT_NAME_INVALID,
    CERT_NOT_YET_VALID,
    CERT_REVOKED,
    CERT_SELF_SIGNED,
    CERT_UNKNOWN_ISSUER,
    CERT_UNTRUSTED_ROOT,
)
from ringback.failure.names import KindName
from ringback.failure.text.rule import HINT, NARROWER, SENTENCE, VERDICT, TextRule, says

if TYPE_CHECKING:
    from ringback.failure.model import Phase

# What is said of certificates: OpenSSL, LibreSSL, GnuTLS, NSS, Schannel, Go, Rust, Node, Java.

PINNED: Final = "tls.cert.pinned_key_not_in_cert_chain"
_BEFORE_ITS_TIME = r"certificate has expired or is not yet valid: current time [^\n]{1,60} "

_REFUSED = 62
"""OpenSSL's verdict, which it always follows with the reason; the reason outweighs it."""

CERTIFICATES: list[TextRule] = [
    # its dates
    *says(CERT_EXPIRED, SPECIFIC, "tls")(
        "certificate has expired",
        "certificate is expired",
        "certificate expired",
        "certificateexpired",
        "cert_has_expired",
        "certificate validity period",
        "expired certificate",
        "certificate validity has expired",
        "cert_date_invalid",
        "sec_error_expired_certificate",
    ),
    *says(CERT_NOT_YET_VALID, NARROWER, "tls")(
        "certificate is not yet valid",
        "certificate not yet valid",
        "certificatenotyetvalid",
        "certificate is not yet activated",
        "certificate validity starts in the future",
        "chain uses not yet valid certificate",
        "cert_not_yet_valid",
    ),
    *says(CERT_NOT_YET_VALID, NARROWER, "tls")("is before", before=_BEFORE_ITS_TIME),
    *says(CERT_EXPIRED, SPECIFIC, "tls")("notafter: ", before=r"expired\w{0,12}: "),
    *says(CERT_NOT_YET_VALID, NARROWER, "tls")("notbefore: ", before=r"notyetvalid\w{0,12}: "),
    *says(CERT_EXPIRED, TEXT + 5, "tls")("timestamp check failed", "validity check failed"),
    # its names
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")(
        "doesn't match either of",
        "doesn't match any of the subject alternative names",
        "does not match any of the subject alternative names",
        "https hostname wrong",
        "certificate is not valid for any names",
        "name in the certificate does not match the expected",
        "does not match with the expected cn",
        "squid_x509_v_err_domain_mismatch",
        "x509_v_err_hostname_mismatch",
        "did not match expected hostname",
        "does not match hostname",
        "does not match target host name",
        "hostname verification failed",
        "certificate is not valid for",
        "certificate is valid for",
        "certificate name mismatch",
        "remotecertificatenamemismatch",
        "no alternative certificate subject name matches",
        "no appropriate subjectaltname",
        "no subject alternative",
        "because it doesn't contain any ip sans",
        "certificate relies on legacy common name",
        "not valid for the name",
        "certnotvalidforname",
        "does not match certificate's altnames",
        "err_tls_cert_altname_invalid",
        "err_cert_common_name_invalid",
        "ssl_error_bad_cert_domain",
    ),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")(
        "hostname mismatch",
        "ip address mismatch",
        before=r"(?:ssl|tls|cert|verif|x509)[^\n]{0,160}",
    ),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")(
        "hostname mismatch", "ip address mismatch", then=r",? certificate"
    ),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")(" not verified:", before=r"hostname [^\n]{1,120}"),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")("no name matching", then=r" [^\n]{1,120} found"),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")("doesn't match", before=r"hostname [^\n]{1,120}"),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")(
        "certificate common name", then=r"[^\n]{0,80}doesn't match"
    ),
    *says(CERT_NAME_INVALID, SPECIFIC, "tls")(
        "does not match host name", before=r"certificate for[^\n]{0,120}"
    ),
    # who signed it
    *says(CERT_SELF_SIGNED, SPECIFIC, "tls")(
        "self-signed certificate", "self signed certificate", "depth_zero_self_signed_cert"
    ),
    *says(CERT_UNTRUSTED_ROOT, NARROWER, "tls")(
        "self-signed certificate in certificate chain",
        "self signed certificate in certificate chain",
        "self_signed_cert_in_chain",
        "untrustedroot",
        "certificate is not trusted by",
        "terminated in a root certificate which is not trusted",
        "err_cert_authority_invalid",
    ),
    *says(CERT_UNKNOWN_ISSUER, SPECIFIC, "tls")(
        "unable to get local issuer certificate",
        "unable to get issuer certificate",
        "unable_to_get_issuer_cert",
        "unable to verify the first certificate",
        "unable to verify leaf signature",
        "unable_to_verify_leaf_signature",
        "unable to locally verify the issuer",
        "unable to find valid certification path",
        "trust anchor for certification path not found",
        "path does not chain with any of the trust anchors",
        "no trusted certificate found",
        "not correctly signed by the trusted ca",
        "untrusted certificate chain",
        "certificate signed by unknown authority",
        "signed by an unknown authority",
        "peer certificate cannot be authenticated with given ca certificates",
        "certificate issuer is not recognized",
        "issuer is unknown",
        "unknownissue",
        "sec_error_unknown_issuer",
        "not issued by a trusted",
        "partialchain",
        "certificate not trusted",
        "cert_untrusted",
        "err_tls_cert_signature",
    ),
    *says(CERT_UNKNOWN_ISSUER, TEXT, "tls")("certificate is not trusted"),  # for whatever reason
    *says(CERT_REVOKED, SPECIFIC, "tls")(
        "certificate revoked",
        "certificate is revoked",
        "certificate has been revoked",
        "certificate chain is revoked",
        "cert_revoked",
        "sec_error_revoked_certificate",
    ),
    *says(PINNED, SPECIFIC, "tls")(
        "fingerprints did not match",
        "serverfingerprintmismatch",
        "pinned key",
        "public key pinning",
        "pinned public key",
        "pubkey does not match",
        "certificate pinning failure",
        "pin verification failed",
    ),
    *says(PINNED, SPECIFIC, "tls")("fingerprint mismatch", before=r"SSL[^\n]{0,60}"),
    # OpenSSL's other verification results (x509_txt.c)
    *says(CERT_INVALID, NARROWER, "tls")(
        "unable to decrypt certificate's signature",
        "unable to decode issuer public key",
        "certificate signature failure",
        "crl signature failure",
        "crl is not yet valid",
        "crl has expired",
        "unable to get certificate crl",
        "unable to get crl issuer certificate",
        "format error in certificate's not",
        "certificate chain too long",
        "invalid ca certificate",
        "path length constraint exceeded",
        "unsupported certificate purpose",
        "unsuitable certificate purpose",
        "certificate rejected",
        "subject issuer mismatch",
        "authority and subject key identifier mismatch",
        "authority and issuer serial number mismatch",
        "key usage does not include",
        "unhandled critical extension",
        "invalid or inconsistent certificate extension",
        "invalid or inconsistent certificate policy extension",
        "no explicit policy",
        "permitted subtree violation",
        "excluded subtree violation",
        "name constraints minimum and maximum not supported",
        "unsupported name constraint",
        "ee certificate key too weak",
        "ca certificate key too weak",
        "ca signature digest algorithm too weak",
        "missing authority key identifier",
        "missing subject key identifier",
        "empty subject alternative name",
        "basic constraints of ca cert not marked critical",
        "ca cert does not include key usage extension",
        "certificate issuer name is empty",
        "certificate subject name is empty",
        "ocsp verification needed",
        "ocsp verification failed",
        "invalid certificate version",
        # as Node names them
        "cert_chain_too_long",
        "cert_rejected",
        "cert_signature_failure",
        "crl_has_expired",
        "unable_to_get_crl",
        "path_length_exceeded",
    ),
    # the verifier's words; as a reason of a handshake they are about our own file
    *says(CERT_INVALID, VERDICT, "tls")("ca md too weak", before=r"verif[^\n]{0,80}"),
    # Go, Rust, Apple, NSS
    *says(CERT_INVALID, NARROWER, "tls")(
        "certificate not valid according to",
        "certificate is not standards compliant",
        "certificate specifies an incompatible key usage",
        "too many intermediates for path length constraint",
        "ca certificate without basic constraints",
        "ca used as end entity",
        "causedasendentity",
        "invalidpurpose",
        "certificate is not authorized to sign other certificates",
    ),
    # Java, GnuTLS, mbedTLS
    *says(CERT_INVALID, NARROWER, "tls")(
        "algorithm constraints check failed",
        "do not conform to algorithm constraints",
        "basic constraints check failed",
        "signature check failed",
        "subject/issuer name chaining check failed",
        "certificate chain uses insecure algorithm",
        "certificate is signed with an unacceptable",
        before=r"\b",
    ),
    *says(CERT_INVALID, TEXT, "tls")(
        "pkix path validation failed",
        "failed to verify peer certificate",
        "x509 - certificate verification failed",
    ),
    # .NET and WinHTTP
    *says(CERT_INVALID, SENTENCE, "tls")(
        "remote certificate is invalid", "remote certificate was rejected"
    ),
    *says("tls.failed", HINT, "tls")("could not establish trust relationship"),
    # a certificate, no more; yet more than that the handshake failed
    *says(CERT_INVALID, _REFUSED, "tls")("certificate verify failed"),
    *says(CERT_INVALID, UMBRELLA, "tls")(
        "certificate verification failed",
        "certificate validation failed",
        "certificate problem",
        "ssl validation failed",
        "failed to validate the ssl certificate",
        "ssl peer certificate or ssh remote key was not ok",
        "invalid certificate",
        "bad certificate",
    ),
]


# What is said of TLS itself: OpenSSL's reasons, alerts in words, others' sentences.

_SIGN = r"(?:ssl|tls|alert|x509|pem\b|handshake)"
_VERIFY_FAILED = "CERTIFICATE_VERIFY_FAILED"


def _reason(reason: str, kind: KindName) -> list[TextRule]:
    """A reason of OpenSSL: the symbol, and its words beside a sign of TLS."""
    phase: Phase = "config" if kind == codes.TLS_FILES_INVALID else "tls"
    words = reason.replace("_", " ").lower()
    words = words.removeprefix("sslv3 ")  # "ssl/tls alert …" since OpenSSL 3.2
    return [
        # not where it is what wrote a line, as ESPHome's http_request
        *says(kind, VERDICT, phase)(
            reason.lower(), before=r"(?:\b|ERR_SSL_)", then=r"\b(?!\\0|(?:\.\w{1,12})?:\d)"
        ),
        *says(kind, NARROWER, phase)(words, before=_SIGN + r"[^\n]{0,120}", then=r"(?! failed)"),
        *says(kind, NARROWER, phase)(words, then=r"[^\n]{0,40}" + _SIGN),
    ]


_ALERTS: dict[int, str] = {
    0: "close notify",
    10: "unexpected message",
    20: "bad record mac",
    21: "decryption failed",
    22: "record overflow",
    30: "decompression failure",
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked|revoked certificate",
    45: "certificate expired|expired certificate",
    46: "certificate unknown|unknown certificate",
    47: "illegal parameter",
    48: "unknown ca|unknown certificate authority",
    49: "access denied",
    50: "decode error|error decoding message",
    51: "decrypt error|error decrypting message",
    60: "export restriction",
    70: "protocol version|protocol version not supported",
    71: "insufficient security|insufficient security level",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user canceled",
    100: "no renegotiation",
    109: "missing extension",
    110: "unsupported extension",
    112: "unrecogni[sz]ed name",
    113: "bad certificate status response",
    115: "unknown psk identity",
    116: "certificate required",
    120: "no application protocol",
}
"""The alerts of RFC 8446 section 6, and Go's other words for some."""
_RECEIVED = (
    "received fatal alert: ",  # Java, rustls
    "alertreceived(",
    "remote error: tls: ",  # Go
    "server alert: fatal - ",  # Erlang
    "sslalertdescription.",
    "remote party sent a tls alert: '",  # .NET
    "read alert, level: fatal, description: ",  # Apple's BoringSSL
)
_NUMBERED = (
    "ssl alert number ",  # OpenSSL
    "fatal alert code is ",  # Windows
    "fatal error code is ",
    "received alert [",  # GnuTLS
)
_OURS: dict[str, KindName] = {
    "unknown_ca": CERT_UNKNOWN_ISSUER,
    "certificate_expired": CERT_EXPIRED,
    "certificate_revoked": CERT_REVOKED,
    "bad_certificate": CERT_INVALID,
    "certificate_unknown": CERT_INVALID,
    "unsupported_certificate": CERT_INVALID,
}
"""Alerts that a client sends, for what it found in the server's certificate."""


def _alerts() -> list[TextRule]:
    """The peer's alerts in the words, names and numbers of each library."""
    kinds: dict[KindName, list[int]] = {}
    for number in _ALERTS:
        kinds.setdefault(codes.KIND_OF_TLS_ALERT[number], []).append(number)
    found = []
    for kind, numbers in kinds.items():
        rank = VERDICT if kind == codes.TLS_CLIENT_CERTIFICATE else SPECIFIC
        words = "|".join(_ALERTS[number] for number in numbers).replace(" ", "[ _]?")
        found += says(kind, rank, "tls")(*_RECEIVED, then=rf"(?:{words})(?!\w| (?:status|hash)\b)")
        found += says(kind, rank, "tls")(*_NUMBERED, then=rf"(?:{'|'.join(map(str, numbers))})\b")
    return found


HANDSHAKES: list[TextRule] = [
    *_alerts(),
    *[
        rule
        for alert, kind in _OURS.items()
        for rule in [
            *says(kind, SPECIFIC, "tls")(
                "generated client alert: fatal - " + alert.replace("_", " "), then=r"\b"
            ),
            *says(kind, TEXT, "tls")(
                "tls_alert", then=rf"[,\s\"'{{:]{{1,6}}{alert.replace('_', '[ _]')}\b"
            ),
        ]
    ],
    *(
        rule
        for reason, kind in codes.KIND_OF_OPENSSL_REASON.items()
        if reason != _VERIFY_FAILED  # the verification result stands beside it
        for rule in _reason(reason, kind)
    ),
    *says("tls.cert.invalid", UMBRELLA, "tls")(_VERIFY_FAILED.lower()),
    # alerts about our certificate: OpenSSL, Go, Java, rustls, nginx, browsers
    *says(codes.TLS_CLIENT_CERTIFICATE, VERDICT, "tls")(
        "alert unknown ca",
        "alert bad certificate",
        "alert certificate required",
        "alert certificate expired",
        "alert certificate unknown",
        "alert certificate revoked",
        "alert unsupported certificate",
        "alert access denied",
        "certificate_required",
        "no required ssl certificate was sent",
        "err_bad_ssl_client_auth_cert",
        "err_ssl_client_auth_cert_needed",
    ),
    # nothing in common
    *says(codes.TLS_MISMATCH, SPECIFIC, "tls")(
        "handshake failure", before=r"(?:alert|fatal|tls:)[^\n]{0,60}"
    ),
    *says(codes.TLS_MISMATCH, SPECIFIC, "tls")(
        "alert protocol version",
        "alert insufficient security",
        "no protocols available",
        "no protocols in common",
        "no cipher suites in common",
        "no cipher suite supported by both client and server",
        "no shared cipher",
        "no ciphers available",
        "no common encryption algorithm",
        "could not negotiate a supported cipher suite",
        "no supported cipher suites have been found",
        "packet with illegal or unsupported version was received",
        "server selected unsupported protocol version",
        "server chose an unconfigured cipher suite",
        "no supported versions satisfy",
        "ssl - handshake protocol not within",
        "ssl - the handshake negotiation failed",
        "no application protocol",
        "unsupported protocol version",
        "unsupported ssl/tls version",
        "protocol version not supported",
        "client offered only unsupported versions",
        "protocol is disabled or cipher suites are inappropriate",
        "client and server don't support a common ssl protocol version",
        "couldn't use specified ssl cipher",
        "dh key too small",
        "err_ssl_version_or_cipher_mismatch",
        "err_ssl_obsolete_version",
        "ssl_error_no_cypher_overlap",
        "ssl_error_unsupported_version",
    ),
    *says("tls.unrecognized_name_alert", SPECIFIC, "tls")(
        "unrecognized name", "unrecognized_name", "unrecognisedname", "unrecognizedname"
    ),
    # the peer does not speak TLS
    *says(codes.TLS_NOT_SPOKEN, SPECIFIC, "tls")(
        "wrong version number",
        "wrong_version_number",
        "first record does not look like a tls handshake",
        "record layer failure",
        "packet length too long",
        "unrecognized ssl message",
        "unexpected tls packet was received",
        "record packet with illegal version was received",
        "ssl - an invalid ssl record was received",
        "plaintext connection?",
        "tls packet with unexpected length was received",
        "server gave http response to https client",
        "invalidcontenttype",
        "received invalid response to ssl negotiation",
        "ssl_error_rx_record_too_long",
        "does not support ssl, but ssl was required",
    ),
    *says(codes.TLS_NOT_SPOKEN, SPECIFIC, "tls")(
        "unknown protocol",
        "http request",
        before=r"(?:SSL|TLS)(?: routines:|[^\n]{0,20}:)[^\n]{0,60}",
        then=r"(?! failed)",
    ),
    # the rules were broken
    *says(codes.TLS_PROTOCOL_ERROR, SENTENCE)(
        "unsafe legacy renegotiation disabled",
        "bad record mac",
        "decryption has failed",
        "tls: oversized record",
        "tls: unexpected message",
        "local error: tls:",
        "err_ssl_protocol_error",
    ),
    *says(codes.TLS_PROTOCOL_ERROR, SENTENCE)(
        "unexpected message", "decode error", "illegal parameter", before=r"(?:SSL|TLS)[^\n]{0,80}"
    ),
    *says(codes.TLS_PROTOCOL_ERROR, NARROWER)("gnutls recv error (-24)"),
    # it ended early
    *says("tcp.closed", NARROWER)("unexpected eof while reading bytes"),
    *says("tls.closed", NARROWER)("gnutls recv error (-9)", "gnutls_e_premature_termination"),
    *says("tls.closed", SPECIFIC, "tls")(
        "ssl - the connection indicated an eof", "ssl - the peer notified us that the connection is"
    ),
    *says("tls.failed", SENTENCE, "tls")("ssl - a fatal alert message was received from our peer"),
    *says("tls.timed_out", SPECIFIC, "tls")("ssl - the operation timed out"),
    *says("tls.closed", SPECIFIC, "tls")(
        "eof occurred in violation of protocol",
        "syscall error: eof detected",
        "syscallerror(-1, 'unexpected eof')",
        "unexpected eof while reading",
        "ssl_error_syscall",
        "ssl: eof",
        "tls: eof",
        "handshake: eof",
        "tls handshake eof",
        "tls/ssl connection has been closed (eof)",
        "tls connection was non-properly terminated",
        "error in the pull function",
        "gnutls recv error (-110)",
        "ssl/tls connection has been closed",
        "remote host terminated the handshake",
        "remote host closed connection during handshake",
        "client network socket disconnected before secure tls connection was established",
        "connection was closed unexpectedly during the ssl handshake",
        "peer closed connection without sending tls close_notify",
        "underlying connection was closed: an unexpected error occurred on a send",
    ),
    *says("tcp.reset", NARROWER)(
        "errno 104", "errno 54", "errno 10054", before=r"SSL_ERROR_SYSCALL, "
    ),
    *says("tcp.reset", NARROWER, "tls")(
        "ssl_connect: connection was reset",
        "ssl_connect: connection reset by peer",
        "schannel: failed to receive handshake",
    ),
    # of a record, not of a key (gRPC)
    *says("tls.protocol.error", VERDICT + 1, "tls")(
        "bad_decrypt", before=r"handshake failed[^\n]{0,120}"
    ),
    # our own files
    *says(codes.TLS_FILES_INVALID, VERDICT, "config")(
        "could not find a suitable tls ca certificate bundle",
        "could not find the tls certificate file",
        "could not find the tls key file",
        "error setting certificate verify locations",
        "error setting certificate file",
        "error adding trust anchors",
        "unable to load certificate",
        "unable to load client cert",
        "unable to load private key",
        "unable to set private key file",
        "could not load pem client certificate",
        "could not load root certificate",
        "problem with the ssl ca cert",
        "problem with the local ssl certificate",
        "no certificate or crl found",
        "could not load private key file",
        "failed to load system roots and no roots provided",
        "failed to find any pem data in",
        "private key does not match public key",
        "could not open certificate file",
        "has group or world access",
        "ee key too small",
        "the trustanchors parameter must be non-empty",
    ),
    *says(codes.TLS_FILES_INVALID, VERDICT, "config")(
        "root certificate file", then=r"[^\n]{0,200}(?:does not exist|could not be)"
    ),
    *says(codes.TLS_FILES_INVALID, VERDICT, "config")("[x509]", "[pem]"),
    # our own interpreter or client
    *says("config.tls_unavailable", VERDICT, "config")(
        "ssl module is not available",
        "ssl module in python is not available",
        "no module named _ssl",
        "no module named '_ssl'",
        "unknown url type: https",
        "https urls can't be opened",
        "ssl support was not compiled",
        "compiled without ssl support",
        'protocol "https" not supported',
        "protocol 'https' not supported",
    ),
    # a handshake, no more
    *says("tls.failed", SPECIFIC, "tls")(
        "alert internal error",
        "alert_internal_error",
    ),
    *says("tls.failed", phase="tls")(
        "tls handshake failed",
        "ssl handshake failed",
        "ssl handshake failure",
        "tls handshake failure",
    ),
    *says("tls.failed", HINT, "tls")(
        "tls handshake",
        "ssl handshake",
        "handshake failed",
        "ssl_connect",
        "ssl connect error",
        "ssl connection error",
        "could not create ssl/tls secure channel",
        "the ssl connection could not be established",
        "err_ssl_",
    ),
    *says("tls.failed", UMBRELLA, "tls")("a tls fatal alert has been received"),
    *says("tls.timed_out", SPECIFIC + 5, "tls")(
        ": i/o timeout", before=r"[Hh]andshake[^\n]{0,60}: (?:read|write) tcp [^\n]{1,120}"
    ),
    *says("tls.closed", SENTENCE, "tls")("unexpected eof", before=r"\[tls\] error: "),
    *says("tls.closed", SENTENCE, "tls")(
        '(error "eof", servername', before=r"rejected connection [^\n]{1,120}"
    ),
    *says("tls.protocol.error.not_tls", SENTENCE, "tls")("the server did not offer tls support"),
    *says("tls.cert.invalid", SENTENCE, "tls")("peer cert untrusted or revoked"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("did not match server certificate"),
]
