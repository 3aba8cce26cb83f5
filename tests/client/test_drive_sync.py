import pytest

from ringback.client.call import Clock, Ended, Failed, KnownCall
from ringback.client.drive_sync import drive
from ringback.event import Listeners
from ringback.failure import Failure, Target
from ringback.retry import (
    Backoff,
    Breaker,
    GiveUp,
    OriginState,
    Policy,
    Repeatable,
    Retry,
)

CALL = KnownCall(Target(host="h"), "GET")
SAFE = Repeatable(idempotent=True)
REFUSED = Failure("tcp.refused", delivered="no")


class World:
    """A clock that only sleeping and attempts move, and a peer that fails so many times."""

    def __init__(self, failing, *, seconds=0.0, retry_after=None, guard=None):
        self.now, self.slept, self.limits, self.events, self.released = 0.0, [], [], [], 0
        self.failing, self.seconds, self.retry_after = failing, seconds, retry_after
        self.guard = guard
        self.clock = Clock(lambda: self.now, lambda: 1e9 + self.now, self.sleep, lambda: 0.5)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def attempt(self, limits):
        self.limits.append(limits)
        self.now += self.seconds
        if len(self.limits) > self.failing:
            return len(self.limits)
        return Failed(REFUSED, SAFE, OSError(), retry_after=self.retry_after, release=self.release)

    def release(self):
        self.released += 1

    def drive(self, **policy):
        listeners = Listeners([self.events.append])
        return drive(self.attempt, CALL, Policy(**policy), self.guard, listeners, self.clock)


def test_waits_between_attempts_and_records_each():
    world = World(failing=2, seconds=1.0)
    assert world.drive(backoff=Backoff(base=2, cap=8)) == 3
    assert world.slept == [1.0, 2.0]
    assert world.released == 2
    assert [event.attempt for event in world.events] == [1, 2, 3]
    assert [event.at for event in world.events] == [1e9 + 1, 1e9 + 3, 1e9 + 6]
    assert all(event.timings == {"total": 1.0} for event in world.events)
    assert world.events[0].decision == Retry(1, REFUSED, 1.0)
    assert world.events[0].attempts == 3


def test_what_the_last_attempt_holds_is_the_callers():
    world = World(failing=9)
    end = world.drive()
    assert isinstance(end, Ended)
    assert end.decisive.failure is REFUSED
    assert end.failures == (REFUSED,) * 3
    assert world.released == 2
    assert world.events[-1].decision == end.decision == GiveUp(3, REFUSED, "attempts")


def test_a_wait_beyond_the_deadline_is_not_begun_and_says_when_to_come_back():
    world = World(failing=1, retry_after=70.0)
    end = world.drive(deadline=60)
    assert (world.slept, end.decision.reason, end.retry_at) == ([], "deadline", 1e9 + 70)


@pytest.mark.parametrize(
    ("delivered", "told"),
    [
        (["maybe", "no", "no"], 0),
        (["no", "yes", "maybe"], 1),
        (["no", "no", "no"], 2),
        (["maybe", "maybe", "maybe"], 2),
    ],
)
def test_never_reaching_the_peer_does_not_hide_having_reached_it(delivered, told):
    ends = [Failed(Failure("tcp.reset", delivered=word), SAFE, OSError()) for word in delivered]
    attempts, world = iter(ends), World(failing=9)
    world.attempt = lambda _: next(attempts)
    outcome = world.drive()
    assert outcome.decisive is ends[told]
    assert world.events[-1].failure is ends[-1].failure


def test_what_an_attempt_raises_passes_through_and_frees_the_probe():
    guard = OriginState(Breaker(sustained=0, consecutive=1, open_for=1), None, 0.0)
    world = World(failing=9, guard=guard)
    world.drive()
    world.now = 10.0

    def interrupted(limits):
        raise KeyboardInterrupt

    world.attempt, events = interrupted, list(world.events)
    with pytest.raises(KeyboardInterrupt):
        world.drive()
    assert world.events == events
    assert guard.admit(world.now)


def test_a_circuit_that_opens_and_closes_is_recorded():
    guard = OriginState(Breaker(sustained=0, consecutive=2, open_for=1), None, 0.0)
    world = World(failing=2, guard=guard)
    world.drive(attempts=2, backoff=Backoff(base=0))
    world.now += 5.0
    world.drive()
    assert [(event.what, event.detail) for event in world.events] == [
        ("attempt", ""),
        ("attempt", ""),
        ("circuit_opened", "tcp.refused"),
        ("attempt", ""),
        ("circuit_closed", "a probe got through"),
    ]
