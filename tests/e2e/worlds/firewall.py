"""Firewalls that reject or drop, and whose they are."""

from e2e.building import dual, listen, name, nft, rule, secure, world
from e2e.expectations import (
    HOST_KIND,
    HTTP,
    HTTPS,
    PROHIBITED_KIND,
    SECOND,
)
from e2e.handlers import smtp
from e2e.site import SERVER
from e2e.world import SILENT, broken

WORLDS = (
    world(
        "rejected-by-router-nftables",
        HTTPS,
        broken("firewall_rejects", f"{PROHIBITED_KIND}|{HOST_KIND}", "tcp|ip", "path"),
        dual(),
        listen(),
        nft(
            "border",
            "table inet f {\nchain c {\ntype filter hook forward priority 0;\n"
            "tcp dport 443 reject with icmpx admin-prohibited\n}\n}\n",
        ),
        limit=SECOND,
        curl=(7,),
    ),
    world(
        "dropped-by-gateway",
        HTTPS,
        broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp",
            "path|their host|this network",
            "firewall_drops",
        ),
        name(),
        listen(),
        rule("gateway", "FORWARD -p tcp --dport 443 -j DROP"),
        limit=SILENT,
        curl=(28,),
        note="the port drops at the first router: its TTL message still comes back",
    ),
    world(
        "unread-gateway-resets-mail",
        f"smtp://{SERVER}:25/",
        broken(
            "firewall_rejects|connection_reset|service_down",
            "tcp.refused|tcp.reset",
            "tcp",
            "path|this network|their service",
            also="firewall_rejects",
        ),
        listen(25, smtp),
        listen(80),
        rule("gateway", "FORWARD -p tcp --dport 25 -j REJECT --reject-with tcp-reset"),
    ),
    world(
        "unread-own-firewall-rejects-new-only",
        f"https://{SERVER}/",
        broken("local_firewall", f"{PROHIBITED_KIND}|tcp.refused", "tcp|ip", "this host"),
        secure(certificate="address"),
        rule("client", "OUTPUT -p tcp --dport 443 -m state --state NEW -j REJECT"),
        curl=(7,),
    ),
    world(
        "unread-own-rule-for-user-only",
        f"http://{SERVER}/",
        broken("local_firewall", PROHIBITED_KIND, "tcp|ip", "this host"),
        listen(),
        rule(
            "client",
            "OUTPUT -p tcp -m owner --uid-owner 65534 -j REJECT "
            "--reject-with icmp-admin-prohibited",
        ),
        curl=(7,),
    ),
    world(
        "way-own-firewall-ipv4-only",
        HTTP,
        broken("local_firewall|ipv4_dead", "tcp.refused|tcp.timed_out", "tcp|ip", "this host"),
        dual(),
        listen(),
        rule("client", f"OUTPUT -d {SERVER} -p tcp -j REJECT"),
        curl=(0,),
        fact=("firewall",),
    ),
    world(
        "way-own-firewall-rejects-dns",
        HTTP,
        broken(
            "local_firewall|resolver_unreachable|resolver_down",
            "dns.unreachable|dns.temporary_failure",
            "dns|ip",
            "this host",
        ),
        name(),
        listen(),
        rule("client", "OUTPUT -p udp --dport 53 -j REJECT"),
        curl=(6,),
        fact=("firewall",),
        note="the ICMP message comes from an address of our own",
    ),
)
