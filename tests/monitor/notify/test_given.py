"""What was given to a receiver before a kill or a lost answer: it is sent again as it was."""

import time

import pytest
from monitor.notify.desk import Killed, T, later, opened
from monitor.notify.made import AT_ONCE, waiting

from ringback.monitor.notify.channel import NotSent
from ringback.monitor.notify.delivery import DELIVERY_STATE, InFlight
from ringback.monitor.store.degraded import DegradedStore
from ringback.monitor.store.interface import StoreUnavailable


@pytest.fixture
def ops(desk):
    return desk(collation=AT_ONCE)


def killed(desk, *, at="sent", of=None):
    """Have the desk die once its store is to note a message, or has kept a state; begin again."""
    call = getattr(desk.store, at)

    def die(*given):
        if of is not None:
            call(*given)
        if of is None or of in given[0].states:
            raise Killed

    setattr(desk.store, at, die)
    with pytest.raises(RuntimeError, match="stopped"):
        desk.until(desk.now - T + 30)
    desk.restart()


def messages(given):
    """Of each message its key, and of what it told: incident, headline, ids of notices."""
    return [
        (
            sent.id,
            sorted(
                (update.incident.id, update.headline, tuple(notice.id for notice in update.notices))
                for update in sent.updates
            ),
        )
        for sent in given
    ]


def headlines(message):
    return [told[:2] for told in message[1]]


def test_what_a_kill_left_open_is_sent_again_unchanged_first(ops):
    first = opened(1, 0)
    ops.tell(first, opened(2, 0))
    killed(ops)
    ops.tell(later("closed", first, 30), opened(3, 30))
    ops.until(60)

    before, again, after = messages(ops.sent)
    assert again == before
    assert headlines(before) == [("i1", "opened"), ("i2", "opened")]
    assert headlines(after) == [("i1", "closed"), ("i3", "opened")]
    assert after[0] != before[0]
    assert waiting(ops.store) == []


def test_a_kill_before_sending_loses_no_beginning(ops):
    first = opened(1, 0)
    ops.tell(first)
    killed(ops, at="keep", of=DELIVERY_STATE)
    assert ops.sent == []
    ops.tell(later("closed", first, 30))
    ops.until(60)
    assert [headlines(sent) for sent in messages(ops.sent)] == [
        [("i1", "opened")],
        [("i1", "closed")],
    ]


def test_what_lost_its_answer_is_sent_again_unchanged(ops):
    first = opened(1, 0)
    # What is heard the second time says nothing of the first.
    answers = iter([NotSent("no answer"), NotSent("503", not_delivered=True)])
    ops.refuse = lambda _: next(answers, None)
    ops.tell(first)
    ops.until(1)
    ops.tell(later("closed", first, 1))
    ops.until(60)

    lost, refused, sent, after = messages([*ops.refused, *ops.sent])
    assert lost == refused == sent
    assert [headlines(sent), headlines(after)] == [[("i1", "opened")], [("i1", "closed")]]


def test_a_message_that_is_rejected_may_become_another(ops):
    ops.tell(opened(1, 0), opened(2, 0))
    killed(ops)
    ops.refuse = lambda sent: NotSent("400", rejected=True) if len(sent.updates) > 1 else None
    ops.until(60)
    before, *single = messages(ops.sent)
    assert messages(ops.refused) == [before]
    assert sorted(headlines(sent) for sent in single) == [[("i1", "opened")], [("i2", "opened")]]


def test_people_are_notified_of_how_it_stands_now(ops):
    """A person knows no keys: an alarm that is over would be one again."""
    ops.idempotent = False
    first = opened(1, 0)
    ops.tell(first)
    killed(ops)
    ops.tell(later("closed", first, 30))
    ops.until(60)
    _, after = messages(ops.sent)
    assert headlines(after) == [("i1", "closed")]


def test_a_receiver_that_failed_is_given_the_newest_state(ops):
    first = opened(1, 0)
    failed = NotSent("status 3", answered=True, retry_after=10.0)
    ops.refuse = lambda _: None if ops.refused else failed
    ops.tell(first)
    ops.until(1)
    ops.tell(later("closed", first, 1))
    ops.until(60)
    (sent,) = messages(ops.sent)
    assert headlines(sent) == [("i1", "closed")]


def test_what_was_given_is_known_while_nothing_can_be_written(store, monkeypatch):
    safe = DegradedStore(store)
    monkeypatch.setattr(store, "keep", lambda _: (_ for _ in ()).throw(StoreUnavailable("full")))
    InFlight(safe).note("hook", "k1", ["n1", "n2"])
    assert InFlight(safe).key("hook") == "k1"

    monkeypatch.undo()
    safe._again = 0.0
    safe.maintain(time.time())
    assert InFlight(store).key("hook") == "k1"
    InFlight(store).forget("hook")
    assert InFlight(store).key("hook") == ""
