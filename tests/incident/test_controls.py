"""An alarm waits until the controls have been looked at, for they may say whose fault it is."""

import pytest

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0


@pytest.fixture
def engine():
    """One endpoint that has failed three times since the gateway was last looked at."""
    made = Engine([WatchedEndpoint(id="e", host="e.example.net", timeout=3.0)])
    see(made, "e", -20)
    see(made, "control:gateway", -10)
    for at in (1, 2, 3):
        assert see(made, "e", at, up=False) == []
    return made


def see(engine, id_, at, *, up=True):
    kind = "tcp.timed_out" if up is False else None
    changes = engine.see(Check(at=T + at, endpoint=id_, up=up, kind=kind, vantage="here"))
    return [(change.what, change.incident.pattern) for change in changes]


def test_it_asks_for_them_meanwhile(engine):
    assert engine.asks(T + 3) == ["control:gateway"]
    assert engine.incidents() == []


def test_a_gateway_that_is_gone_is_the_own_network(engine):
    assert see(engine, "control:gateway", 4, up=False) == [("opened", "own_network_down")]


@pytest.mark.parametrize("up", [True, None])
def test_with_nothing_that_speaks_against_it_it_is_the_endpoint(engine, up):
    see(engine, "control:gateway", 4, up=up)
    engine.tick(T + 5)

    assert [incident.pattern for incident in engine.incidents()] == ["service_outage"]


def test_an_alarm_does_not_wait_for_ever(engine):
    patterns = []
    for at in range(4, 12):
        engine.tick(T + at)
        patterns.append([incident.pattern for incident in engine.incidents()])

    assert patterns == [[]] * 6 + [["service_outage"]] * 2  # seven seconds after the third failure


def test_what_nobody_looks_at_any_more_is_not_awaited():
    engine = Engine([WatchedEndpoint(id="e", host="e.example.net")])
    see(engine, "control:target:gone", -300)
    see(engine, "e", -20)
    seen = [see(engine, "e", at, up=False) for at in (1, 2, 3)]

    assert seen == [[], [], [("opened", "service_outage")]]


def look(at, endpoint, up, **more):
    kind = None if up else "tcp.timed_out"
    return Check(at=T + at, endpoint=endpoint, up=up, kind=kind, vantage="vm", **more)


def test_an_outage_that_was_open_before_is_no_part_of_it():
    ids = ("shop", "mail", "wiki")
    engine = Engine(
        [WatchedEndpoint(id=id_, host=f"{id_}.test", every=1, timeout=1) for id_ in ids]
    )
    for second in range(64):
        cut = second >= 60
        for id_ in ids:
            engine.see(look(second, id_, up=not cut and (id_ != "wiki" or second < 20)))
        engine.see(look(second + 0.5, "control:gateway", up=not cut, detail="eth0 has no carrier"))
        engine.tick(T + second + 0.9)
    open_ = {incident.pattern: set(incident.members) for incident in engine.incidents()}
    assert open_ == {"service_outage": {"wiki"}, "own_network_down": {"shop", "mail"}}
