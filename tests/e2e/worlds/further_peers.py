"""Peers that refuse, balance, hang up or lose packets, and odd ones that are well."""

from e2e.building import NAME, SERVER, SERVER6, dual, ip, listen, name, rule, secure, setting
from e2e.site import NOBODY, NOBODY6, OTHER, OTHER6, THIRD
from e2e.world import SILENT, WELL, World, broken

_HTTP = f"http://{NAME}/"
_HTTPS = f"https://{NAME}/"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_PROHIBITED = "tcp.address_unreachable.prohibited"
_HOST = "tcp.address_unreachable.host"


def _peer(label, target, expected, *build, **more):
    return World(name=f"peer-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _peer(
        "one-backend-of-three-refuses",
        _HTTP,
        broken(
            "service_down|overloaded|one_address_dead",
            "tcp.refused|tcp.timed_out",
            "tcp",
            "their service|their host|path",
            healthy=None,
        ),
        name(),
        listen(),
        rule(
            "server",
            "PREROUTING -t nat -p tcp --dport 80 -m statistic --mode nth --every 3"
            " --packet 0 -j REDIRECT --to-ports 8099",
        ),
        curl=(0, 7),
    ),
    _peer(
        "connection-limit-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(),
        rule(
            "server",
            "INPUT -p tcp --dport 443 --syn -m connlimit --connlimit-above 1"
            " -j REJECT --reject-with tcp-reset",
        ),
        curl=(0,),
    ),
    _peer(
        "ipv6-refused-ipv4-dropped",
        f"http://{NAME}:8080/",
        _DOWN,
        dual(),
        rule("border", "FORWARD -p tcp --dport 8080 -j DROP"),
        limit=SILENT,
    ),
    _peer(
        "ipv4-prohibited-ipv6-well",
        _HTTPS,
        broken(
            "ipv4_dead",
            f"{_PROHIBITED}|{_HOST}|tcp.timed_out",
            "ip|tcp",
            "path|this network",
            healthy=None,
        ),
        dual(),
        secure(),
        rule("border", "FORWARD -p tcp -j REJECT --reject-with icmp-admin-prohibited"),
    ),
    _peer(
        "only-syn-passes-tls",
        _HTTPS,
        broken(
            "path_lost|handshake_silent",
            "tls.timed_out|tcp.timed_out.established",
            "ip|tls|tcp",
            "path",
        ),
        name(),
        secure(),
        rule("border", "FORWARD -p tcp --dport 443 ! --syn -j DROP"),
        limit=SILENT,
    ),
    _peer(
        "one-of-six-silent",
        _HTTP,
        broken(
            "one_address_dead",
            "tcp.timed_out",
            "tcp|ip",
            "their host|path|their service",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER, THIRD, SERVER6, OTHER6),
        listen(),
        listen(address=OTHER),
        listen(address=THIRD),
        listen(address=OTHER6),
        rule("server", f"INPUT -d {OTHER6} -p tcp -j DROP", 6),
        limit=SILENT,
    ),
    _peer(
        "tcp-icmp-host-unreachable-both",
        f"tcp://{NAME}:9000",
        broken("host_down", _HOST, "ip|tcp", "their host"),
        name(NAME, NOBODY, NOBODY6),
        limit=SILENT,
    ),
    _peer(
        "syn-flooded-and-open-sometimes",
        _HTTP,
        broken(
            "overloaded|firewall_drops|healthy|slow_first_byte",
            "tcp.timed_out|healthy|http.response.timed_out",
            "tcp|none|http",
            "path|their host|their service|their application|",
            healthy=None,
        ),
        name(),
        listen(),
        rule(
            "server",
            "INPUT -p tcp --dport 80 --syn -m statistic --mode nth --every 3 --packet 0 -j DROP",
        ),
        limit=SILENT,
    ),
    _peer(
        "healthy-with-low-mtu-everywhere",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="long"),
        ip("client", "link set eth0 mtu 1280"),
        ip("server", "link set eth0 mtu 1280"),
    ),
    _peer(
        "healthy-no-timestamps-no-sack",
        _HTTPS,
        WELL,
        dual(),
        secure(),
        setting("server", "ipv4/tcp_timestamps", "0"),
        setting("server", "ipv4/tcp_sack", "0"),
    ),
    _peer(
        "healthy-ttl-strict",
        _HTTP,
        WELL,
        name(),
        listen(),
        setting("server", "ipv4/ip_default_ttl", "4"),
    ),
    _peer(
        "refused-many-hops-ttl",
        _HTTPS,
        _DOWN,
        name(),
        setting("server", "ipv4/ip_default_ttl", "255"),
    ),
)
