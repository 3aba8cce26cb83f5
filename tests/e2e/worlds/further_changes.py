"""What a change left behind: a failover, a new policy, an upgrade, a typing error."""

import ssl
import struct
import zlib

import dns.rcode
from e2e import papers
from e2e.building import (
    NAME,
    dual,
    file,
    ip,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import PAGE, page, plain_request_refused, proxy, reach, redirects
from e2e.resolver import ipv6_denied, no_edns, other_number, refers_to_the_root
from e2e.site import OTHER, PROXY, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.talk import LDAP_DONE, either, mysql_refusal, replies, says
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.message import head
from ringback.testing.lab.proxy import relay

_NETWORK = "tcp.address_unreachable.network"
_DNS = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_REJECTED = ("service.rejected", "application", "their service|their application")
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OLD_MAC = "lladdr 02:00:00:00:00:99 nud permanent"
"""The link address of a router that has been replaced, in the cache of a host that missed it."""
_LEAKED = "10.20.30.40"
"""An address of the server's inner network: no way leads there from outside."""
_PORTAL = "portal.example.net"


def _verbose_tunnel(site):
    """Return a proxy that describes its answer to CONNECT as if it had a body."""

    def handler(connection):
        if request := connection.read_request():
            host, _, port = request.target.rpartition(":")
            connection.send(
                b"HTTP/1.0 200 Connection established\r\nProxy-Agent: Gate/2.1\r\n"
                b"Content-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            relay(connection, reach(site, host, int(port)))

    return handler


def _only_tls12(context):
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def _small_group(context):
    _only_tls12(context)
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    context.load_dh_params(papers.small_group())


_HELLO = b"\x03\x03" + bytes(range(32)) + b"\x00" + b"\xc0\x2f" + b"\x00"
_OLD_HELLO = (
    b"\x16\x03\x03" + struct.pack("!H", len(_HELLO) + 4) + b"\x02\x00" +
    struct.pack("!H", len(_HELLO)) + _HELLO
)  # fmt: skip
"""ServerHello of TLS 1.2 without a word on secure renegotiation (RFC 5746)."""


def _tls(label, build, expected, **more):
    return World(
        name=f"changed-{label}",
        target=f"https://{NAME}/",
        build=(name(), *build),
        expected=expected,
        **more,
    )


def _raw_deflate():
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(PAGE * 40) + packer.flush()


def _well(label, *build, target=f"http://{NAME}/", **more):
    return World(
        name=f"changed-healthy-{label}",
        target=target,
        build=build,
        expected=WELL,
        curl=(0,),
        **more,
    )


WORLDS = (
    World(
        name="changed-gateway-replaced-and-cached",
        target=f"http://{SERVER}/",
        build=(listen(), ip("client", f"neigh replace 192.0.2.1 dev eth0 {_OLD_MAC}")),
        expected=broken(
            "gateway_dead|path_silent",
            "tcp.timed_out|tcp.address_unreachable.host",
            "ip|tcp",
            "this network|path|this host",
        ),
        limit=SILENT,
        curl=(28,),
        note="the gateway failed over, and this host still writes to the old link address",
    ),
    World(
        name="changed-server-replaced-and-cached",
        target=f"https://{NAME}/",
        build=(name(), secure(), ip("border", f"neigh replace {SERVER} dev dmz {_OLD_MAC}")),
        expected=broken(
            "path_silent|host_down|firewall_drops",
            "tcp.timed_out",
            "ip|tcp",
            "path|their host",
        ),
        limit=SILENT,
        curl=(28,),
        note="the floating address moved to the standby; the router before it did not notice",
    ),
    World(
        name="changed-mtu-below-ipv6",
        target=f"http://[{SERVER6}]/",
        build=(listen(), ip("client", "link set eth0 mtu 1200")),
        expected=broken(
            "family_missing|no_default_route|no_route|no_network",
            f"{_NETWORK}|client.local_address",
            "ip",
            "this host|this network",
        ),
        curl=(7,),
        fact=("unreachable|assign requested address",),
        note="below 1,280 bytes the kernel takes IPv6 off the interface",
    ),
    World(
        name="changed-nat64-removed",
        target=f"http://{NAME}/",
        build=(
            name(NAME, "64:ff9b::c633:6402"),
            listen(),
            ip("client", "route del default", "route add 192.0.2.128/25 via 192.0.2.1"),
        ),
        expected=broken(
            "network_unreachable|no_route|host_unreachable|firewall_rejects",
            _NETWORK,
            "ip|tcp",
            "path|this network",
        ),
        limit=SILENT,
        curl=(7,),
        note="DNS64 still makes addresses of a translator that is gone",
    ),
    World(
        name="changed-inner-address-published",
        target=f"http://{NAME}/",
        build=(name(NAME, SERVER, _LEAKED), listen()),
        expected=broken(
            "one_address_dead|bogus_address",
            f"{_NETWORK}|dns.bogus_address",
            "tcp|ip|dns",
            "DNS|path|their host|their service",
        ),
        limit=SILENT,
        curl=(0,),
        fact=(_LEAKED,),
        note="the second record is the server's address within its own network",
    ),
    World(
        name="changed-translated-into-unrouted-pool",
        target=f"https://{NAME}/",
        build=(
            name(),
            secure(),
            rule(
                "gateway",
                "POSTROUTING -t nat -s 192.0.2.2 -o wan -j SNAT --to-source 203.0.113.77",
            ),
        ),
        expected=broken(
            "path_silent|firewall_drops|gateway_dead",
            "tcp.timed_out",
            "ip|tcp",
            "path|this network",
        ),
        limit=SILENT,
        curl=(28,),
        note="the new pool of outer addresses is not routed back to the gateway",
    ),
    World(
        name="changed-resolver-answers-with-other-number",
        target=f"http://{NAME}/",
        build=(name(), listen(), resolver(RESOLVER, warp=other_number)),
        expected=broken(
            "resolver_silent|resolver_broken",
            f"{_DNS}|dns.server",
            "dns",
            "DNS|this network",
        ),
        limit=SILENT,
        curl=(6, 28),
        note="a router's new firmware copies the number of a question wrongly",
    ),
    World(
        name="changed-resolver-only-refers",
        target=f"http://{NAME}/",
        build=(name(), listen(), resolver(RESOLVER, warp=refers_to_the_root)),
        expected=broken(
            "resolver_broken|resolver_refuses",
            "dns.temporary_failure|dns.server|dns.no_address|dns.failed",
            "dns",
            "DNS|this network|this host",
        ),
        curl=(6,),
        fact=("recursion|resolver|nameserver|resolve",),
        note="recursion was switched off: it names the root servers and says it does not recurse",
    ),
    _well("resolver-knows-no-edns", name(), listen(), resolver(RESOLVER, warp=no_edns)),
    _well(
        "search-domain-broken",
        name(),
        name("*.corp.example.net", rcode=dns.rcode.SERVFAIL),
        listen(),
        nameservers(RESOLVER, options="search corp.example.net\noptions ndots:5"),
    ),
    World(
        name="changed-resolver-link-local-without-zone",
        target=f"http://{NAME}/",
        build=(name(), listen(), nameservers("fe80::1")),
        expected=broken(
            "resolver_unreachable|resolver_missing|resolver_down",
            "dns.unreachable|dns.temporary_failure",
            "dns|config|ip",
            "this host|DNS|this network",
        ),
        curl=(6,),
        fact=("nameserver|resolver|resolve",),
        note="a script wrote the router's address without %eth0",
    ),
    World(
        name="changed-patience-below-resolver",
        target=f"http://{NAME}/",
        build=(
            name(NAME, SERVER, delay=1.7),
            listen(),
            nameservers(RESOLVER, options="options timeout:1 attempts:1"),
        ),
        expected=broken(
            "resolver_silent|resolver_broken", _DNS, "dns|config", "DNS|this host|this network"
        ),
        limit=SILENT,
        curl=(6,),
        note="it answers after 1.7 s, and this host waits for one second, once",
    ),
    _well("ipv6-name-denied", name(), listen(), resolver(RESOLVER, warp=ipv6_denied)),
    _well(
        "underscore",
        name("build_7.example.org"),
        listen(),
        target="http://build_7.example.org/",
    ),
    World(
        name="changed-hash-in-proxy-password",
        target=f"http://{NAME}/",
        build=(name(), listen(), proxying(proxy)),
        variables={"http_proxy": f"http://svc-build:Q7#kd@{PROXY}:3128"},
        expected=broken(
            "proxy_invalid",
            "config.proxy_invalid|proxy.unreachable",
            "config|proxy",
            "this host|this program",
        ),
        curl=(5, 7),
        note="the new password has a #, which ends a URL's host",
    ),
    _tls(
        "proxy-limits-rate",
        (secure(), proxying(proxy, outcome=429, fields=("Retry-After: 60",))),
        broken(
            "rate_limited|proxy_forbids|proxy_not_needed",
            "proxy.denied|http.error.rate_limited",
            "proxy|status|http",
            "proxy|this program",
            "proxy_forbids",
        ),
        variables={"https_proxy": f"http://{PROXY}:3128"},
        curl=(56, 7),
        fact=("429",),
        note="the target answers without the proxy as well",
    ),
    _well(
        "proxy-describes-tunnel",
        name(),
        secure(),
        proxying(_verbose_tunnel),
        target=f"https://{NAME}/",
        variables={"https_proxy": f"http://{PROXY}:3128"},
    ),
    _tls(
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
    _tls(
        "group-too-small",
        (secure(certificate="rsa", prepare=_small_group),),
        broken(
            "tls_mismatch|certificate_weak|old_tls",
            "tls.version_or_cipher_mismatch|tls.failed|tls.protocol.error",
            "tls",
            "their service|their host|this host",
        ),
        variables=dict.fromkeys(_TRUST, papers.trusting("root", "rsa root")),
        curl=(35,),
        fact=("too small",),
        note="an old appliance has Diffie-Hellman groups of 1,024 bits; this host was upgraded",
    ),
    _tls(
        "renegotiation-of-old",
        (listen(443, replies(_OLD_HELLO, hangs_up=False)),),
        broken(
            "old_tls|tls_mismatch",
            "tls.protocol.error|tls.version_or_cipher_mismatch|tls.failed",
            "tls",
            "their service|their host",
        ),
        curl=(35,),
        fact=("renegotiation",),
        note="OpenSSL 3 talks to no server without RFC 5746",
    ),
    _tls(
        "policy-wants-tls13",
        (secure(prepare=_only_tls12),),
        broken(
            "old_tls|tls_mismatch|healthy",
            "tls.version_or_cipher_mismatch|healthy",
            "tls|config|none",
            "this host|their service|this program|",
            healthy=None,
        ),
        variables={"OPENSSL_CONF": papers.openssl_settings("MinProtocol = TLSv1.3")},
        curl=(35,),
        fact=("version",),
        note="Debian's Python follows the policy; one that is built from source sets it aside",
    ),
    _tls(
        "policy-wants-longer-keys",
        (secure(certificate="rsa"),),
        broken(
            "certificate_weak",
            "tls.cert.invalid",
            "tls|config",
            "this host|their certificate|their service",
        ),
        variables={
            **dict.fromkeys(_TRUST, papers.trusting("root", "rsa root")),
            "OPENSSL_CONF": papers.openssl_settings("CipherString = DEFAULT@SECLEVEL=3"),
        },
        curl=(60,),
        fact=("too weak|too small",),
    ),
    _tls(
        "trust-variable-names-directory",
        (secure(),),
        broken(
            "trust_store_missing|certificate_unknown_issuer",
            "config.tls_files_invalid|tls.cert.authority_invalid.unknown_issuer",
            "config|tls",
            "this host|this program|their certificate",
        ),
        variables=dict.fromkeys(_TRUST, "/etc/ssl/certs"),
        curl=(77, 60),
        fact=("/etc/ssl/certs|local issuer|issued by",),
        note="curl wants a file there; requests takes a directory, which lacks the issuer",
    ),
    _tls(
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
    _tls(
        "screen-shared-on-443",
        (listen(443, says(b"RFB 003.008\n", hangs_up=False)),),
        broken(
            "other_protocol|not_tls",
            "tls.protocol.error.not_tls",
            "tls",
            "their service|this program",
        ),
        curl=(35,),
    ),
    World(
        name="changed-redirect-keeps-port-80",
        target=f"http://{NAME}/",
        build=(
            name(),
            listen(
                80,
                either(
                    replies(head(400, "Connection: close", "Content-Length: 0")),
                    redirects({"*": f"https://{NAME}:80/"}, status=301),
                ),
            ),
            secure(),
        ),
        expected=broken(
            "tls_on_plain_port|redirect_invalid|other_protocol",
            "tls.protocol.error.not_tls|http.response.redirect_invalid",
            "tls|http",
            "their service|their application",
        ),
        curl=(35,),
        fact=("wrong version|plain|not TLS",),
        note="behind a balancer the application puts together the new scheme and the old port",
    ),
    World(
        name="changed-redirect-keeps-port-443",
        target=f"https://{NAME}/",
        build=(
            name(),
            lambda site: site.listen(
                either(
                    over_tls(
                        papers.server_context(),
                        redirects({"*": f"http://{NAME}:443/start"}, status=302),
                    ),
                    plain_request_refused,
                ),
                443,
            ),
            listen(),
        ),
        expected=broken(
            "plain_on_tls_port|redirect_invalid",
            "http.error|http.response.invalid.not_http|http.response.redirect_invalid"
            "|http.protocol.error",
            "http|status|tls",
            "their service|their application",
        ),
        curl=(0,),
    ),
    World(
        name="changed-websocket-moved-to-tls",
        target=f"ws://{NAME}/feed",
        build=(
            name(),
            listen(80, redirects({"*": f"https://{NAME}/feed"}, status=301)),
            secure(),
        ),
        expected=broken(
            "no_websocket|redirect_invalid",
            "http.response.unexpected_content|http.error|http.protocol.error"
            "|http.response.redirect_invalid",
            "http|status|application",
            "their application|their service|this program",
        ),
        fact=("301|redirect|upgrade",),
        note="libraries for WebSockets do not follow redirects",
    ),
    _tls(
        "login-put-before",
        (
            name(_PORTAL, OTHER),
            secure(
                handler=redirects(
                    {"*": f"https://{_PORTAL}/realms/acme/protocol/openid-connect/auth?client_id=a"}
                ),
                address=SERVER,
            ),
            secure(
                certificate="portal",
                handler=page(body=b"<form method=post><input type=password name=p></form>"),
                address=OTHER,
            ),
        ),
        broken(
            "login_elsewhere|unauthorized|healthy",
            "http.error.auth|http.response.unexpected_content|healthy",
            "http|status|application|none",
            "their application|their service|this program|",
            healthy=None,
        ),
        curl=(0,),
        fact=("login|password|sign in|auth",),
        note="the operators put single sign-on before the interface; certificates are good",
    ),
    World(
        name="changed-ipv6-has-default-host-only",
        target=f"http://{NAME}/",
        build=(dual(), listen(address=SERVER), listen(handler=page(404), address=SERVER6)),
        expected=broken(
            "not_found",
            "http.error",
            "status|http",
            "their application|their service|this program",
        ),
        curl=(0,),
    ),
    _well(
        "deflate-without-wrapper",
        name(),
        listen(handler=page(200, "Content-Encoding: deflate", body=_raw_deflate())),
    ),
    _well(
        "offers-upgrade",
        name(),
        listen(handler=page(200, "Upgrade: h2,h2c", "Connection: Upgrade, Keep-Alive")),
    ),
    World(
        name="changed-camera-on-port",
        target=f"http://{NAME}:554/",
        build=(name(), listen(554, replies(b"RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n"))),
        expected=broken(
            "not_http",
            "http.response.invalid.not_http",
            "http",
            "their service|this program",
        ),
        curl=(1, 8),
        fact=("HTTP/0.9|RTSP|not HTTP",),
    ),
    World(
        name="changed-mysql-shutting-down",
        target=f"mysql://app@{NAME}/shop",
        build=(
            name(),
            listen(3306, says(mysql_refusal(1053, b"08S01", b"Server shutdown in progress"))),
        ),
        expected=broken("service_rejects", *_REJECTED),
        fact=("shutdown",),
    ),
    World(
        name="changed-ftp-oops",
        target=f"ftp://{NAME}/",
        build=(
            name(),
            listen(
                21,
                says(b"500 OOPS: vsftpd: cannot locate user specified in 'ftp_username':ftp\r\n"),
            ),
        ),
        expected=broken("service_rejects", *_REJECTED),
        curl=(8,),
        fact=("OOPS|500|weird",),
    ),
    World(
        name="changed-ldap-wants-signing",
        target=f"ldap://{NAME}/",
        build=(name(), listen(389, replies(LDAP_DONE.replace(b"\x0a\x01\0", b"\x0a\x01\x08")))),
        expected=broken(
            "service_rejects|service_wants_login",
            "service.rejected",
            "application",
            "their service|their application|this program",
        ),
        fact=("strong",),
        note="the directory takes no binding without signing any more",
    ),
    World(
        name="changed-resolver-number-and-rate",
        target=f"http://{NAME}/",
        build=(
            name(),
            listen(handler=page(429, "Retry-After: 30")),
            resolver(RESOLVER, warp=other_number),
            nameservers(RESOLVER, RESOLVER2),
            resolver(RESOLVER2),
        ),
        expected=broken(
            "rate_limited",
            "http.error.rate_limited",
            "status|http",
            "their application|their service",
        ),
        limit=SILENT,
        curl=(0, 28),
        note="two faults: the first resolver answers nothing usable, the service limits us",
    ),
    World(
        name="changed-inner-address-and-expired",
        target=f"https://{NAME}/",
        build=(name(NAME, SERVER, _LEAKED), secure(certificate="expired")),
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
        name="changed-search-domain-broken-and-refused",
        target=f"http://{NAME}/",
        build=(
            name(),
            name("*.corp.example.net", rcode=dns.rcode.SERVFAIL),
            file(
                "resolv.conf",
                f"search corp.example.net\nnameserver {RESOLVER}\noptions ndots:5\n",
            ),
        ),
        expected=broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        curl=(7,),
        note="two faults: the search domain's zone fails, and nothing listens",
    ),
)
