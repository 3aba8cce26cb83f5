"""Further redirects: loops, cookies, and what is wrong where they lead."""

from e2e.building import NAME, dual, listen, name, narrow, secure
from e2e.handlers import PAGE, page, redirects
from e2e.pages import cookie_each_time, cookie_wall
from e2e.site import NOBODY, OTHER, SERVER, THIRD
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.server import Connection
from ringback.testing.lab.tls import hello_close

_HTTP = f"http://{NAME}/"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_HTTPS = f"https://{NAME}/"
_BOTH = "their application|their service"
_THEIRS = "their certificate"
_STATUS = "status|http"
_HOST = "tcp.address_unreachable.host"
_HOLE = broken(
    "mtu_black_hole",
    "tls.timed_out|http.response.timed_out|http.response.body_timed_out",
    "ip|tls|tcp|http",
    "path|this network",
)
_LOOP = broken("redirect_loop", "http.response.redirect_loop", "http", _BOTH)
_NOWHERE = broken("redirect_invalid", "http.response.redirect_invalid", "http", _BOTH)
_EXPIRED = "tls.cert.date_invalid.expired"


def _onward(label, target, expected, *build, **more):
    return World(name=f"onward-{label}", target=target, build=build, expected=expected, **more)


def _cert(cause, kind):
    return broken(cause, kind, "tls", _THEIRS)


