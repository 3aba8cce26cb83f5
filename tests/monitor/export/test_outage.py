from monitor.export.stores import change, outage

from ringback.monitor.export.availability import Outage, outages


def test_an_outage_is_from_the_first_failure_to_the_first_success():
    assert outages(outage(1000.0, 1500.0)) == [
        Outage(begins=1000.0, ends=1500.0, kind="tcp.refused")
    ]


def test_a_suspicion_is_none():
    assert outages([change(1.0, "ok", "suspect"), change(2.0, "suspect", "ok")]) == []


def test_one_that_only_seemed_to_end_goes_on():
    limping = [
        *outage(1000.0, 1500.0)[:3],
        change(1510.0, "recovering", "down"),
        change(1600.0, "down", "recovering"),
        change(1700.0, "recovering", "ok"),
    ]
    assert [(period.begins, period.ends) for period in outages(limping)] == [(1000.0, 1600.0)]


def test_one_that_is_not_over_has_no_end():
    assert [period.ends for period in outages(outage(1000.0, 1500.0)[:3])] == [None]
    assert [period.ends for period in outages(outage(1000.0, 1500.0)[:2])] == [None]
