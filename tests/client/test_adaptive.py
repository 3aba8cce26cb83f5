"""A bulkhead that finds its places, in a time of its own."""

import heapq
import threading
from collections import deque
from itertools import count
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import Adaptive, Policy
from ringback.client.bulkhead import Bulkhead

SECONDS, WORKERS = 0.05, 8


def places_found(load, seconds=30.0):
    """The places of a bulkhead before a service with few workers, after each answer."""
    bulkhead, random, order = Bulkhead(Adaptive()), Random(1), count()
    events, queue, found, now, busy = [], deque(), [], 0.0, 0

    class Caller:
        def set(self):
            queue.append(now)

    def at(instant, begun=None):
        heapq.heappush(events, (instant, next(order), begun))

    at(0.0)
    while now < seconds:
        now, _, begun = heapq.heappop(events)
        if begun is None:  # somebody calls
            if bulkhead.enter(Caller) is None:
                queue.append(now)
            at(now + random.expovariate(load * WORKERS / SECONDS))
        else:  # a call is answered
            busy -= 1
            bulkhead.note(begun, now, overloaded=False)
            bulkhead.leave()
            found.append(bulkhead.places)
        while queue and busy < WORKERS:
            busy += 1
            at(now + SECONDS, queue.popleft())
    return found


def test_under_overload_it_finds_how_many_the_service_takes():
    found = places_found(load=2)
    assert WORKERS <= median(found[len(found) // 2 :]) <= 1.5 * WORKERS + 1


@given(
    st.integers(1, 5),
    st.integers(0, 20),
    st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=300),
)
def test_whatever_the_answers_the_limit_stays_within_its_bounds(least, more, answers):
    bulkhead, now = Bulkhead(Adaptive(least=least, most=least + more)), 0.0
    for took, overloaded in answers:
        bulkhead.enter(threading.Event)
        now += took
        bulkhead.note(now - took, now, overloaded=overloaded)
        bulkhead.leave()
        assert least <= bulkhead.places <= least + more


def test_a_policy_names_it_by_a_word_and_refuses_what_makes_no_sense():
    assert Policy(bulkhead="adaptive").bulkhead == Adaptive()
    for wrong in ({"least": 0}, {"least": 3, "most": 2}):
        with pytest.raises(ValueError, match="least"):
            Adaptive(**wrong)
    with pytest.raises(ValueError, match="adaptive"):
        Policy(bulkhead="elastic")
