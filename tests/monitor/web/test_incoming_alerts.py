import pytest

from ringback.monitor.web.alerts import MAX_ALERTS, AlertsInvalid, from_alertmanager

NOW = 1_700_000_000.0


def alert(**fields):
    labels = {"alertname": "InstanceDown", "instance": "https://shop.invalid/health"}
    return {
        "labels": {**labels, **fields.pop("labels", {})},
        "annotations": {"summary": "it is down"},
        "startsAt": "2023-11-14T22:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        **fields,
    }


def test_what_prometheus_posts_while_an_alert_fires_is_a_failed_check():
    (found,) = from_alertmanager([alert(endsAt="2023-11-14T22:20:00Z")], NOW)

    assert found.origin == "https://shop.invalid:443"
    assert (found.check.up, found.check.kind, found.check.detail) == (
        False,
        "unknown",
        "it is down",
    )
    assert (found.check.at, found.program) == (NOW, "alertmanager")


def test_what_prometheus_posts_when_it_is_resolved_is_a_successful_one():
    (found,) = from_alertmanager([alert(endsAt="2023-11-14T22:13:19.5Z")], NOW)

    assert (found.check.up, found.check.kind, found.check.detail) == (True, None, "")


@pytest.mark.parametrize(("status", "up"), [("firing", False), ("resolved", True)])
def test_what_alertmanager_s_webhook_posts_says_it_by_its_status(status, up):
    payload = {"version": "4", "status": "firing", "alerts": [alert(status=status)]}

    assert [one.check.up for one in from_alertmanager(payload, NOW)] == [up]


@pytest.mark.parametrize(
    ("instance", "origin"),
    [
        ("db.invalid:5432", "tcp://db.invalid:5432"),
        ("[::1]:9100", "tcp://[::1]:9100"),
        ("http://user:secret@shop.invalid:8080/?token=secret", "http://shop.invalid:8080"),
    ],
)
def test_the_instance_says_where_it_is(instance, origin):
    (found,) = from_alertmanager([alert(labels={"instance": instance})], NOW)

    assert found.origin == origin


@pytest.mark.parametrize("instance", ["", "db", "no place at all", "x\n:1", "a" * 3000 + ":1"])
def test_without_a_place_it_is_passed_over(instance):
    assert from_alertmanager([alert(labels={"instance": instance})], NOW) == []


def test_a_kind_of_ours_is_kept_and_another_is_not():
    found = from_alertmanager(
        [alert(labels={"kind": "tcp.refused"}), alert(labels={"kind": "nonsense"})], NOW
    )

    assert [one.check.kind for one in found] == ["tcp.refused", "unknown"]


def test_our_own_alerts_do_not_come_back():
    assert from_alertmanager([alert(labels={"alertname": "RingbackIncident"})], NOW) == []


@pytest.mark.parametrize("payload", [None, 3, "x", {}, {"alerts": 1}, [1], {"alerts": [[]]}])
def test_what_is_no_list_of_alerts_is_refused(payload):
    with pytest.raises(AlertsInvalid, match="list of alerts"):
        from_alertmanager(payload, NOW)


def test_odd_alerts_do_no_harm():
    odd = [{}, {"labels": 3}, {"labels": {"instance": 4}}, alert(endsAt=17), alert(endsAt=None)]

    assert [one.check.up for one in from_alertmanager(odd, NOW)] == [False, False]
    assert len(from_alertmanager([alert()] * (MAX_ALERTS + 5), NOW)) == MAX_ALERTS
