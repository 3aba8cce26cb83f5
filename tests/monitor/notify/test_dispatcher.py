import asyncio
import time
from dataclasses import replace

import pytest
from monitor.notify.made import change, incident, until, waiting, webhook

from ringback.monitor.notify.channel import NotifierInvalid
from ringback.monitor.notify.settings import RouteSettings
from ringback.monitor.processor import batch_of
from ringback.retry import Backoff


@pytest.fixture
def no_pauses(monkeypatch):
    """The pauses between attempts are those of the policy's own tests."""
    monkeypatch.setattr(
        "ringback.monitor.notify.channel_state.BACKOFF", Backoff(base=0.01, cap=0.01)
    )


def test_an_incident_is_notified_from_its_beginning_to_its_end(dispatch, receiver, store):
    async def drive(_, tell):
        opened = change("opened", incident())
        await tell(opened)
        await until(lambda: receiver.told == [("i1", "opened")])
        await until(lambda: not waiting(store))
        await tell(change("diagnosed", opened.incident, at=time.time()))
        await until(lambda: len(receiver.told) == 2)
        await tell(change("acknowledged", opened.incident, at=time.time()))
        await until(lambda: len(receiver.told) == 3)
        await tell(change("closed", opened.incident, at=time.time()))
        await until(lambda: len(receiver.told) == 4)

    dispatch([webhook(receiver)], drive)
    assert [what for _, what in receiver.told] == ["opened", "diagnosed", "acknowledged", "closed"]


@pytest.mark.usefixtures("no_pauses")
def test_what_waits_together_is_one_message_that_names_all(dispatch, receiver, store):
    receiver.stop()

    async def drive(_, tell):
        for number in range(1, 41):
            await tell(change("opened", incident(number)))
        await until(lambda: any(entry.attempts for entry in waiting(store)))
        receiver.start()
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert sorted(receiver.told) == sorted((f"i{n}", "opened") for n in range(1, 41))
    assert len(receiver.got) < 5
    largest = max(receiver.documents, key=lambda doc: len(doc["incidents"]))
    assert all(
        incident["names"][incident["members"][0]] in largest["text"]
        for incident in largest["incidents"]
    )


def test_an_end_takes_along_a_beginning_that_was_put_off(dispatch, receiver, store):
    receiver.stop()

    async def drive(_, tell):
        opened = change("opened", incident(at=time.time() - 180))
        await tell(opened)
        await until(lambda: waiting(store)[0].attempts)
        store.postpone(waiting(store)[0].notice.id, time.time() + 3600, "put off")
        receiver.start()
        await tell(change("closed", opened.incident, at=opened.at + 180))
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert receiver.told == [("i1", "brief")]


def test_an_end_that_is_kept_while_its_beginning_is_read_is_told_once(
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


@pytest.mark.usefixtures("no_pauses")
def test_a_dead_channel_is_left_alone_after_some_attempts(dispatch, receiver, store):
    receiver.status = 500

    async def drive(_, tell):
        await tell(change("opened", incident(1)))
        await until(lambda: len(receiver.got) == 5)
        await tell(*(change("opened", incident(number)) for number in range(2, 20)))
        await until(lambda: min(entry.due for entry in waiting(store)) > time.time() + 5)

    dispatch([webhook(receiver)], drive)
    assert len(receiver.got) == 5


def test_one_incident_that_is_refused_does_not_keep_the_others_back(dispatch, receiver, store):
    receiver.judge = lambda body: 400 if b"poison" in body else 200

    async def drive(_, tell):
        bad = incident(1, summary="poison")
        await tell(change("opened", bad), *(change("opened", incident(n)) for n in range(2, 6)))
        await until(lambda: len(waiting(store)) == 1)
        await tell(change("closed", bad, at=time.time()))
        await tell(change("opened", incident(6)))
        # It may have gone with the bad one first, and been refused with it.
        await until(lambda: {entry.notice.change.incident.id for entry in waiting(store)} == {"i1"})

    dispatch([webhook(receiver)], drive)
    assert {entry.notice.change.incident.id for entry in waiting(store)} == {"i1"}
    assert ("i6", "opened") in receiver.told


def test_what_does_not_arrive_in_a_day_is_given_up_and_logged(dispatch, receiver, store, caplog):
    receiver.status = 500

    async def drive(_, tell):
        await tell(change("opened", incident(at=time.time() - 86_500)))
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert "gave up notifying hook that incident i1 was opened" in caplog.text


def test_a_notifier_that_is_gone_keeps_nothing(dispatch, receiver, store, caplog):
    receiver.status = 500

    async def drive(dispatcher, tell):
        await tell(change("opened", incident()))
        await until(lambda: receiver.got)
        dispatcher.configure([webhook(receiver, "other")], [])
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert "there is no notifier hook any more" in caplog.text


def test_who_was_notified_of_the_beginning_is_notified_of_the_end_whatever_the_routes_say(
    dispatch, receiver, second_receiver, store
):
    notifiers = [webhook(receiver), webhook(second_receiver, "other")]

    async def drive(dispatcher, tell):
        opened = change("opened", incident())
        await tell(opened)
        await until(lambda: receiver.told and not waiting(store))
        dispatcher.configure(notifiers, [RouteSettings(notifiers=("other",))])
        await tell(change("closed", opened.incident, at=time.time()))
        await until(lambda: not waiting(store))

    dispatch(notifiers, drive, [RouteSettings(notifiers=("hook",))])
    assert receiver.told == [("i1", "opened"), ("i1", "closed")]


def test_what_was_notified_is_known_after_a_restart(dispatch, receiver, store):
    opened = change("opened", incident())

    async def before(_, tell):
        await tell(opened)
        await until(lambda: not waiting(store))

    async def after(_, tell):
        await tell(change("closed", opened.incident, at=time.time()))
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], before)
    dispatch([webhook(receiver)], after, [RouteSettings(notifiers=("hook",), labels={"no": "x"})])
    assert receiver.told == [("i1", "opened"), ("i1", "closed")]


