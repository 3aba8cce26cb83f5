"""When what waits for a channel is sent: decided without a clock, a store or a channel."""

import math

import pytest
from monitor.notify.made import change, incident

from ringback.incident.model import Notice
from ringback.monitor.notify.collation import COLLATION, Receiver, notice_groups
from ringback.monitor.notify.notification import Told
from ringback.monitor.store import Queued

T = 1_790_000_000.0


def waiting(*changes, attempts=0):
    return [
        Queued(
            notice=Notice(id=f"n{number}", channel="ops", at=one.at, change=one),
            attempts=attempts,
            due=one.at,
        )
        for number, one in enumerate(changes)
    ]


def due(*changes, sent_at=None, told=(), every=30.0, **fields):
    receiver = Receiver(sent_at=sent_at, told=dict(told).get, every=lambda _: every)
    found = COLLATION.due_at(notice_groups(waiting(*changes, **fields)), receiver)
    return found - T if math.isfinite(found) else None


def opened(number=1, after=0.0, **fields):
    return change("opened", incident(number, at=T + after, **fields))


def told(one, **fields):
    known = {"members": ("shop-0",), "pattern": "service_outage", "severity": "page", **fields}
    return {one.incident.id: Told(**known)}


def test_the_first_alarm_goes_when_its_diagnosis_is_there():
    begun = opened()
    assert due(begun) == 10.0
    assert due(begun, change("diagnosed", begun.incident, at=T + 3)) == 1.0
    assert due(opened(pattern="heartbeat_missed")) == 1.0


@pytest.mark.parametrize(("since", "expected"), [(1.0, 60.0), (299.0, 60.0), (300.0, 10.0)])
def test_an_alarm_after_quiet_is_a_first_one(since, expected):
    assert due(opened(), sent_at=T - since) == expected


@pytest.mark.parametrize(("every", "expected"), [(30.0, 120.0), (299.0, 120.0), (300.0, 300.0)])
def test_an_end_waits(every, expected):
    begun = opened()
    over = change("closed", begun.incident, at=T)
    assert due(over, told=told(begun), every=every) == expected
    assert due(over, told=told(begun), every=every, sent_at=T - 9999) == expected


def test_an_end_and_its_reopening_cancel_each_other():
    begun = opened()
    over = change("closed", begun.incident, at=T + 20)
    again = change("reopened", begun.incident, at=T + 50)
    assert due(over, again, told=told(begun)) is None
    assert due(begun, over, again) == 10.0, "the alarm is left"
    once_more = change("closed", begun.incident, at=T + 80)
    assert due(over, again, once_more, told=told(begun)) == 200.0


def test_an_end_that_may_have_arrived_is_not_cancelled():
    begun = opened()
    over = change("closed", begun.incident, at=T)
    again = change("reopened", begun.incident, at=T + 10)
    assert due(over, again, told=told(begun), attempts=1) == 11.0


def grown(members, after=0.0, **fields):
    ids = tuple(f"shop-{number}" for number in range(members))
    return change("joined", incident(1, at=T, members=ids, **fields), at=T + after)


@pytest.mark.parametrize(
    ("members", "before", "sent", "expected"),
    [(4, 2, -60, 60.0), (3, 2, -60, 120.0), (3, 2, -200, 100.0), (3, 0, -60, 60.0)],
)
def test_growth_is_an_alarm_when_it_doubles_and_else_waits(members, before, sent, expected):
    """Until the last message is five minutes old, but no longer than two."""
    one = grown(members)
    assert (
        due(one, told=told(one, members=one.incident.members[:before]), sent_at=T + sent)
        == expected
    )


def test_what_a_person_did_or_waits_for_goes_at_once():
    begun = opened()
    taken = change("acknowledged", begun.incident, at=T + 7)
    assert due(taken, told=told(begun), sent_at=T) == 7.0
