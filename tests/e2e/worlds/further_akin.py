"""Faults like those that ``further_changes`` showed to be missed, in other shapes."""

from e2e import papers
from e2e.building import (
    NAME,
    blocked,
    dual,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    secure,
)
from e2e.handlers import page, proxy, redirects, ssh
from e2e.site import PROXY, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.talk import LDAP_DONE, MONGODB_HELLO, either, replies, unread
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.message import head

_DNS = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_SERVICE = "their service|their application"
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_BAD_REQUEST = replies(head(400, "Connection: close", "Content-Length: 0"))


def _directory(number):
    """A directory's whole answer: that result code and nothing else (RFC 4511)."""
    return replies(LDAP_DONE.replace(b"\x0a\x01\0", bytes((0x0A, 1, number))))


def _akin(label, target, build, expected, **more):
    return World(name=f"akin-{label}", target=target, build=build, expected=expected, **more)


def _ldap(label, number, causes, **more):
    return _akin(
        label,
        f"ldap://{NAME}/",
        (name(), listen(389, _directory(number))),
        broken(causes, "service.rejected", "application", f"{_SERVICE}|this program"),
        **more,
    )


_WRITTEN = MONGODB_HELLO.replace(b"\xf0\x3f\x00", b"\x00\x00", 1)
_SAID = b"The server is in quiesce mode and will shut down\0"
_QUIESCE = (
    _WRITTEN + b"\x02errmsg\x00" + len(_SAID).to_bytes(4, "little") + _SAID
    + b"\x10code\x00\x5b\x00\x00\x00\x00"
)  # fmt: skip
"""MongoDB's reply to ``hello`` with ``ok: 0``, while it shuts down."""

WORLDS = (
    _akin(
        "proxy-limits-rate-direct-closed",
        f"https://{NAME}/",
        (
            name(),
            secure(),
            blocked(port=443),
            proxying(proxy, outcome=429, fields=("Retry-After: 60",)),
        ),
        broken(
            "proxy_forbids|rate_limited",
            "proxy.denied|http.error.rate_limited",
            "proxy|status|http",
            "proxy",
        ),
        variables={"https_proxy": f"http://{PROXY}:3128"},
        curl=(56, 7),
        fact=("429",),
    ),
    _akin(
        "store-variable-names-directory",
        f"https://{NAME}/",
        (name(), secure()),
        broken(
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
    _akin(
        "bundle-variable-names-folder-of-others",
        f"https://{NAME}/",
        (name(), secure()),
        broken(
            "trust_store_missing",
            "config.tls_files_invalid",
            "config|tls",
            "this host|this program",
        ),
        variables=dict.fromkeys(_TRUST, "/usr/share"),
        curl=(77, 60),
        fact=("/usr/share",),
        note="the folder holds nothing that OpenSSL finds by its hash",
    ),
    _akin(
        "tls-redirected-to-plain-port",
        f"https://{NAME}/",
        (
            name(),
            secure(handler=redirects({"*": f"https://{NAME}:8080/"}, status=308)),
            listen(8080, either(_BAD_REQUEST, page())),
        ),
        broken(
            "tls_on_plain_port|redirect_invalid|other_protocol",
            "tls.protocol.error.not_tls|http.response.redirect_invalid",
            "tls|http",
            _SERVICE,
        ),
        curl=(35,),
        fact=("wrong version|plain|not TLS",),
    ),
    _akin(
        "redirected-to-ssh",
        f"http://{NAME}/",
        (name(), listen(80, redirects({"*": f"https://{NAME}:22/"})), listen(22, ssh)),
        broken(
            "other_protocol|redirect_invalid|not_tls",
            "tls.protocol.error.not_tls|http.response.redirect_invalid",
            "tls|http",
            _SERVICE,
        ),
        curl=(35,),
        fact=("wrong version|SSH|not TLS",),
    ),
    _akin(
        "redirected-to-http-on-tls-port-that-closes",
        f"http://{NAME}/",
        (name(), listen(80, redirects({"*": f"http://{NAME}:443/"})), secure()),
        broken(
            "plain_on_tls_port|redirect_invalid|closes_without_answer",
            "http.response.invalid.not_http|http.response.redirect_invalid"
            "|http.response.invalid.empty|http.error",
            "http|tls",
            _SERVICE,
        ),
        curl=(1, 52, 56),
        fact=("empty|TLS|HTTP/0.9",),
    ),
    _ldap("ldap-wants-encryption", 13, "service_rejects|service_wants_login", fact=("confid",)),
    _ldap("ldap-wants-binding", 1, "service_wants_login|service_rejects", fact=("bind",)),
    _akin(
        "mongodb-shutting-down",
        f"mongodb://{NAME}/shop",
        (name(), listen(27017, replies(_QUIESCE, hangs_up=False))),
        broken("service_rejects", "service.rejected", "application", _SERVICE),
        fact=("quiesce",),
    ),
    _akin(
        "ipv6-of-others-and-ipv4-hangs",
        f"https://{NAME}/",
        (
            dual(),
            secure(handler=unread, address=SERVER),
            secure(certificate="expired", address=SERVER6),
        ),
        broken(
            "certificate_expired|tls_partly",
            "tls.cert.date_invalid.expired",
            "tls",
            "their certificate|their service",
        ),
        limit=SILENT,
        curl=(60,),
        note="two faults: what is tried first has an old certificate, the other does not answer",
    ),
    _akin(
        "patience-below-both-resolvers",
        f"http://{NAME}/",
        (
            name(NAME, SERVER, delay=1.6),
            listen(),
            resolver(RESOLVER2),
            nameservers(RESOLVER, RESOLVER2, options="options timeout:1 attempts:1"),
        ),
        broken(
            "resolver_silent|resolver_broken",
            _DNS,
            "dns|config",
            "DNS|this host|this network",
        ),
        limit=SILENT,
        curl=(0, 6),
    ),
    World(
        name="akin-healthy-policy-of-both",
        target=f"https://{NAME}/",
        build=(name(), secure()),
        variables={"OPENSSL_CONF": papers.openssl_settings("MinProtocol = TLSv1.3")},
        expected=WELL,
        curl=(0,),
    ),
)
