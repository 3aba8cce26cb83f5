"""Who is part of which incident is looked up: what is asked does not grow with what is open."""

from ringback.incident.engine import Engine
from ringback.incident.lifecycle import Membership
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0


def test_it_knows_members_both_ways_and_what_they_share():
    members = Membership()
    members.set_keys("web", [("host", "a"), ("address", "10.0.0.1")])
    members.join("i1", "web")
    members.join("i1", "web")
    members.join("i1", "api")
    members.join("i2", "web")
    assert list(members.of("i1")) == ["web", "api"]
    assert list(members.incidents("web")) == ["i1", "i2"]
    assert set(members.sharing(("host", "a"))) == {"i1", "i2"}
    members.leave("i1", "web")
    members.leave("i1", "web")
    assert list(members.of("i1")) == ["api"]
    assert set(members.sharing(("host", "a"))) == {"i2"}


def test_an_endpoint_with_another_address_is_found_by_that_one():
    members = Membership()
    members.set_keys("web", [("address", "10.0.0.1")])
    members.join("i1", "web")
    members.set_keys("web", [("address", "10.0.0.2")])
    assert list(members.sharing(("address", "10.0.0.1"))) == []
    assert list(members.sharing(("address", "10.0.0.2"))) == ["i1"]


def test_nothing_is_left_of_an_incident_that_is_over():
    members = Membership()
    members.set_keys("web", [("host", "a")])
    members.join("i1", "web")
    members.end("i1")
    assert not (*members.of("i1"), *members.incidents("web"), *members.sharing(("host", "a")))
    members.forget("web")
    assert vars(members) == vars(Membership())


def test_a_check_in_a_mass_outage_looks_at_no_more_the_more_is_wrong(monkeypatch):
    looked = []
    real = Membership.incidents
    monkeypatch.setattr(Membership, "incidents", lambda *given: looked.append(1) or real(*given))
    costs = []
    for count in (10, 100):
        engine = Engine([WatchedEndpoint(id=f"e{i}", host=f"h{i}") for i in range(count)])
        looked.clear()
        for times in range(4):
            for i in range(count):
                engine.see(Check(at=T + times * 30, endpoint=f"e{i}", up=False, kind="tcp.refused"))
        assert len(engine.incidents()) == count
        costs.append(len(looked) / count)
    assert costs[0] == costs[1]
