"""When who is notified of what, and what becomes of a notification that does not arrive."""

import asyncio
import time
from dataclasses import replace

import pytest
from monitor.notify.desk import T, later, opened
from monitor.notify.made import AT_ONCE, change, incident, until, waiting, webhook

from ringback.monitor.notify.channel import NotifierInvalid, NotSent
from ringback.monitor.notify.settings import RouteSettings
from ringback.monitor.processor import batch_of


@pytest.fixture
def ops(desk):
    """A desk at which nothing waits for anything."""
    return desk(collation=AT_ONCE)


def headlines(desk):
    """Channel, incident and headline, in the order they came."""
    return [
        (sent.channel, update.incident.id, update.headline)
        for sent in desk.sent
        for update in sent.updates
    ]


def away(_):
    return NotSent("refused", not_delivered=True)


def test_an_incident_is_notified_from_its_beginning_to_its_end(ops):
    first = opened(1, 0)
    ops.tell(first)
    for after, what in ((10, "diagnosed"), (20, "acknowledged"), (30, "closed")):
        ops.until(after)
        ops.tell(later(what, first, after))
    ops.until(40)
    assert [told[1] for told in ops.told] == [
        ("i1", what) for what in ("opened", "diagnosed", "acknowledged", "closed")
    ]
    assert waiting(ops.store) == []


def test_an_end_takes_along_a_beginning_that_was_put_off(ops):
    ops.refuse = lambda _: NotSent("later", not_delivered=True, retry_after=60.0)
    first = opened(1, 0)
    ops.tell(first)
    ops.until(30)
    ops.refuse = lambda _: None
    ops.tell(later("closed", first, 30))
    ops.until(59)
    assert (ops.sent, len(ops.refused)) == ([], 1), "it is left alone as long as it asked"
    ops.until(200)
    assert headlines(ops) == [("ops", "i1", "brief")]


def test_a_dead_channel_is_left_alone_after_some_attempts(ops):
    ops.refuse = away
    ops.tell(opened(1, 0))
    ops.until(30)
    assert len(ops.refused) == 5
    ops.tell(*(opened(number, 30) for number in range(2, 20)))
    ops.until(50)
    assert len(ops.refused) == 5


def test_one_incident_that_is_refused_does_not_keep_the_others_back(ops):
    def poisoned(notification):
        bad = any(update.incident.id == "i1" for update in notification.updates)
        return NotSent("no", rejected=True) if bad else None

    ops.refuse = poisoned
    bad = opened(1, 0)
    ops.tell(bad, *(opened(number, 0) for number in range(2, 6)))
    ops.until(10)
    ops.tell(later("closed", bad, 10), opened(6, 10))
    ops.until(60)
    assert {entry.notice.change.incident.id for entry in waiting(ops.store)} == {"i1"}
    assert {told[1] for told in headlines(ops)} == {f"i{n}" for n in range(2, 7)}


def test_a_notification_is_given_up_after_a_day(ops, caplog):
    ops.refuse = away
    ops.tell(opened(1, -86_500))
    ops.until(1)
    assert waiting(ops.store) == []
    assert "gave up notifying ops that incident i1 was opened" in caplog.text


def test_a_notifier_that_is_gone_keeps_nothing(ops, caplog):
    ops.refuse = away
    ops.tell(opened(1, 0))
    ops.until(1)
    ops.dispatcher.configure([], [])
    ops.until(60)
    assert waiting(ops.store) == []
    assert "there is no notifier ops any more" in caplog.text


@pytest.mark.parametrize("restarted", [False, True])
def test_who_was_told_the_beginning_is_told_the_end(desk, restarted):
    here, other = (RouteSettings(notifiers=(name,)) for name in ("here", "other"))
    both = desk(notifiers=("here", "other"), routes=[here], collation=AT_ONCE)
    first = opened(1, 0)
    both.tell(first)
    both.until(10)
    both.routes = [other]
    if restarted:
        both.restart()
    else:
        both.dispatcher.configure(both.settings, both.routes)
    both.tell(later("closed", first, 10))
    both.until(20)
    here_told = [told[1:] for told in headlines(both) if told[0] == "here"]
    assert here_told == [("i1", "opened"), ("i1", "closed")]


