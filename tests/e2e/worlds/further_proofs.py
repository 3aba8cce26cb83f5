"""Further certificates and handshakes, of every sort of service."""

import ssl

from e2e import papers
from e2e.building import (
    NAME,
    SERVER,
    SERVER6,
    client_certificate,
    dual,
    listen,
    name,
    nameservers,
    narrow,
    rule,
    secure,
)
from e2e.contexts import certificate_welcome, curve, name_required, only_old
from e2e.handlers import page, postgres, redis, smtp
from e2e.site import OTHER, RESOLVER, RESOLVER2
from e2e.talk import AMQP_START, LDAP_DONE, late, postgres_over_tls, replies, says
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.further_certificates import trusting

from ringback.testing.lab.http import closing
from ringback.testing.lab.message import head
from ringback.testing.lab.server import Connection
from ringback.testing.lab.tls import hello_close, hello_old

_HTTPS = f"https://{NAME}/"
_THEIRS = "their certificate"
_EXPIRED = "tls.cert.date_invalid.expired"
_UNKNOWN = "tls.cert.authority_invalid.unknown_issuer"
_PG = f"postgres://app@{NAME}/shop"
_UNTRUSTED = "tls.cert.authority_invalid.untrusted_root"
_INTER = broken(
    "tls_interception", f"{_UNTRUSTED}|{_UNKNOWN}", "tls", "this network|path|proxy|this host"
)
_NOT_YET = "tls.cert.date_invalid.not_yet_valid"


def _proof(label, target, expected, *build, **more):
    return World(name=f"proof-{label}", target=target, build=build, expected=expected, **more)


def _cert(cause, kind):
    return broken(cause, kind, "tls", _THEIRS)


