"""Healthy targets behind proxies."""

from e2e.building import NAME, blocked, ip, listen, name, proxying, resolver, rule, secure, world
from e2e.expectations import HTTP, HTTPS
from e2e.handlers import old_server, proxy, reach
from e2e.site import PROXY, RESOLVER, SERVER
from e2e.templates import ALL, AT, USERS, well
from e2e.world import SILENT, WELL

from diagnose_bench.servers import socks5
from diagnose_bench.worlds.templates import HIDDEN, HTTPS_PROXIED, PROXIED_8080, changed_well
from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.proxy import relay


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


WORLDS = (
    world(
        "unread-healthy-through-proxy-that-alone-resolves",
        "https://db.example.org/",
        WELL,
        lambda site: site.records.__setitem__("db.example.org", DNSAnswer(addresses=(SERVER,))),
        resolver(RESOLVER, {"localhost": DNSAnswer(addresses=("127.0.0.1",))}),
        secure(certificate="any_name"),
        proxying(proxy),
        variables=ALL,
        curl=(0,),
    ),
    well(
        "through-proxy",
        HTTPS,
        name(),
        secure(),
        blocked(),
        proxying(proxy),
        variables=ALL,
    ),
    well(
        "through-proxy-http",
        HTTP,
        name(),
        listen(),
        blocked(),
        proxying(proxy),
        variables=ALL,
    ),
    well(
        "through-proxy-with-password",
        HTTPS,
        name(),
        secure(),
        blocked(),
        proxying(proxy, users=USERS),
        variables={"HTTPS_PROXY": AT.replace("//", "//app:open-sesame@")},
    ),
    well(
        "through-socks",
        HTTPS,
        name(),
        secure(),
        blocked(),
        proxying(socks5, 1080),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
    ),
    well(
        "proxy-excluded",
        HTTP,
        name(),
        listen(),
        variables={**ALL, "no_proxy": "example.org"},
        note="the proxy is down, and not used for this target",
    ),
    world(
        "rare-healthy-proxy-excluded-by-network",
        f"http://{SERVER}/",
        WELL,
        listen(),
        proxying(proxy, outcome=403),
        variables={**ALL, "no_proxy": f"{SERVER},localhost"},
        curl=(0,),
    ),
    world(
        "odd-healthy-name-known-to-proxy-only",
        HTTPS,
        WELL,
        name(),
        secure(),
        HIDDEN,
        blocked(),
        proxying(proxy),
        variables=ALL,
        curl=(0,),
    ),
    world(
        "odd-healthy-two-proxy-variables",
        HTTP,
        WELL,
        name(),
        listen(),
        blocked(),
        proxying(proxy),
        variables={"http_proxy": AT, "HTTP_PROXY": f"http://{PROXY}:9999"},
        curl=(0,),
        note="Python, like curl, believes the lower case",
    ),
    world(
        "ask-healthy-excluded-by-prefix",
        f"http://{SERVER}/",
        WELL,
        listen(),
        variables={**ALL, "no_proxy": "198.51.100.0/24"},
    ),
    world(
        "ask-healthy-excluded-by-suffix",
        HTTP,
        WELL,
        name(),
        listen(),
        variables={**ALL, "no_proxy": "localhost,.example.org"},
    ),
    world(
        "ask-healthy-proxy-without-scheme",
        HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(proxy),
        variables={"https_proxy": f"{PROXY}:3128"},
    ),
    world(
        "ask-healthy-proxy-of-two-addresses",
        HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(proxy),
        name("proxy.example.org", "192.0.2.177", PROXY),
        variables={"https_proxy": "http://proxy.example.org:3128"},
        limit=SILENT,
        note="the first address of the proxy's name is dead: clients try the next",
    ),
    world(
        "ask-healthy-own-variable-before-all",
        HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(proxy),
        variables={"all_proxy": f"http://{PROXY}:9", "HTTPS_PROXY": AT},
    ),
    world(
        "ask-healthy-excluded-with-blanks",
        HTTP,
        WELL,
        name(),
        listen(),
        variables={**ALL, "NO_PROXY": " localhost , example.org ,10.0.0.1"},
    ),
    world(
        "ask-healthy-excluded-by-port",
        HTTPS,
        WELL,
        name(),
        secure(),
        variables={**ALL, "no_proxy": f"{NAME}:443"},
    ),
    world(
        "ask-healthy-proxy-at-near-host-without-default-route",
        HTTPS,
        WELL,
        name(),
        secure(),
        ip(
            "client",
            "route del default",
            "route del ::/0",
            "route add 192.0.2.128/25 via 192.0.2.1",
        ),
        proxying(proxy),
        variables=ALL,
        note="the proxy is the only way out of this network",
    ),
    world(
        "ask-healthy-invalid-proxy-for-others",
        HTTP,
        WELL,
        name(),
        listen(),
        variables={"https_proxy": "ttp:/proxy:3l28"},
    ),
    world(
        "beside-well-no-proxy-matches",
        HTTPS,
        WELL,
        name(),
        secure(),
        variables={**PROXIED_8080, "no_proxy": ".example.org"},
    ),
    world(
        "beside-well-http10-through-proxy",
        f"http://{NAME}:8081/",
        WELL,
        name(),
        listen(8081, old_server),
        blocked(),
        proxying(proxy, port=8080),
        variables=PROXIED_8080,
    ),
    world(
        "beside-well-socks-proxy",
        HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(socks5, port=1080),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
    ),
    world(
        "beside-well-proxied-with-password",
        HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(proxy, port=8080, users="YXBwOm9wZW4tc2VzYW1l"),
        variables={"https_proxy": f"http://app:open-sesame@{PROXY}:8080"},
    ),
    world(
        "told-direct-way-closed-proxy-open",
        HTTPS,
        WELL,
        name(),
        secure(),
        proxying(proxy),
        rule("client", "OUTPUT -d 198.51.100.0/24 -j DROP"),
        variables=HTTPS_PROXIED,
    ),
    changed_well(
        "proxy-describes-tunnel",
        name(),
        secure(),
        proxying(_verbose_tunnel),
        target=f"https://{NAME}/",
        variables={"https_proxy": f"http://{PROXY}:3128"},
    ),
    world(
        "unread-healthy-proxy-for-one-scheme-only",
        HTTP,
        WELL,
        name(),
        listen(),
        variables={"https_proxy": f"http://{PROXY}:3199"},
        curl=(0,),
    ),
)
