"""A bulkhead that finds its places: in a time of its own, and before a server with few workers."""

import heapq
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from random import Random
from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ringback
from ringback import Adaptive, Policy
from ringback.client.bulkhead import Bulkhead

SECONDS = 0.05  # What a worker takes for a request
PLACE_TIMEOUT = 1.0  # Seconds that a caller waits for a place
WARM = 15.0  # Seconds after which the capacity should be known


class Caller:
    """Stands in the queue of a bulkhead."""

    def __init__(self, world):
        self.world, self.came = world, world.now

    def set(self):
        self.world.at(self.world.now, self.world.sent, self)


class World:
    """A service with so many workers and a queue, and callers who come at random instants."""

    def __init__(self, workers, load, *, seconds=60.0, spread=0.0, seed=1, adaptive=None):
        self.bulkhead = Bulkhead(adaptive or Adaptive())
        self.workers, self.spread, self.random = workers, spread, Random(seed)
        self.answers, self.places, self.refused = [], [], 0
        self.now, self.busy, self.queue = 0.0, 0, deque()
        self._events, self._order = [], count()
        self._pace = load * workers(0.0) / SECONDS
        self.at(0.0, self.arrives)
        while self.now < seconds:
            self.now, _, function, arguments = heapq.heappop(self._events)
            function(*arguments)

    def at(self, instant, function, *arguments):
        heapq.heappush(self._events, (instant, next(self._order), function, arguments))

    def arrives(self):
        caller = Caller(self)
        if self.bulkhead.enter(lambda: caller) is None:
            self.sent(caller)
        else:
            self.at(self.now + PLACE_TIMEOUT, self.gives_up, caller)
        self.at(self.now + self.random.expovariate(self._pace), self.arrives)

    def gives_up(self, caller):
        self.refused += not self.bulkhead.withdraw(caller)

    def sent(self, caller):
        self.queue.append(self.now)
        self.work()

    def work(self):
        while self.queue and self.busy < self.workers(self.now):
            self.busy += 1
            took = SECONDS * self.random.lognormvariate(-(self.spread**2) / 2, self.spread)
            self.at(self.now + took, self.answered, self.queue.popleft())

    def answered(self, began):
        self.busy -= 1
        self.bulkhead.note(began, self.now, overloaded=False)
        self.bulkhead.leave()
        self.answers.append((self.now, self.now - began))
        self.places.append((self.now, self.bulkhead.places))
        self.work()


def between(values, start, end):
    return [value for at, value in values if start <= at < end]


def p99(seconds):
    return quantiles(seconds, n=100)[98]


@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize(("workers", "load"), [(1, 2), (2, 4), (4, 3), (8, 2), (20, 4)])
def test_under_overload_it_finds_how_many_the_service_takes(workers, load, spread):
    world = World(lambda _: workers, load, spread=spread)
    found = median(between(world.places, WARM, 60))
    assert workers <= found <= 1.5 * workers + 1
    served = len(between(world.answers, WARM, 60))
    assert served >= 0.9 * workers / SECONDS * (60 - WARM)
    alone = Random(7)
    unloaded = [SECONDS * alone.lognormvariate(-(spread**2) / 2, spread) for _ in range(5000)]
    slower = p99(between(world.answers, WARM, 60)) / p99(unloaded)
    if workers == 1:  # One more is the double already
        assert slower <= (2.2 if spread else 3.05)
    else:
        assert slower <= (1.4 if spread else 2.05)


def test_without_it_the_same_overload_makes_every_answer_slow():
    world = World(lambda _: 4, 3, adaptive=Adaptive(least=200))
    assert p99(between(world.answers, WARM, 60)) > 10 * SECONDS


def test_it_follows_a_capacity_that_goes_and_comes_back():
    world = World(lambda now: 4 if 20 <= now < 40 else 16, 2)
    assert 16 <= median(between(world.places, 15, 20)) <= 25
    assert 4 <= median(between(world.places, 28, 40)) <= 8
    assert 16 <= median(between(world.places, 48, 60)) <= 25
    assert p99(between(world.answers, 28, 40)) <= 2.5 * SECONDS


