import pytest

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer import host, host_routes, netlink
from ringback.diagnosis.layer.url import parse_target
from ringback.testing.lab.namespace import Namespaces, inside, run
from ringback.testing.lab.network import NEEDS
from tests.requires import requires

pytestmark = pytest.mark.netns

HOST = """
link set lo up
link add lab0 type veth peer name lab1
link set lab0 up
link set lab1 up
addr add 192.0.2.2/24 dev lab0
addr add 2001:db8:1::2/64 dev lab0 nodad
route add default via 192.0.2.1
route add unreachable 203.0.113.1
route add prohibit 203.0.113.2
route add blackhole 203.0.113.3
route add prohibit 2001:db8:2::/64
"""


@pytest.fixture(scope="module")
def namespace():
    requires(*NEEDS)
    with Namespaces() as made:
        connected = made.add("connected")
        run(connected, ["ip", "-batch", "-"], stdin=HOST)
        yield connected


@pytest.fixture
def connected(namespace):
    with inside(namespace):
        yield DiagnosisContext(parse_target("https://example.com/"), Options())


def facts_of(context, what):
    return [reading.facts for reading in context.readings() if reading.what == what]


def test_interfaces_have_their_addresses(connected):
    host_routes.read_interfaces(connected)

    (facts,) = facts_of(connected, "interfaces")
    lab0 = next(interface for interface in facts["interfaces"] if interface["name"] == "lab0")
    assert lab0["up"]
    assert {"192.0.2.2", "2001:db8:1::2"} <= set(lab0["addresses"])
    assert facts["loopback_only"] is False


def test_addresses_that_a_link_gives_itself_are_no_network():
    requires(*NEEDS)
    links = "link add lab0 type veth peer name lab1\nlink set lab0 up\nlink set lab1 up\n"
    context = DiagnosisContext(parse_target("https://example.com/"), Options())
    with Namespaces() as made:
        linked = made.add("linked")
        run(linked, ["ip", "-batch", "-"], stdin=f"{links}addr add 169.254.7.2/16 dev lab0\n")
        with inside(linked):
            host_routes.read_interfaces(context)

    (facts,) = facts_of(context, "interfaces")
    assert any("169.254.7.2" in interface["addresses"] for interface in facts["interfaces"])
    assert facts["loopback_only"] is True


def test_the_default_route_is_found_for_each_family(connected):
    host_routes.read_routes(connected)

    four, six = facts_of(connected, "route")
    assert (four["default"], four["gateway"], four["interface"]) == (True, "192.0.2.1", "lab0")
    assert (four["route"], four["source"]) == (True, "192.0.2.2")
    assert (four["hops"], six["hops"]) == (64, 64)
    assert (six["default"], six["route"], six["error"]) == (False, False, "ENETUNREACH")


@pytest.mark.parametrize(
    ("address", "error", "table_type", "kind"),
    [
        ("203.0.113.1", "EHOSTUNREACH", "unreachable", "tcp.address_unreachable.host"),
        ("203.0.113.2", "EACCES", "prohibit", "tcp.address_unreachable.prohibited"),
        ("203.0.113.3", "EINVAL", "blackhole", "tcp.address_invalid"),
        ("2001:db8:2::1", "EACCES", "prohibit", "tcp.address_unreachable.prohibited"),
        ("2001:db8:3::1", "ENETUNREACH", None, "tcp.address_unreachable.network"),
        ("fe80::1", "EINVAL", None, "tcp.address_invalid"),
        ("192.0.2.255", "EACCES", "broadcast", "tcp.address_unreachable.prohibited"),
    ],
)
def test_a_route_that_is_no_way_is_recorded_by_its_type(
    connected, address, error, table_type, kind
):
    host.route_to(connected, [address])

    (reading,) = connected.readings()
    assert (reading.state, reading.kind) == ("failed", kind)
    assert (reading.facts["error"], reading.facts["table_type"]) == (error, table_type)
    assert reading.facts["route"] is False


@pytest.mark.parametrize(
    ("address", "on_link", "gateway", "table_type"),
    [
        ("192.0.2.9", True, None, "unicast"),
        ("198.51.100.7", False, "192.0.2.1", "unicast"),
        ("192.0.2.2", True, None, "local"),
        ("2001:db8:1::9", True, None, "unicast"),
        ("fe80::1%lab0", True, None, "unicast"),
    ],
)
def test_a_route_is_recorded_with_its_next_hop(connected, address, on_link, gateway, table_type):
    host.route_to(connected, [address])

    (facts,) = facts_of(connected, "route_to")
    assert (facts["route"], facts["error"]) == (True, None)
    assert (facts["on_link"], facts["gateway"]) == (on_link, gateway)
    assert facts["table_type"] == table_type


def test_without_netlink_connect_alone_decides(connected, monkeypatch):
    monkeypatch.setattr(netlink.sys, "platform", "other")

    host_routes.read_routes(connected)
    host_routes.read_interfaces(connected)
    host.route_to(connected, ["203.0.113.2"])

    four, six = facts_of(connected, "route")
    assert (four["route"], four["default"], four["gateway"]) == (True, True, None)
    assert six["default"] is False
    (found,) = facts_of(connected, "interfaces")
    assert found["loopback_only"] is False
    (to,) = facts_of(connected, "route_to")
    assert (to["error"], to["table_type"], to["on_link"]) == ("EACCES", "prohibit", None)
