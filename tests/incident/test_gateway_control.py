"""What a gateway that is silent means for outages that are older."""

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0


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
