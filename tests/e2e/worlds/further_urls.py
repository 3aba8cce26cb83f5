"""Further worlds of what is asked: texts that are no URL, odd ones that are."""

from e2e.building import (
    NAME,
    listen,
    name,
    secure,
)
from e2e.site import SERVER
from e2e.world import WELL, World, broken

_URL = broken("url_invalid|scheme_invalid", "url.invalid|url.scheme_invalid", "config",
              "this program")  # fmt: skip
_MISSING = broken("name_missing", "dns.name_not_resolved", "dns", "DNS")


def _proxy(label, target, expected, *build, **more):
    return World(name=f"ask-{label}", target=target, build=build, expected=expected, **more)


def _url(label, target, *, expected=_URL, build=()):
    built = build or (name(), listen())
    return _proxy(f"url-{label}", target, expected, *built, fact=("url|port|host|scheme",))


WORLDS = (
    _url("one-slash", f"http:/{NAME}/"),
    _url("port-zero", f"http://{NAME}:0/"),
    _url("two-dots", "http://www..example.org/"),
    _url("brackets-around-ipv4", f"http://[{SERVER}]/"),
    _url("five-numbers", "http://198.51.100.2.5/"),
    _url("password-trick", f"http://{NAME}@evil.example.net/", expected=_MISSING),
    _url("healthy-bare-name", NAME, expected=WELL, build=(name(), secure())),
    _url("healthy-decimal-address", f"http://{(198 << 24) + (51 << 16) + (100 << 8) + 2}/",
         expected=WELL),
    _url("no-colon", f"https//{NAME}/"),
    _url("port-by-name", f"http://{NAME}:http/"),
    _url("port-twice", f"http://{NAME}:80:80/"),
    _url("port-negative", f"http://{NAME}:-1/"),
    _url("only-port", "http://:80/"),
    _url("percent", "http://www.example%2eorg/"),
    _url("mailto", "mailto:shop@example.org"),
    _url("file", "file:///etc/hosts"),
    _url("tcp-without-port", f"tcp://{NAME}"),
    _url("unset-variable", "https://${HOST}/"),
    _url("healthy-short-address", "http://127.1:5000/", expected=WELL,
         build=(listen(5000, role="client", address="127.0.0.1"),)),
    _url("name-of-none", "http://None/", expected=_MISSING),
    _url("healthy-password-with-at", f"http://user:p@ss@{NAME}/", expected=broken(
        "healthy|url_invalid", "healthy|url.invalid", "none|config", "|this program",
        healthy=None)),
    _url("healthy-mapped-address", f"http://[::ffff:{SERVER}]/", expected=WELL),
    _url("bracket-behind-port", "http://[2001:db8:2::2]:80]/"),
    _url("number-too-large", "http://198.51.100.256/"),
    _url("letter-in-port", f"http://{NAME}:8O/"),
    _url("name-too-long", f"http://{'a.' * 130}example.org/"),
    _url("only-scheme", "https://"),
    _url("backslashes", f"http:\\\\{NAME}\\"),
    _url("healthy-lookalike", "http://ex\u0430mple.org/", expected=WELL,
         build=(name("xn--exmple-4nf.org"), listen())),
    _url("without-dots", "http://wwwexampleorg/", expected=_MISSING),
    _url("markdown", f"[{NAME}](http://{NAME}/)"),
    _url("quoted", f"'http://{NAME}/'"),
    _url("blank-behind-scheme", f"https:// {NAME}/"),
    _url("port-one-too-large", f"http://{NAME}:65536/"),
    _url("commas", "http://www,example,org/"),
    _url("semicolon-port", f"http://{NAME};8080/"),
    _url("slash-in-password", f"postgres://app:pa/ss@{NAME}/shop"),
    _url("service-without-host", "redis://:6379"),
    _url("healthy-fragment", f"http://{NAME}/#a:b@c", expected=WELL),
    _url("healthy-empty-port", f"http://{NAME}:/", expected=WELL),
    _url("ideographic-dot", "http://www。example。org/", expected=WELL),
    _url("host-is-scheme", "http://https/",
         expected=broken("name_missing|url_invalid", "dns.name_not_resolved|url.invalid",
                         "dns|config", "DNS|this program")),
    _url("zero-width", "http://www.exam\u200bple.org/", expected=broken(
        "healthy|url_invalid|name_missing", "healthy|url.invalid|dns.name_not_resolved",
        "none|config|dns", "|this program|DNS", healthy=None)),
)  # fmt: skip
