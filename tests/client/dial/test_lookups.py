import threading
import time

import pytest
from until import until

from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut

WAIT_TIMEOUT = 30.0
"""Seconds after which a test that hangs fails."""


class Stuck:
    """A call that does not return until it is let go."""

    def __init__(self):
        self.release = threading.Event()
        self.running = threading.Semaphore(0)

    def __call__(self):
        self.running.release()
        assert self.release.wait(WAIT_TIMEOUT)
        return "late"


@pytest.fixture
def stuck():
    call = Stuck()
    yield call
    call.release.set()


def gone(seconds):
    """A time that has passed when looked at, but not before a thread was started."""
    return time.monotonic() + seconds


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "ringback-lookup"]


def wait_for_the_end():
    for thread in threads():
        thread.join(WAIT_TIMEOUT)


def flood(lookups, stuck, hosts, seconds=0.0):
    """Ask for names that are stuck, one after the other; each gives up."""
    for host in hosts:
        with pytest.raises(LookupTimedOut):
            lookups.make(Lookup(host, host, stuck), gone(seconds))


def test_who_waits_gives_up_in_time_and_the_call_goes_on(stuck):
    lookups = Lookups()

    with pytest.raises(LookupTimedOut, match="name lookup timed out after"):
        lookups.make(Lookup(1, "a.test", stuck), gone(0.05))
    assert lookups.threads == 1

    stuck.release.set()
    wait_for_the_end()
    assert lookups.threads == 0


def test_all_who_wait_for_the_same_get_the_one_result(stuck):
    lookups = Lookups()
    results = []

    def ask():
        results.append(lookups.make(Lookup("same", "a.test", stuck), None).result())

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    assert stuck.running.acquire(timeout=WAIT_TIMEOUT)
    until(lambda: lookups._known["same"].waiting == len(asking))
    stuck.release.set()
    for thread in asking:
        thread.join(WAIT_TIMEOUT)

    assert results == ["late"] * 8
    assert not stuck.running.acquire(blocking=False)


def test_a_flood_of_stuck_names_leaves_room_for_others_and_no_thread_behind(stuck):
    lookups = Lookups(busy=4, stuck=0.0, shared=8, most=16)

    flood(lookups, stuck, [f"n{number}.stuck.test" for number in range(200)])

    assert lookups.threads == 8
    for number in range(50):
        one = Lookup(number, f"fine{number}.test", lambda: "at once")
        assert lookups.make(one, gone(WAIT_TIMEOUT)).result() == "at once"
    stuck.release.set()
    wait_for_the_end()
    assert lookups.threads == 0
    assert not lookups._known
    assert not lookups._queue


def test_what_waited_for_a_thread_gets_one_when_it_is_free(stuck):
    lookups = Lookups(busy=1, stuck=WAIT_TIMEOUT)
    flood(lookups, stuck, ["a.test", "c.test"])
    assert lookups.threads == 1
    results = []
    asking = threading.Thread(
        target=lambda: results.append(
            lookups.make(Lookup("b", "b.test", lambda: "after all"), None).result()
        )
    )
    asking.start()

    stuck.release.set()

    asking.join(WAIT_TIMEOUT)
    assert results == ["after all"]


def test_an_interrupt_while_waiting_leaves_nothing_in_the_queue(stuck, monkeypatch):
    lookups = Lookups(busy=1, stuck=WAIT_TIMEOUT, shared=1, most=1)
    flood(lookups, stuck, ["a.test"])
    waiting = Lookup("b", "b.test", stuck)

    def interrupt(_timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.done, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lookups.make(waiting, None)

    assert not lookups._queue
    assert list(lookups._known) == ["a.test"]


def test_where_no_thread_can_be_started_the_caller_makes_the_call(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert Lookups().make(Lookup(1, "a.test", lambda: "done"), None).result() == "done"


def test_there_is_a_limit_for_names_of_any_domain(stuck):
    lookups = Lookups(busy=4, stuck=0.0, shared=8, most=16)

    flood(lookups, stuck, [f"www.stuck{number}.test" for number in range(100)])

    assert lookups.threads == 16
    with pytest.raises(LookupTimedOut, match="16 others are stuck"):
        lookups.make(Lookup(1, "fine.test", lambda: "at once"), gone(0.0))
