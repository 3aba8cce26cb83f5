"""What is one incident and what is not, where endpoints fail for several reasons."""

import pytest

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint
from ringback.incident.silences import Silence

T = 1_790_000_000.0
REFUSED, NO_NAME, SILENT = "tcp.refused", "dns.timed_out", "tcp.timed_out"


def engine_of(*ids, host=None):
    """These, and one that is named by its address: it is well without a resolver."""
    hosts = {id_: host or f"{id_}.test.example" for id_ in ids} | {"z": "192.0.2.9"}
    return Engine(
        WatchedEndpoint(id=id_, name=id_, host=of, every=30.0) for id_, of in hosts.items()
    )


def sees(engine, at, kinds, by="A"):
    """Have all be checked, three times within ten seconds; what is not named is well."""
    for again in range(3):
        for number, id_ in enumerate(engine.watched()):
            when, kind = T + at + 5 * again + 0.01 * number, kinds.get(id_)
            engine.see(
                Check(at=when, endpoint=id_, up=kind is None, kind=kind, vantage=by, domain=by)
            )
        engine.tick(T + at + 5 * again + 1)


def members(engine):
    return {
        incident.pattern: {id_ for id_ in incident.members if id_ not in incident.well}
        for incident in engine.incidents()
    }


def test_what_fails_for_another_reason_is_not_united_with_what_shares_a_later_one():
    """A service refuses; then the resolver is dead, for that one as well."""
    engine = engine_of("a", "b", "c")
    sees(engine, 0, {})
    sees(engine, 30, {"a": REFUSED})
    sees(engine, 60, dict.fromkeys("abc", NO_NAME))

    assert members(engine) == {"service_outage": {"a"}, "dns_failure": {"b", "c"}}


def test_a_member_that_fails_for_another_reason_does_not_reopen_what_all_had():
    engine = engine_of("a", "b", "c")
    sees(engine, 0, {})
    sees(engine, 30, dict.fromkeys("abc", NO_NAME))
    (first,) = engine.incidents()
    sees(engine, 60, {})
    sees(engine, 90, {"b": REFUSED})
    (second,) = engine.incidents()

    assert set(first.members) == set("abc")
    assert (second.members, second.pattern) == (("b",), "service_outage")


def test_what_all_of_them_had_reopens_when_it_comes_back():
    engine = engine_of("a", "b", "c")
    sees(engine, 0, {})
    sees(engine, 30, dict.fromkeys("abc", NO_NAME))
    (first,) = engine.incidents()
    sees(engine, 60, {})
    sees(engine, 90, dict.fromkeys("abc", NO_NAME))
    engine.tick(T + 135)  # a network that loses packets might be it, for a while

    assert [incident.id for incident in engine.incidents()] == [first.id]


def reopened_by_one_of_two():
    """Both services of a host are down, and well; one of them is down again."""
    engine = engine_of("a", "b", host="h.example")
    sees(engine, 0, {})
    sees(engine, 30, dict.fromkeys("ab", SILENT))
    (first,) = engine.incidents()
    sees(engine, 90, {})
    assert engine.incidents() == []
    sees(engine, 400, {"b": SILENT})
    engine.tick(T + 440)
    (again,) = engine.incidents()
    assert (set(first.members), again.id) == (set("ab"), first.id)
    return engine, again


def test_who_is_well_when_an_incident_reopens_is_no_member_of_it():
    _, again = reopened_by_one_of_two()

    assert (again.members, again.well) == (("b",), ())
    assert again.summary.startswith("b is down")
    assert "a is well again" in [entry.text for entry in again.timeline]


def test_what_reopened_ends_with_those_who_failed_since():
    engine, again = reopened_by_one_of_two()
    changes = engine.acknowledge(again.id, "ada", T + 441)
    for at in (460, 470):
        changes += engine.see(Check(at=T + at, endpoint="b", up=True, vantage="A", domain="A"))

    assert [change.what for change in changes] == ["acknowledged", "left", "closed"]
    assert changes[-1].told
    assert changes[-1].incident.members == ("b",)
    sees(engine, 500, {"a": SILENT})  # it has an outage of its own: it was well for long
    engine.tick(T + 540)
    (own,) = engine.incidents()
    assert (own.members, own.id == again.id) == (("a",), False)


