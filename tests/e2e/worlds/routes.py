"""Interfaces, routes, hosts and paths that lead nowhere."""

from e2e.building import NAME, ip, listen, name, narrow, rule, secure, setting, world
from e2e.expectations import (
    HOST_KIND,
    HTTP,
    HTTPS,
    NETWORK_KIND,
    NO_DEFAULT_COMMANDS,
    PROHIBITED_KIND,
    SLOW,
    UNRESOLVED_OR_MISSING,
)
from e2e.handlers import page
from e2e.site import NOBODY, NOBODY6, RESOLVER, SERVER, SERVER6
from e2e.templates import handshake_world, routed, served
from e2e.world import SILENT, World, broken

_OFF_COMMANDS = ("link set eth0 down",)

_LEADS_NOWHERE = "203.0.113.200"
"""An address of a network that the border knows no way to."""

WORLDS = (
    World(
        name="no-network",
        target=f"http://{NAME}/",
        build=(name(), listen(), ip("client", *_OFF_COMMANDS)),
        expected=broken(
            "no_network", f"{NETWORK_KIND}|{UNRESOLVED_OR_MISSING}", "ip", "this host|this network"
        ),
        curl=(6,),
        fact=("no network|network is unreachable|interface",),
    ),
    World(
        name="no-network-address",
        target=f"https://{SERVER}/",
        build=(secure(), ip("client", *_OFF_COMMANDS)),
        expected=broken("no_network", NETWORK_KIND, "ip", "this host|this network"),
        curl=(7,),
        fact=("no network|network is unreachable|interface",),
    ),
    World(
        name="no-default-route",
        target=f"https://{NAME}/",
        build=(name(), secure(), ip("client", *NO_DEFAULT_COMMANDS)),
        expected=broken(
            "no_default_route",
            f"{NETWORK_KIND}|{UNRESOLVED_OR_MISSING}",
            "ip",
            "this host|this network",
        ),
        curl=(6,),
        fact=("network is unreachable|no route|default route",),
    ),
    World(
        name="no-default-route-address",
        target=f"http://{SERVER}/",
        build=(listen(), ip("client", *NO_DEFAULT_COMMANDS)),
        expected=broken("no_default_route", NETWORK_KIND, "ip", "this host|this network"),
        curl=(7,),
        fact=("network is unreachable|no route|default route",),
    ),
    World(
        name="gateway-dead",
        target=f"http://{SERVER}/",
        build=(listen(), ip("gateway", "addr flush dev lan")),
        expected=broken("gateway_dead", f"{HOST_KIND}|tcp.timed_out", "ip|tcp", "this network"),
        limit=SILENT,
        curl=(7, 28),
        fact=("gateway|router",),
    ),
    routed("unreachable", f"http://{SERVER}/", f"route add unreachable {SERVER}", HOST_KIND),
    routed("prohibit", f"http://{NAME}/", f"route add prohibit {SERVER}", PROHIBITED_KIND),
    routed(
        "throw",
        f"http://{SERVER}/",
        f"route add throw {SERVER}",
        NETWORK_KIND,
        "no_route|local_policy_route|no_default_route",
    ),
    World(
        name="ipv6-only-client-ipv4-only-name",
        target=f"http://{NAME}/",
        build=(
            name(),
            listen(),
            ip("client", "route del default", f"route add {RESOLVER} via 192.0.2.1"),
        ),
        expected=broken(
            "family_missing|no_default_route",
            NETWORK_KIND,
            "ip|dns",
            "this host|this network|DNS",
        ),
        curl=(7,),
        fact=("IPv6|family|no route|Network is unreachable",),
    ),
    World(
        name="ipv4-only-client-ipv6-only-name",
        target=f"https://{NAME}/",
        build=(
            name(NAME, SERVER6),
            secure(),
            ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
        ),
        expected=broken(
            "family_missing",
            f"{NETWORK_KIND}|dns.no_address",
            "ip|dns",
            "this host|this network|DNS",
        ),
        curl=(6, 7),
        fact=("IPv4|family|Network is unreachable",),
    ),
    World(
        name="host-off-behind-router",
        target=f"http://{NAME}/",
        build=(name(NAME, NOBODY),),
        expected=broken("host_down", HOST_KIND, "ip|tcp", "their host"),
        limit=SILENT,
        curl=(7,),
        fact=("host unreachable|no route to host",),
        limits=True,
        note="the border asks for the host's link address 3 s long, then says host unreachable",
    ),
    World(
        name="host-off-behind-router-ipv6",
        target=f"https://[{NOBODY6}]/",
        build=(),
        expected=broken("host_down", HOST_KIND, "ip|tcp", "their host"),
        limit=SILENT,
        curl=(7,),
        fact=("host unreachable|no route to host",),
    ),
    World(
        name="router-knows-host-unreachable",
        target=f"http://{SERVER}/",
        build=(listen(), ip("border", f"route add unreachable {SERVER}")),
        expected=broken(
            "host_unreachable|firewall_rejects", HOST_KIND, "ip|tcp", "path|their host"
        ),
        curl=(7,),
        fact=("host unreachable|no route to host",),
        note="the router says so at once, without asking the host",
    ),
    World(
        name="router-without-route",
        target=f"http://{_LEADS_NOWHERE}/",
        build=(),
        expected=broken("network_unreachable|firewall_rejects", NETWORK_KIND, "ip|tcp", "path"),
        curl=(7,),
        fact=("network is unreachable",),
    ),
    World(
        name="router-without-route-limited",
        target=f"https://{NAME}/",
        build=(name(NAME, _LEADS_NOWHERE),),
        expected=broken("network_unreachable|firewall_rejects", NETWORK_KIND, "ip|tcp", "path"),
        curl=(7,),
        fact=("network is unreachable",),
        limits=True,
    ),
    World(
        name="routing-loop",
        target="http://203.0.113.200/",
        build=(ip("border", "route add 203.0.113.128/25 via 203.0.113.1"),),
        expected=broken(
            "routing_loop", f"{HOST_KIND}|{NETWORK_KIND}|tcp.timed_out", "ip|tcp", "path"
        ),
        limit=SILENT,
        curl=(7, 28),
        fact=("loop|TTL|time exceeded|hop limit",),
    ),
    World(
        name="path-silent",
        target=f"https://{NAME}/",
        build=(
            name(),
            secure(),
            rule("border", "PREROUTING -t raw -s 192.0.2.2 -j DROP"),
        ),
        expected=broken(
            "path_silent|firewall_drops|host_down", "tcp.timed_out", "ip|tcp", "path", "path_silent"
        ),
        limit=SILENT,
        curl=(28,),
        fact=("203.0.113|192.0.2.1|hop",),
        note="nothing comes back from behind the gateway, whatever is asked",
    ),
    handshake_world(
        "mtu-black-hole-handshake",
        "mtu_black_hole",
        "tls.timed_out|http.response.timed_out|http.response.body_timed_out",
        "path|this network",
        "MTU|fragment|segment",
        secure(certificate="long"),
        narrow(),
        layers="ip|tls|tcp",
        limit=SILENT,
        curl=(28,),
    ),
    world(
        "unread-ttl-of-container",
        f"http://{SERVER}/",
        broken(
            "ttl_too_small|routing_loop",
            HOST_KIND,
            "ip|tcp",
            "this host|path",
            also="ttl_too_small",
        ),
        listen(),
        setting("client", "ipv4/ip_default_ttl", "2"),
        curl=(7, 28),
        **SLOW,
        fact=("time exceeded|ttl|time to live|hop limit",),
    ),
    world(
        "unread-tunnel-eats-large-packets",
        f"{HTTP}",
        broken(
            "mtu_black_hole",
            "http.response.timed_out|http.response.body_timed_out",
            "http|tcp|ip",
            "path",
        ),
        name(),
        listen(80, page(body=b"x" * 60_000)),
        narrow(1280),
        curl=(28,),
        **SLOW,
    ),
    served(
        "path-lost-after-connect",
        "path_lost",
        "http.response.timed_out|tcp.timed_out.established",
        "retransmi|lost|unacked",
        listen(),
        rule("border", "FORWARD -p tcp --dport 80 --tcp-flags PSH PSH -j DROP"),
        where="path",
        layers="ip|tcp|http",
        limit=SILENT,
        curl=(28,),
    ),
    world(
        "rare-gateway-wrong",
        f"https://{NAME}/",
        broken(
            "gateway_dead",
            f"{HOST_KIND}|tcp.timed_out|dns.unreachable|dns.temporary_failure|dns.timed_out",
            "ip|tcp",
            "this network|this host",
        ),
        name(),
        secure(),
        ip("client", "route replace default via 192.0.2.99"),
        limit=SILENT,
        curl=(6, 28),
        fact=("gateway|192.0.2.99",),
        note="the default route names an address that nobody has",
    ),
    world(
        "path-time-to-live-too-small",
        f"http://{SERVER}/",
        broken("ttl_too_small", f"{HOST_KIND}|{NETWORK_KIND}", "ip|tcp", "this host"),
        listen(),
        setting("client", "ipv4/ip_default_ttl", "2"),
        limit=SILENT,
        fact=("TTL|time to live|time exceeded",),
        note="packets of this host may pass one router only",
    ),
    world(
        "mixed-answers-lost-after-connect",
        HTTPS,
        broken(
            "path_lost|handshake_silent",
            "tls.timed_out|tcp.timed_out.established",
            "ip|tls|tcp",
            "path",
        ),
        name(),
        secure(),
        rule("border", "FORWARD -p tcp --sport 443 ! --tcp-flags SYN,ACK SYN,ACK -j DROP"),
        limit=SILENT,
    ),
    world(
        "routes-link-local-no-scope",
        "http://[fe80::1]:80/",
        broken(
            "address_unusable",
            "tcp.address_invalid|url.invalid|tcp.address_unreachable.network",
            "ip|config|url|tcp",
            "this program",
        ),
    ),
    world(
        "told-routing-loop",
        "http://172.20.9.9/",
        broken("routing_loop", f"{HOST_KIND}|tcp.timed_out", "ip|tcp", "path"),
        ip("border", "route add 172.20.0.0/16 via 203.0.113.1"),
    ),
)
