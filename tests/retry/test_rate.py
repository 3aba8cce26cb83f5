"""The pace of an origin, in a time of its own: who sends is simulated."""

import heapq
from itertools import combinations, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.retry import Policy, Rate
from ringback.retry.rate import Pace, Quota

TINY = 1e-6  # Seconds that the sums of floats may differ by


class World:
    """Requests that stand before a pace; everything happens at instants of its own."""

    def __init__(self, rate):
        self.pace = Pace(rate)
        self.went = {}
        self.refused = {}
        self.late = []
        self.queued = {}
        self._events, self._order = [], count()

    def at(self, instant, function, *arguments):
        heapq.heappush(self._events, (instant, next(self._order), function, arguments))

    def arrives(self, name, instant, seconds=float("inf")):
        self.at(instant, self._enter, name, seconds)

    def gives_up(self, name, instant):
        self.at(instant, self._withdraw, name)

    def run(self):
        while self._events:
            self.now, _, function, arguments = heapq.heappop(self._events)
            function(*arguments)
        return self

    def _enter(self, name, seconds):
        queued = self.pace.enter(lambda: lambda: self._ask(name), self.now, seconds)
        if queued is None:
            self.went[name] = self.now
        elif isinstance(queued, float):
            self.refused[name] = queued
        else:
            self.queued[name] = queued
            self._turn(name)

    def _ask(self, name):
        self.at(self.now, self._turn, name)

    def _turn(self, name):
        if name not in self.queued:
            return
        turn = self.pace.turn(self.queued[name], self.now)
        if turn == "go":
            self.went[name] = self.now
            del self.queued[name]
        elif turn == "late":
            self.late.append(name)
            del self.queued[name]
        elif turn < 3600:
            self.at(self.now + turn, self._turn, name)

    def _withdraw(self, name):
        if name in self.queued:
            self.pace.withdraw(self.queued.pop(name))


seconds = st.floats(0, 10)


@given(
    st.floats(0.5, 50),
    st.integers(1, 8),
    st.lists(st.tuples(seconds, st.none() | seconds), max_size=40),
)
def test_never_more_than_the_rate_and_the_burst_and_in_order(rate, burst, requests):
    world = World(Rate(rate, burst))
    for name, (arrival, patience) in enumerate(sorted(requests, key=lambda each: each[0])):
        world.arrives(name, arrival)
        if patience is not None:
            world.gives_up(name, arrival + patience)
    world.run()
    went = sorted(world.went.values())
    for first, last in combinations(range(len(went)), 2):
        span = went[last] - went[first]
        assert last - first + 1 <= rate * span + burst + TINY
    assert list(world.went) == sorted(world.went), "first come, first served"
    assert world.pace.waiting == 0


@given(st.floats(0.5, 50), st.integers(1, 8), st.integers(1, 40), st.data())
def test_who_leaves_the_queue_leaves_no_gap(rate, burst, size, data):
    world = World(Rate(rate, burst))
    leaving = data.draw(st.sets(st.integers(burst, max(burst, size - 1))))
    for name in range(size):
        world.arrives(name, 0.0)
    for name in leaving:
        world.gives_up(name, 0.5 / rate)
    world.run()
    staying = size - len(leaving & set(range(size)))
    assert len(world.went) == staying
    assert max(world.went.values()) <= max(0, staying - burst) / rate + TINY


def test_a_wait_that_does_not_fit_is_not_begun():
    world = World(Rate(1, burst=2))
    for name in range(5):
        world.arrives(name, 0.0, seconds=1.5)
    world.run()
    assert world.went == pytest.approx({0: 0, 1: 0, 2: 1})
    assert world.refused == pytest.approx({3: 2, 4: 2})


def test_a_quota_holds_until_its_window_ends():
    world = World(Rate(headers=True))
    world.pace.heed([Quota("default", left=2, until=30.0, size=3, window=60.0)])
    for name in range(6):
        world.arrives(name, 1.0)
    world.run()
    assert world.went == pytest.approx({0: 1, 1: 1, 2: 30, 3: 30, 4: 30, 5: 90})


def test_a_response_of_the_same_window_only_lessens_what_is_left():
    pace = Pace(Rate(headers=True))
    for left in (3, 50):
        pace.heed([Quota("default", left, until=30.0, size=100, window=60.0)])
    world = World(Rate(headers=True))
    world.pace = pace
    for name in range(5):
        world.arrives(name, 1.0, seconds=10)
    world.run()
    assert sorted(world.went) == [0, 1, 2]
    assert world.refused == pytest.approx({3: 29, 4: 29})


def test_a_pause_that_comes_not_again_is_over_when_it_ends():
    world = World(Rate(headers=True))
    world.pace.heed([Quota("Retry-After", 0, until=5.0, size=1, window=0.0)])
    for name in range(3):
        world.arrives(name, 1.0)
    assert world.run().went == {0: 5.0, 1: 5.0, 2: 5.0}


def test_a_quota_that_comes_while_they_wait_holds_for_them_and_ends_their_patience():
    world = World(Rate(1, burst=1, headers=True))
    for name in range(3):
        world.arrives(name, 0.0, seconds=4)
    world.at(0.5, lambda: world.pace.heed([Quota("default", 0, until=50.0, size=9, window=60.0)]))
    world.run()
    assert world.went == {0: 0.0}
    assert sorted(world.late) == [1, 2]


def test_hostile_quotas_are_bounded():
    pace = Pace(Rate(headers=True))
    pace.heed(Quota(str(number), 0, 1e9, 0, 0) for number in range(10_000))
    assert len(pace._quotas) == 8


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"per_second": 0},
        {"per_second": -1},
        {"per_second": float("inf")},
        {"per_second": float("nan")},
        {"per_second": 1, "burst": 0},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"rate|per_second|burst"):
        Rate(**wrong)


def test_a_number_is_a_rate():
    assert Policy(rate=10).rate == Rate(10)
