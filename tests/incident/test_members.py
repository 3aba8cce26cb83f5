"""Who is part of which incident is looked up: what is asked does not grow with what is open."""

from ringback.incident.engine import Engine
from ringback.incident.lifecycle import Membership
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0


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
