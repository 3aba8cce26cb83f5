"""Healthy targets beside odd routes and firewalls."""

import socket

from e2e.building import NAME, dual, ip, listen, name, nft, rule, secure, setting, world
from e2e.expectations import HTTP, HTTPS
from e2e.handlers import PAGE, page
from e2e.site import RESOLVER, SERVER, SERVER6
from e2e.site import _Server as Server
from e2e.templates import well
from e2e.world import SILENT, WELL, broken

from diagnose_bench.worlds.expectations import PROHIBIT_COMMANDS
from diagnose_bench.worlds.templates import HOST6, chain


def _near_link_local():
    """Let the gateway serve on a link-local address."""

    def build(site):
        with site.inside("gateway"):
            where = ("fe80::99", 80, 0, socket.if_nametoindex("lan"))
            listening = socket.socket(socket.AF_INET6)
            listening.bind(where)
            listening.listen()
            serving = Server(listening, page())
            site.keep(serving.close)

    return build


WORLDS = (
    world(
        "unread-healthy-behind-two-natted-ports",
        f"http://{SERVER}:9999/",
        WELL,
        listen(80),
        nft(
            "server",
            "table ip n { chain p { type nat hook prerouting priority -100; "
            "tcp dport 9999 redirect to :80; }; }",
        ),
        curl=(0,),
    ),
    well(
        "dual-stack-name-ipv4-client",
        HTTP,
        dual(),
        listen(),
        ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
        note="this host has no IPv6 at all, as most have not",
    ),
    world(
        "rare-prohibit-default-near",
        "http://192.0.2.1/",
        WELL,
        listen(80, role="gateway", address="192.0.2.1"),
        ip("client", *PROHIBIT_COMMANDS),
        curl=(0,),
    ),
    world(
        "odd-healthy-ipv6-client",
        HTTP,
        WELL,
        dual(),
        listen(),
        ip("client", "route del default", f"route add {RESOLVER} via 192.0.2.1"),
        curl=(0,),
        note="IPv6 is the only way out, and works",
    ),
    world(
        "odd-healthy-narrow-path-that-says-so",
        f"{HTTPS}file",
        WELL,
        name(),
        secure(certificate="long", handler=page(body=PAGE * 4000)),
        ip("gateway", "link set lan mtu 1300"),
        curl=(0,),
        note="path MTU discovery works: nothing is lost but the first large packet",
    ),
    world(
        "name-healthy-edns-dropped",
        HTTP,
        WELL,
        name(),
        listen(),
        rule(
            "gateway",
            "FORWARD -p udp --dport 53 -m string --algo bm --hex-string |00002904d0| -j DROP",
        ),
        limit=SILENT,
        note="an old device drops questions with EDNS; the C library uses none",
    ),
    world(
        "quirk-healthy-large-window-off",
        HTTPS,
        WELL,
        name(),
        secure(certificate="long", handler=page(body=b"x" * 300_000)),
        setting("client", "ipv4/tcp_window_scaling", "0"),
        setting("client", "ipv4/tcp_sack", "0"),
        setting("client", "ipv4/tcp_timestamps", "0"),
    ),
    world(
        "quirk-healthy-narrow-everywhere",
        HTTPS,
        WELL,
        dual(),
        secure(certificate="long"),
        ip("gateway", "link set wan mtu 1280"),
        ip("border", "link set wan mtu 1280"),
        note="path MTU discovery works in both families",
    ),
    world(
        "path-healthy-ipv6-switched-off",
        HTTPS,
        WELL,
        dual(),
        secure(),
        setting("client", "ipv6/conf/all/disable_ipv6", "1"),
    ),
    world(
        "path-healthy-first-packet-lost",
        HTTP,
        broken(
            "healthy|overloaded",
            "healthy|tcp.timed_out",
            "none|tcp",
            "|their service|path",
            healthy=None,
        ),
        name(),
        listen(),
        rule(
            "border",
            "FORWARD -p tcp --syn --dport 80 -m statistic --mode nth --every 2 --packet 0 -j DROP",
        ),
        limit=SILENT,
        fact=("lost|slow",),
        note="every other SYN is lost: it opens after a second",
    ),
    world(
        "path-healthy-rate-limited",
        HTTPS,
        WELL,
        name(),
        secure(),
        rule("server", "INPUT -p tcp --syn -m limit --limit 1/sec --limit-burst 2 -j ACCEPT"),
        rule("server", "INPUT -p tcp --syn -j DROP"),
        note="two connections at once, then one each second",
    ),
    world(
        "path-healthy-small-packets",
        HTTPS,
        WELL,
        name(),
        secure(certificate="long"),
        ip("client", "link set eth0 mtu 700"),
    ),
    world(
        "path-healthy-link-local",
        "http://[fe80::99%25eth0]/",
        WELL,
        ip("gateway", "addr add fe80::99/64 dev lan nodad"),
        _near_link_local(),
    ),
    world(
        "path-healthy-two-gateways",
        HTTP,
        WELL,
        name(),
        listen(),
        ip("client", "route add default via 192.0.2.99 metric 500"),
        note="a second default route with a dead gateway, which is never used",
    ),
    world(
        "path-healthy-odd-sources",
        HTTPS,
        WELL,
        dual(),
        secure(),
        ip("client", "addr add 10.1.2.3/32 dev lo", "addr add 192.0.2.9/25 dev eth0"),
    ),
    world(
        "path-healthy-icmp-forbidden-everywhere",
        HTTPS,
        WELL,
        dual(),
        secure(),
        *(rule(role, "INPUT -p icmp -j DROP") for role in ("client", "gateway", "border")),
    ),
    world(
        "path-healthy-source-route",
        HTTPS,
        WELL,
        dual(),
        secure(),
        ip(
            "client",
            "rule add from 192.0.2.2 lookup 100",
            "route add default via 192.0.2.1 table 100",
        ),
    ),
    world(
        "met-syn-cookies-healthy",
        HTTPS,
        WELL,
        dual(),
        secure(),
        setting("server", "ipv4/tcp_syncookies", "2"),
        curl=(0,),
    ),
    world(
        "met-first-syn-lost-healthy",
        HTTP,
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
    world(
        "peer-connection-limit-healthy",
        HTTPS,
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
    world(
        "peer-healthy-with-low-mtu-everywhere",
        HTTPS,
        WELL,
        name(),
        secure(certificate="long"),
        ip("client", "link set eth0 mtu 1280"),
        ip("server", "link set eth0 mtu 1280"),
    ),
    world(
        "peer-healthy-no-timestamps-no-sack",
        HTTPS,
        WELL,
        dual(),
        secure(),
        setting("server", "ipv4/tcp_timestamps", "0"),
        setting("server", "ipv4/tcp_sack", "0"),
    ),
    world(
        "peer-healthy-ttl-strict",
        HTTP,
        WELL,
        name(),
        listen(),
        setting("server", "ipv4/ip_default_ttl", "4"),
    ),
    world(
        "reply-narrow-upload-healthy",
        HTTPS,
        WELL,
        name(),
        secure(certificate="long"),
        ip("border", "link set dmz mtu 1300"),
        rule("border", "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP"),
        note="only what this client would upload is too large for the path",
    ),
    world(
        "mixed-healthy-icmp-blocked-everywhere",
        HTTPS,
        WELL,
        dual(),
        secure(),
        rule("border", "FORWARD -p icmp -j DROP"),
        rule("border", "INPUT -p icmp -j DROP"),
        rule("server", "INPUT -p icmp -j DROP"),
    ),
    world(
        "mixed-healthy-stateful-firewall",
        HTTPS,
        WELL,
        dual(),
        secure(),
        rule("border", "FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"),
        rule("border", "FORWARD -p tcp --dport 443 -j ACCEPT"),
        rule("border", "FORWARD -j DROP"),
    ),
    world(
        "beside-well-ping-forbidden",
        f"https://{SERVER}/",
        WELL,
        secure(certificate="address"),
        chain("border", "inet forward", "meta l4proto { icmp, ipv6-icmp } drop"),
    ),
    world(
        "beside-well-no-other-port",
        HTTP,
        WELL,
        dual(),
        listen(80),
        chain("server", "inet input", "tcp dport != 80 drop"),
    ),
    world(
        "beside-well-no-ipv6-here-dual-name",
        HTTPS,
        WELL,
        dual(),
        secure(),
        ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
    ),
    world(
        "beside-well-no-ipv4-here",
        f"http://{HOST6}:8080/",
        WELL,
        listen(8080),
        ip("client", "addr del 192.0.2.2/25 dev eth0"),
    ),
    world(
        "told-ping-filtered",
        HTTPS,
        WELL,
        name(),
        secure(handler=page(delay=0.04)),
        rule("server", "INPUT -p icmp -j DROP"),
        rule("gateway", "INPUT -p icmp -j DROP"),
        rule("gateway", "FORWARD -p icmp -j DROP"),
        rule("gateway", "FORWARD -p udp -d 198.51.100.0/24 --dport 33000:65535 -j DROP"),
    ),
    world(
        "told-ipv6-only",
        HTTPS,
        WELL,
        name(NAME, SERVER6),
        secure(),
        ip("client", "route add 192.0.2.128/25 via 192.0.2.1", "route del default"),
    ),
    world(
        "told-sixth-connection-dropped",
        HTTPS,
        broken(
            "healthy|overloaded|firewall_drops|path_silent",
            "healthy|tcp.timed_out",
            "none|tcp|ip",
            "|their host",
            healthy=None,
        ),
        name(),
        secure(),
        rule("server", "INPUT -p tcp --syn --dport 443 -m recent --set"),
        rule(
            "server",
            "INPUT -p tcp --syn --dport 443 -m recent --rcheck --seconds 60 --hitcount 6 -j DROP",
        ),
        limit=SILENT,
    ),
)
