"""What is the own network and what is not, where the evidence lies beside the endpoint itself."""

import pytest

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0
SILENT, NO_WAY, NO_NAME = "tcp.timed_out", "tcp.address_unreachable.network", "dns.timed_out"


class Watching:
    """Sites at addresses of their own, checked by several vantages every 30 s."""

    def __init__(self, ids, **more):
        self.engine = Engine(
            WatchedEndpoint(id=id_, host=f"{id_}.test", every=30.0, timeout=10.0, **more)
            for id_ in ids
        )
        self.ids, self.at = ids, 0.0

    def sees(self, id_, kind=None, *, by="A", took=0.1, address=None, **more):
        self.at += took
        self.engine.see(
            Check(
                at=T + self.at,
                endpoint=id_,
                up=kind is None,
                kind=kind,
                seconds=took,
                vantage=by,
                address=address or f"192.0.{ord(id_[0])}.2",
                **more,
            )
        )

    def control(self, name, *, up, by="A"):
        self.engine.see(Check(at=T + self.at, endpoint=f"control:{name}", up=up, vantage=by))

    def all_see(self, kinds=None, by="A"):
        for vantage in by:
            for id_ in self.ids:
                self.sees(id_, (kinds or {}).get(id_), by=vantage)

    def passes(self, seconds):
        for _ in range(round(seconds)):
            self.at += 1.0
            self.engine.tick(T + self.at)

    @property
    def patterns(self):
        return [incident.pattern for incident in self.engine.incidents()]

    @property
    def members(self):
        return {incident.pattern: set(incident.members) for incident in self.engine.incidents()}


def all_fail(watching, by, kind=SILENT):
    for _ in range(3):
        watching.all_see(dict.fromkeys(watching.ids, kind), by=by)
        watching.passes(5)


def test_what_all_vantages_see_fall_silent_is_the_network_of_none_of_them():
    """The hosts behind one router die with it."""
    watching = Watching("abc")
    watching.all_see(by="ABC")
    watching.passes(30)
    for _ in range(2):
        all_fail(watching, "ABC")

    assert watching.patterns == ["service_outage"] * 3


@pytest.mark.parametrize(
    ("well", "patterns"), [("", ["own_network_down"] * 2), ("d", ["service_outage"] * 3)]
)
def test_two_vantages_that_lose_all_may_be_behind_one_uplink(well, patterns):
    watching = Watching("abcd")
    watching.all_see(by="AB")
    watching.passes(30)
    for _ in range(3):
        watching.all_see(dict.fromkeys("abcd", SILENT), by="A")
        watching.all_see({id_: SILENT for id_ in "abcd" if id_ not in well}, by="B")
        watching.passes(5)

    assert [pattern for pattern in watching.patterns if pattern in patterns] == patterns


@pytest.mark.parametrize(
    ("unheard", "pattern"), [("BC", "own_network_down"), ("", "service_outage")]
)
def test_vantages_whose_reports_stop_with_the_replies_are_behind_the_same_way(unheard, pattern):
    watching = Watching("ab")
    watching.all_see(by=f"A{unheard}")
    watching.passes(30)
    watching.all_see(by=f"A{unheard}")
    watching.passes(45)
    all_fail(watching, "A")
    watching.passes(20)

    assert pattern in watching.patterns
    assert ("own_network_down" in watching.patterns) == (pattern == "own_network_down")


def test_vantages_that_are_not_heard_tell_nothing_of_the_network_of_a_program():
    watching = Watching("ab")
    watching.all_see(by="BC")
    watching.sees("a", by="web1", origin="call")
    watching.passes(60)
    for _ in range(4):
        watching.sees("a", SILENT, by="web1", origin="call")
        watching.passes(8)
    watching.passes(15)

    assert watching.patterns == ["service_outage"]


@pytest.mark.parametrize(
    ("kind", "pattern"), [(SILENT, "own_network_down"), (NO_NAME, "dns_failure")]
)
def test_the_only_site_and_the_resolver_fall_silent_at_once(kind, pattern):
    """Without the resolver names are not found: that needs no further cause."""
    watching = Watching("a")
    watching.all_see()
    watching.passes(30)
    for _ in range(3):
        watching.sees("a", kind)
        watching.control("resolver", up=False)
        watching.passes(5)
    watching.passes(20)

    assert watching.patterns == [pattern]


def test_what_is_near_but_reached_through_a_proxy_tells_of_the_way_there():
    watching = Watching("abc", proxy="")
    watching.engine.configure(
        [
            WatchedEndpoint(id="a", host="a.test", every=30.0, timeout=10.0, proxy="p.test:3128"),
            *(
                WatchedEndpoint(id=id_, host=f"{id_}.test", every=30.0, timeout=10.0)
                for id_ in "bc"
            ),
        ],
        T,
    )
    watching.sees("a", address="10.0.0.1")
    watching.all_see()
    watching.passes(30)
    for _ in range(3):
        watching.sees("b", SILENT)
        watching.passes(3)
    watching.sees("c", SILENT)
    watching.engine.tick(T + watching.at)

    assert watching.patterns == []
    assert "a" in watching.engine.asks(T + watching.at)


