import pytest
from monitor.web.asking import Asking
from monitor.web.service import MemoryService

from ringback.monitor.web import alerts
from ringback.monitor.web.alerts import MAX_ALERT_SECONDS, FiringAlerts

NOW = 1_700_000_000.0


def taken(payload, now=NOW):
    return FiringAlerts().take(payload, now)


def alert(**fields):
    labels = {"alertname": "InstanceDown", "instance": "https://shop.invalid/health"}
    return {
        "labels": {**labels, **fields.pop("labels", {})},
        "annotations": {"summary": "it is down"},
        "startsAt": "2023-11-14T22:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        **fields,
    }


def test_alert_that_fires_is_a_failed_check_by_one_observer():
    (found,) = taken([alert(endsAt="2023-11-14T22:20:00Z")], NOW)
    check = found.check

    assert (found.origin, found.program) == ("https://shop.invalid:443", "alertmanager")
    assert (check.at, check.up, check.kind) == (NOW, False, "unknown")
    assert check.detail == "it is down"
    assert (check.origin, check.vantage) == ("report", "alertmanager")


def test_a_place_is_up_when_the_last_of_its_alerts_is_over():
    firing = FiringAlerts()
    slow = {"alertname": "Slow"}

    def ups(*alerts, now=NOW):
        return [report.check.up for report in firing.take(list(alerts), now)]

    assert ups(alert(labels=slow), alert(status="resolved")) == [False]
    assert ups(alert(status="firing")) == [False]
    assert ups(alert(labels=slow, status="resolved")) == []
    other = {"instance": "https://api.invalid/"}
    assert ups(alert(labels=other, status="resolved")) == [True]
    assert ups(alert(status="resolved")) == [True]
    # One of Prometheus that is not sent again is over as it said.
    assert ups(alert(labels=slow, endsAt="2023-11-14T22:20:00Z")) == [False]
    assert ups(alert(status="resolved"), now=NOW + 300) == []
    assert ups(alert(status="resolved"), now=NOW + 500) == [True]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"endsAt": "2023-11-14T22:20:00Z"}, 400),
        ({"status": "firing", "endsAt": "2023-11-14T22:20:00Z"}, 400),
        ({"status": "firing"}, MAX_ALERT_SECONDS),
        ({"status": "firing", "endsAt": "2023-11-14T22:00:00Z"}, MAX_ALERT_SECONDS),
        ({"status": "firing", "endsAt": None}, MAX_ALERT_SECONDS),
        ({"endsAt": "9999-01-01T00:00:00Z"}, MAX_ALERT_SECONDS),
    ],
)
def test_what_fires_ends_by_itself_as_it_says_or_when_two_repetitions_are_missing(given, seconds):
    (found,) = taken([alert(**given)], NOW)

    assert (found.check.up, found.check.until) == (False, NOW + seconds)


@pytest.mark.parametrize(
    ("more", "up", "kind"),
    [
        ({"endsAt": "2023-11-14T22:13:19.5Z"}, True, None),
        ({"status": "resolved"}, True, None),
        ({"labels": {"kind": "tcp.refused"}}, False, "tcp.refused"),
        ({"labels": {"kind": "nonsense"}}, False, "unknown"),
    ],
)
def test_alert_is_over_by_its_status_or_its_end_and_has_a_kind_of_ours(more, up, kind):
    (found,) = taken({"version": "4", "alerts": [alert(**more)]}, NOW)

    assert (found.check.up, found.check.kind) == (up, kind)


def test_the_instance_says_where_it_is_and_one_without_a_place_is_passed_over():
    for instance, origins in {
        "db.invalid:5432": ["tcp://db.invalid:5432"],
        "[::1]:9100": ["tcp://[::1]:9100"],
        "http://user:secret@shop.invalid:8080/?token=secret": ["http://shop.invalid:8080"],
        **{odd: [] for odd in ("", "db", "no place", "x\n:1", "a" * 3000 + ":1")},
    }.items():
        found = taken([alert(labels={"instance": instance})], NOW)
        assert [report.origin for report in found] == origins, instance[:50]
    own = {"alertname": "RingbackIncident"}  # ours do not come back
    assert taken([alert(labels=own)], NOW) == []


def test_odd_alerts_do_no_harm(monkeypatch):
    odd = [{}, {"labels": 3}, {"labels": {"instance": 4}}, alert(endsAt=17), alert(endsAt=None)]

    assert [report.check.up for report in taken(odd, NOW)] == [False, False]
    monkeypatch.setattr(alerts, "MAX_ALERTS", 3)
    assert len(taken([alert()] * 5, NOW)) == 3


def test_alerts_are_failed_checks_and_what_still_fires_is_known_to_the_next_post():
    asking = Asking(MemoryService())
    posted = {"startsAt": "2026-11-21T11:59:00Z"}
    slow = alert(labels={"alertname": "Slow"}, **posted)
    for firing in ([alert(**posted), slow], [alert(status="resolved", **posted)]):
        response = asking.post("/api/v2/alerts", json=firing)
        assert (response.status_code, response.json()) == (200, {})

    found = [(report.origin, report.check.up) for report in asking.service.taken]
    assert found == [("https://shop.invalid:443", False)] * 2


@pytest.mark.parametrize(
    "sent", [b"", b"no json", b"3", b'[{"labels": 1}, 2]', b'{"alerts": [[]]}', b"[" * 100_000]
)
def test_what_is_no_list_of_alerts_is_refused(sent):
    response = Asking(MemoryService()).post("/api/v2/alerts", content=sent)

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
