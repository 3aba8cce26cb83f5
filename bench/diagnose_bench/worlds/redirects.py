"""Redirects that loop or lead nowhere."""

from e2e.building import NAME, dual, listen, name, secure, world
from e2e.expectations import HTTP, HTTPS, THEIR_APPLICATION
from e2e.handlers import page, redirects
from e2e.site import OTHER
from e2e.templates import served
from e2e.world import broken

from diagnose_bench.servers import cookie_each_time, cookie_wall, longer_each_time
from diagnose_bench.worlds.templates import answered
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import answering

_REDIRECT_INVALID = broken(
    "redirect_invalid",
    "http.response.redirect_invalid",
    "http",
    "their application|their service",
)

_REDIRECT_LOOP = broken("redirect_loop", "http.response.redirect_loop", "http", THEIR_APPLICATION)

WORLDS = (
    served(
        "redirect-loop-between-schemes",
        "redirect_loop",
        "http.response.redirect_loop",
        "redirects|loop",
        listen(80, redirects({"*": f"https://{NAME}/"}, status=301)),
        secure(handler=redirects({"*": f"http://{NAME}/"}, status=301)),
        curl=(47,),
    ),
    world(
        "odd-redirect-without-location",
        HTTP,
        _REDIRECT_INVALID,
        name(),
        listen(80, answering(redirect())),
        curl=(0,),
        fact=("location|302",),
    ),
    world(
        "odd-redirect-to-other-scheme",
        HTTP,
        _REDIRECT_INVALID,
        name(),
        listen(80, redirects({"*": "ftp://files.example.org:xx/"})),
        fact=("location|redirect|url",),
    ),
    answered(
        "loop-of-two-hosts",
        HTTP,
        _REDIRECT_LOOP,
        name("shop.example.org", OTHER),
        listen(80, redirects({"*": "http://shop.example.org/"})),
        listen(80, redirects({"*": HTTP}), address=OTHER),
        curl=(47,),
        fact=("redirects|loop",),
    ),
    answered(
        "loop-that-grows",
        HTTP,
        _REDIRECT_LOOP,
        listen(80, longer_each_time),
        curl=(47,),
        fact=("redirects|loop",),
    ),
    world(
        "onward-slash-loop",
        f"{HTTP}a",
        broken("redirect_loop", "http.response.redirect_loop", "http", THEIR_APPLICATION),
        name(),
        listen(80, redirects({"/a": "/a/", "/a/": "/a"}, status=301)),
    ),
    world(
        "onward-loop-in-other-letters",
        HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", THEIR_APPLICATION),
        name(),
        listen(80, redirects({"*": "HTTP://WWW.EXAMPLE.ORG:80/"})),
    ),
    world(
        "onward-loop-with-new-cookies",
        HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", THEIR_APPLICATION),
        name(),
        listen(80, cookie_each_time),
    ),
    world(
        "onward-loop-of-other-host",
        HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", THEIR_APPLICATION),
        name(),
        name("b.example.org", OTHER),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "/"}), address=OTHER),
    ),
    world(
        "onward-other-host-leads-nowhere",
        HTTP,
        broken("redirect_invalid", "http.response.redirect_invalid", "http", THEIR_APPLICATION),
        name(),
        name("b.example.org", OTHER),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "http://:99999/"}), address=OTHER),
    ),
    world(
        "onward-redirect-to-mqtt",
        HTTP,
        broken("redirect_invalid", "http.response.redirect_invalid", "http", THEIR_APPLICATION),
        name(),
        listen(80, redirects({"*": "mailto:info@example.org"})),
    ),
    world(
        "onward-cookie-secure-over-http",
        HTTP,
        _REDIRECT_LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Secure")),
    ),
    world(
        "onward-cookie-for-other-path",
        HTTP,
        _REDIRECT_LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Path=/app")),
    ),
    world(
        "onward-cookie-for-other-domain",
        HTTP,
        _REDIRECT_LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Domain=example.net")),
    ),
    world(
        "onward-cookie-that-is-over",
        HTTP,
        _REDIRECT_LOOP,
        name(),
        listen(80, cookie_wall("seen=1; Max-Age=0")),
    ),
    world(
        "onward-redirect-without-host",
        HTTP,
        _REDIRECT_INVALID,
        name(),
        listen(80, redirects({"*": "https:///login"})),
    ),
    world(
        "onward-redirect-to-bare-scheme",
        HTTP,
        broken(
            "redirect_invalid|redirect_loop",
            "http.response.redirect_invalid|http.response.redirect_loop",
            "http",
            THEIR_APPLICATION,
        ),
        name(),
        listen(80, redirects({"*": "http://"})),
    ),
    world(
        "mixed-fragment-loop",
        HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", THEIR_APPLICATION),
        name(),
        listen(80, redirects({"*": "/#top"})),
    ),
    world(
        "requests-loop-http-https",
        HTTP,
        broken(
            "redirect_loop",
            "http.response.redirect_loop",
            "http|status",
            "their application|their service",
        ),
        dual(),
        listen(80, redirects({"*": HTTPS}, status=301)),
        secure(handler=redirects({"*": HTTP}, status=308)),
    ),
    world(
        "requests-redirect-to-missing-name",
        HTTP,
        broken(
            "redirect_invalid|name_missing",
            "http.response.redirect_invalid|dns.name_not_resolved",
            "http|dns",
            "DNS|their application",
        ),
        name(),
        listen(80, redirects({"*": "https://shop.example.net/"})),
    ),
    world(
        "requests-redirect-without-location",
        HTTP,
        broken(
            "redirect_invalid",
            "http.response.redirect_invalid|http.error",
            "http|status",
            "their application",
        ),
        name(),
        listen(80, page(302)),
    ),
    world(
        "requests-redirect-to-ftp",
        HTTP,
        broken(
            "redirect_invalid", "http.response.redirect_invalid", "http|status", "their application"
        ),
        name(),
        listen(80, redirects({"*": "ftp://files.example.org/"})),
    ),
    world(
        "told-redirect-to-inner-name",
        HTTPS,
        broken(
            "redirect_invalid|name_missing|redirect_loop",
            "dns.name_not_resolved|http.response.redirect_loop",
            "dns|http|application",
            "their service|their application",
        ),
        name(),
        secure(handler=redirects({"*": "https://portal-int.example.org/"})),
    ),
)
