"""Certificates, trust stores, clocks and interception."""

import ssl

from e2e import certificates
from e2e.building import (
    NAME,
    blocked,
    client_certificate,
    dual,
    hosts,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    rule,
    secure,
    world,
)
from e2e.expectations import (
    HTTP,
    HTTPS,
    PG_URL,
    SELF_SIGNED_KIND,
    THEIR_CERTIFICATE,
    UNKNOWN_KIND,
    UNTRUSTED_KIND,
)
from e2e.handlers import inspecting_proxy, page, proxy, redirects, redis, smtp
from e2e.server_replies import LDAP_DONE, postgres_over_tls, replies, says, unread
from e2e.site import OTHER, PROXY, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.templates import (
    ALL,
    certificate_world,
)
from e2e.world import SILENT, World, broken

from diagnose_bench.servers import AMQP_START, socks5
from diagnose_bench.worlds import issued
from diagnose_bench.worlds.expectations import EXPIRED, EXPIRED_KIND, LEAKED, TRUST_VARIABLES
from diagnose_bench.worlds.templates import (
    HOST6,
    IPV6_DROPPED,
    PROXIED_8080,
    certificate_refused,
    chain,
    changed_tls,
    greeted,
    trusting,
    vouched,
)
from ringback.testing.lab import proxy as faulty
from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.server import Connection


def _resolves_elsewhere(site):
    """A proxy whose own resolver has another address for the name."""

    def handler(connection):
        site.records[NAME] = DNSAnswer(addresses=(OTHER,))
        try:
            proxy(site)(connection)
        finally:
            site.records[NAME] = DNSAnswer(addresses=(SERVER,))

    return handler


_INTERCEPTED = broken(
    "tls_interception",
    f"{UNTRUSTED_KIND}|{UNKNOWN_KIND}",
    "tls",
    "this network|path|proxy|this host",
)

_NOT_YET_KIND = "tls.cert.date_invalid.not_yet_valid"


def _certificate_broken(cause, kind):
    return broken(cause, kind, "tls", THEIR_CERTIFICATE)


_NO_ISSUER_KINDS = (
    "tls.cert.authority_invalid.unknown_issuer|tls.cert.authority_invalid.untrusted_root"
)

_PRIVATE_ADDRESS = "192.168.7.9"


def _at_private(address):
    """Give the server a private address, and a name that leads there."""

    def build(site):
        site.ip("server", f"addr add {address}/32 dev eth0")
        site.ip("border", f"route add {address}/32 via {SERVER}")
        name(NAME, address)(site)

    return build


