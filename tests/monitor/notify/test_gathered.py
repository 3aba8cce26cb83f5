"""What waits to be sent with others: through the real store, in simulated time, over restarts."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from monitor.notify.desk import T, later, opened
from monitor.notify.made import AT_ONCE, change, waiting

from ringback.monitor.notify.delivery import NOTHING_LEFT
from ringback.monitor.notify.settings import RouteSettings
from ringback.monitor.notify.text import subject_line
from ringback.monitor.store import StoreBatch


def story(desk, restart_every=0):
    """An alarm, two that follow, growth, an end that is none, and ends."""
    first, second, third = opened(1, 0), opened(2, 20), opened(3, 30)
    grown = replace(second.incident, members=("shop-2", "shop-4"))
    for after, one in (
        (0, first),
        (20, second),
        (30, third),
        (100, change("joined", grown, at=T + 100, endpoint="shop-4")),
        (200, later("closed", first, 200)),
        (260, change("reopened", first.incident, at=T + 260)),
        (400, later("closed", third, 400)),
        (430, later("closed", first, 430)),
        (600, change("closed", grown, at=T + 600)),
    ):
        desk.until(after, restart_every)
        desk.tell(one)
    desk.until(900, restart_every)
    return desk.told


EXPECTED = [
    (10.0, ("i1", "opened")),
    (80.0, ("i2", "opened"), ("i3", "opened")),
    (160.0, ("i2", "grown")),
    (520.0, ("i3", "closed"), ("i1", "closed")),
    (720.0, ("i2", "closed")),
]


@pytest.mark.parametrize("restart_every", [0, 50, pytest.param(7, marks=pytest.mark.nightly)])
def test_what_belongs_together_is_one_message_whatever_is_restarted(desk, restart_every):
    ops = desk()
    assert story(ops, restart_every) == EXPECTED
    ids = [notice.id for notification in ops.sent for notice in notification.notices]
    assert len(ids) == len(set(ids))
    assert waiting(ops.store) == []
    assert outcomes(ops) == {"": 7, NOTHING_LEFT: 2}, "an end and the reopening are not sent"


def outcomes(desk):
    with closing(sqlite3.connect(desk.store.path)) as connection:
        rows = connection.execute("SELECT error, count(*) FROM notice GROUP BY error")
        return dict(rows.fetchall())


def test_an_end_rides_with_an_alarm(desk):
    ops = desk()
    first = opened(1, 0)
    ops.tell(first)
    ops.until(50)
    ops.tell(later("closed", first, 50))
    ops.until(70)
    ops.tell(opened(2, 70))
    ops.until(400)
    assert ops.told == [(10.0, ("i1", "opened")), (130.0, ("i1", "closed"), ("i2", "opened"))]


@pytest.mark.parametrize("after", [0, 1, 60])
def test_who_joins_what_reopened_unsaid_is_told(desk, after):
    """Two were told; one of them fails again before the end is said, and then one who is new."""
    ops = desk()
    first = opened(1, 0, members=("shop-1", "shop-2"))
    ops.tell(first)
    ops.until(50)
    ops.tell(later("closed", first, 50))
    ops.until(100)
    again = change("reopened", replace(first.incident, members=("shop-2",)), at=T + 100)
    grown = replace(again.incident, members=("shop-2", "shop-4"))
    ops.tell(again)
    if after:
        ops.until(100 + after, restart_every=30)
    ops.tell(change("joined", grown, at=T + 100 + after, endpoint="shop-4"))
    ops.until(500)
    (_, told) = ops.sent

    assert [(update.headline, update.incident.members) for update in told.updates] == [
        ("grown", ("shop-2", "shop-4"))
    ]
    assert subject_line(told).startswith("[DOWN] 2 endpoints (Shop 2, Shop 4): ")


def test_a_notifier_keeps_its_rate_per_minute(desk):
    ops = desk(rate=6, collation=AT_ONCE)
    for second in range(30):
        ops.tell(opened(second, second))
        ops.until(second)
    assert len(ops.sent) <= 2 + 3
    ops.until(60)
    assert waiting(ops.store) == []
    assert len({update.incident.id for sent in ops.sent for update in sent.updates}) == 30


def test_what_is_reopened_in_a_silence_has_no_end(desk):
    ops = desk()
    first = opened(1, 0)
    ops.tell(first)
    ops.until(50)
    ops.tell(later("closed", first, 50))
    ops.store.keep(StoreBatch(incidents=(first.incident,)))  # reopened, and nobody is notified
    ops.until(400)
    assert ops.told == [(10.0, ("i1", "opened"))]
    ops.tell(later("closed", first, 400))
    ops.until(600)
    assert ops.told[1:] == [(520.0, ("i1", "closed"))]


def joining(first, members, after):
    return change(
        "joined",
        replace(first.incident, members=tuple(f"shop-{n}" for n in range(1, members + 1))),
        at=T + after,
        endpoint=f"shop-{members}",
    )


def test_growth_has_a_notice_when_it_begins_and_when_it_doubles(desk):
    ops = desk()
    first = opened(1, 0)
    ops.tell(first, *(joining(first, members, 0) for members in (2, 3, 4)))
    ops.until(20)
    assert sum(ops.tell(joining(first, members, 20)) for members in range(5, 20)) == 2
    ops.until(100)
    assert [at for at, *_ in ops.told] == [10.0, 80.0]
    assert sum(ops.tell(joining(first, members, 100)) for members in range(20, 30)) == 1
    ops.until(500)
    assert ops.told[2:] == [(220.0, ("i1", "grown"))]


def test_a_new_member_is_told_at_once_to_its_own_team(desk):
    routes = (
        RouteSettings(notifiers=("ops",), labels={"team": "blue"}),
        RouteSettings(notifiers=("red",), labels={"team": "red"}),
    )
    both = desk(notifiers=("ops", "red"), routes=routes)
    first = opened(1, 0)
    both.tell(first, *(joining(first, members, 0) for members in range(2, 6)))
    both.until(30)
    both.tell(joining(first, 6, 30))
    both.until(60)
    assert [(notification.channel, notification.at - T) for notification in both.sent] == [
        ("ops", 10.0),
        ("red", 31.0),
    ]
    assert both.sent[1].updates[0].headline == "opened"


def test_a_warning_that_becomes_an_outage_pages(desk):
    routes = (
        RouteSettings(notifiers=("pager",)),
        RouteSettings(notifiers=("chat",), severity=("page", "warn")),
    )
    both = desk(notifiers=("pager", "chat"), routes=routes)
    warned = opened(1, 0, pattern="network_partition", severity="warn")
    both.tell(warned)
    both.until(30)
    worse = replace(warned.incident, pattern="service_outage", severity="page")
    both.tell(change("raised", worse, at=T + 30))
    both.until(100)
    told = {
        (notification.channel, notification.at - T, notification.updates[0].headline)
        for notification in both.sent
    }
    assert told == {
        ("chat", 10.0, "opened"), ("pager", 31.0, "opened"), ("chat", 90.0, "opened")
    }  # fmt: skip