WORLDS = (
    _proof(
        "refused-then-expired",
        _HTTPS,
        _cert("certificate_expired", _EXPIRED),
        name(NAME, OTHER, SERVER),
        secure(certificate="expired"),
        note="the first address refuses; the second has an expired certificate",
    ),
    _proof(
        "address-as-dns-name",
        f"https://{SERVER}/",
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", f"{_THEIRS}|this program"),
        secure(certificate="address_as_name"),
    ),
    _proof(
        "wildcard-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="any_name"),
    ),
    _proof(
        "bare-domain-only",
        _HTTPS,
        _cert("certificate_wrong_name", "tls.cert.name_invalid"),
        name(),
        secure(certificate="bare_domain"),
    ),
    _proof(
        "wildcard-below",
        _HTTPS,
        _cert("certificate_wrong_name", "tls.cert.name_invalid"),
        name(),
        secure(certificate="too_deep"),
    ),
    _proof(
        "weak-intermediate",
        _HTTPS,
        _cert("certificate_weak", "tls.cert.invalid"),
        name(),
        secure(certificate="under_weak"),
    ),
    _proof(
        "expired-and-alone",
        _HTTPS,
        _cert("certificate_missing_intermediate|certificate_expired", f"{_UNKNOWN}|{_EXPIRED}"),
        name(),
        secure(certificate="expired_alone"),
    ),
    _proof(
        "snake-oil",
        _HTTPS,
        _cert(
            "certificate_self_signed|certificate_wrong_name",
            "tls.cert.authority_invalid.self_signed|tls.cert.name_invalid",
        ),
        name(),
        secure(certificate="snake_oil"),
    ),
    _proof(
        "imaps-self-signed",
        f"imaps://{NAME}",
        _cert("certificate_self_signed", "tls.cert.authority_invalid.self_signed"),
        name(),
        secure(993, "self_signed", says(b"* OK IMAP4 ready\r\n")),
    ),
    _proof(
        "postgres-verify-full-wrong-name",
        f"{_PG}?sslmode=verify-full",
        broken(
            "certificate_wrong_name|service_tls_failed",
            "tls.cert.name_invalid|tls.failed",
            "tls|application",
            f"{_THEIRS}|their service",
        ),
        name(),
        listen(5432, postgres_over_tls("wrong_name")),
    ),
    _proof(
        "name-required-asked-by-address",
        f"https://{SERVER}/",
        broken(
            "sni_unknown|tls_mismatch|handshake_cut",
            "tls.unrecognized_name_alert|tls.failed",
            "tls",
            "their service|this program|path",
        ),
        secure(certificate="address", prepare=name_required),
    ),
    _proof(
        "client-certificate-missed-then-closes",
        _HTTPS,
        broken(
            "client_certificate_wanted|closes_without_answer|reset_after_request",
            "tls.bad_client_auth_cert|http.response.invalid.empty|tcp.closed|tcp.reset|tls.closed",
            "tls|http|tcp",
            "this program|their service|their application|this host",
        ),
        name(),
        secure(handler=Connection.reset, prepare=certificate_welcome),
    ),
    _proof(
        "status-496",
        _HTTPS,
        broken(
            "client_certificate_wanted|client_error",
            "tls.bad_client_auth_cert|http.error",
            "tls|status|http",
            "this program|their service|their application",
        ),
        name(),
        secure(handler=page(496, "Server: nginx")),
    ),
    _proof(
        "rediss-client-certificate",
        f"rediss://{NAME}",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert",
            "tls",
            "this program|their service|this host",
        ),
        name(),
        secure(6379, prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
    ),
    _proof(
        "black-hole-mqtts",
        f"mqtts://{NAME}",
        broken(
            "mtu_black_hole",
            "tls.timed_out|http.response.timed_out",
            "ip|tls|tcp",
            "path|this network",
        ),
        name(),
        secure(8883, "long"),
        narrow(),
        limit=SILENT,
    ),
    _proof(
        "https-to-amqp",
        f"https://{NAME}:5672/",
        broken(
            "other_protocol|not_tls",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(5672, replies(b"AMQP\x00\x00\x09\x01")),
    ),
    _proof(
        "https-to-postgres",
        f"https://{NAME}:5432/",
        broken(
            "handshake_cut|other_protocol|not_tls|tls_on_plain_port",
            "tls.closed|tcp.reset|tls.protocol.error.not_tls|tls.protocol.error|tcp.closed",
            "tls|tcp",
            "this program|their service|their host|path",
        ),
        name(),
        listen(5432, postgres),
    ),
    _proof(
        "tls-to-submission",
        f"tls://{NAME}:587",
        broken(
            "tls_on_plain_port|other_protocol",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(587, smtp),
    ),
    _proof(
        "handshake-silent-beside-dead-ipv6",
        _HTTPS,
        broken(
            "handshake_silent",
            "tls.timed_out",
            "tls",
            "their service|path|their application|their host",
        ),
        dual(),
        listen(443, Connection.stall),
        rule("border", "FORWARD -p tcp -j DROP", 6),
        limit=SILENT,
    ),
    _proof(
        "one-of-two-wrong-vhost",
        _HTTPS,
        broken(
            "tls_partly|certificate_wrong_name",
            "tls.cert.name_invalid|tls.failed",
            "tls",
            f"their service|{_THEIRS}",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
    ),
    _proof(
        "balancer-resets-tls-after-a-second",
        _HTTPS,
        broken("handshake_cut", "tcp.reset|tls.closed", "tls|tcp", "their service|path|their host"),
        name(),
        listen(443, late(1.0, Connection.reset)),
        limit=SILENT,
    ),
    _proof(
        "many-names-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="many_names"),
    ),
    _proof(
        "edwards-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="edwards"),
    ),
    _proof(
        "virus-scanner-eset",
        _HTTPS,
        _INTER,
        name(),
        secure(certificate="eset"),
    ),
    _proof(
        "cloud-gateway-cato",
        _HTTPS,
        _INTER,
        name(),
        secure(certificate="cato"),
    ),
    _proof(
        "smtps-not-yet-valid",
        f"smtps://{NAME}",
        _cert("certificate_not_yet_valid", _NOT_YET),
        name(),
        secure(465, "not_yet_valid", smtp),
    ),
    _proof(
        "ws-to-tls-port",
        f"ws://{NAME}:443/x",
        broken(
            "plain_on_tls_port",
            "http.response.invalid.not_http|http.response.invalid.empty|tcp.reset|tcp.closed",
            "http|tls|tcp",
            "this program|their service",
        ),
        name(),
        secure(),
    ),
    _proof(
        "trust-file-without-certificates",
        _HTTPS,
        broken(
            "trust_store_missing|certificate_unknown_issuer",
            f"config.tls_files_invalid|{_UNKNOWN}|{_UNTRUSTED}",
            "config|tls",
            "this program|this host",
        ),
        name(),
        secure(),
        variables={
            "SSL_CERT_FILE": papers.no_certificates(),
            "REQUESTS_CA_BUNDLE": papers.no_certificates(),
        },
    ),
    _proof(
        "trust-file-of-another-authority",
        _HTTPS,
        broken("certificate_unknown_issuer", _UNKNOWN, "tls", f"{_THEIRS}|this program|this host"),
        name(),
        secure(),
        variables=trusting("company root"),
    ),
    _proof(
        "cut-beside-dead-resolver",
        _HTTPS,
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host",
        ),
        name(),
        listen(443, hello_close),
        nameservers(RESOLVER, RESOLVER2),
    ),
    _proof(
        "ipv4-expired-ipv6-reset",
        _HTTPS,
        broken(
            "certificate_expired|handshake_cut",
            f"{_EXPIRED}|tcp.reset|tls.closed",
            "tls|tcp",
            f"{_THEIRS}|their service|path|their host",
        ),
        dual(),
        secure(certificate="expired", address=SERVER),
        listen(443, Connection.reset, address=SERVER6),
    ),
    _proof(
        "missing-intermediate-beside-dead-address",
        _HTTPS,
        _cert("certificate_missing_intermediate", _UNKNOWN),
        name(NAME, SERVER, OTHER),
        secure(certificate="missing_intermediate", address=SERVER),
        rule("server", f"INPUT -d {OTHER} -p tcp -j DROP"),
        limit=SILENT,
    ),
    _proof(
        "ends-tls-without-notice-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=closing(head(200, "Content-Length: 3") + b"ok!")),
    ),
    _proof(
        "old-tls-and-expired",
        _HTTPS,
        broken("old_tls|tls_mismatch", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        secure(certificate="expired", prepare=only_old),
    ),
    _proof(
        "old-server-hello",
        _HTTPS,
        broken(
            "old_tls|tls_mismatch|handshake_cut",
            "tls.version_or_cipher_mismatch|tls.protocol.error|tls.closed",
            "tls",
            "their service",
        ),
        name(),
        listen(443, hello_old),
    ),
    _proof(
        "tls-ends-after-handshake-raw-healthy",
        f"tls://{NAME}:8883",
        WELL,
        name(),
        secure(8883, handler=Connection.finish),
    ),
    _proof(
        "expired-on-ipv6-address",
        f"https://[{SERVER6}]/",
        _cert("certificate_expired|certificate_wrong_name", f"{_EXPIRED}|tls.cert.name_invalid"),
        secure(certificate="expired"),
    ),
    _proof(
        "amqps-expired",
        f"amqps://{NAME}",
        _cert("certificate_expired", _EXPIRED),
        name(),
        secure(5671, "expired", replies(AMQP_START)),
    ),
    _proof(
        "ldaps-unknown-issuer",
        f"ldaps://{NAME}",
        _cert("certificate_unknown_issuer|certificate_missing_intermediate", _UNKNOWN),
        name(),
        secure(636, "unknown_issuer", replies(LDAP_DONE)),
    ),
    _proof(
        "pop3s-to-plain",
        f"pop3s://{NAME}:110",
        broken(
            "tls_on_plain_port|other_protocol",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(110, says(b"+OK ready\r\n", hangs_up=False)),
    ),
    _proof(
        "fin-on-syn-data",
        f"tls://{NAME}:9000",
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host|their application",
        ),
        name(),
        listen(9000, Connection.finish),
    ),
    _proof(
        "rediss-one-of-two-expired",
        f"rediss://{NAME}",
        broken(
            "tls_partly|certificate_expired",
            _EXPIRED,
            "tls",
            f"their service|{_THEIRS}",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(6379, handler=redis, address=SERVER),
        secure(6379, "expired", redis, address=OTHER),
    ),
    _proof(
        "self-signed-trusted-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="self_signed"),
        variables={
            "SSL_CERT_FILE": papers.own_file("self_signed"),
            "REQUESTS_CA_BUNDLE": papers.own_file("self_signed"),
        },
    ),
    _proof(
        "signed-by-no-authority",
        _HTTPS,
        _cert("certificate_invalid", "tls.cert.invalid"),
        name(),
        secure(certificate="by_no_authority"),
    ),
    _proof(
        "intermediate-not-yet-valid",
        _HTTPS,
        _cert("certificate_not_yet_valid", _NOT_YET),
        name(),
        secure(certificate="not_yet_above"),
    ),
    _proof(
        "path-too-long",
        _HTTPS,
        _cert("certificate_invalid", "tls.cert.invalid"),
        name(),
        secure(certificate="short_path"),
    ),
    _proof(
        "no-common-curve",
        _HTTPS,
        broken(
            "tls_mismatch|old_tls|handshake_cut",
            "tls.version_or_cipher_mismatch|tls.failed",
            "tls",
            "their service",
        ),
        name(),
        secure(prepare=curve("secp256k1", ssl.TLSVersion.TLSv1_2)),
    ),
)
