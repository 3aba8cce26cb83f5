import subprocess
import sys
import threading
from contextvars import ContextVar
from time import monotonic

import pytest

from ringback.event import OF_THE_CALL, listen
from ringback.event.listen import MAX_QUEUED_CALLS, CallQueue
from ringback.sink import flush

REQUEST = ContextVar("request", default=None)


@pytest.fixture
def box():
    return CallQueue("a receiver")


def test_a_quick_receiver_has_been_notified_before_the_caller_goes_on(box, patient):
    heard = []
    for number in range(100):
        box.post(lambda value: heard.append((value, threading.get_ident())), number)
        assert heard[-1][0] == number
    assert threading.get_ident() not in {thread for _, thread in heard}
    assert not box.late


def test_a_receiver_that_hangs_is_waited_for_once(box, hanging, monkeypatch):
    box.post(hanging, 0)
    assert box.late
    monkeypatch.setattr(listen, "POST_TIMEOUT", 3600.0)  # the second who waits does so for ever
    for number in range(50):
        box.post(hanging, number)
    assert hanging.heard == []


def test_of_what_waits_the_oldest_is_dropped_and_counted(box, hanging):
    box.post(hanging, "in hand")
    assert hanging.called.wait(10)
    for number in range(MAX_QUEUED_CALLS + 5):
        box.post(hanging.heard.append, number)
    assert box.tally.dropped == 5
    hanging.free.set()
    assert flush(60)
    assert hanging.heard == ["in hand", *range(5, MAX_QUEUED_CALLS + 5)]


def test_many_threads_lose_nothing_and_keep_their_order(box, patient):
    heard = []

    def tell(name):
        for number in range(100):
            box.post(heard.append, (name, number))

    threads = [threading.Thread(target=tell, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 800
    for name in range(8):
        assert [number for of, number in heard if of == name] == list(range(100))


def test_who_was_late_is_waited_for_again_after_a_minute_of_keeping_up(box, hanging, monkeypatch):
    box.post(hanging, 1)
    hanging.free.set()
    assert flush(60)
    assert box.late
    monkeypatch.setattr(listen, "monotonic", lambda: monotonic() + listen.LATE_INTERVAL)
    assert not box.late


@pytest.mark.parametrize("error", [RuntimeError("full"), SystemExit(1), KeyboardInterrupt()])
def test_what_a_receiver_raises_is_counted_and_the_next_one_is_notified(box, patient, error):
    heard = []

    def broken(value):
        raise error

    box.post(broken, 1)
    box.post(heard.append, 2)
    assert heard == [2]
    assert (box.tally.failed, box.tally.last_error) == (1, repr(error))


def test_an_exception_without_a_repr_is_counted_too(box, patient):
    class MuteError(Exception):
        def __repr__(self):
            raise RuntimeError

    def broken(value):
        raise MuteError

    box.post(broken, 1)
    assert (box.tally.failed, box.tally.last_error) == (1, "MuteError")


def test_who_raises_is_complained_of_once_a_minute(patient, caplog):
    def broken(value):
        raise RuntimeError("disk full")

    box = CallQueue("this one")  # of those of earlier tests it may be complained still
    for _ in range(3):
        box.post(broken, 1)
    assert flush(60)
    (line,) = [message for message in caplog.messages if message.startswith("this one")]
    assert line.startswith("this one raised 1 times (last: RuntimeError('disk full'))")


def test_the_receiver_runs_in_the_context_of_the_caller(box, patient):
    heard = []
    token = REQUEST.set("r1")
    box.post(lambda _: heard.append(REQUEST.get()), None)
    REQUEST.reset(token)
    assert heard == ["r1"]


def test_the_limits_of_the_call_are_not_the_receivers(box, patient, monkeypatch):
    monkeypatch.setattr("ringback.event.listen.OF_THE_CALL", OF_THE_CALL)
    heard = []
    OF_THE_CALL.append(REQUEST)
    token = REQUEST.set("r1")
    try:
        box.post(lambda _: heard.append(REQUEST.get()), None)
        assert REQUEST.get() == "r1"
    finally:
        OF_THE_CALL.remove(REQUEST)
        REQUEST.reset(token)
    assert heard == [None]


def test_a_receiver_is_not_notified_of_what_it_causes_itself(box, patient):
    heard = []

    def calls_too(value):
        heard.append(value)
        box.post(calls_too, value + 1)

    box.post(calls_too, 1)
    assert flush(60)
    assert heard == [1]


def test_more_that_hang_than_threads_hold_up_nobody(hanging, monkeypatch):
    monkeypatch.setattr(listen, "POST_TIMEOUT", 0.01)
    before = threading.active_count()
    boxes = [CallQueue(f"receiver {n}") for n in range(5 * listen.MAX_THREADS)]
    for _ in range(3):
        for box in boxes:
            box.post(hanging, "told")
    assert threading.active_count() - before <= listen.MAX_THREADS
    assert not flush(0.01)
    hanging.free.set()
    assert flush(60)
    assert len(hanging.heard) == 3 * len(boxes)


def test_one_that_hangs_does_not_keep_another_from_being_notified(
    box, hanging, patient, monkeypatch
):
    heard = []
    monkeypatch.setattr(listen, "POST_TIMEOUT", 0.01)
    CallQueue("hangs").post(hanging, 1)
    monkeypatch.setattr(listen, "POST_TIMEOUT", 60.0)
    box.post(heard.append, 1)
    assert heard == [1]


def test_without_a_thread_to_be_had_the_caller_goes_on(box, patient, monkeypatch):
    class NoThread:
        def __init__(self, **_):
            pass

        def start(self):
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(listen, "_OF_PROCESS", [listen.Workers()])
    heard = []
    with monkeypatch.context() as none:
        none.setattr(listen, "Thread", NoThread)
        box.post(heard.append, 1)
        assert heard == []
    assert not flush(0)


def test_threads_end_when_there_is_nothing_to_do(box, patient, monkeypatch):
    monkeypatch.setattr(listen, "_OF_PROCESS", [listen.Workers()])
    monkeypatch.setattr(listen, "IDLE_TIMEOUT", 0.0)
    served_by = []
    for number in range(3):
        box.post(lambda _: served_by.append(threading.current_thread()), number)
        served_by[-1].join(60)
        assert not served_by[-1].is_alive()
    assert len(served_by) == 3


def run(script):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


LATE = """
import threading
from ringback.event.listen import CallQueue as Mailbox
freed, box = threading.Event(), Mailbox("a receiver")
box.post(lambda _: freed.wait(), None)
assert box.late
box.post(print, "told")
"""


def test_the_end_of_the_program_delivers_what_is_left():
    assert run(LATE + "freed.set()") == (0, "told\n", "")


def test_the_end_of_the_program_waits_for_nobody_who_hangs():
    assert run(LATE) == (0, "", "")


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_after_a_fork_the_child_delivers_its_own_and_only_its_own():
    script = """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # the fork of a program with threads is meant
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    freed.set()
else:
    assert not box.late
    box.post(print, "by the child")
"""
    code, said, complaint = run(LATE + script)
    assert (code, complaint) == (0, "")
    assert sorted(said.split("\n")) == ["", "by the child", "told"]