def escalating():
    return [RouteSettings(notifiers=("hook",), escalate_after=2.0, escalate_to=("boss",))]


def test_what_nobody_takes_is_escalated(dispatch, receiver, second_receiver, store):
    async def drive(_, tell):
        opened = change("opened", incident())
        await tell(opened)
        await until(lambda: second_receiver.told)
        await tell(change("closed", opened.incident, at=time.time()))
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver), webhook(second_receiver, "boss")], drive, escalating())
    assert receiver.told == [("i1", "opened"), ("i1", "closed")]
    assert second_receiver.told == [("i1", "escalated"), ("i1", "closed")]
    assert "NOT ACKNOWLEDGED" in second_receiver.documents[0]["subject"]


@pytest.mark.nightly
def test_what_somebody_took_is_not_escalated(dispatch, receiver, second_receiver, store):
    async def drive(_, tell):
        opened = change("opened", incident())
        await tell(opened)
        taken = change("acknowledged", opened.incident, at=time.time())
        await tell(taken)
        await until(lambda: not waiting(store))
        await tell(change("closed", taken.incident, at=time.time()))
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver), webhook(second_receiver, "boss")], drive, escalating())
    assert receiver.told[-1] == ("i1", "closed")
    assert second_receiver.got == []


def test_what_began_in_a_silence_is_notified_as_news_afterwards(dispatch, receiver, store):
    async def drive(_, tell):
        begun = incident(at=time.time() - 600)
        await tell(change("reminded", begun, at=time.time()))
        await until(lambda: not waiting(store))
        await tell(change("reminded", begun, at=time.time()))
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert receiver.told == [("i1", "opened"), ("i1", "reminded")]
    assert receiver.documents[0]["subject"].startswith("[DOWN] Shop 1 is down")


@pytest.mark.usefixtures("no_pauses")
def test_a_bug_in_a_channel_is_a_failure_like_others(dispatch, receiver, store, caplog):
    async def drive(dispatcher, tell):
        sent = []

        def send(message):
            sent.append(message)
            if len(sent) == 1:
                raise KeyError("a bug")

        dispatcher._states["hook"].channel.send = send
        await tell(change("opened", incident()))
        await until(lambda: not waiting(store))
        assert [delivery.id for delivery in sent] == [sent[0].id] * 2

    dispatch([webhook(receiver)], drive)
    assert "notifier hook is broken" in caplog.text


def test_a_store_that_cannot_note_it_does_not_have_it_sent_twice(
    dispatch, receiver, store, monkeypatch, caplog
):
    really = store.sent

    def refuse(*_):
        raise OSError(28, "No space left on device")

    async def drive(_, tell):
        monkeypatch.setattr(store, "sent", refuse)
        await tell(change("opened", incident()))
        await until(lambda: "outbox cannot be used" in caplog.text)
        monkeypatch.setattr(store, "sent", really)
        await until(lambda: not waiting(store))

    dispatch([webhook(receiver)], drive)
    assert len(receiver.got) == 1


def test_a_wish_to_be_left_alone_is_heeded(dispatch, receiver, store):
    receiver.status, receiver.headers = 429, {"Retry-After": "60"}

    async def drive(_, tell):
        await tell(change("opened", incident()))
        await until(lambda: waiting(store)[0].due > time.time() + 50)

    dispatch([webhook(receiver)], drive)
    assert len(receiver.got) == 1


def test_a_message_under_way_may_arrive_while_the_monitor_ends(dispatch, receiver, store):
    receiver.gate.clear()

    async def drive(_, tell):
        await tell(change("opened", incident()))
        await until(lambda: receiver.got)
        asyncio.get_running_loop().call_later(0.2, receiver.gate.set)

    dispatch([webhook(receiver)], drive)
    assert waiting(store) == []
    assert len(receiver.got) == 1


def test_a_configuration_that_cannot_work_leaves_all_as_it_was(dispatch, receiver, store):
    async def drive(dispatcher, tell):
        with pytest.raises(NotifierInvalid, match="needs a url"):
            dispatcher.configure([replace(webhook(receiver), url="no url")], [])
        await tell(change("opened", incident()))
        await until(lambda: receiver.told)

    dispatch([webhook(receiver)], drive)
