"""Whether what an observer sees fail is its own network's fault."""

import pytest

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0
NO_ROUTE, SILENT, HUNG = (
    "tcp.address_unreachable.network",
    "tcp.timed_out",
    "http.response.timed_out",
)


class Watching:
    """Sites that are checked by several vantages; time goes on by a second with each check."""

    def __init__(self, sites, every=6.0):
        self.engine = Engine(
            WatchedEndpoint(id=id_, host=f"{id_}.test", every=every, timeout=10.0) for id_ in sites
        )
        self.sites, self.at = sites, 0.0

    def sees(self, site, kind=None, *, by="A", **more):
        self.at += 1.0
        self.engine.see(
            Check(
                at=T + self.at,
                endpoint=site,
                up=kind is None,
                kind=kind,
                vantage=by,
                address=f"192.0.2.{ord(site)}",
                **more,
            )
        )

    def all_well(self, rounds=1, by="A"):
        for _ in range(rounds):
            for site in self.sites:
                self.sees(site, by=by)

    def passes(self, seconds):
        self.at += seconds
        self.engine.tick(T + self.at)

    @property
    def patterns(self):
        return [incident.pattern for incident in self.engine.incidents()]


@pytest.mark.parametrize(
    ("kinds", "pattern"),
    [((NO_ROUTE, SILENT), "own_network_down"), ((SILENT, SILENT), "service_outage")],
)
def test_two_sites_are_the_own_network_where_one_is_in_a_network_without_a_way(kinds, pattern):
    watching = Watching("ab")
    watching.all_well(3)
    for _ in range(3):
        watching.sees("a", kinds[0])
        watching.sees("b", kinds[1])

    assert pattern in watching.patterns
    assert ("own_network_down" in watching.patterns) == (pattern == "own_network_down")


def test_a_site_that_was_down_and_replied_falls_silent_newly():
    """What answers with an error is down, and all the same it is known that its network works."""
    watching = Watching("abc")
    watching.all_well(3)
    for _ in range(4):
        watching.sees("c", "http.error.unavailable", status=503)
        watching.sees("a")
        watching.sees("b")
    assert watching.patterns == ["service_outage"]
    for _ in range(3):
        for site in "cab":
            watching.sees(site, SILENT)

    assert watching.patterns == ["service_outage", "own_network_down"], "the outage goes on"


def strays(watching, *sites):
    """Checks of these that fail once, each half a minute after the one before."""
    for site in sites:
        watching.all_well(3)
        watching.sees(site, SILENT)
        watching.sees(site)


def test_a_service_that_hangs_while_packets_are_lost_by_chance_is_no_network_that_loses_them():
    watching = Watching("abcdef")
    strays(watching, "b", "c")
    for _ in range(12):
        watching.sees("a", HUNG)
        watching.sees("d")
        watching.sees("e")
        watching.sees("f")
    watching.passes(0.0)

    assert watching.patterns == ["service_outage"]


def lossy(watching, kind=SILENT):
    """Half of the checks are lost, of every site; the first fails three times in a row."""
    for found in (kind, None, kind, None):
        for site in watching.sites[1:]:
            watching.sees(site, found)
        watching.sees(watching.sites[0], kind)


def test_where_much_is_lost_of_every_site_it_is_the_network():
    watching = Watching("abcdef")
    watching.all_well(2)
    lossy(watching)

    assert watching.patterns == ["own_network_down"]
    assert "loses packets" in watching.engine.incidents()[0].summary


def test_what_another_vantage_sees_fail_as_well_is_not_lost_here():
    watching = Watching("abcd")
    for by in "AB":
        watching.all_well(2, by=by)
    for site in "bcd":
        for kind in (SILENT, None, SILENT):
            watching.sees(site, kind, by="B")
    lossy(watching)
    watching.passes(60.0)

    assert "own_network_down" not in watching.patterns


@pytest.mark.parametrize(
    ("sites", "of_others", "own"),
    [
        ("ab", {}, True),
        ("abc", {"c": SILENT}, True),
        ("ab", {"b": SILENT}, False),  # of one that others reach only the way may be lost
        ("a", {}, False),
    ],
)
def test_nothing_replies_here_and_other_vantages_reach_two_of_it(sites, of_others, own):
    watching = Watching(sites)
    for by in "ABC":
        watching.all_well(3, by=by)
    watching.passes(3600.0)  # nobody is heard
    for _ in range(12):
        for site in sites:
            for by in "BC":
                watching.sees(site, of_others.get(site), by=by)
            watching.sees(site, SILENT, by="A")
        watching.passes(1.0)

    assert ("own_network_down" in watching.patterns) == own


def test_what_fails_for_long_while_others_answer_now_and_then_is_down_all_the_same():
    watching = Watching("abcdef")
    watching.all_well(2)
    lossy(watching)
    for number in range(40):
        watching.sees("a", SILENT)
        for site in "bcdef":
            watching.sees(site, SILENT if number % 2 else None)

    assert watching.patterns == ["own_network_down", "service_outage"]


def test_what_failed_while_packets_were_lost_adds_up_with_nothing_later():
    watching = Watching("abcdef")
    watching.all_well(2)
    lossy(watching)
    for _ in range(30):
        watching.all_well()
    watching.passes(0.0)
    assert watching.patterns == []
    watching.sees("b", "tcp.reset")

    assert watching.patterns == []
    (vote,) = watching.engine.votes_on("b")
    assert vote.score == 3.0