def test_who_fails_again_joins_what_reopened():
    engine, again = reopened_by_one_of_two()
    changes = []
    for at in (450, 455, 460):
        sees_a = Check(at=T + at, endpoint="a", up=False, kind=SILENT, vantage="A", domain="A")
        changes += engine.see(sees_a)
    changes += engine.tick(T + 500)
    (joined,) = [change for change in changes if change.what == "joined"]

    assert (joined.incident.id, joined.incident.members) == (again.id, ("b", "a"))
    assert joined.told, "who is told that it reopened knows nothing of this one"


def test_a_silence_of_those_who_fail_now_covers_what_reopened():
    engine, again = reopened_by_one_of_two()
    engine.silences.add(Silence(id="s", endpoints=("b",), begins=T, ends=T + 90_000))

    assert again.told_at is not None
    assert engine.tick(T + 80_000) == [], "nobody is reminded for the sake of one that is well"


def test_what_goes_down_for_all_leaves_those_that_some_cannot_reach():
    """One vantage of three does not reach a host; then one service there fails for all."""
    engine = engine_of("a", "b", "c", host="h.example")
    for at in range(0, 150, 30):
        for by in "ABC":
            sees(engine, at, dict.fromkeys("abc", SILENT) if by == "C" and at else {}, by)
    assert members(engine) == {"network_partition": set("abc")}
    for by in "ABC":
        sees(engine, 180, {"a": "http.error.unavailable", **({} if by != "C" else away())}, by)
    engine.tick(T + 230)

    assert members(engine) == {"network_partition": {"b", "c"}, "service_outage": {"a"}}


@pytest.mark.parametrize("worse", [False, True])
def test_that_those_are_not_heard_who_reach_it_makes_nothing_worse(worse):
    engine = engine_of("a", host="h.example")
    for at in range(0, 150, 30):
        for by in "ABC":
            sees(engine, at, {"a": SILENT} if by == "C" and at else {}, by)
    for at in range(180, 480, 30):
        for by in "BC" if worse else "C":  # A is not heard
            sees(engine, at, {"a": SILENT}, by)
        engine.tick(T + at + 29)

    assert members(engine) == {"service_outage" if worse else "network_partition": {"a"}}


@pytest.mark.parametrize(
    ("down_for_all", "named"),
    [
        ("", {"network_partition": set("ab")}),
        ("b", {"service_outage": {"b"}, "network_partition": {"a"}}),
    ],
)
def test_what_was_down_for_all_and_some_cannot_reach_still_is_told_as_that(down_for_all, named):
    engine = engine_of("a", "b", host="h.example")
    for by in "ABC":
        sees(engine, 0, {}, by)
    for at in range(30, 390, 30):
        for by in "ABC":
            failing = "ab" if by == "C" or at < 150 else down_for_all
            sees(engine, at, dict.fromkeys(failing, SILENT), by)
            if at == 180:
                assert members(engine) == {"service_outage": set("ab")}, "not at once"
    oldest = engine.incidents()[0]

    assert members(engine) == named
    assert oldest.pattern == ("service_outage" if down_for_all else "network_partition")
    if not down_for_all:
        assert (oldest.partial, oldest.diagnosis) == (True, None)
        assert oldest.summary.endswith(" is down for C only: tcp.timed_out")
        assert oldest.id in [incident for incident, _ in engine.needs_diagnosis()]


def away():
    return dict.fromkeys("abc", SILENT)


def test_what_reopens_and_fails_in_another_way_is_diagnosed_anew():
    engine = engine_of("a")
    sees(engine, 0, {})
    sees(engine, 30, {"a": REFUSED})
    ((first, _),) = engine.needs_diagnosis()
    engine.diagnosed(first, {"verdict": {"kind": REFUSED, "summary": "nothing listens"}}, T + 45)
    found = {}
    for at, kind in ((60, REFUSED), (120, SILENT)):
        sees(engine, at, {})
        sees(engine, at + 30, {"a": kind})
        engine.tick(T + at + 75)
        (incident,) = engine.incidents()
        found[kind] = (incident.id, incident.diagnosis is None, list(engine.needs_diagnosis()))

    assert found == {REFUSED: (first, False, []), SILENT: (first, True, [(first, "a")])}
