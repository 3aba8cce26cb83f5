"""URLs that cannot be used."""

from e2e.building import NAME, listen, name, secure, world
from e2e.expectations import NETWORK_KIND
from e2e.site import SERVER
from e2e.world import broken

from diagnose_bench.worlds.templates import ask_url

_URL_INVALID = broken("url_invalid", "url.invalid", "config", "this program")

WORLDS = (
    world(
        "odd-url-port-letters", f"http://{NAME}:80a/", _URL_INVALID, curl=(3,), fact=("port|url",)
    ),
    world(
        "odd-url-open-bracket",
        "http://[2001:db8::1/",
        _URL_INVALID,
        curl=(3,),
        fact=("bracket|url",),
    ),
    world(
        "odd-url-long-label",
        f"http://{'a' * 64}.example.org/",
        _URL_INVALID,
        fact=("long|label|url|host",),
    ),
    world(
        "odd-url-newline",
        f"http://{NAME}\n/",
        broken(
            "url_invalid|healthy",
            "url.invalid|healthy",
            "config|none",
            "this program|",
            healthy=None,
        ),
        name(),
        listen(),
        note="a line end read from a file: to be said, or to be taken away",
    ),
    ask_url("one-slash", f"http:/{NAME}/"),
    ask_url("port-zero", f"http://{NAME}:0/"),
    ask_url("two-dots", "http://www..example.org/"),
    ask_url("brackets-around-ipv4", f"http://[{SERVER}]/"),
    ask_url("five-numbers", "http://198.51.100.2.5/"),
    ask_url("no-colon", f"https//{NAME}/"),
    ask_url("port-by-name", f"http://{NAME}:http/"),
    ask_url("port-twice", f"http://{NAME}:80:80/"),
    ask_url("port-negative", f"http://{NAME}:-1/"),
    ask_url("only-port", "http://:80/"),
    ask_url("percent", "http://www.example%2eorg/"),
    ask_url("mailto", "mailto:shop@example.org"),
    ask_url("file", "file:///etc/hosts"),
    ask_url("tcp-without-port", f"tcp://{NAME}"),
    ask_url("unset-variable", "https://${HOST}/"),
    ask_url("bracket-behind-port", "http://[2001:db8:2::2]:80]/"),
    ask_url("number-too-large", "http://198.51.100.256/"),
    ask_url("letter-in-port", f"http://{NAME}:8O/"),
    ask_url("name-too-long", f"http://{'a.' * 130}example.org/"),
    ask_url("only-scheme", "https://"),
    ask_url("backslashes", f"http:\\\\{NAME}\\"),
    ask_url("markdown", f"[{NAME}](http://{NAME}/)"),
    ask_url("quoted", f"'http://{NAME}/'"),
    ask_url("blank-behind-scheme", f"https:// {NAME}/"),
    ask_url("port-one-too-large", f"http://{NAME}:65536/"),
    ask_url("commas", "http://www,example,org/"),
    ask_url("semicolon-port", f"http://{NAME};8080/"),
    ask_url("slash-in-password", f"postgres://app:pa/ss@{NAME}/shop"),
    ask_url("service-without-host", "redis://:6379"),
    world(
        "path-link-local-without-interface",
        "http://[fe80::1]/",
        broken(
            "url_invalid|no_route|address_unusable",
            f"url.invalid|tcp.address_invalid|{NETWORK_KIND}",
            "config|ip|tcp",
            "this program|this host",
        ),
        fact=("interface|scope|zone|invalid argument",),
    ),
    world(
        "routes-port-zero",
        f"http://{NAME}:0/",
        broken(
            "url_invalid",
            "url.invalid|tcp.address_invalid|tcp.refused",
            "config|url|ip|tcp",
            "this program",
        ),
        name(),
    ),
    world(
        "routes-port-letters",
        f"http://{NAME}:80a/",
        broken("url_invalid", "url.invalid", "config|url", "this program"),
        name(),
        listen(),
    ),
    world(
        "routes-bad-brackets",
        "http://[2001:db8::zz]/",
        broken("url_invalid", "url.invalid", "config|url", "this program"),
    ),
    world(
        "lookups-url-backslashes",
        f"http:\\\\{NAME}\\",
        broken("url_invalid", "url.invalid|url.scheme_invalid", "config|url", "this program"),
        name(),
    ),
    world(
        "lookups-url-double",
        f"https://https://{NAME}/",
        broken(
            "url_invalid",
            "url.invalid|dns.name_not_resolved|url.scheme_invalid",
            "config|url|dns",
            "this program|DNS",
        ),
        name(),
        secure(),
    ),
    world(
        "url-scheme-twice",
        f"http://http://{NAME}/",
        _URL_INVALID,
        name(),
        listen(),
        fact=("malformed|invalid|not supported|bad/illegal|unsupported|Port number",),
    ),
    world(
        "url-no-host",
        "https:///index.html",
        _URL_INVALID,
        name(),
        listen(),
        fact=("malformed|invalid|not supported|bad/illegal|unsupported|Port number",),
    ),
)