WORLDS = (
    _onward(
        "redirect-of-redirect-refused",
        _HTTP,
        _DOWN,
        name(),
        name("b.example.org", OTHER),
        name("c.example.net", THIRD),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "http://c.example.net/"}), address=OTHER),
    ),
    _onward(
        "redirect-of-redirect-healthy",
        _HTTP,
        WELL,
        name(),
        name("b.example.org", OTHER),
        name("c.example.net", THIRD),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "http://c.example.net/"}), address=OTHER),
        listen(80, page(), address=THIRD),
    ),
    _onward(
        "redirect-down-to-closed-http",
        _HTTPS,
        _DOWN,
        name(),
        secure(handler=redirects({"*": _HTTP})),
    ),
    _onward(
        "redirect-to-cut-handshake",
        _HTTP,
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host",
        ),
        name(),
        listen(80, redirects({"*": _HTTPS})),
        listen(443, hello_close),
    ),
    _onward(
        "redirect-to-other-500",
        _HTTPS,
        WELL,
        name(),
        name("b.example.org", OTHER),
        secure(handler=redirects({"*": "http://b.example.org/x"})),
        listen(80, page(200), address=OTHER),
    ),
    _onward(
        "slash-loop",
        f"{_HTTP}a",
        broken("redirect_loop", "http.response.redirect_loop", "http", _BOTH),
        name(),
        listen(80, redirects({"/a": "/a/", "/a/": "/a"}, status=301)),
    ),
    _onward(
        "redirect-to-self-signed",
        _HTTP,
        _cert("certificate_self_signed", "tls.cert.authority_invalid.self_signed"),
        name(),
        listen(80, redirects({"*": _HTTPS})),
        secure(certificate="self_signed"),
    ),
    _onward(
        "500-after-redirect",
        _HTTP,
        broken("server_error", "http.error", _STATUS, _BOTH),
        name(),
        listen(80, redirects({"*": f"{_HTTPS}login"})),
        secure(handler=page(500)),
    ),
    _onward(
        "loop-in-other-letters",
        _HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", _BOTH),
        name(),
        listen(80, redirects({"*": "HTTP://WWW.EXAMPLE.ORG:80/"})),
    ),
    _onward(
        "loop-with-new-cookies",
        _HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", _BOTH),
        name(),
        listen(80, cookie_each_time),
    ),
    _onward(
        "loop-of-other-host",
        _HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", _BOTH),
        name(),
        name("b.example.org", OTHER),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "/"}), address=OTHER),
    ),
    _onward(
        "other-host-leads-nowhere",
        _HTTP,
        broken("redirect_invalid", "http.response.redirect_invalid", "http", _BOTH),
        name(),
        name("b.example.org", OTHER),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "http://:99999/"}), address=OTHER),
    ),
    _onward(
        "other-host-silent",
        _HTTP,
        broken("accepts_and_silent", "http.response.timed_out", "http", _BOTH),
        name(),
        name("b.example.org", OTHER),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, Connection.stall, address=OTHER),
        limit=SILENT,
    ),
    _onward(
        "long-redirect-chain-healthy",
        f"{_HTTP}0",
        WELL,
        name(),
        listen(80, redirects({f"/{i}": f"/{i + 1}" for i in range(6)})),
    ),
    _onward(
        "redirect-to-https-on-odd-port-refused",
        _HTTP,
        _DOWN,
        name(),
        listen(80, redirects({"*": f"https://{NAME}:8443/"})),
        secure(),
    ),
    _onward(
        "redirect-to-address",
        _HTTP,
        WELL,
        name(),
        listen(80, redirects({"*": f"http://{SERVER}:8080/"})),
        listen(8080),
    ),
    _onward(
        "redirect-to-private-dead-address",
        _HTTP,
        broken("host_down", _HOST, "ip|tcp", "their host"),
        name(),
        listen(80, redirects({"*": f"http://{NOBODY}/"})),
        limit=SILENT,
    ),
    _onward(
        "redirect-to-servfail",
        _HTTP,
        broken(
            "zone_broken|redirect_invalid",
            "dns.server|dns.temporary_failure|http.response.redirect_invalid",
            "dns|http",
            "DNS|their application",
        ),
        name(),
        name("b.example.net", rcode=2),
        listen(80, redirects({"*": "http://b.example.net/"})),
    ),
    _onward(
        "redirect-to-mqtt",
        _HTTP,
        broken("redirect_invalid", "http.response.redirect_invalid", "http", _BOTH),
        name(),
        listen(80, redirects({"*": "mailto:info@example.org"})),
    ),
    _onward(
        "black-hole-behind-redirect",
        _HTTP,
        _HOLE,
        name(),
        listen(80, redirects({"*": _HTTPS})),
        secure(certificate="long"),
        narrow(),
        limit=SILENT,
    ),
    _onward(
        "black-hole-on-other-host",
        _HTTP,
        _HOLE,
        name(),
        name("b.example.org", OTHER),
        listen(80, redirects({"*": "http://b.example.org/big"})),
        listen(80, page(body=PAGE * 4000), address=OTHER),
        narrow(1300),
        limit=SILENT,
    ),
    _onward(
        "cookie-secure-over-http",
        _HTTP,
        _LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Secure")),
    ),
    _onward(
        "cookie-for-other-path",
        _HTTP,
        _LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Path=/app")),
    ),
    _onward(
        "cookie-for-other-domain",
        _HTTP,
        _LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Domain=example.net")),
    ),
    _onward(
        "cookie-that-is-over",
        _HTTP,
        _LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Max-Age=0")),
    ),
    _onward(
        "cookie-for-domain-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, cookie_wall("seen=1; Domain=example.org; Path=/; HttpOnly; SameSite=Lax")),
    ),
    _onward(
        "cookie-secure-over-tls-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=cookie_wall("seen=1; Secure; HttpOnly")),
    ),
    _onward(
        "redirect-with-letters-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, redirects({"/": "/caf\u00e9 au lait".encode().decode("latin-1")})),
    ),
    _onward(
        "redirect-relative-healthy",
        f"{_HTTP}a/b/c",
        WELL,
        name(),
        listen(80, redirects({"/a/b/c": "../x?y=1#z"}, status=308)),
    ),
    _onward(
        "redirect-without-host",
        _HTTP,
        _NOWHERE,
        name(),
        listen(80, redirects({"*": "https:///login"})),
    ),
    _onward(
        "redirect-to-bare-scheme",
        _HTTP,
        broken(
            "redirect_invalid|redirect_loop",
            "http.response.redirect_invalid|http.response.redirect_loop",
            "http",
            _BOTH,
        ),
        name(),
        listen(80, redirects({"*": "http://"})),
    ),
    _onward(
        "other-port-expired",
        _HTTPS,
        _cert("certificate_expired", _EXPIRED),
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        secure(8443, "expired"),
    ),
    _onward(
        "other-port-cut",
        _HTTPS,
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host",
        ),
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        listen(8443, Connection.finish),
    ),
    _onward(
        "other-port-503",
        _HTTPS,
        broken("unavailable", "http.error.unavailable", _STATUS, _BOTH),
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        secure(8443, handler=page(503)),
    ),
    _onward(
        "other-port-silent",
        _HTTPS,
        broken(
            "handshake_silent",
            "tls.timed_out",
            "tls",
            "their service|path|their application|their host",
        ),
        dual(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        listen(8443, Connection.stall),
        limit=SILENT,
    ),
    _onward(
        "other-port-well-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        secure(8443),
    ),
)