def test_a_service_that_has_become_slower_for_good_is_not_choked():
    class Slower(World):
        def work(self):
            self.workers = lambda _: 8
            self.spread = 0.0
            while self.queue and self.busy < 8:
                self.busy += 1
                took = SECONDS * (3 if self.now > 20 else 1)
                self.at(self.now + took, self.answered, self.queue.popleft())

    world = Slower(lambda _: 8, 2, seconds=90.0)
    assert median(between(world.places, 70, 90)) >= 8


def test_who_calls_alone_never_waits():
    bulkhead, now = Bulkhead(Adaptive()), 0.0
    random = Random(3)
    for _ in range(2000):
        assert bulkhead.enter(threading.Event) is None
        took = SECONDS * random.choice([1, 1, 1, 40])
        now += took
        bulkhead.note(now - took, now, overloaded=random.random() < 0.2)
        bulkhead.leave()
        assert bulkhead.places >= 1


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


def test_overload_that_is_answered_at_once_lowers_the_limit():
    bulkhead, now = Bulkhead(Adaptive()), 0.0
    for _ in range(1000):
        inside = 0
        while bulkhead.enter(threading.Event) is None:
            inside += 1
        now += 0.1
        for _ in range(inside):
            bulkhead.note(now - 0.1, now, overloaded=True)
            bulkhead.leave()
            inside -= 1
        while bulkhead.taken:
            bulkhead.leave()
    assert bulkhead.places == 1


@given(st.lists(st.sampled_from(["enter", "answer", "slow", "leave", "withdraw"]), max_size=400))
def test_places_are_neither_lost_nor_made(steps):
    bulkhead, inside, queue, now = Bulkhead(Adaptive()), 0, [], 0.0
    for step in steps:
        now += 0.05
        if step == "enter":
            waiter = bulkhead.enter(threading.Event)
            inside += waiter is None
            queue += [waiter] if waiter else []
        elif step == "withdraw" and queue:
            assert bulkhead.withdraw(queue.pop()) is False
        elif inside and step != "withdraw":
            if step != "leave":
                bulkhead.note(now - (5 if step == "slow" else 0.01), now, overloaded=False)
            bulkhead.leave()
            inside -= 1
        arrived = [waiter for waiter in queue if waiter.is_set()]
        assert arrived == queue[: len(arrived)], "first come, first served"
        inside, queue = inside + len(arrived), queue[len(arrived) :]
        assert bulkhead.taken == inside
        assert bulkhead.waiting == len(queue)
        assert not (queue and inside < bulkhead.places)


@pytest.mark.parametrize("wrong", [{"least": 0}, {"least": 3, "most": 2}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="least"):
        Adaptive(**wrong)


def test_a_word_names_it():
    assert Policy(bulkhead="adaptive").bulkhead == Adaptive()
    with pytest.raises(ValueError, match="adaptive"):
        Policy(bulkhead="elastic")


WORKERS, CALLERS, CALLS = 4, 48, 15


def test_a_server_with_few_workers_is_found(lab):
    """Real sockets: without a limit all callers would be with the server at once."""
    free, lock = threading.Semaphore(WORKERS), threading.Lock()
    inside, seen = 0, []

    def few(connection):
        nonlocal inside
        while connection.read_request():
            with lock:
                inside += 1
                seen.append(inside)
            with free:
                time.sleep(0.02)
            with lock:
                inside -= 1
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    endpoint, ended = lab.listen(few), []
    policy = Policy(bulkhead="adaptive", attempts=1, deadline=120)

    def calls():
        with ringback.Session(policy=policy, sinks=[]) as session:
            session.trust_env = False
            ended.extend(session.get(endpoint.url).status_code for _ in range(CALLS))

    with ThreadPoolExecutor(CALLERS) as threads:
        for _ in range(CALLERS):
            threads.submit(calls)
    assert ended == [200] * CALLERS * CALLS
    assert max(seen) < CALLERS / 2
    assert median(seen[len(seen) // 2 :]) <= CALLERS / 3
