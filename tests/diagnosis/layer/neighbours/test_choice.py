from ringback.diagnosis.facts import NameserverFacts
from ringback.diagnosis.host_facts import ResolverConfigFacts, RouteToFacts
from ringback.diagnosis.layer.connect import ConnectResult
from ringback.diagnosis.layer.kernel import Icmp
from ringback.diagnosis.layer.neighbours import chosen_neighbours, gateway_of
from tests.diagnosis.layer.worlds import scene_of

TARGET, SIX = "198.51.100.2", "2001:db8:2::2"


def ended(outcome, *, own=None, address=TARGET):
    icmp = None
    if own is not None:
        icmp = Icmp(type=3, code=1, sender="x", own=own, is_target=False, family=4)
    return ConnectResult(address=address, port=80, family=4, outcome=outcome, icmp=icmp)


def asked(made, port=80, scheme="http", context=None, **options):
    context = context or scene_of(port, scheme, **options)
    return [
        (neighbour.role, neighbour.address, neighbour.port)
        for neighbour in chosen_neighbours(context, made)
    ]


def test_a_refusal_asks_the_partner_of_the_scheme():
    assert asked({TARGET: ended("refused")}) == [("partner", TARGET, 443)]
    assert asked({TARGET: ended("refused")}, 443, "https") == [("partner", TARGET, 80)]


def test_another_port_asks_the_usual_ones():
    assert asked({TARGET: ended("refused")}, 8080) == [
        ("partner", TARGET, 80),
        ("partner", TARGET, 443),
    ]
    assert asked({TARGET: ended("refused")}, 5433, "postgres")[0] == ("partner", TARGET, 5432)


def test_silence_asks_the_way_too():
    assert asked({TARGET: None}) == [("partner", TARGET, 443), ("gateway", "192.0.2.1", 443)]
    assert asked({TARGET: None, SIX: None}) == [
        ("partner", TARGET, 443),
        ("partner", SIX, 443),
        ("gateway", "192.0.2.1", 443),
        ("gateway", "2001:db8:1::1", 443),
    ]


def test_one_address_of_each_family():
    made = {TARGET: ended("refused"), "198.51.100.3": ended("refused")}
    assert asked(made) == [("partner", TARGET, 443)]


def test_what_this_host_knows_needs_no_port():
    assert asked({TARGET: ended("network_unreachable")}) == []
    assert asked({TARGET: ended("host_unreachable", own=True)}) == [("gateway", "192.0.2.1", 443)]
    assert asked({TARGET: ended("prohibited", own=False)}) == [("partner", TARGET, 443)]


def test_common_ports_only_where_they_are_allowed():
    found = asked({TARGET: ended("refused")}, 5433, "postgres", neighbours=True)
    assert [(role, port) for role, _, port in found] == [
        ("partner", 5432),
        ("partner", 6432),
        ("common", 22),
        ("common", 80),
        ("common", 443),
        ("common", 8080),
        ("common", 8443),
    ]


def test_a_resolver_that_has_not_answered():
    context = scene_of(80)
    context.record(ResolverConfigFacts, facts={"nameservers": ["127.0.0.53", "192.0.2.53"]})
    assert ("resolver", "192.0.2.53", 53) in asked({TARGET: None}, context=context)
    assert "resolver" not in {
        role for role, *_ in asked({TARGET: ended("refused")}, context=context)
    }
    context.record(NameserverFacts, facts={"rcode": "NXDOMAIN"})
    assert "resolver" not in {role for role, *_ in asked({TARGET: None}, context=context)}


def test_the_way_to_the_address_itself_is_what_counts():
    context = scene_of(80)
    facts = {"on_link": False, "gateway": "192.0.2.9"}
    context.record(RouteToFacts, TARGET, facts=facts)
    context.record(RouteToFacts, "192.0.2.77", facts={"on_link": True, "gateway": None})
    assert gateway_of(context, TARGET) == "192.0.2.9"
    assert gateway_of(context, "192.0.2.77") is None
    assert gateway_of(context, "198.51.100.3") == "192.0.2.1"
