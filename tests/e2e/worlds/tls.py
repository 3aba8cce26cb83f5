"""Certificates that are refused, and handshakes that do not come about."""

import ssl

from e2e.building import NAME, client_certificate, dual, listen, name, narrow, secure
from e2e.handlers import development_server, plain_request_refused
from e2e.site import SERVER
from e2e.world import SILENT, World, broken

from ringback.testing.lab.http import greeting
from ringback.testing.lab.server import Connection
from ringback.testing.lab.tls import (
    alerting,
    hello_close,
    hello_cut,
    hello_plain,
    hello_reset,
    no_shared_cipher,
    old_protocol,
)

_URL = f"https://{NAME}/"
_THEIRS = "their certificate"
_UNKNOWN = "tls.cert.authority_invalid.unknown_issuer"
_UNTRUSTED = "tls.cert.authority_invalid.untrusted_root"
_SELF = "tls.cert.authority_invalid.self_signed"
_MISMATCH = "tls.version_or_cipher_mismatch"
_CUT = "tls.closed|tcp.reset|tcp.closed|tls.failed|tls.protocol.error"
_WRONG_SCHEME = "this program|their service"


def _certificate(certificate, cause, kind, fact, *, url=_URL, where=_THEIRS, build=None):
    return World(
        name=f"certificate-{certificate.replace('_', '-')}",
        target=url,
        build=build or (name(), secure(certificate=certificate)),
        expected=broken(cause, kind, "tls", where),
        curl=(60,),
        fact=(fact,),
    )


def _handshake(
    label,
    cause,
    kind,
    where,
    fact,
    *build,
    url=_URL,
    limit=1.0,
    curl=(35,),
    layers="tls|tcp|http|config",
):
    return World(
        name=label,
        target=url,
        build=(name(), *build),
        expected=broken(cause, kind, layers, where),
        limit=limit,
        curl=curl,
        fact=(fact,),
    )


def _unnamed(context):
    """Reset whoever asks for the name, and greet whoever does not, as a filter by SNI does."""

    def refuse(connection, called, _):
        del connection, _
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if called == NAME else None

    context.sni_callback = refuse