def uplink_is_cut():
    """Nothing beyond the gateway replies; what is near does."""
    watching = Watching("abcd")
    for _ in range(2):
        watching.sees("d", address="10.0.0.4")
        for id_ in "abc":
            watching.sees(id_)
        watching.passes(30)
    for _ in range(3):
        watching.sees("d", address="10.0.0.4")
        watching.control("gateway", up=True)
        for id_ in "abc":
            watching.sees(id_, SILENT)
        watching.passes(5)
    assert watching.members == {"own_network_down": set("abc")}
    return watching


def test_what_is_near_is_told_while_only_the_way_beyond_is_cut():
    watching = uplink_is_cut()
    for _ in range(3):
        watching.sees("d", SILENT, address="10.0.0.4")
        watching.control("gateway", up=True)
        watching.passes(5)
    watching.passes(20)

    assert watching.members["service_outage"] == {"d"}


def test_a_gateway_that_is_lost_later_takes_along_what_is_near():
    watching = uplink_is_cut()
    for _ in range(4):
        watching.control("gateway", up=False)
        watching.sees("d", NO_WAY, address="10.0.0.4")
        watching.passes(5)
    assert watching.patterns == ["own_network_down"]
    watching.control("gateway", up=True)
    watching.passes(3)
    watching.sees("d", address="10.0.0.4")
    watching.passes(3)

    assert watching.patterns == ["own_network_down"], "what failed before the gateway was well"


@pytest.mark.parametrize(("kind", "patterns"), [(None, []), (SILENT, ["service_outage"])])
def test_who_replies_after_the_newest_failure_began_does_not_tell_what_it_was(kind, patterns):
    """The network may have been cut until then: what failed is asked again."""
    watching = Watching("ab")
    watching.all_see()
    watching.passes(30)
    for _ in range(3):
        watching.sees("a", SILENT, took=10.0)
    watching.sees("b")
    watching.engine.tick(T + watching.at)
    assert watching.patterns == []
    assert "a" in watching.engine.asks(T + watching.at)
    for _ in range(2):
        watching.sees("a", kind, took=3.0)
        watching.sees("b")
    watching.passes(12)

    assert watching.patterns == patterns


def lost_now_and_then(watching, ids):
    """Of each every second check is lost."""
    for kind in (SILENT, None, SILENT, None):
        for id_ in ids:
            watching.sees(id_, kind)


def fails_three_times(watching):
    watching.all_see()
    watching.passes(2)
    for _ in range(3):
        watching.sees("a", SILENT)
    watching.passes(2)
    watching.sees("b")
    watching.engine.tick(T + watching.at)
    assert watching.patterns == [], "one reply tells little of a network that may lose packets"
    asked = watching.engine.asks(T + watching.at)
    assert set(asked) == set(watching.ids) - {"b"}, "b was checked just now"


def test_an_alarm_waits_until_a_few_have_replied():
    watching = Watching("abcd")
    fails_three_times(watching)
    watching.passes(2)
    watching.sees("a", SILENT)
    for id_ in "bcd":
        watching.sees(id_)

    assert watching.patterns == ["service_outage"]


def test_what_replies_when_it_is_asked_again_had_only_lost_packets():
    watching = Watching("abcd")
    fails_three_times(watching)
    for id_ in "ac":
        watching.sees(id_)
    watching.sees("a")
    for id_ in "bcd":
        watching.sees(id_)
    watching.passes(15)

    assert watching.patterns == []


def test_what_was_down_before_packets_were_lost_stays_an_incident_of_its_own():
    watching = Watching("abcde")
    watching.all_see()
    for _ in range(40):
        watching.all_see({"e": "tcp.address_unreachable.host"})
        watching.passes(5)
    (before,) = watching.engine.incidents()
    lost_now_and_then(watching, "abcd")
    for _ in range(3):
        watching.sees("a", SILENT)

    assert watching.engine.incidents()[0].id == before.id
    assert "e" not in watching.members["own_network_down"]


def test_who_cannot_be_heard_does_not_flap():
    """A program that calls rarely is unknown between its calls, not well."""
    watching = Watching("a")
    for _ in range(6):
        for _ in range(3):
            watching.sees("a", SILENT, by="web1", origin="call")
        watching.passes(75)

    assert watching.engine.state_of("a") == "unknown"
    assert watching.patterns == ["service_outage"]
