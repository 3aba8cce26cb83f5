"""Further connections that do not come about, and peers that are odd and well."""

from e2e.building import NAME, crowded, dual, ip, listen, name, rule, secure, setting
from e2e.handlers import page, redis
from e2e.site import NOBODY, OTHER, SERVER, SERVER6, THIRD
from e2e.talk import alternating, late
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.server import Connection

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_HOST = "tcp.address_unreachable.host"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_UNDECIDED = broken(
    "firewall_drops|overloaded",
    "tcp.timed_out",
    "tcp",
    "path|their host|their service",
    "firewall_drops|overloaded",
)


def _met(label, target, expected, *build, **more):
    return World(name=f"met-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _met(
        "refused-and-ipv6-dropped",
        _HTTP,
        _DOWN,
        dual(),
        rule("border", "FORWARD -p tcp --dport 80 -j DROP", 6),
        limit=SILENT,
        curl=(7, 28),
        note="what answers decides: nothing listens there",
    ),
    _met(
        "refused-and-other-host-off",
        _HTTPS,
        _DOWN,
        name(NAME, SERVER, NOBODY),
        limit=SILENT,
        curl=(7,),
    ),
    _met(
        "refused-on-three-addresses",
        f"tcp://{NAME}:5672",
        _DOWN,
        name(NAME, SERVER, OTHER, THIRD),
        listen(),
        listen(address=OTHER),
    ),
    _met(
        "syn-cookies-healthy",
        _HTTPS,
        WELL,
        dual(),
        secure(),
        setting("server", "ipv4/tcp_syncookies", "2"),
        curl=(0,),
    ),
    _met(
        "queue-full-tls",
        _HTTPS,
        _UNDECIDED,
        name(),
        listen(),
        crowded(443),
        limit=SILENT,
        curl=(28,),
    ),
    _met(
        "queue-full-database",
        f"postgres://app@{NAME}/shop",
        _UNDECIDED,
        name(),
        listen(),
        crowded(5432),
        limit=SILENT,
    ),
    _met(
        "reset-before-hello",
        _HTTPS,
        broken(
            "handshake_cut|connection_reset",
            "tcp.reset|tls.closed",
            "tls|tcp",
            "their service|path|their host|their application",
        ),
        name(),
        listen(443, Connection.reset),
        curl=(35, 56, 7),
        fact=("reset",),
    ),
    _met(
        "closed-before-hello",
        _HTTPS,
        broken(
            "handshake_cut|closes_without_answer",
            "tls.closed|tcp.closed",
            "tls|tcp",
            "their service|path|their host|their application",
        ),
        name(),
        listen(443, Connection.finish),
        curl=(35, 56),
        fact=("EOF|clos|reset",),
    ),
    _met(
        "one-of-three-drops",
        _HTTP,
        broken(
            "one_address_dead",
            "tcp.timed_out",
            "tcp",
            "their host|path|their service",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER, THIRD),
        listen(),
        listen(address=OTHER),
        listen(address=THIRD),
        rule("server", f"INPUT -d {OTHER} -p tcp --dport 80 -j DROP"),
        limit=SILENT,
        curl=(0,),
        fact=(f"{OTHER}.*(time|drop)",),
    ),
    _met(
        "both-families-rejected-differently",
        _HTTPS,
        broken(
            "firewall_rejects",
            f"{_PROHIBITED}|{_HOST}|tcp.refused",
            "ip|tcp",
            "path|their host|this network",
        ),
        dual(),
        secure(),
        rule("border", "FORWARD -p tcp --dport 443 -j REJECT --reject-with icmp-host-prohibited"),
        rule(
            "border", "FORWARD -p tcp --dport 443 -j REJECT --reject-with icmp6-port-unreachable", 6
        ),
        curl=(7,),
        fact=("prohibited|filtered|firewall",),
    ),
    _met(
        "first-syn-lost-healthy",
        _HTTP,
        WELL,
        name(),
        listen(),
        rule(
            "border",
            "FORWARD -p tcp --dport 80 --syn -m limit --limit 1/hour --limit-burst 1 -j DROP",
        ),
        limit=SILENT,
        curl=(0,),
        note="one packet is lost: the kernel sends it again",
    ),
    _met(
        "wrong-port-by-redis",
        f"redis://{NAME}:6380",
        broken("wrong_port", "tcp.refused", "tcp", "their service|this program|their host"),
        name(),
        listen(6379, redis),
        fact=("6379.*(open|answer|speaks)",),
    ),
    _met(
        "wrong-host-on-the-port",
        f"https://{NAME}:8443/",
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        dual(),
        listen(22, late(9, page())),
        curl=(7,),
        note="another service of the host is open and silent; no scheme's partner is",
    ),
    _met(
        "one-backend-of-two-dead",
        _HTTP,
        broken(
            "closes_without_answer|overloaded",
            "http.response.invalid.empty|tcp.closed|tcp.reset",
            "http|tcp",
            "their application|their service",
            healthy=None,
        ),
        name(),
        listen(80, alternating(Connection.finish, page())),
        curl=(0, 52, 56),
        fact=("empty|EOF|disconnect|closed",),
        note="a balancer whose first server hangs up, and whose second one is well",
    ),
    _met(
        "router-down-behind-gateway",
        _HTTPS,
        broken(
            "path_silent|host_unreachable|host_down|gateway_dead",
            f"tcp.timed_out|{_HOST}",
            "ip|tcp",
            "path|this network|their host",
            "host_down|host_unreachable",
        ),
        name(),
        secure(),
        ip("border", "link set wan down"),
        limit=SILENT,
        curl=(7, 28),
        fact=("unreachable|no route|timed out|timeout",),
        note="the gateway says the same of a router and of a host that is off: both are named",
    ),
    _met(
        "refused-ipv6-only-name",
        f"http://{NAME}:8080/",
        _DOWN,
        name(NAME, SERVER6),
        curl=(7,),
    ),
)
