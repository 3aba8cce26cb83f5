import json

import pytest
from monitor.ingest.batches import NOW, body, failed, worked

from ringback.monitor.ingest.batch import read_batch
from ringback.monitor.ingest.intake import MAX_DISCOVERED, Discoveries, EndpointIndex, Intake
from ringback.monitor.model import Endpoint


def endpoint(id_, url, type_="http"):
    return Endpoint(id=id_, name=id_, url=url, type=type_)


SHOP = endpoint("shop", "https://h.example/health")


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
    desk.intake.configure([SHOP, endpoint("new", "http://new/")])
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


INDEX = EndpointIndex(
    [
        endpoint("health", "https://h.example/health?full=1"),
        endpoint("home", "https://h.example/"),
        endpoint("odd-port", "http://h.example:8080/a"),
        endpoint("v6", "http://[2001:db8::1]/"),
        endpoint("secret", "https://u:p@s.example/"),
        endpoint("db", "tcp://h.example:5432", "tcp"),
        endpoint("bare", "cache.example:6379", "tcp"),
        endpoint("mail", "h.example:465", "tls"),
        endpoint("zone", "dns://h.example", "dns"),
    ]
)


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("https://h.example:443", "home"),
        ("https://H.example", "home"),
        ("http://h.example:80", None),
        ("http://h.example:8080", "odd-port"),
        ("http://[2001:db8::1]:80", "v6"),
        ("https://s.example:443", "secret"),
        ("postgresql://h.example:5432", "db"),
        ("redis://cache.example:6379", "bare"),
        ("smtps://h.example:465", "mail"),
        ("http://h.example:5432", None),
        ("https://elsewhere.example:443", None),
        ("nonsense", None),
    ],
)
def test_a_call_is_for_the_endpoint_of_its_origin(origin, found):
    assert INDEX.endpoint_for(origin) == found


def discovered(*events):
    discoveries = Discoveries()
    for report in read_batch(body(*events), now=NOW, limit=10**4).checks:
        discoveries.see(report)
    return discoveries


def test_calls_and_failures_of_an_origin_are_counted():
    (only,) = discovered(worked(at=NOW - 9, calls=5), failed(at=NOW - 4), worked(calls=2)).all()
    assert (only.id, only.url) == ("https-h-example-443", "https://h.example:443")
    assert (only.calls, only.failures) == (8, 1)
    assert (only.first_seen, only.last_seen) == (NOW - 9, NOW)


def test_those_called_last_come_first_and_are_the_ones_kept():
    origins = [f"http://h{number}:80" for number in range(MAX_DISCOVERED + 5)]
    found = discovered(*[failed(origin=origin) for origin in origins]).all()
    assert len(found) == MAX_DISCOVERED
    assert (found[0].url, found[-1].url) == (origins[-1], origins[5])


def test_what_is_kept_is_json_and_is_gone_on_from():
    discoveries = discovered(failed(), worked(origin="http://b:80"))
    other = Discoveries()
    other.load(json.loads(json.dumps(discoveries.dump())))
    assert other.all() == discoveries.all()
