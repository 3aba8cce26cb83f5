"""Firewalls: whose, over which family, with which answer, or none."""

from e2e.building import NAME, dual, listen, name, nft, rule
from e2e.site import SERVER, SERVER6
from e2e.world import SILENT, World, broken

SECOND = 2.5
"""Seconds where the answer counts only when the connection is asked for again, 1 s later."""

_PROHIBITED = "tcp.address_unreachable.prohibited"
_HOST = "tcp.address_unreachable.host"
_NETWORK = "tcp.address_unreachable.network"

V4 = {
    # Option of REJECT: ICMP type and code, kind, causes it can be taken for.
    "icmp-port-unreachable": ("3/3", "tcp.refused", "firewall_rejects"),
    "icmp-proto-unreachable": ("3/2", f"{_PROHIBITED}|{_HOST}", "firewall_rejects"),
    "icmp-net-prohibited": ("3/9", f"{_PROHIBITED}|{_NETWORK}", "firewall_rejects"),
    "icmp-host-prohibited": ("3/10", f"{_PROHIBITED}|{_HOST}", "firewall_rejects"),
    "icmp-admin-prohibited": ("3/13", f"{_PROHIBITED}|{_HOST}", "firewall_rejects"),
    # A router also says these two when it knows no way, or when no host answers it.
    "icmp-net-unreachable": ("3/0", _NETWORK, "firewall_rejects|network_unreachable"),
    "icmp-host-unreachable": ("3/1", _HOST, "firewall_rejects|host_unreachable"),
}
V6 = {
    "icmp6-port-unreachable": ("1/4", "tcp.refused", "firewall_rejects"),
    "icmp6-adm-prohibited": ("1/1", _PROHIBITED, "firewall_rejects"),
    "icmp6-policy-fail": ("1/5", _PROHIBITED, "firewall_rejects"),
    "icmp6-reject-route": ("1/6", _PROHIBITED, "firewall_rejects"),
    "icmp6-no-route": ("1/0", _NETWORK, "firewall_rejects|network_unreachable"),
    "icmp6-addr-unreachable": ("1/3", _HOST, "firewall_rejects|host_unreachable"),
}
_CHAINS = {
    "router": ("border", "FORWARD"),
    "target": ("server", "INPUT"),
    "own": ("client", "OUTPUT"),
}
_WHERE = {"router": "path", "target": "their host", "own": "this host"}


def _rejected(whose, option, port=80, *, limits=False):
    version = 6 if option.startswith("icmp6") else 4
    code, kinds, causes = (V6 if version == 6 else V4)[option]
    if whose != "router":
        # The host itself has no use for these messages but as a firewall's.
        causes = "local_firewall" if whose == "own" else "firewall_rejects"
    where, also = _WHERE[whose], ""
    if "|" in causes and "unreachable" in causes:
        also, where = "firewall_rejects", "path|their host" if kinds == _HOST else "path"
    role, chain = _CHAINS[whose]
    return World(
        name=f"rejected-by-{whose}-{option}" + ("-limited" if limits else ""),
        target=f"http://{f'[{SERVER6}]' if version == 6 else SERVER}:{port}/",
        build=(
            listen(port),
            rule(role, f"{chain} -p tcp --dport {port} -j REJECT --reject-with {option}", version),
        ),
        expected=broken(causes, kinds, "tcp|ip", where, also),
        limit=SECOND,
        curl=(7, 28),
        fact=(r"icmp\W|prohibited|filtered|firewall",),
        limits=limits,
        note=f"ICMP {code}",
    )


