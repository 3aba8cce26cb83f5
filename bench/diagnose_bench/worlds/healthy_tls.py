"""Healthy targets over TLS."""

import ssl

from e2e import certificates
from e2e.building import NAME, dual, listen, name, secure, world
from e2e.expectations import HTTPS, THEIR_APPLICATION
from e2e.handlers import page, redirects
from e2e.site import OTHER, SERVER, SERVER6
from e2e.templates import well
from e2e.world import SILENT, WELL, World, broken

from diagnose_bench.servers import (
    chunked,
    cookie_wall,
    flight_in_two_parts,
    get_only,
    hinted,
    late,
    zipped,
)
from diagnose_bench.worlds import issued
from diagnose_bench.worlds.expectations import MEGABYTE
from diagnose_bench.worlds.templates import (
    NAT,
    answered,
    certificate_welcome,
    curve,
    further_address,
    shaken,
    trusting,
    vouched,
)
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.http import closing, speaking
from ringback.testing.lab.http import healthy_over_http2 as answering_http2
from ringback.testing.lab.message import head

_COMPANY_TRUST = dict.fromkeys(
    ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), certificates.trusting("company root")
)


def _client_certificate_welcome(context):
    """Ask for a client certificate, and do without."""
    context.verify_mode = ssl.CERT_OPTIONAL


def _only_version(version):
    def prepare(context):
        context.minimum_version = context.maximum_version = version

    return prepare


_COMPANY_TRUST_NO_CURL = dict.fromkeys(
    ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), certificates.trusting("company root")
)

