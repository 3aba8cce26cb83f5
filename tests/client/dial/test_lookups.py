import threading
import time

import pytest

from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut

WAIT_TIMEOUT = 30.0
"""Seconds after which a test that hangs fails."""


@pytest.fixture
def release():
    """Lets calls go that are stuck."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def stuck(release):
    """A call that does not return until it is let go."""
    return lambda: release.wait(WAIT_TIMEOUT)


def wait_for_the_end():
    for thread in threading.enumerate():
        if thread.name == "ringback-lookup":
            thread.join(WAIT_TIMEOUT)


def flood(lookups, stuck, hosts):
    """Ask for names that are stuck, one after the other; each gives up."""
    for host in hosts:
        with pytest.raises(LookupTimedOut):
            lookups.make(Lookup(host, host, stuck), time.monotonic())


def test_who_waits_gives_up_in_time_and_the_call_goes_on(stuck, release):
    lookups = Lookups()

    with pytest.raises(LookupTimedOut, match="name lookup timed out after"):
        lookups.make(Lookup(1, "a.test", stuck), time.monotonic() + 0.05)
    assert lookups.threads == 1

    release.set()
    wait_for_the_end()
    assert lookups.threads == 0


def test_a_flood_of_stuck_names_leaves_room_for_others_and_no_thread_behind(stuck, release):
    lookups = Lookups(busy=4, stuck=0.0, shared=8, most=16)

    flood(lookups, stuck, [f"n{number}.stuck.test" for number in range(200)])

    assert lookups.threads == 8
    for number in range(50):
        one = Lookup(number, f"fine{number}.test", lambda: "at once")
        assert lookups.make(one, time.monotonic() + WAIT_TIMEOUT).result() == "at once"
    release.set()
    wait_for_the_end()
    assert lookups.threads == 0
    assert not lookups._known
    assert not lookups._queue


def test_what_waited_for_a_thread_gets_one_when_it_is_free(stuck, release):
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

    release.set()

    asking.join(WAIT_TIMEOUT)
    assert results == ["after all"]


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
        lookups.make(Lookup(1, "fine.test", lambda: "at once"), time.monotonic())
