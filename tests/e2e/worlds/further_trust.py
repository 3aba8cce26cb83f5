"""Worlds of TLS: certificates, versions, and client certificates."""

import ssl

from e2e import contexts, papers
from e2e.building import (
    NAME,
    client_certificate,
    dual,
    listen,
    name,
    secure,
)
from e2e.handlers import (
    page,
)
from e2e.site import (
    SERVER,
    SERVER6,
)
from e2e.talk import (
    alert,
    half_handshake,
    reset_at_first_word,
)
from e2e.world import World, broken

from ringback.testing.lab.server import Connection

_SERVER6 = f"[{SERVER6}]"
_HTTPS = f"https://{NAME}/"


def _world(label, target, expected, *build, **more):
    return World(name=f"trust-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "expired-imaps",
        f"imaps://{NAME}",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(993, "expired_an_hour_ago"),
    ),
    _world(
        "expired-long-ago-v6",
        f"https://{NAME}:8443/",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(NAME, SERVER6),
        secure(8443, "expired_long_ago"),
    ),
    _world(
        "not-yet-v6",
        _HTTPS,
        broken(
            "certificate_not_yet_valid",
            "tls.cert.date_invalid.not_yet_valid",
            "tls",
            "their certificate",
        ),
        name(NAME, SERVER6),
        secure(certificate="not_yet_valid"),
    ),
    _world(
        "wrong-name-by-address",
        f"https://{SERVER}:9443/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        secure(9443),
    ),
    _world(
        "self-signed-tls-url",
        f"tls://{NAME}:6514",
        broken(
            "certificate_self_signed",
            "tls.cert.authority_invalid.self_signed",
            "tls",
            "their certificate",
        ),
        name(),
        secure(6514, "self_signed"),
    ),
    _world(
        "company-root",
        _HTTPS,
        broken(
            "certificate_unknown_issuer",
            "tls.cert.authority_invalid.untrusted_root",
            "tls",
            "their certificate|this host|this program",
        ),
        name(),
        secure(certificate="company_with_root"),
    ),
    _world(
        "missing-intermediate-ldaps",
        f"ldaps://{NAME}",
        broken(
            "certificate_missing_intermediate",
            "tls.cert.authority_invalid.unknown_issuer",
            "tls",
            "their certificate",
        ),
        name(),
        secure(636, "missing_intermediate"),
    ),
    _world(
        "weak-sha1-tls",
        f"https://{NAME}/",
        broken("certificate_weak", "tls.cert.invalid", "tls", "their certificate"),
        name(),
        secure(certificate="sha1"),
        variables={
            "SSL_CERT_FILE": papers.trusting("rsa root"),
            "REQUESTS_CA_BUNDLE": papers.trusting("rsa root"),
        },
    ),
    _world(
        "clock-behind",
        _HTTPS,
        broken(
            "clock_wrong",
            "tls.cert.date_invalid.not_yet_valid",
            "tls|config|client|host|ip",
            "this host",
        ),
        name(),
        secure(certificate="in_100_days", handler=page(days=100)),
        listen(80, page(301, f"Location: https://{NAME}/", days=100)),
    ),
    _world(
        "clock-ahead-v6",
        _HTTPS,
        broken(
            "clock_wrong", "tls.cert.date_invalid.expired", "tls|config|client|host|ip", "this host"
        ),
        name(NAME, SERVER6),
        secure(certificate="100_days_ago", handler=page(404, days=-100)),
    ),
    _world(
        "old-tls-smtps",
        f"smtps://{NAME}",
        broken("old_tls", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        secure(465, prepare=contexts.only_old),
    ),
    _world(
        "mtls-nginx-400",
        _HTTPS,
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|http.error",
            "tls|status|http",
            "this program",
        ),
        name(),
        secure(
            prepare=contexts.certificate_welcome,
            handler=page(
                400,
                body=(
                    b"<html><head><title>400 No required SSL certificate was "
                    b"sent</title></head><body><center><h1>400 Bad Request</h"
                    b"1></center><center>No required SSL certificate was sent"
                    b"</center><hr><center>nginx/1.24.0</center></body></html>"
                ),
            ),
        ),
    ),
    _world(
        "mtls-1.2",
        f"tls://{NAME}:8883",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|tls.version_or_cipher_mismatch",
            "tls",
            "this program",
        ),
        name(),
        secure(8883, prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
    ),
    _world(
        "mtls-1.3-v6",
        f"https://{_SERVER6}:6443/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        secure(6443, prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    _world(
        "handshake-reset",
        _HTTPS,
        broken("handshake_cut", "tls.closed|tcp.reset", "tls|tcp", "path|their service"),
        dual(),
        listen(443, reset_at_first_word),
        listen(80),
    ),
    _world(
        "handshake-fin-half",
        f"https://{NAME}:8443/",
        broken("handshake_cut", "tls.closed|tcp.closed", "tls|tcp", "path|their service"),
        name(),
        listen(8443, half_handshake(0.4, Connection.finish)),
    ),
    _world(
        "trust-file-gone",
        _HTTPS,
        broken(
            "trust_store_missing",
            "config.tls_files_invalid",
            "config|tls",
            "this program|this host",
        ),
        name(),
        secure(),
        variables={
            "SSL_CERT_FILE": "/etc/ssl/gone.pem",
            "REQUESTS_CA_BUNDLE": "/etc/ssl/gone.pem",
            "CURL_CA_BUNDLE": "/etc/ssl/gone.pem",
        },
    ),
    _world(
        "brainpool",
        f"https://{NAME}:8443/",
        broken("tls_mismatch", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        secure(8443, prepare=contexts.curve("brainpoolP256r1", ssl.TLSVersion.TLSv1_2)),
    ),
    _world(
        "alert-internal",
        _HTTPS,
        broken("handshake_cut", "tls.failed", "tls", "their service"),
        name(),
        listen(443, alert(80)),
    ),
    _world(
        "alert-sni",
        _HTTPS,
        broken("sni_unknown", "tls.unrecognized_name_alert", "tls", "this program|their service"),
        name(),
        listen(443, alert(112)),
    ),
    _world(
        "intermediate-expired-v6",
        _HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(NAME, SERVER6),
        secure(certificate="expired_intermediate"),
    ),
    _world(
        "mtls-1.3",
        f"https://{NAME}:6443/",
        broken("client_certificate_wanted", "tls.bad_client_auth_cert", "tls", "this program"),
        name(),
        secure(6443, prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    _world(
        "mtls-iis-403-7",
        _HTTPS,
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|http.error.auth",
            "tls|status|http",
            "this program",
        ),
        name(),
        secure(
            prepare=contexts.certificate_welcome,
            handler=page(
                403,
                "Server: Microsoft-IIS/10.0",
                body=b"<h2>403.7 - Forbidden: Client certificate required.</h2>",
            ),
        ),
    ),
    _world(
        "common-name-only",
        _HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        secure(certificate="without_names"),
    ),
    _world(
        "purpose",
        f"tls://{NAME}:990",
        broken("certificate_invalid", "tls.cert.invalid", "tls", "their certificate"),
        name(),
        secure(990, "not_for_servers"),
    ),
    _world(
        "constraint",
        f"imaps://{NAME}",
        broken("certificate_invalid", "tls.cert.invalid", "tls", "their certificate"),
        name(),
        secure(993, "outside_constraint"),
    ),
    _world(
        "expired-and-wrong-name",
        _HTTPS,
        broken(
            "certificate_wrong_name",
            "tls.cert.date_invalid.expired|tls.cert.name_invalid",
            "tls",
            "their certificate",
        ),
        name(),
        secure(certificate="wrong_name_expired"),
    ),
    _world(
        "kaspersky",
        _HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.unknown_issuer|tls.cert.authority_invalid.untrusted_root",
            "tls",
            "this host|this network|path",
        ),
        name(),
        secure(certificate="scanned"),
    ),
    _world(
        "apache-mtls-403",
        f"https://{NAME}/private",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|http.error.auth",
            "tls|status|http",
            "this program|their application",
        ),
        name(),
        secure(
            handler=page(
                403,
                "Server: Apache/2.4.57",
                body=(
                    b"<h1>Forbidden</h1><p>You don't have permissi"
                    b"on to access this resource.<br>Reason: Canno"
                    b"t perform Post-Handshake Authentication.</p>"
                ),
            )
        ),
    ),
    _world(
        "envoy-mtls-alert",
        f"https://{NAME}:15443/",
        broken("client_certificate_wanted", "tls.bad_client_auth_cert", "tls", "this program"),
        name(),
        listen(15443, alert(116)),
    ),
    _world(
        "421-misdirected",
        _HTTPS,
        broken(
            "client_error",
            "http.error",
            "status|http|application",
            "this program|their application|their service|their certificate",
        ),
        name(),
        secure(handler=page(421)),
    ),
)