WORLDS = (
    _certificate("expired", "certificate_expired", "tls.cert.date_invalid.expired", "expired"),
    _certificate(
        "expired_intermediate", "certificate_expired", "tls.cert.date_invalid.expired", "expired"
    ),
    _certificate(
        "not_yet_valid",
        "certificate_not_yet_valid",
        "tls.cert.date_invalid.not_yet_valid",
        "not yet valid",
    ),
    _certificate(
        "wrong_name", "certificate_wrong_name", "tls.cert.name_invalid", "match|not valid for"
    ),
    World(
        name="certificate-without-address",
        target=f"https://{SERVER}/",
        build=(secure(),),
        expected=broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        curl=(60,),
        fact=("match|not valid for|SAN",),
        note="called by its address, which the certificate does not name",
    ),
    _certificate("self_signed", "certificate_self_signed", _SELF, "self[- ]signed"),
    _certificate(
        "unknown_issuer",
        "certificate_unknown_issuer|certificate_missing_intermediate",
        _UNKNOWN,
        "local issuer|unknown authority",
    ),
    _certificate(
        "untrusted_root",
        "certificate_unknown_issuer",
        f"{_UNTRUSTED}|{_UNKNOWN}",
        "self[- ]signed certificate in|unknown authority",
    ),
    _certificate(
        "missing_intermediate",
        "certificate_missing_intermediate",
        _UNKNOWN,
        "intermediate|local issuer",
        build=(name(), secure(certificate="missing_intermediate")),
    ),
    _certificate(
        "inspected",
        "tls_interception",
        f"{_UNTRUSTED}|{_UNKNOWN}",
        "zscaler",
        where="this network|path|proxy|this host",
    ),
    _certificate(
        "inspected_leaf_only",
        "tls_interception",
        f"{_UNTRUSTED}|{_UNKNOWN}",
        "fortinet|FGT60F",
        where="this network|path|proxy|this host",
    ),
    _certificate("weak", "certificate_weak", "tls.cert.invalid", "too weak|key too small"),
    _certificate("not_for_servers", "certificate_invalid", "tls.cert.invalid", "purpose"),
    World(
        name="certificate-expired-tls",
        target=f"tls://{NAME}:8883",
        build=(name(), secure(8883, "expired")),
        expected=broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", _THEIRS),
        fact=("expired",),
    ),
    _handshake(
        "old-tls",
        "old_tls",
        _MISMATCH,
        "their service",
        "protocol version|TLS ?1.[01]|unsupported",
        secure(prepare=lambda context: old_protocol(context, None)),
    ),
    _handshake(
        "no-shared-cipher",
        "tls_mismatch|old_tls|handshake_cut",
        f"{_MISMATCH}|tls.failed",
        "their service",
        "cipher|handshake failure",
        secure(prepare=lambda context: no_shared_cipher(context, None)),
    ),
    _handshake(
        "client-certificate-tls13",
        "client_certificate_wanted",
        "tls.bad_client_auth_cert",
        "this program|their service|this host",
        "certificate required",
        secure(prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
        curl=(56,),
    ),
    _handshake(
        "client-certificate-tls12",
        "client_certificate_wanted|handshake_cut",
        f"tls.bad_client_auth_cert|{_MISMATCH}",
        "this program|their service|this host",
        "client certificate|certificate request|Request CERT",
        secure(prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
        curl=(35, 56),
    ),
    _handshake(
        "handshake-reset",
        "handshake_cut",
        _CUT,
        "their service|path|their host",
        "reset",
        listen(443, hello_reset),
    ),
    _handshake(
        "handshake-closed",
        "handshake_cut",
        _CUT,
        "their service|path|their host",
        "EOF|clos",
        listen(443, hello_close),
    ),
    _handshake(
        "handshake-alert",
        "handshake_cut|sni_unknown",
        "tls.failed|tls.protocol.error",
        "their service",
        "internal error",
        secure(
            prepare=lambda context: alerting(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)(context, None)
        ),
    ),
    _handshake(
        "handshake-silent",
        "handshake_silent",
        "tls.timed_out",
        "their service|path|their application|their host",
        "handshake.*(timed out|timeout)|(timed out|timeout).*handshake|SSL connection timeout",
        listen(443, Connection.stall),
        limit=SILENT,
        curl=(28,),
    ),
    _handshake(
        "handshake-stalls-within-hello",
        "handshake_silent",
        "tls.timed_out",
        "their service|path|their application|their host",
        "handshake.*(timed out|timeout)|(timed out|timeout).*handshake|SSL connection timeout",
        listen(443, hello_cut),
        limit=SILENT,
        curl=(28,),
    ),
    _handshake(
        "name-not-served",
        "sni_unknown",
        "tls.unrecognized_name_alert|tls.failed",
        "their service",
        "unrecognized name",
        secure(prepare=_unnamed),
    ),
    _handshake(
        "https-to-plain-port",
        "tls_on_plain_port",
        "tls.protocol.error.not_tls|tls.protocol.error|tls.timed_out",
        _WRONG_SCHEME,
        "wrong version|plain|HTTP response",
        listen(8080),
        url=f"https://{NAME}:8080/",
        limit=SILENT,
        curl=(35, 28),
    ),
    _handshake(
        "https-to-plain-port-that-answers",
        "tls_on_plain_port",
        "tls.protocol.error.not_tls|tls.protocol.error",
        _WRONG_SCHEME,
        "wrong version|plain|HTTP response",
        listen(80, hello_plain),
        url=f"https://{NAME}:80/",
    ),
    _handshake(
        "https-to-development-server",
        "tls_on_plain_port",
        "tls.protocol.error.not_tls|tls.protocol.error",
        _WRONG_SCHEME,
        "wrong version|plain|HTTP response",
        listen(8000, development_server),
        url=f"https://{NAME}:8000/",
    ),
    _handshake(
        "https-to-ssh",
        "other_protocol",
        "tls.protocol.error.not_tls|tls.protocol.error",
        _WRONG_SCHEME,
        "ssh",
        listen(443, greeting(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n")),
    ),
    _handshake(
        "http-to-tls-port",
        "plain_on_tls_port",
        "http.response.invalid.not_http|tcp.reset|http.response.invalid.empty|http.protocol.error|http.error",
        _WRONG_SCHEME,
        "HTTPS|TLS",
        secure(),
        url=f"http://{NAME}:443/",
        curl=(52, 56, 1),
    ),
    _handshake(
        "http-to-tls-port-that-says-so",
        "plain_on_tls_port",
        "http.response.invalid.not_http|http.error|http.protocol.error",
        _WRONG_SCHEME,
        "HTTPS",
        listen(8443, plain_request_refused),
        url=f"http://{NAME}:8443/",
        curl=(0,),
    ),
    _handshake(
        "mtu-black-hole-handshake",
        "mtu_black_hole",
        "tls.timed_out|http.response.timed_out|http.response.body_timed_out",
        "path|this network",
        "MTU|fragment|segment",
        secure(certificate="long"),
        narrow(),
        layers="ip|tls|tcp",
        limit=SILENT,
        curl=(28,),
    ),
    World(
        name="mtu-black-hole-handshake-dual",
        target=_URL,
        build=(dual(), secure(certificate="long"), narrow(1300)),
        expected=broken(
            "mtu_black_hole",
            "tls.timed_out|http.response.timed_out|http.response.body_timed_out",
            "tls|tcp|ip|http",
            "path|this network",
        ),
        limit=SILENT,
        curl=(28,),
        fact=("MTU|fragment|segment",),
    ),
)