WORLDS = (
    world(
        "unread-healthy-certificate-of-company-with-root",
        HTTPS,
        WELL,
        name(),
        secure(certificate="company_with_root"),
        variables=_COMPANY_TRUST,
        curl=(0,),
    ),
    world(
        "unread-healthy-in-chunks-over-tls", HTTPS, WELL, name(), secure(handler=chunked), curl=(0,)
    ),
    well("https-dual-stack", HTTPS, dual(), secure()),
    well("https-address", f"https://{SERVER}/", secure(certificate="address")),
    well(
        "redirected-to-another-host",
        HTTPS,
        name(),
        name("eu.shop.example.org"),
        secure(handler=redirects({"/": "https://eu.shop.example.org/home"})),
    ),
    well("chunked", HTTPS, name(), secure(handler=chunked)),
    well("long-chain", HTTPS, name(), secure(certificate="long")),
    well("certificate-ends-soon", HTTPS, name(), secure(certificate="ending")),
    well("wildcard", "https://eu.shop.example.org/", name("eu.shop.example.org"), secure()),
    well(
        "idna",
        "https://bücher.example.org/",
        name("xn--bcher-kva.example.org"),
        secure(certificate="idna"),
        curl=(),
    ),
    well("clock-a-minute-off", HTTPS, name(), secure(handler=page(days=1 / 1440))),
    world("rare-healthy-early-hints", HTTPS, WELL, name(), secure(handler=hinted), curl=(0,)),
    world(
        "rare-healthy-client-certificate-optional",
        HTTPS,
        WELL,
        name(),
        secure(prepare=_client_certificate_welcome),
        curl=(0,),
    ),
    world(
        "rare-healthy-tls12-only",
        HTTPS,
        WELL,
        name(),
        secure(prepare=_only_version(ssl.TLSVersion.TLSv1_2)),
        curl=(0,),
    ),
    world(
        "rare-healthy-tls13-only",
        HTTPS,
        WELL,
        name(),
        secure(prepare=_only_version(ssl.TLSVersion.TLSv1_3)),
        curl=(0,),
    ),
    world("rare-healthy-name-with-dot", f"https://{NAME}./", WELL, name(), secure()),
    world(
        "rare-healthy-credentials-and-query",
        f"https://app:hunter2@{NAME}/?token=hunter2",
        WELL,
        name(),
        secure(),
        curl=(0,),
    ),
    world("way-translated-healthy", HTTPS, WELL, name(), secure(), NAT, curl=(0,)),
    world(
        "name-healthy-cut-answer-dual",
        HTTPS,
        WELL,
        name(NAME, SERVER, SERVER6, udp="truncated"),
        secure(),
    ),
    vouched("chain-out-of-order", "out_of_order", WELL),
    vouched("chain-with-root", "with_root", WELL),
    vouched("chain-of-three", "three", WELL),
    vouched(
        "company-root-trusted",
        "company",
        WELL,
        variables=trusting("root", "company root"),
    ),
    shaken(
        "hello-answered-after-two-seconds-healthy",
        HTTPS,
        WELL,
        listen(443, late(2.0, over_tls(certificates.server_context(), page()))),
        limit=SILENT,
        curl=(0,),
    ),
    answered(
        "maintenance-page-healthy",
        HTTPS,
        WELL,
        secure(handler=page(200, body=b"<h1>Down for maintenance</h1>")),
    ),
    answered("zipped-healthy", HTTPS, WELL, secure(handler=zipped())),
    world(
        "proof-wildcard-healthy",
        HTTPS,
        WELL,
        name(),
        secure(certificate="any_name"),
    ),
    world(
        "proof-many-names-healthy",
        HTTPS,
        WELL,
        name(),
        secure(certificate="many_names"),
    ),
    world(
        "proof-edwards-healthy",
        HTTPS,
        WELL,
        name(),
        secure(certificate="edwards"),
    ),
    world(
        "proof-ends-tls-without-notice-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=closing(head(200, "Content-Length: 3") + b"ok!")),
    ),
    world(
        "proof-self-signed-trusted-healthy",
        HTTPS,
        WELL,
        name(),
        secure(certificate="self_signed"),
        variables={
            "SSL_CERT_FILE": issued.own_file("self_signed"),
            "REQUESTS_CA_BUNDLE": issued.own_file("self_signed"),
        },
    ),
    world(
        "onward-redirect-to-other-500",
        HTTPS,
        WELL,
        name(),
        name("b.example.org", OTHER),
        secure(handler=redirects({"*": "http://b.example.org/x"})),
        listen(80, page(200), address=OTHER),
    ),
    world(
        "onward-cookie-secure-over-tls-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=cookie_wall("seen=1; Secure; HttpOnly")),
    ),
    world(
        "onward-other-port-well-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        secure(8443),
    ),
    world(
        "reply-login-on-same-host-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=redirects({"/": "/login?next=/"})),
    ),
    world(
        "reply-brotli-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(200, "Content-Encoding: br", body=b"\x0b\x02\x80hello\x03")),
    ),
    world(
        "reply-200-with-error-text-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(200, body=b"Internal Server Error")),
    ),
    world(
        "reply-202-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(202)),
    ),
    world(
        "reply-206-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(206, "Content-Range: bytes 0-49/50")),
    ),
    world(
        "reply-300-healthy",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(300)),
    ),
    world(
        "reply-port-80-portal-443-well",
        HTTPS,
        WELL,
        name(),
        secure(),
        listen(80, redirects({"*": "http://portal.example.net/login"})),
    ),
    world(
        "reply-expired-cross-sign-healthy",
        HTTPS,
        WELL,
        name(),
        secure(certificate="crossed"),
    ),
    world(
        "reply-one-curve-healthy",
        HTTPS,
        WELL,
        name(),
        secure(prepare=curve("secp384r1")),
    ),
    world(
        "reply-flight-in-two-parts-healthy",
        HTTPS,
        WELL,
        name(),
        listen(443, flight_in_two_parts()),
        limit=SILENT,
    ),
    world(
        "mixed-http2-only-tls",
        HTTPS,
        broken(
            "healthy|not_http",
            "healthy|http.response.invalid.not_http",
            "none|http",
            f"|{THEIR_APPLICATION}",
            healthy=None,
        ),
        name(),
        secure(
            handler=speaking(answering_http2),
            prepare=lambda context: context.set_alpn_protocols(["h2"]),
        ),
    ),
    world(
        "mixed-apex-to-www-healthy",
        "https://example.org/",
        WELL,
        name("example.org", OTHER),
        name(),
        secure(handler=redirects({"*": HTTPS}), address=OTHER),
        secure(),
    ),
    world(
        "mixed-capitals-in-certificate-healthy", HTTPS, WELL, name(), secure(certificate="capitals")
    ),
    world("beside-well-final-dot", f"https://{NAME}./", WELL, name(), secure()),
    world(
        "beside-well-wildcard-certificate",
        "https://a.shop.example.org/",
        WELL,
        name("a.shop.example.org"),
        secure(),
    ),
    world("beside-well-truncated-udp", HTTPS, WELL, name(NAME, SERVER, udp="truncated"), secure()),
    world(
        "beside-well-head-refused",
        f"https://{NAME}:8443/",
        WELL,
        name(),
        secure(8443, handler=get_only),
    ),
    world(
        "beside-well-big-header",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(200, *[f"Set-Cookie: c{i}={'x' * 900}" for i in range(20)])),
    ),
    world(
        "beside-well-idna",
        "https://bücher.example.org/",
        WELL,
        name("xn--bcher-kva.example.org"),
        secure(certificate="idna"),
    ),
    world(
        "beside-well-slow-handshake",
        HTTPS,
        WELL,
        name(),
        listen(443, late(1.5, over_tls(certificates.server_context(), page()))),
        limit=4,
    ),
    world("beside-well-three-addresses", HTTPS, WELL, name(NAME, SERVER, SERVER6), secure()),
    world(
        "beside-well-certificate-optional",
        HTTPS,
        WELL,
        name(),
        secure(prepare=certificate_welcome),
    ),
    world("beside-well-uppercase", "HTTPS://WWW.Example.ORG:443", WELL, name(), secure()),
    world(
        "told-private-address-on-purpose",
        HTTPS,
        WELL,
        further_address("10.20.0.5"),
        name(NAME, "10.20.0.5"),
        secure(certificate="company", address="10.20.0.5"),
        variables=_COMPANY_TRUST_NO_CURL,
    ),
    world(
        "told-slow-as-promised",
        f"https://{NAME}/yearly",
        broken(
            "healthy|slow_first_byte",
            "healthy|http.response.timed_out",
            "none|http",
            "|their application",
            also="healthy",
            healthy=None,
        ),
        name(),
        secure(handler=page(delay=8, body=MEGABYTE * 2)),
        arguments=("--timeout", "30"),
        limit=10.0,
    ),
    World(
        name="akin-healthy-policy-of-both",
        target=f"https://{NAME}/",
        build=(name(), secure()),
        variables={"OPENSSL_CONF": issued.openssl_settings("MinProtocol = TLSv1.3")},
        expected=WELL,
        curl=(0,),
    ),
    world(
        "unread-healthy-own-ca-by-option",
        HTTPS,
        WELL,
        name(),
        secure(certificate="company"),
        variables={
            "SSL_CERT_FILE": certificates.trusting("company root"),
            "REQUESTS_CA_BUNDLE": certificates.trusting("company root"),
            "CURL_CA_BUNDLE": certificates.trusting("company root"),
        },
        curl=(0,),
    ),
)
