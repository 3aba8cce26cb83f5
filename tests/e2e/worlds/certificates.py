"""Certificates, trust stores, clocks and interception."""

from e2e import certificates
from e2e.building import NAME, blocked, listen, name, proxying, secure, world
from e2e.expectations import (
    HTTPS,
    SELF_SIGNED_KIND,
    THEIR_CERTIFICATE,
    UNKNOWN_KIND,
    UNTRUSTED_KIND,
)
from e2e.handlers import inspecting_proxy, page
from e2e.site import SERVER
from e2e.templates import (
    ALL,
    certificate_world,
)
from e2e.world import broken

WORLDS = (
    world(
        "trust-store-missing",
        HTTPS,
        broken(
            "trust_store_missing",
            "config.tls_files_invalid",
            "config|tls",
            "this host|this program",
        ),
        name(),
        secure(),
        variables=dict.fromkeys(
            ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "/etc/ssl/gone.pem"
        ),
        curl=(77,),
        fact=("gone.pem",),
    ),
    world(
        "clock-behind",
        HTTPS,
        broken("clock_wrong", "tls.cert.date_invalid.not_yet_valid", "tls|config", "this host"),
        name(),
        secure(certificate="in_100_days", handler=page(days=100)),
        curl=(60,),
        fact=("clock|not yet valid",),
        note="the server lives 100 days later: its certificate and its Date agree, ours is behind",
    ),
    world(
        "clock-ahead",
        HTTPS,
        broken("clock_wrong", "tls.cert.date_invalid.expired", "tls|config", "this host"),
        name(),
        secure(certificate="100_days_ago", handler=page(days=-100)),
        curl=(60,),
        fact=("clock",),
        note="the server lives 100 days earlier, when its certificate was valid",
    ),
    certificate_world("expired", "certificate_expired", "tls.cert.date_invalid.expired", "expired"),
    certificate_world(
        "not_yet_valid",
        "certificate_not_yet_valid",
        "tls.cert.date_invalid.not_yet_valid",
        "not yet valid",
    ),
    certificate_world(
        "wrong_name", "certificate_wrong_name", "tls.cert.name_invalid", "match|not valid for"
    ),
    world(
        "certificate-without-address",
        f"https://{SERVER}/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        secure(),
        curl=(60,),
        fact=("match|not valid for|SAN",),
        note="called by its address, which the certificate does not name",
    ),
    certificate_world("self_signed", "certificate_self_signed", SELF_SIGNED_KIND, "self[- ]signed"),
    certificate_world(
        "unknown_issuer",
        "certificate_unknown_issuer|certificate_missing_intermediate",
        UNKNOWN_KIND,
        "local issuer|unknown authority",
    ),
    certificate_world(
        "untrusted_root",
        "certificate_unknown_issuer",
        f"{UNTRUSTED_KIND}|{UNKNOWN_KIND}",
        "self[- ]signed certificate in|unknown authority",
    ),
    certificate_world(
        "missing_intermediate",
        "certificate_missing_intermediate",
        UNKNOWN_KIND,
        "intermediate|local issuer",
        build=(name(), secure(certificate="missing_intermediate")),
    ),
    certificate_world(
        "inspected",
        "tls_interception",
        f"{UNTRUSTED_KIND}|{UNKNOWN_KIND}",
        "zscaler",
        where="this network|path|proxy|this host",
    ),
    certificate_world("weak", "certificate_weak", "tls.cert.invalid", "too weak|key too small"),
    certificate_world("not_for_servers", "certificate_invalid", "tls.cert.invalid", "purpose"),
    world(
        "certificate-expired-tls",
        f"tls://{NAME}:8883",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", THEIR_CERTIFICATE),
        name(),
        secure(8883, "expired"),
        fact=("expired",),
    ),
    world(
        "unread-certificate-of-next-year-on-well-clock",
        HTTPS,
        broken(
            "certificate_not_yet_valid",
            "tls.cert.date_invalid.not_yet_valid",
            "tls",
            "their certificate",
        ),
        name(),
        secure(certificate="not_yet_valid"),
        listen(80),
        curl=(60,),
    ),
    world(
        "unread-self-signed-on-development-port",
        f"https://{SERVER}:8443/",
        broken(
            "certificate_self_signed",
            "tls.cert.authority_invalid.self_signed",
            "tls",
            "their certificate|this program",
        ),
        secure(8443, "snake_oil"),
        curl=(60,),
    ),
    world(
        "rare-interception-by-proxy",
        HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.untrusted_root|tls.cert.authority_invalid.unknown_issuer",
            "tls",
            "proxy|this network|path|this host",
        ),
        name(),
        secure(),
        blocked(),
        proxying(inspecting_proxy),
        variables=ALL,
        curl=(60,),
        fact=("zscaler",),
    ),
    world(
        "vouched-sha1",
        HTTPS,
        broken("certificate_weak", "tls.cert.invalid", "tls", THEIR_CERTIFICATE),
        name(),
        secure(certificate="sha1"),
        variables=dict.fromkeys(
            ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
            certificates.trusting("root", "rsa root"),
        ),
        curl=(60,),
        fact=("weak|digest|sha1",),
    ),
    world(
        "proof-trust-file-without-certificates",
        HTTPS,
        broken(
            "trust_store_missing|certificate_unknown_issuer",
            f"config.tls_files_invalid|{UNKNOWN_KIND}|{UNTRUSTED_KIND}",
            "config|tls",
            "this program|this host",
        ),
        name(),
        secure(),
        variables={
            "SSL_CERT_FILE": certificates.no_certificates(),
            "REQUESTS_CA_BUNDLE": certificates.no_certificates(),
        },
    ),
    world(
        "trust-missing-intermediate-ldaps",
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
    world(
        "trust-purpose",
        f"tls://{NAME}:990",
        broken("certificate_invalid", "tls.cert.invalid", "tls", "their certificate"),
        name(),
        secure(990, "not_for_servers"),
    ),
)