WORLDS = (
    certificate_world(
        "expired_intermediate", "certificate_expired", "tls.cert.date_invalid.expired", "expired"
    ),
    certificate_world(
        "inspected_leaf_only",
        "tls_interception",
        f"{UNTRUSTED_KIND}|{UNKNOWN_KIND}",
        "fortinet|FGT60F",
        where="this network|path|proxy|this host",
    ),
    # TLS.
    world(
        "unread-vhost-default-certificate",
        "https://example.net/",
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name("example.net", SERVER),
        secure(),
        curl=(60,),
    ),
    # Two things at once.
    world(
        "unread-expired-and-own-firewall-for-http",
        HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(certificate="expired"),
        listen(80),
        rule("client", "OUTPUT -p tcp --dport 80 -j REJECT"),
        curl=(60,),
    ),
    world(
        "unread-wrong-name-behind-stale-resolver",
        HTTPS,
        broken(
            "certificate_wrong_name|resolvers_disagree",
            "tls.cert.name_invalid|dns.bogus_address",
            "tls|dns",
            "their certificate|DNS",
        ),
        secure(),
        secure(certificate="portal", address=OTHER),
        nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER, {NAME: DNSAnswer(addresses=(OTHER,))}),
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(SERVER,))}),
        curl=(60,),
    ),
    world(
        "unread-expired-behind-interception",
        HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.untrusted_root|tls.cert.authority_invalid.unknown_issuer",
            "tls",
            "this network",
        ),
        name(),
        secure(certificate="inspected_in_the_cloud"),
        curl=(60,),
    ),
    world(
        "unread-proxy-inspects-and-root-unknown",
        HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.untrusted_root|tls.cert.authority_invalid.unknown_issuer",
            "tls",
            "this network|proxy",
        ),
        name(),
        secure(),
        proxying(inspecting_proxy),
        variables=ALL,
        curl=(60,),
    ),
    world(
        "both-expired-behind-dead-ipv6",
        HTTPS,
        EXPIRED,
        dual(),
        secure(certificate="expired"),
        IPV6_DROPPED,
        limit=SILENT,
        curl=(60,),
        fact=("expired",),
    ),
    world(
        "both-expired-beside-dead-second-resolver",
        HTTPS,
        EXPIRED,
        name(),
        secure(certificate="expired"),
        nameservers(RESOLVER, RESOLVER2),
        curl=(60,),
        fact=("expired",),
    ),
    world(
        "both-expired-and-wrong-name",
        HTTPS,
        broken(
            "certificate_expired|certificate_wrong_name",
            "tls.cert.date_invalid.expired|tls.cert.name_invalid",
            "tls",
            THEIR_CERTIFICATE,
        ),
        name(),
        secure(certificate="wrong_name_expired"),
        curl=(60,),
        fact=("expired|match",),
    ),
    world(
        "both-self-signed-and-expired",
        HTTPS,
        broken(
            "certificate_self_signed|certificate_expired",
            "tls.cert.authority_invalid.self_signed|tls.cert.date_invalid.expired",
            "tls",
            THEIR_CERTIFICATE,
        ),
        name(),
        secure(certificate="self_signed_expired"),
        curl=(60,),
        fact=("self[- ]signed|expired",),
    ),
    world(
        "rare-clock-behind-two-hours",
        HTTPS,
        broken("clock_wrong", "tls.cert.date_invalid.not_yet_valid", "tls|config", "this host"),
        name(),
        secure(certificate="in_an_hour", handler=page(days=2 / 24)),
        curl=(60,),
        fact=("clock|not yet valid",),
        note="the server lives two hours later; its certificate is one hour old there",
    ),
    world(
        "rare-expired-without-date",
        HTTPS,
        EXPIRED,
        name(),
        secure(certificate="expired", handler=faulty.closed),
        curl=(60,),
        fact=("expired",),
        note="no Date is to be had: nothing speaks against our clock",
    ),
    world(
        "rare-wildcard-too-deep",
        "https://a.b.shop.example.org/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        name("a.b.shop.example.org"),
        secure(),
        curl=(60,),
        fact=("match|not valid for",),
    ),
    world(
        "way-redirect-to-other-host-wrong-name",
        HTTP,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        name("shop.example.net", OTHER),
        listen(80, redirects({"*": "https://shop.example.net/"})),
        secure(address=OTHER),
        curl=(60,),
        fact=("match|not valid for",),
    ),
    world(
        "ask-proxy-knows-other-address",
        HTTPS,
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls|proxy",
            "their certificate|proxy",
        ),
        name(),
        secure(),
        secure(certificate="wrong_name", address=OTHER),
        proxying(_resolves_elsewhere),
        variables=ALL,
        fact=("match|not valid for",),
        note="the proxy's resolver still has an old address",
    ),
    world(
        "ask-self-signed-through-proxy",
        HTTPS,
        broken(
            "certificate_self_signed",
            "tls.cert.authority_invalid.self_signed",
            "tls",
            "their certificate",
        ),
        name(),
        secure(certificate="self_signed"),
        blocked(),
        proxying(proxy),
        variables=ALL,
        fact=("self[- ]signed",),
    ),
    world(
        "ask-expired-through-socks",
        HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(certificate="expired"),
        blocked(),
        proxying(socks5, 1080),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
        fact=("expired",),
    ),
    vouched(
        "old-root-trusted",
        "under_old_root",
        certificate_refused(
            "certificate_expired", EXPIRED_KIND, f"{THEIR_CERTIFICATE}|this program|this host"
        ),
        variables=trusting("root", "old root"),
        fact=("expired",),
        note="the root itself has expired; this program still lists it",
    ),
    vouched(
        "without-alternative-names",
        "without_names",
        certificate_refused("certificate_wrong_name", "tls.cert.name_invalid"),
        fact=("match|not valid for",),
        curl=(0, 60),
        note="the name stands in the common name only, which nobody reads any more",
    ),
    vouched(
        "link-missing",
        "link_missing",
        certificate_refused("certificate_missing_intermediate", UNKNOWN_KIND),
        fact=("intermediate|local issuer",),
        note="the lower of two intermediates is sent, the upper is not",
    ),
    vouched(
        "wrong-intermediate",
        "wrong_intermediate",
        certificate_refused("certificate_missing_intermediate", UNKNOWN_KIND),
        fact=("intermediate|local issuer",),
        note="an intermediate is sent that did not sign the leaf",
    ),
    vouched(
        "expired-two-above",
        "expired_above",
        certificate_refused("certificate_expired", EXPIRED_KIND),
        fact=("expired",),
    ),
    vouched(
        "company-root-not-sent",
        "company",
        certificate_refused("certificate_unknown_issuer", f"{UNKNOWN_KIND}|{UNTRUSTED_KIND}"),
        fact=("local issuer|unknown authority",),
    ),
    vouched(
        "company-root-sent",
        "company_with_root",
        certificate_refused("certificate_unknown_issuer", f"{UNKNOWN_KIND}|{UNTRUSTED_KIND}"),
        fact=("self[- ]signed certificate in|unknown authority",),
    ),
    vouched(
        "outside-name-constraint",
        "outside_constraint",
        certificate_refused("certificate_invalid", "tls.cert.invalid"),
        fact=("permitted subtree|constraint",),
    ),
    vouched("debugging-proxy", "debugged", _INTERCEPTED, fact=("mitmproxy",)),
    vouched("virus-scanner", "scanned", _INTERCEPTED, fact=("kaspersky",)),
    vouched(
        "valid-in-ten-minutes",
        "issued_in_ten_minutes",
        certificate_refused("certificate_not_yet_valid", "tls.cert.date_invalid.not_yet_valid"),
        fact=("not yet valid",),
    ),
    vouched(
        "expired-five-minutes-ago",
        "expired_five_minutes_ago",
        certificate_refused("certificate_expired", EXPIRED_KIND),
        fact=("expired",),
    ),
    vouched(
        "self-signed-on-ipv6",
        "self_signed",
        certificate_refused("certificate_self_signed", SELF_SIGNED_KIND),
        build=(dual(), secure(certificate="self_signed")),
        fact=("self[- ]signed",),
    ),
    vouched(
        "mail-server-expired",
        "expired",
        certificate_refused("certificate_expired", EXPIRED_KIND),
        target=f"smtps://{NAME}",
        build=(name(), secure(465, "expired")),
        curl=(),
        fact=("expired",),
    ),
    vouched(
        "wrong-name-beside-http-that-redirects",
        "wrong_name",
        certificate_refused("certificate_wrong_name", "tls.cert.name_invalid"),
        fact=("match|not valid for",),
        build=(name(), secure(certificate="wrong_name"), listen(80, redirects({"*": HTTPS}))),
    ),
    vouched(
        "portal-name-alone",
        "portal",
        certificate_refused("certificate_wrong_name", "tls.cert.name_invalid"),
        build=(name(), secure(certificate="portal", handler=page(200))),
        fact=("match|not valid for",),
    ),
    greeted(
        "postgres-tls-expired",
        f"{PG_URL}?sslmode=verify-full",
        broken(
            "certificate_expired|service_tls_failed",
            "tls.cert.date_invalid.expired|tls.failed",
            "tls|application",
            "their certificate|their service",
        ),
        listen(5432, postgres_over_tls("expired")),
        fact=("expired",),
    ),
    world(
        "proof-refused-then-expired",
        HTTPS,
        _certificate_broken("certificate_expired", EXPIRED_KIND),
        name(NAME, OTHER, SERVER),
        secure(certificate="expired"),
        note="the first address refuses; the second has an expired certificate",
    ),
    world(
        "proof-address-as-dns-name",
        f"https://{SERVER}/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            f"{THEIR_CERTIFICATE}|this program",
        ),
        secure(certificate="address_as_name"),
    ),
    world(
        "proof-bare-domain-only",
        HTTPS,
        _certificate_broken("certificate_wrong_name", "tls.cert.name_invalid"),
        name(),
        secure(certificate="bare_domain"),
    ),
    world(
        "proof-wildcard-below",
        HTTPS,
        _certificate_broken("certificate_wrong_name", "tls.cert.name_invalid"),
        name(),
        secure(certificate="too_deep"),
    ),
    world(
        "proof-weak-intermediate",
        HTTPS,
        _certificate_broken("certificate_weak", "tls.cert.invalid"),
        name(),
        secure(certificate="under_weak"),
    ),
    world(
        "proof-expired-and-alone",
        HTTPS,
        _certificate_broken(
            "certificate_missing_intermediate|certificate_expired", f"{UNKNOWN_KIND}|{EXPIRED_KIND}"
        ),
        name(),
        secure(certificate="expired_alone"),
    ),
    world(
        "proof-snake-oil",
        HTTPS,
        _certificate_broken(
            "certificate_self_signed|certificate_wrong_name",
            "tls.cert.authority_invalid.self_signed|tls.cert.name_invalid",
        ),
        name(),
        secure(certificate="snake_oil"),
    ),
    world(
        "proof-imaps-self-signed",
        f"imaps://{NAME}",
        _certificate_broken("certificate_self_signed", "tls.cert.authority_invalid.self_signed"),
        name(),
        secure(993, "self_signed", says(b"* OK IMAP4 ready\r\n")),
    ),
    world(
        "proof-postgres-verify-full-wrong-name",
        f"{PG_URL}?sslmode=verify-full",
        broken(
            "certificate_wrong_name|service_tls_failed",
            "tls.cert.name_invalid|tls.failed",
            "tls|application",
            f"{THEIR_CERTIFICATE}|their service",
        ),
        name(),
        listen(5432, postgres_over_tls("wrong_name")),
    ),
    world(
        "proof-virus-scanner-eset",
        HTTPS,
        _INTERCEPTED,
        name(),
        secure(certificate="eset"),
    ),
    world(
        "proof-cloud-gateway-cato",
        HTTPS,
        _INTERCEPTED,
        name(),
        secure(certificate="cato"),
    ),
    world(
        "proof-smtps-not-yet-valid",
        f"smtps://{NAME}",
        _certificate_broken("certificate_not_yet_valid", _NOT_YET_KIND),
        name(),
        secure(465, "not_yet_valid", smtp),
    ),
    world(
        "proof-trust-file-of-another-authority",
        HTTPS,
        broken(
            "certificate_unknown_issuer",
            UNKNOWN_KIND,
            "tls",
            f"{THEIR_CERTIFICATE}|this program|this host",
        ),
        name(),
        secure(),
        variables=trusting("company root"),
    ),
    world(
        "proof-ipv4-expired-ipv6-reset",
        HTTPS,
        broken(
            "certificate_expired|handshake_cut",
            f"{EXPIRED_KIND}|tcp.reset|tls.closed",
            "tls|tcp",
            f"{THEIR_CERTIFICATE}|their service|path|their host",
        ),
        dual(),
        secure(certificate="expired", address=SERVER),
        listen(443, Connection.reset, address=SERVER6),
    ),
    world(
        "proof-missing-intermediate-beside-dead-address",
        HTTPS,
        _certificate_broken("certificate_missing_intermediate", UNKNOWN_KIND),
        name(NAME, SERVER, OTHER),
        secure(certificate="missing_intermediate", address=SERVER),
        rule("server", f"INPUT -d {OTHER} -p tcp -j DROP"),
        limit=SILENT,
    ),
    world(
        "proof-expired-on-ipv6-address",
        f"https://[{SERVER6}]/",
        _certificate_broken(
            "certificate_expired|certificate_wrong_name", f"{EXPIRED_KIND}|tls.cert.name_invalid"
        ),
        secure(certificate="expired"),
    ),
    world(
        "proof-amqps-expired",
        f"amqps://{NAME}",
        _certificate_broken("certificate_expired", EXPIRED_KIND),
        name(),
        secure(5671, "expired", replies(AMQP_START)),
    ),
    world(
        "proof-ldaps-unknown-issuer",
        f"ldaps://{NAME}",
        _certificate_broken(
            "certificate_unknown_issuer|certificate_missing_intermediate", UNKNOWN_KIND
        ),
        name(),
        secure(636, "unknown_issuer", replies(LDAP_DONE)),
    ),
    world(
        "proof-signed-by-no-authority",
        HTTPS,
        _certificate_broken("certificate_invalid", "tls.cert.invalid"),
        name(),
        secure(certificate="by_no_authority"),
    ),
    world(
        "proof-intermediate-not-yet-valid",
        HTTPS,
        _certificate_broken("certificate_not_yet_valid", _NOT_YET_KIND),
        name(),
        secure(certificate="not_yet_above"),
    ),
    world(
        "proof-path-too-long",
        HTTPS,
        _certificate_broken("certificate_invalid", "tls.cert.invalid"),
        name(),
        secure(certificate="short_path"),
    ),
    world(
        "onward-redirect-to-self-signed",
        HTTP,
        _certificate_broken("certificate_self_signed", "tls.cert.authority_invalid.self_signed"),
        name(),
        listen(80, redirects({"*": HTTPS})),
        secure(certificate="self_signed"),
    ),
    world(
        "onward-other-port-expired",
        HTTPS,
        _certificate_broken("certificate_expired", EXPIRED_KIND),
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        secure(8443, "expired"),
    ),
    world(
        "mixed-clock-behind-behind-redirect",
        HTTP,
        broken("clock_wrong", _NOT_YET_KIND, "tls|config", "this host"),
        name(),
        listen(80, page(302, f"Location: {HTTPS}", days=100)),
        secure(certificate="in_100_days", handler=page(days=100)),
    ),
    world(
        "mixed-apex-to-www-expired",
        "http://example.org/",
        _certificate_broken("certificate_expired", EXPIRED_KIND),
        name("example.org", OTHER),
        name(),
        listen(80, redirects({"*": HTTPS}), address=OTHER),
        secure(certificate="expired"),
    ),
    world(
        "mixed-one-family-expired-other-refused",
        HTTPS,
        _certificate_broken("certificate_expired", EXPIRED_KIND),
        dual(),
        secure(certificate="expired", address=SERVER),
    ),
    world(
        "mixed-tls-only-for-named-http-else",
        f"https://{SERVER}/",
        broken(
            "certificate_wrong_name|sni_unknown|handshake_cut",
            "tls.cert.name_invalid|tls.unrecognized_name_alert|tls.closed",
            "tls",
            f"{THEIR_CERTIFICATE}|their service|this program|path",
        ),
        secure(certificate="bare_domain"),
    ),
    world(
        "between-netskope",
        HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.untrusted_root|tls.cert.authority_invalid.unknown_issuer",
            "tls",
            "this network|path|this host",
        ),
        dual(),
        secure(certificate="inspected_in_the_cloud"),
    ),
    world(
        "between-inspecting-and-expired-behind",
        HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(certificate="expired"),
        blocked(),
        proxying(proxy, port=8080),
        variables=PROXIED_8080,
    ),
    world(
        "trust-expired-imaps",
        f"imaps://{NAME}",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(993, "expired_an_hour_ago"),
    ),
    world(
        "trust-expired-long-ago-v6",
        f"https://{NAME}:8443/",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(NAME, SERVER6),
        secure(8443, "expired_long_ago"),
    ),
    world(
        "trust-not-yet-v6",
        HTTPS,
        broken(
            "certificate_not_yet_valid",
            "tls.cert.date_invalid.not_yet_valid",
            "tls",
            "their certificate",
        ),
        name(NAME, SERVER6),
        secure(certificate="not_yet_valid"),
    ),
    world(
        "trust-wrong-name-by-address",
        f"https://{SERVER}:9443/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        secure(9443),
    ),
    world(
        "trust-self-signed-tls-url",
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
    world(
        "trust-company-root",
        HTTPS,
        broken(
            "certificate_unknown_issuer",
            "tls.cert.authority_invalid.untrusted_root",
            "tls",
            "their certificate|this host|this program",
        ),
        name(),
        secure(certificate="company_with_root"),
    ),
    world(
        "trust-weak-sha1-tls",
        f"https://{NAME}/",
        broken("certificate_weak", "tls.cert.invalid", "tls", "their certificate"),
        name(),
        secure(certificate="sha1"),
        variables={
            "SSL_CERT_FILE": certificates.trusting("rsa root"),
            "REQUESTS_CA_BUNDLE": certificates.trusting("rsa root"),
        },
    ),
    world(
        "trust-clock-behind",
        HTTPS,
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
    world(
        "trust-clock-ahead-v6",
        HTTPS,
        broken(
            "clock_wrong", "tls.cert.date_invalid.expired", "tls|config|client|host|ip", "this host"
        ),
        name(NAME, SERVER6),
        secure(certificate="100_days_ago", handler=page(404, days=-100)),
    ),
    world(
        "trust-mtls-1.3-v6",
        f"https://{HOST6}:6443/",
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|this program",
        ),
        secure(6443, prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    world(
        "trust-trust-file-gone",
        HTTPS,
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
    world(
        "trust-intermediate-expired-v6",
        HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(NAME, SERVER6),
        secure(certificate="expired_intermediate"),
    ),
    world(
        "trust-common-name-only",
        HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        secure(certificate="without_names"),
    ),
    world(
        "trust-constraint",
        f"imaps://{NAME}",
        broken("certificate_invalid", "tls.cert.invalid", "tls", "their certificate"),
        name(),
        secure(993, "outside_constraint"),
    ),
    world(
        "trust-expired-and-wrong-name",
        HTTPS,
        broken(
            "certificate_wrong_name",
            "tls.cert.date_invalid.expired|tls.cert.name_invalid",
            "tls",
            "their certificate",
        ),
        name(),
        secure(certificate="wrong_name_expired"),
    ),
    world(
        "trust-kaspersky",
        HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.unknown_issuer|tls.cert.authority_invalid.untrusted_root",
            "tls",
            "this host|this network|path",
        ),
        name(),
        secure(certificate="scanned"),
    ),
    world(
        "requests-redirect-to-expired",
        HTTP,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        dual(),
        listen(80, redirects({"*": HTTPS}, status=301)),
        secure(certificate="expired"),
    ),
    world(
        "requests-redirect-to-portal-like",
        HTTP,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        listen(80, redirects({"*": HTTPS})),
        secure(certificate="bare_domain"),
    ),
    world(
        "greetings-rediss-expired",
        f"rediss://{NAME}:6380",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(6380, "expired", redis),
    ),
    world(
        "greetings-amqps-wrong-name",
        f"amqps://{NAME}",
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        dual(),
        secure(5671, "bare_domain"),
    ),
    world(
        "greetings-postgres-tls-expired",
        f"postgres://app@{NAME}/shop?sslmode=verify-full",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        listen(5432, postgres_over_tls("expired")),
    ),
    world(
        "beside-expired-behind-dead-v6",
        f"https://{NAME}:8443/",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        dual(),
        secure(8443, "expired_an_hour_ago"),
        chain("border", "ip6 forward", "tcp dport 8443 drop"),
        limit=SILENT,
    ),
    world(
        "beside-wrong-name-beside-http",
        HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        secure(certificate="wrong_name"),
        listen(80, page(503)),
    ),
    world(
        "beside-self-signed-beside-silent-resolver",
        HTTPS,
        broken(
            "certificate_self_signed",
            "tls.cert.authority_invalid.self_signed",
            "tls",
            "their certificate",
        ),
        name(),
        secure(certificate="self_signed"),
        nameservers(RESOLVER, "192.0.2.177"),
        limit=SILENT,
    ),
    # Clocks: the dates tell, not by how much the clocks differ.
    world(
        "doubts-expired-days-ago-and-clock-hours-ahead",
        HTTPS,
        broken("certificate_expired", EXPIRED_KIND, "tls", "their certificate"),
        name(),
        secure(certificate="expired", handler=page(days=-3 / 24)),
        curl=(60,),
        note="by the server's own clock it has expired as well",
    ),
    world(
        "doubts-expired-five-minutes-ago-and-clock-half-an-hour-ahead",
        HTTPS,
        broken("clock_wrong", EXPIRED_KIND, "tls|config", "this host", also="certificate_expired"),
        name(),
        secure(certificate="expired_five_minutes_ago", handler=page(days=-1 / 48)),
        curl=(60,),
        fact=("clock",),
    ),
    world(
        "doubts-expired-where-no-clock-is-told",
        f"smtps://{NAME}/",
        broken("certificate_expired", EXPIRED_KIND, "tls", "their certificate", also="clock_wrong"),
        name(),
        secure(465, "expired", replies(b"")),
    ),
    # Certificates of an issuer that nobody knows.
    world(
        "doubts-root-unknown-and-leaf-alone",
        HTTPS,
        broken(
            "certificate_unknown_issuer",
            _NO_ISSUER_KINDS,
            "tls",
            "their certificate|this program",
            also="tls_interception",
        ),
        name(),
        secure(certificate="unknown_issuer"),
        curl=(60,),
    ),
    world(
        "doubts-issuing-authority-unknown-and-leaf-alone",
        HTTPS,
        broken(
            "certificate_unknown_issuer|certificate_missing_intermediate",
            _NO_ISSUER_KINDS,
            "tls",
            "their certificate|this program",
            also="certificate_unknown_issuer|certificate_missing_intermediate|tls_interception",
        ),
        name(),
        secure(certificate="company_alone"),
        curl=(60,),
    ),
    world(
        "doubts-firewall-s-own-page-at-a-private-address",
        HTTPS,
        broken(
            "tls_interception|certificate_unknown_issuer",
            _NO_ISSUER_KINDS,
            "tls",
            "this network|their certificate",
            also="certificate_unknown_issuer",
        ),
        _at_private(_PRIVATE_ADDRESS),
        secure(certificate="inspected_leaf_only", address=_PRIVATE_ADDRESS),
        curl=(60,),
    ),
    world(
        "told-stale-hosts-line",
        HTTPS,
        broken(
            "certificate_wrong_name|hosts_file_override",
            "tls.cert.name_invalid|dns.bogus_address",
            "tls|dns",
            "this host",
        ),
        name(),
        secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
        hosts(f"{OTHER} {NAME}"),
    ),
    world(
        "told-clock-two-years-ahead",
        HTTPS,
        broken("clock_wrong", EXPIRED_KIND, "tls|config", "this host"),
        name(),
        secure(certificate="two_years_ago", handler=page(days=-730)),
        listen(80, page(days=-730)),
    ),
    world(
        "told-intercepted-old-server",
        HTTPS,
        broken(
            "tls_interception|certificate_unknown_issuer|certificate_own_authority",
            f"{UNTRUSTED_KIND}|{UNKNOWN_KIND}",
            "tls",
            "path|this network|their certificate",
            also="tls_interception",
        ),
        name(),
        secure(certificate="company_with_root", handler=page(502)),
    ),
    changed_tls(
        "certificate-with-star-within-label",
        (secure(certificate="partial_wildcard"),),
        broken(
            "certificate_wrong_name",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|their service",
        ),
        curl=(60,),
    ),
    changed_tls(
        "policy-wants-longer-keys",
        (secure(certificate="rsa"),),
        broken(
            "certificate_weak",
            "tls.cert.invalid",
            "tls|config",
            "this host|their certificate|their service",
        ),
        variables={
            **dict.fromkeys(TRUST_VARIABLES, certificates.trusting("root", "rsa root")),
            "OPENSSL_CONF": issued.openssl_settings("CipherString = DEFAULT@SECLEVEL=3"),
        },
        curl=(60,),
        fact=("too weak|too small",),
    ),
    changed_tls(
        "trust-variable-names-directory",
        (secure(),),
        broken(
            "trust_store_missing|certificate_unknown_issuer",
            "config.tls_files_invalid|tls.cert.authority_invalid.unknown_issuer",
            "config|tls",
            "this host|this program|their certificate",
        ),
        variables=dict.fromkeys(TRUST_VARIABLES, "/etc/ssl/certs"),
        curl=(77, 60),
        fact=("/etc/ssl/certs|local issuer|issued by",),
        note="curl wants a file there; requests takes a directory, which lacks the issuer",
    ),
    World(
        name="changed-ipv6-forgotten-and-maintenance",
        target=f"https://{NAME}/",
        build=(
            dual(),
            secure(handler=page(503), address=SERVER),
            secure(certificate="wrong_name", address=SERVER6),
        ),
        expected=broken(
            "certificate_wrong_name|tls_partly",
            "tls.cert.name_invalid",
            "tls",
            "their certificate|their service",
        ),
        curl=(60,),
        note="two faults: IPv6 reaches the default host, IPv4 is being worked on",
    ),
    World(
        name="changed-inner-address-and-expired",
        target=f"https://{NAME}/",
        build=(name(NAME, SERVER, LEAKED), secure(certificate="expired")),
        expected=broken(
            "certificate_expired",
            "tls.cert.date_invalid.expired",
            "tls",
            "their certificate|their service",
        ),
        limit=SILENT,
        curl=(60,),
        note="two faults: one of two addresses leads nowhere, the other's certificate is over",
    ),
    World(
        name="akin-store-variable-names-directory",
        target=f"https://{NAME}/",
        build=(name(), secure()),
        expected=broken(
            "trust_store_missing",
            "config.tls_files_invalid",
            "config|tls",
            "this host|this program",
        ),
        variables={
            "SSL_CERT_FILE": "/etc/ssl/certs",
            "REQUESTS_CA_BUNDLE": "",
            "CURL_CA_BUNDLE": "",
        },
        curl=(77, 60),
        fact=("/etc/ssl/certs",),
    ),
    World(
        name="akin-bundle-variable-names-folder-of-others",
        target=f"https://{NAME}/",
        build=(name(), secure()),
        expected=broken(
            "trust_store_missing",
            "config.tls_files_invalid",
            "config|tls",
            "this host|this program",
        ),
        variables=dict.fromkeys(TRUST_VARIABLES, "/usr/share"),
        curl=(77, 60),
        fact=("/usr/share",),
        note="the folder holds nothing that OpenSSL finds by its hash",
    ),
    World(
        name="akin-ipv6-of-others-and-ipv4-hangs",
        target=f"https://{NAME}/",
        build=(
            dual(),
            secure(handler=unread, address=SERVER),
            secure(certificate="expired", address=SERVER6),
        ),
        expected=broken(
            "certificate_expired|tls_partly",
            "tls.cert.date_invalid.expired",
            "tls",
            "their certificate|their service",
        ),
        limit=SILENT,
        curl=(60,),
        note="two faults: what is tried first has an old certificate, the other does not answer",
    ),
    world(
        "both-expired-behind-redirect",
        HTTP,
        EXPIRED,
        name(),
        listen(80, redirects({"*": HTTPS}, status=301)),
        secure(certificate="expired"),
        curl=(60,),
        fact=("expired",),
    ),
    world(
        "way-rediss-expired",
        f"rediss://{NAME}:6380",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(6380, "expired", redis),
        fact=("expired",),
    ),
    world(
        "both-wrong-name-through-proxy",
        HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", THEIR_CERTIFICATE),
        name(),
        secure(certificate="wrong_name"),
        blocked(),
        proxying(proxy),
        variables=ALL,
        curl=(60,),
        fact=("match|not valid for",),
    ),
    world(
        "way-redirect-to-wrong-name",
        HTTP,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        listen(80, redirects({"*": HTTPS}, status=301)),
        secure(certificate="wrong_name"),
        curl=(60,),
        fact=("match|not valid for",),
    ),
    changed_tls(
        "company-certificate-expired",
        (secure(certificate="company_expired"),),
        broken(
            "certificate_own_authority|certificate_unknown_issuer|certificate_expired",
            "tls.cert.authority_invalid.unknown_issuer|tls.cert.authority_invalid.untrusted_root"
            "|tls.cert.date_invalid.expired",
            "tls|config",
            "this host|their certificate|their service",
        ),
        curl=(60,),
        fact=("local issuer|unknown authority|expired",),
        note="two faults: the company's authority is not trusted here, and the server's "
        "certificate is over",
    ),
)
