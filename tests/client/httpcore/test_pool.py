"""The connections of a transport, without any I/O."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from ringback.client.httpcore.pool import KeptConnections

HERE, THERE = (b"http", b"here", 80), (b"http", b"there", 80)


class Connection:
    def __init__(self, *, closed=False, idle=True, expired=False, available=False):
        self.closed, self.idle, self.expired, self.available = closed, idle, expired, available

    def is_closed(self):
        return self.closed

    def is_idle(self):
        return self.idle

    def has_expired(self):
        return self.expired

    def is_available(self):
        return self.available


def test_the_last_used_is_the_next_used():
    kept, one, other = KeptConnections(10, 10, None), Connection(), Connection()
    for connection in (one, other):
        kept.add(HERE, connection)
    assert kept.done(one) == (True, [])
    kept.done(other)
    assert kept.take(HERE) == (other, [])
    assert kept.take(HERE) == (one, [])
    assert kept.take(HERE) == (None, [])


def test_the_longest_idle_goes_first():
    kept = KeptConnections(10, 1, None)
    for connection in (one := Connection(), other := Connection()):
        kept.add(HERE, connection)
    kept.done(one)
    assert kept.done(other) == (True, [one])


def test_those_that_somebody_is_about_to_ask_for_stay():
    kept = KeptConnections(10, 0, None)
    kept.add(HERE, one := Connection())
    assert kept.done(one, taken=1) == (True, [])
    assert kept.take(HERE) == (one, [])


def test_one_that_is_shared_is_done_with_the_last():
    kept = KeptConnections(10, 10, None, shared=True)
    kept.add(HERE, one := Connection(available=True, idle=False))
    assert kept.join(HERE) is one
    assert kept.join(THERE) is None
    assert kept.done(one) == (False, [])
    one.idle = True
    assert kept.done(one) == (True, [])
    assert kept.join(HERE) is None, "idle ones are taken, with a place"


@given(
    st.integers(1, 4),
    st.integers(0, 4),
    st.lists(st.tuples(st.sampled_from(["ask", "end", "fail"]), st.booleans()), max_size=60),
)
def test_there_are_never_more_than_allowed(most, idle, steps):
    kept, busy, alive = KeptConnections(most, idle, None), [], set()
    for step, here in steps:
        key = HERE if here else THERE
        if step == "ask" and len(busy) < most:
            connection, closing = kept.take(key)
            if connection is None:
                kept.add(key, connection := Connection())
            busy.append(connection)
            alive = (alive | {connection}) - set(closing)
        elif step != "ask" and busy:
            connection = busy.pop()
            connection.closed = step == "fail"
            alive -= set(kept.done(connection)[1])
        assert len(kept) == len(alive) <= most
        assert len(kept._idle) <= idle
        assert len(busy) == len(set(busy))


def test_threads_do_not_share_a_connection():
    kept, seen, twice = KeptConnections(4, 4, None), set(), []

    def use():
        for _ in range(200):
            connection, _closing = kept.take(HERE)
            if connection is None:
                kept.add(HERE, connection := Connection())
            if connection in seen:
                twice.append(connection)
            seen.add(connection)
            seen.discard(connection)
            kept.done(connection)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert twice == []
