import asyncio
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace

import pytest
from monitor.notify.made import AT_ONCE, change, incident, until, waiting, webhook

from ringback.monitor.notify.delivery import DELIVERY_STATE, InFlight
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.notify.settings import NotifierSettings
from ringback.monitor.store import StoreBatch
from ringback.monitor.store.degraded import DegradedStore
from ringback.monitor.store.interface import StoreUnavailable
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.retry import Backoff


def _told_and_killed(path, settings, kept):
    """A monitor that is killed when its receiver has the message and the store does not know.

    Or, if a state is given, once that is kept.
    """
    store = SQLiteStore(path)
    store.sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    keep = store.keep

    def keep_or_die(batch):
        keep(batch)
        if kept in batch.states:
            os.kill(os.getpid(), signal.SIGKILL)

    store.keep = keep_or_die

    async def main():
        await Dispatcher(store, [settings], [], collation=AT_ONCE).run()

    asyncio.run(main())


@pytest.fixture
def killed(store):
    """Keeps changes and runs such a monitor until it is dead; gives the store of the next one."""
    opened = []

    def run(settings, *changes, kept=None):
        _keep(store, settings, *changes)
        store.close()
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_told_and_killed, args=(store.path, settings, kept))
        process.start()
        process.join(600)
        assert process.exitcode == -signal.SIGKILL
        opened.append(SQLiteStore(store.path))
        return opened[-1]

    yield run
    for next_store in opened:
        next_store.close()


def _keep(store, settings, *changes):
    async def keep():
        dispatcher = Dispatcher(store, [settings], [])
        notices = [notice for change in changes for notice in dispatcher.notices_for(change)]
        newest = {change.incident.id: change.incident for change in changes}
        store.keep(StoreBatch(incidents=tuple(newest.values()), notices=tuple(notices)))

    asyncio.run(keep())


def _told_by_the_next_one(store, settings):
    async def drive():
        dispatcher = Dispatcher(store, [settings], [], collation=AT_ONCE)
        worker = asyncio.create_task(dispatcher.run())
        await until(lambda: not waiting(store))
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    asyncio.run(drive())


def _messages(receiver):
    """Return of each message its key, and of what it told: incident, headline, ids of notices."""
    return [
        (
            headers["Idempotency-Key"],
            sorted(
                (told["id"], told["what"], tuple(notice["id"] for notice in told["notices"]))
                for told in document["incidents"]
            ),
        )
        for (_, headers, _), document in zip(receiver.got, receiver.documents, strict=True)
    ]


def test_a_message_that_a_kill_left_open_is_sent_again_as_it_was_before_what_came_later(
    killed, receiver
):
    first, second = (change("opened", incident(number)) for number in (1, 2))
    store = killed(webhook(receiver), first, second)
    assert len(receiver.got) == 1
    closed = change("closed", first.incident, at=time.time())
    _keep(store, webhook(receiver), closed, change("opened", incident(3)))

    _told_by_the_next_one(store, webhook(receiver))
    before, again, later = _messages(receiver)
    assert again == before
    assert [told[:2] for told in before[1]] == [("i1", "opened"), ("i2", "opened")]
    assert [told[:2] for told in later[1]] == [("i1", "closed"), ("i3", "opened")]
    assert later[0] != before[0]
    assert {document["id"] for document in receiver.documents} == {before[0], later[0]}


@pytest.mark.nightly
def test_a_kill_before_anything_was_sent_leaves_no_end_without_its_beginning(killed, receiver):
    opened = change("opened", incident())
    store = killed(webhook(receiver), opened, kept=DELIVERY_STATE)
    assert not receiver.got
    closed = replace(opened.incident, state="closed", closed_at=time.time())
    _keep(store, webhook(receiver), change("closed", closed, at=time.time()))

    _told_by_the_next_one(store, webhook(receiver))
    told = [what for _, incidents in _messages(receiver) for _, what, _ in incidents]
    assert told == ["opened", "closed"]


def test_what_an_answer_was_lost_of_is_sent_again_as_it_was(dispatch, receiver, store, monkeypatch):
    # What is heard the second time says nothing of the first.
    statuses, over = iter([None, 503, 200, 200]), threading.Event()

    def judge(_):
        status = next(statuses)
        if status == 503:
            over.wait(60)
        return status

    async def drive(_, tell):
        opened = change("opened", incident())
        await tell(opened)
        await until(lambda: len(receiver.got) == 2)
        await tell(change("closed", opened.incident, at=time.time()))
        over.set()
        await until(lambda: not waiting(store))

    receiver.judge = judge
    monkeypatch.setattr(
        "ringback.monitor.notify.channel_state.BACKOFF", Backoff(base=0.01, cap=0.01)
    )
    dispatch([webhook(receiver)], drive)
    first, second, third, later = _messages(receiver)
    assert first == second == third
    assert [told[:2] for told in (*first[1], *later[1])] == [("i1", "opened"), ("i1", "closed")]


@pytest.mark.nightly
def test_people_are_notified_of_how_it_stands_now(killed, receiver):
    """Alertmanager, as a person, knows no keys: an alarm that is over would be one again."""
    settings = NotifierSettings(name="hook", type="alertmanager", url=receiver.url, rate=6000)
    opened = change("opened", incident())
    store = killed(settings, opened)
    _keep(store, settings, change("closed", opened.incident, at=time.time()))

    _told_by_the_next_one(store, settings)
    _, [alert] = receiver.documents
    assert alert["annotations"]["summary"].startswith("[RESOLVED]")


def test_a_program_that_says_that_it_failed_is_given_what_there_is_by_then(
    dispatch, store, tmp_path, monkeypatch
):
    first, fail, told = tmp_path / "first", tmp_path / "fail", tmp_path / "told"
    script = (
        f"if test -e {first}; then echo $RINGBACK_WHAT >> {told}; exit 0; fi; touch {first};"
        f" while ! test -e {fail}; do sleep 0.01; done; exit 3"
    )
    settings = NotifierSettings(name="own", type="command", command=("sh", "-c", script))

    async def drive(_, tell):
        opened = change("opened", incident())
        await tell(opened)
        await until(first.exists)
        await tell(change("closed", opened.incident, at=time.time()))
        fail.touch()
        await until(lambda: not waiting(store))

    monkeypatch.setattr(
        "ringback.monitor.notify.channel_state.BACKOFF", Backoff(base=0.01, cap=0.01)
    )
    dispatch([settings], drive)
    assert told.read_text().split() == ["closed"]


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
