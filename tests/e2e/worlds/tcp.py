"""Ports, accept queues and address families."""

import socket

from e2e.building import (
    NAME,
    dual,
    hosts,
    ip,
    listen,
    name,
    rule,
    secure,
    setting,
    unaccepted,
    world,
)
from e2e.expectations import DOWN, HTTP, HTTPS, NETWORK_KIND, SLOW, THEIR_APPLICATION
from e2e.site import CLIENT, OTHER, SERVER
from e2e.templates import served
from e2e.world import SILENT, broken

from ringback.testing.lab.server import Connection
from ringback.testing.lab.timing import silent


def _without_ports(site):
    """Let the client have two ports for its connections, both of which are taken."""
    site.setting("client", "ipv4/ip_local_port_range", "40000 40001")
    with site.inside("client"):
        for port in (40000, 40001):
            held = socket.socket()
            site.keep(held.close)
            held.bind(("", port))
            held.listen()


WORLDS = (
    world(
        "ipv6-unreachable",
        HTTPS,
        broken("ipv6_dead", NETWORK_KIND, "ip|tcp", "this network|path"),
        dual(),
        secure(),
        rule("gateway", "FORWARD -j REJECT --reject-with icmp6-no-route", 6),
        limit=SILENT,
        curl=(0,),
    ),
    world(
        "ipv4-dead",
        HTTP,
        broken("ipv4_dead", "tcp.timed_out", "ip|tcp", "this network|path|their host"),
        dual(),
        listen(),
        rule("border", f"FORWARD -d {SERVER} -p tcp -j DROP"),
        limit=SILENT,
        curl=(0,),
    ),
    world("refused", HTTP, DOWN, name(), curl=(7,)),
    world("refused-database", f"postgres://app:secret@{NAME}/shop", DOWN, name(), listen()),
    world(
        "wrong-port-https",
        f"https://{NAME}:8443/",
        broken("wrong_port", "tcp.refused", "tcp", "their service|this program|their host"),
        name(),
        secure(),
        curl=(7,),
        fact=("443.*(open|answer|speaks)",),
    ),
    world(
        "wrong-port-http",
        f"http://{NAME}:8000/",
        broken("wrong_port", "tcp.refused", "tcp", "their service|this program|their host"),
        name(),
        listen(),
        curl=(7,),
        fact=("port 80 .*(open|answer|speaks)",),
    ),
    world(
        "one-address-refuses",
        HTTP,
        broken("one_address_dead", "tcp.refused", "tcp", "their host|their service"),
        name(NAME, SERVER, OTHER),
        listen(),
        curl=(0,),
        fact=(f"{OTHER}.*refused",),
    ),
    world(
        "reset-on-accept",
        HTTP,
        broken(
            "connection_reset|reset_after_request",
            "tcp.reset",
            "tcp|http",
            "their service|their application|path|their host",
        ),
        name(),
        listen(80, Connection.reset),
        curl=(7, 52, 55, 56),
        fact=("reset",),
    ),
    world(
        "unread-ipv6-prefix-withdrawn",
        HTTP,
        broken(
            "ipv6_dead",
            "tcp.timed_out|tcp.address_unreachable.network",
            "tcp|ip",
            "path|this network|this host",
            healthy=None,
        ),
        dual(),
        listen(),
        ip(
            "border",
            "route del 2001:db8:1::/64 via 2001:db8:9::1",
            "route add blackhole 2001:db8:1::/64",
        ),
        curl=(0,),
        **SLOW,
    ),
    world(
        "unread-worker-hangs-behind-open-port",
        f"http://{SERVER}:8000/",
        broken("accepts_and_silent", "http.response.timed_out", "http", THEIR_APPLICATION),
        unaccepted(8000),
        curl=(28,),
        **SLOW,
    ),
    served(
        "accepts-and-silent-tls",
        "accepts_and_silent",
        "http.response.timed_out",
        "time|silent",
        secure(handler=silent),
        url=HTTPS,
        limit=SILENT,
        curl=(28,),
    ),
    world(
        "odd-one-address-prohibited",
        HTTP,
        broken(
            "one_address_dead",
            "tcp.address_unreachable.prohibited|tcp.address_unreachable.host",
            "ip|tcp",
            "path|their host",
        ),
        name(NAME, SERVER, OTHER),
        listen(),
        listen(address=OTHER),
        rule("border", f"FORWARD -d {OTHER} -j REJECT --reject-with icmp-admin-prohibited"),
        curl=(0,),
        fact=(f"{OTHER}.*(prohibited|filtered)",),
    ),
    world(
        "quirk-no-port-left",
        f"http://{SERVER}/",
        broken(
            "no_port_left", "client.local_address", "ip|tcp|config|client", "this host|this program"
        ),
        listen(),
        _without_ports,
        fact=("assign requested address|port",),
        note="every port of this host's range is taken",
    ),
    world(
        "routes-one-port-left",
        HTTP,
        broken(
            "no_port_left",
            "client.local_address|tcp.failed",
            "client|tcp|ip|dns|config",
            "this host|this program",
        ),
        hosts(f"{SERVER} {NAME}"),
        listen(),
        setting("client", "ipv4/ip_local_port_range", "60000\t60000"),
        listen(60000, Connection.stall, role="client", address=CLIENT),
    ),
)