@pytest.mark.parametrize("taken", [False, True])
def test_what_nobody_takes_is_escalated(desk, taken):
    routes = [RouteSettings(notifiers=("ops",), escalate_after=60.0, escalate_to=("boss",))]
    both = desk(notifiers=("ops", "boss"), routes=routes, collation=AT_ONCE)
    first = opened(1, 0)
    both.tell(first)
    both.until(30)
    if taken:
        first = later("acknowledged", first, 30)
        both.tell(first)
    both.until(90)
    both.tell(later("closed", first, 90))
    both.until(120)
    boss = [headline for channel, _, headline in headlines(both) if channel == "boss"]
    assert boss == ([] if taken else ["escalated", "closed"])
    assert headlines(both)[-1][2] == "closed"


def test_what_began_in_a_silence_is_notified_as_news_afterwards(ops):
    begun = incident(at=T - 600)
    for after in (0, 10):
        ops.tell(change("reminded", begun, at=T + after))
        ops.until(after + 5)
    assert [told[2] for told in headlines(ops)] == ["opened", "reminded"]


def test_a_bug_in_a_channel_is_a_failure_like_others(ops, caplog):
    ops.refuse = lambda _: None if ops.refused else KeyError("a bug")
    ops.tell(opened(1, 0))
    ops.until(30)
    assert [sent.id for sent in ops.sent] == [ops.refused[0].id]
    assert "notifier ops is broken" in caplog.text


def test_what_a_store_cannot_note_is_not_sent_twice(ops, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    ops.tell(opened(1, 0))
    with monkeypatch.context() as full:
        full.setattr(ops.store, "sent", refuse)
        with pytest.raises(OSError, match="No space"):
            ops.until(5)
    ops.until(30)
    assert waiting(ops.store) == []
    assert len(ops.sent) == 1


def test_a_configuration_that_cannot_work_leaves_all_as_it_was(ops):
    with pytest.raises(NotifierInvalid, match="no type pigeon"):
        ops.dispatcher.configure([replace(ops.settings[0], type="pigeon")], [])
    ops.tell(opened(1, 0))
    ops.until(10)
    assert headlines(ops) == [("ops", "i1", "opened")]


def test_an_end_during_the_reading_of_its_beginning_is_told_once(
    dispatch, receiver, store, monkeypatch
):
    read = store.incident

    async def drive(dispatcher, tell):
        opened = change("opened", incident())

        def ends_first(id_):
            monkeypatch.setattr(store, "incident", read)
            closed = change("closed", opened.incident, at=time.time())
            store.keep(batch_of([closed], dispatcher))
            return read(id_)

        monkeypatch.setattr(store, "incident", ends_first)
        await tell(opened)
        await until(lambda: receiver.told and not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert receiver.told == [("i1", "brief")]


def test_a_slow_receiver_does_not_keep_the_others_waiting(
    dispatch, receiver, second_receiver, store
):
    receiver.gate.clear()

    async def drive(_, tell):
        for number in range(1, 6):
            await tell(change("opened", incident(number)))
            await until(lambda n=number: len(second_receiver.told) == n and receiver.got)
        assert len(receiver.got) == 1
        receiver.gate.set()
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver), webhook(second_receiver, "other")], drive)
    assert len(receiver.got) == 2
    assert len(receiver.told) == 5


def test_a_message_under_way_may_arrive_while_the_monitor_ends(dispatch, receiver, store):
    receiver.gate.clear()

    async def drive(_, tell):
        await tell(change("opened", incident()))
        await until(lambda: receiver.got)
        asyncio.get_running_loop().call_later(0.05, receiver.gate.set)

    dispatch([webhook(receiver)], drive)
    assert waiting(store) == []
    assert len(receiver.got) == 1
