import pytest

from ringback.client.call import Call, Outcome
from ringback.client.clock import Clock
from ringback.client.drive_sync import drive
from ringback.failure import Failure, Target
from ringback.retry import Backoff, GiveUp, Policy, Repeatable, Retry, Timeout

CALL = Call(Target(host="h"), "GET")
SAFE = Repeatable(idempotent=True)
REFUSED = Failure("tcp.refused", delivered="no")


class World:
    """A clock that only sleeping and attempts move, and a peer that fails so many times."""

    def __init__(self, failing, *, seconds=0.0, retry_after=None):
        self.now, self.slept, self.limits, self.events, self.released = 0.0, [], [], [], 0
        self.failing, self.seconds, self.retry_after = failing, seconds, retry_after
        self.clock = Clock(lambda: self.now, lambda: 1e9 + self.now, self.sleep, lambda: 0.5)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def attempt(self, limits):
        self.limits.append(limits)
        self.now += self.seconds
        failure = REFUSED if len(self.limits) <= self.failing else None
        return Outcome(
            SAFE, len(self.limits), None, failure, self.retry_after, release=self.release
        )

    def release(self):
        self.released += 1

    def drive(self, **policy):
        return drive(self.attempt, CALL, Policy(**policy), self.events.append, self.clock)


def test_waits_between_attempts_and_tells_each():
    world = World(failing=2, seconds=1.0)
    outcome = world.drive(backoff=Backoff(base=2, cap=8))
    assert (outcome.result, outcome.failure) == (3, None)
    assert world.slept == [1.0, 2.0]
    assert world.released == 2
    assert [event.attempt for event in world.events] == [1, 2, 3]
    assert [event.at for event in world.events] == [1e9 + 1, 1e9 + 3, 1e9 + 6]
    assert all(event.timings == {"total": 1.0} for event in world.events)
    assert world.events[0].decision == Retry(1, REFUSED, 1.0)
    assert world.events[0].attempts == 3


def test_what_the_last_attempt_holds_is_the_callers():
    world = World(failing=9)
    assert world.drive().failure is REFUSED
    assert world.released == 2
    assert world.events[-1].decision == GiveUp(3, REFUSED, "attempts")


def test_the_peers_wait_is_slept_in_full():
    world = World(failing=1, retry_after=7.0)
    world.drive()
    assert world.slept == [7.0]


def test_later_attempts_get_what_the_deadline_leaves():
    world = World(failing=1, seconds=8.0)
    world.drive(backoff=Backoff(base=0), timeout=Timeout(5, 30), deadline=10)
    assert world.limits == [Timeout(5, 10), Timeout(2, 2)]


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
    ends = [
        Outcome(SAFE, error=OSError(), failure=Failure("tcp.reset", delivered=one))
        for one in delivered
    ]
    attempts = iter(ends)
    world = World(failing=9)
    outcome = drive(lambda _: next(attempts), CALL, Policy(), world.events.append, world.clock)
    assert outcome is ends[told]
    assert world.events[-1].failure is ends[-1].failure


def test_what_an_attempt_raises_passes_through():
    def interrupted(limits):
        raise KeyboardInterrupt

    world = World(failing=0)
    with pytest.raises(KeyboardInterrupt):
        drive(interrupted, CALL, Policy(), world.events.append, world.clock)
    assert world.events == []
