import pytest
from monitor.ingest.batches import NOW, body, failed, worked

from ringback.monitor.ingest.batch import read_batch
from ringback.monitor.ingest.intake import Intake
from ringback.monitor.model import Endpoint

SHOP = Endpoint(id="shop", name="Shop", url="https://h.example/health", type="http")


class Desk:
    def __init__(self, newest=None):
        self.taken, self.newest = [], newest
        self.intake = Intake([SHOP], self.taken.append, lambda _: self.newest)

    def __call__(self, *events):
        return self.intake.take(read_batch(body(*events), now=NOW).checks)


def test_a_call_of_an_endpoint_is_a_check_of_it():
    desk = Desk()
    assert desk(failed(), worked(calls=4)) == 5
    assert [(check.endpoint, check.up, check.origin) for check in desk.taken] == [
        ("shop", False, "call"),
        ("shop", True, "call"),
    ]
    assert desk.intake.discoveries.all() == []


def test_any_other_is_discovered_until_it_is_watched():
    desk = Desk()
    desk(failed(origin="http://new:80"))
    assert [discovered.url for discovered in desk.intake.discoveries.all()] == ["http://new:80"]
    assert desk.taken == []
    new = Endpoint(id="new", name="New", url="http://new/", type="http")
    desk.intake.configure([SHOP, new])
    assert desk.intake.discoveries.all() == []
    desk(failed(origin="http://new:80"))
    assert [check.endpoint for check in desk.taken] == ["new"]


@pytest.mark.parametrize(
    ("newest", "taken"),
    [(None, [NOW - 20]), (NOW - 25, [NOW - 20]), (NOW - 1, [NOW - 1]), (NOW + 20, [])],
)
def test_a_late_call_does_not_turn_time_back(newest, taken):
    desk = Desk(newest)
    desk(failed(at=NOW - 20))
    assert [check.at for check in desk.taken] == taken
    assert desk.intake.late == (not taken)
