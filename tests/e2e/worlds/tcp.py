"""Connections that are refused, get no answer, or lead to the wrong place."""

from e2e.building import NAME, crowded, dual, ip, listen, name, rule, secure
from e2e.handlers import postgres
from e2e.site import NOBODY, NOBODY6, OTHER, SERVER, SERVER6
from e2e.world import SILENT, World, broken

from ringback.testing.lab.server import Connection

_HOST = "tcp.address_unreachable.host"
_NETWORK = "tcp.address_unreachable.network"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_LEADS_NOWHERE = "203.0.113.200"
"""An address of a network that the border knows no way to."""


WORLDS = (
    World(
        name="refused",
        target=f"http://{NAME}/",
        build=(name(),),
        expected=_DOWN,
        curl=(7,),
    ),
    World(
        name="refused-ipv6",
        target=f"http://[{SERVER6}]:8080/",
        build=(),
        expected=_DOWN,
        curl=(7,),
    ),
    World(
        name="refused-both-families",
        target=f"https://{NAME}/",
        build=(dual(),),
        expected=_DOWN,
        curl=(7,),
    ),
    World(
        name="refused-database",
        target=f"postgres://app:secret@{NAME}/shop",
        build=(name(), listen()),
        expected=_DOWN,
    ),
    World(
        name="refused-tcp",
        target=f"{NAME}:9000",
        build=(name(), listen()),
        expected=_DOWN,
        note="host:port without a scheme",
    ),
    World(
        name="wrong-port-https",
        target=f"https://{NAME}:8443/",
        build=(name(), secure()),
        expected=broken(
            "wrong_port", "tcp.refused", "tcp", "their service|this program|their host"
        ),
        curl=(7,),
        fact=("443.*(open|answer|speaks)",),
    ),
    World(
        name="wrong-port-http",
        target=f"http://{NAME}:8000/",
        build=(name(), listen()),
        expected=broken(
            "wrong_port", "tcp.refused", "tcp", "their service|this program|their host"
        ),
        curl=(7,),
        fact=("port 80 .*(open|answer|speaks)",),
    ),
    World(
        name="wrong-port-postgres",
        target=f"postgres://app@{NAME}:5433/shop",
        build=(name(), listen(5432, postgres)),
        expected=broken(
            "wrong_port", "tcp.refused", "tcp", "their service|this program|their host"
        ),
        fact=("5432.*(open|answer|speaks)",),
    ),
    World(
        name="host-off-behind-router",
        target=f"http://{NAME}/",
        build=(name(NAME, NOBODY),),
        expected=broken("host_down", _HOST, "ip|tcp", "their host"),
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
        expected=broken("host_down", _HOST, "ip|tcp", "their host"),
        limit=SILENT,
        curl=(7,),
        fact=("host unreachable|no route to host",),
    ),
    World(
        name="host-off-same-link",
        target="http://192.0.2.77/",
        build=(),
        expected=broken("host_down", _HOST, "ip|tcp", "their host"),
        limit=SILENT,
        curl=(7,),
        fact=("host unreachable|no route to host",),
    ),
    World(
        name="host-off-same-link-ipv6",
        target="http://[2001:db8:1::77]/",
        build=(),
        expected=broken("host_down", _HOST, "ip|tcp", "their host"),
        limit=SILENT,
        curl=(7,),
        fact=("host unreachable|no route to host",),
    ),
    World(
        name="router-knows-host-unreachable",
        target=f"http://{SERVER}/",
        build=(listen(), ip("border", f"route add unreachable {SERVER}")),
        expected=broken("host_unreachable|firewall_rejects", _HOST, "ip|tcp", "path|their host"),
        curl=(7,),
        fact=("host unreachable|no route to host",),
        note="the router says so at once, without asking the host",
    ),
    World(
        name="router-without-route",
        target=f"http://{_LEADS_NOWHERE}/",
        build=(),
        expected=broken("network_unreachable|firewall_rejects", _NETWORK, "ip|tcp", "path"),
        curl=(7,),
        fact=("network is unreachable",),
    ),
    World(
        name="router-without-route-limited",
        target=f"https://{NAME}/",
        build=(name(NAME, _LEADS_NOWHERE),),
        expected=broken("network_unreachable|firewall_rejects", _NETWORK, "ip|tcp", "path"),
        curl=(7,),
        fact=("network is unreachable",),
        limits=True,
    ),
    World(
        name="router-without-route-ipv6",
        target="http://[2001:db8:ffff::1]/",
        build=(),
        expected=broken("network_unreachable|firewall_rejects", _NETWORK, "ip|tcp", "path"),
        limit=SILENT,
        curl=(7,),
        fact=("network is unreachable",),
    ),
    World(
        name="routing-loop",
        target="http://203.0.113.200/",
        build=(ip("border", "route add 203.0.113.128/25 via 203.0.113.1"),),
        expected=broken("routing_loop", f"{_HOST}|{_NETWORK}|tcp.timed_out", "ip|tcp", "path"),
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
    World(
        name="queue-full",
        target=f"http://{NAME}:8080/",
        build=(name(), listen(), crowded(8080)),
        expected=broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp",
            "path|their host|their service",
            "firewall_drops|overloaded",
        ),
        limit=SILENT,
        curl=(28,),
    ),
    World(
        name="one-address-refuses",
        target=f"http://{NAME}/",
        build=(name(NAME, SERVER, OTHER), listen()),
        expected=broken("one_address_dead", "tcp.refused", "tcp", "their host|their service"),
        curl=(0,),
        fact=(f"{OTHER}.*refused",),
    ),
    World(
        name="one-address-silent",
        target=f"https://{NAME}/",
        build=(
            name(NAME, OTHER, SERVER),
            secure(),
            rule("border", f"FORWARD -d {OTHER} -j DROP"),
        ),
        expected=broken(
            "one_address_dead", "tcp.timed_out", "tcp|ip", "their host|their service|path"
        ),
        limit=SILENT,
        curl=(0,),
        fact=(f"{OTHER}.*(timed out|timeout)",),
    ),
    World(
        name="one-address-host-off",
        target=f"http://{NAME}/",
        build=(name(NAME, NOBODY, SERVER), listen()),
        expected=broken("one_address_dead", _HOST, "tcp|ip", "their host|path"),
        limit=SILENT,
        curl=(0,),
        fact=(f"{NOBODY}.*(unreachable|no route)",),
    ),
    World(
        name="ipv6-refuses-ipv4-open",
        target=f"http://{NAME}/",
        build=(dual(), listen(80, address=SERVER)),
        expected=broken(
            "one_address_dead|ipv6_dead", "tcp.refused", "tcp|ip", "their host|their service"
        ),
        curl=(0,),
        fact=(f"{SERVER6}.*refused",),
        note="the service listens on IPv4 only",
    ),
    World(
        name="reset-on-accept",
        target=f"http://{NAME}/",
        build=(name(), listen(80, Connection.reset)),
        expected=broken(
            "connection_reset|reset_after_request",
            "tcp.reset",
            "tcp|http",
            "their service|their application|path|their host",
        ),
        curl=(7, 52, 55, 56),
        fact=("reset",),
    ),
)