WORLDS = (
    *(_rejected("router", option) for option in (*V4, *V6)),
    _rejected("target", "icmp-port-unreachable"),
    _rejected("target", "icmp-host-prohibited", 8080),
    _rejected("target", "icmp-admin-prohibited"),
    _rejected("target", "icmp6-adm-prohibited"),
    _rejected("target", "icmp6-port-unreachable"),
    _rejected("own", "icmp-port-unreachable"),
    _rejected("own", "icmp-admin-prohibited"),
    _rejected("own", "icmp-net-unreachable"),
    _rejected("own", "icmp-host-prohibited", 5000),
    _rejected("own", "icmp6-adm-prohibited"),
    _rejected("own", "icmp6-port-unreachable"),
    _rejected("router", "icmp-admin-prohibited", limits=True),
    _rejected("router", "icmp-port-unreachable", limits=True),
    World(
        name="rejected-by-router-nftables",
        target=f"https://{NAME}/",
        build=(
            dual(),
            listen(),
            nft(
                "border",
                "table inet f {\nchain c {\ntype filter hook forward priority 0;\n"
                "tcp dport 443 reject with icmpx admin-prohibited\n}\n}\n",
            ),
        ),
        expected=broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "tcp|ip", "path"),
        limit=SECOND,
        curl=(7,),
    ),
    World(
        name="rejected-by-router-with-reset",
        target=f"http://{NAME}:8080/",
        build=(
            name(),
            listen(8080),
            rule("border", "FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),
        ),
        expected=broken(
            "service_down|firewall_rejects",
            "tcp.refused",
            "tcp",
            "their service|path|their host",
            "service_down|firewall_rejects",
        ),
        curl=(7,),
        fact=("refused",),
        note="the reset of a firewall and that of a closed port are the same",
    ),
    World(
        name="dropped-by-router",
        target=f"http://{NAME}:8080/",
        build=(
            name(),
            listen(),
            listen(8080),
            rule("border", "FORWARD -p tcp --dport 8080 -j DROP"),
        ),
        expected=broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp",
            "path|their host",
            "firewall_drops|overloaded",
        ),
        limit=SILENT,
        curl=(28,),
    ),
    World(
        name="dropped-by-gateway",
        target=f"https://{NAME}/",
        build=(name(), listen(), rule("gateway", "FORWARD -p tcp --dport 443 -j DROP")),
        expected=broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp",
            "path|their host|this network",
            "firewall_drops",
        ),
        limit=SILENT,
        curl=(28,),
        note="the port drops at the first router: its TTL message still comes back",
    ),
    World(
        name="dropped-by-target",
        target=f"https://{NAME}/",
        build=(name(), listen(), rule("server", "INPUT -p tcp --dport 443 -j DROP")),
        expected=broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp",
            "path|their host",
            "firewall_drops|overloaded",
        ),
        limit=SILENT,
        curl=(28,),
        limits=True,
    ),
    World(
        name="dropped-by-target-ipv6",
        target=f"http://[{SERVER6}]:8080/",
        build=(listen(), listen(8080), rule("server", "INPUT -p tcp --dport 8080 -j DROP", 6)),
        expected=broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp",
            "path|their host",
            "firewall_drops|overloaded",
        ),
        limit=SILENT,
        curl=(28,),
    ),
    World(
        name="dropped-by-own-firewall",
        target=f"http://{NAME}:8080/",
        build=(
            name(),
            listen(),
            listen(8080),
            rule("client", "OUTPUT -p tcp --dport 8080 -j DROP"),
        ),
        expected=broken("local_firewall", "tcp.timed_out", "tcp|ip", "this host"),
        limit=SILENT,
        curl=(28,),
        fact=("firewall|not permitted|EPERM",),
        note="not even the gateway's TTL message comes back for this port, but for others",
    ),
    World(
        name="dropped-by-own-firewall-ipv6",
        target=f"http://[{SERVER6}]:8080/",
        build=(listen(), listen(8080), rule("client", "OUTPUT -p tcp --dport 8080 -j DROP", 6)),
        expected=broken("local_firewall", "tcp.timed_out", "tcp|ip", "this host"),
        limit=SILENT,
        curl=(28,),
        fact=("firewall|not permitted|EPERM",),
    ),
    World(
        name="rejected-by-own-nftables",
        target=f"https://{NAME}/",
        build=(
            name(),
            listen(),
            nft(
                "client",
                "table inet f {\nchain c {\ntype filter hook output priority 0;\n"
                "tcp dport 443 reject with icmpx port-unreachable\n}\n}\n",
            ),
        ),
        expected=broken("local_firewall", "tcp.refused", "tcp|ip", "this host"),
        limit=SECOND,
        curl=(7,),
        fact=("firewall",),
    ),
)
