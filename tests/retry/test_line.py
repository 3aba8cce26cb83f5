"""The line of an origin, in a time of its own: the callers and the service are simulated."""

import heapq
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from math import inf, isfinite
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.failure import Failure
from ringback.retry import (
    Breaker,
    OriginState,
    Policy,
    Repeatable,
    Retry,
    Series,
    Wait,
    default_patience,
    set_default_patience,
)
from ringback.retry.line import FORGOTTEN_AFTER

REFUSED = Failure("tcp.refused", phase="connect", delivered="no")
RESET = Failure("tcp.reset", phase="wait", delivered="maybe")
UNAVAILABLE = Failure("http.error.unavailable", delivered="yes", code="503")
SAFE = Repeatable(idempotent=True)
UNSAFE = Repeatable(idempotent=False)


@pytest.fixture(autouse=True)
def as_shipped():
    before = default_patience(known=True)
    set_default_patience(None)
    yield
    set_default_patience(before)


@dataclass(eq=False)
class Caller:
    """One call, and what became of it."""

    began: float
    run: object = None
    asked: int = 0
    attempts: list = field(default_factory=list)
    ended: float | None = None
    end: object = None

    @property
    def waited(self):
        return self.ended - self.began


class World:
    """A service that is up or down, and callers; everything happens at instants of its own."""

    def __init__(self, up, *, policy=None, seconds=0.001, fails=REFUSED, repeatable=SAFE, seed=1):
        self.up, self.seconds, self.fails, self.repeatable = up, seconds, fails, repeatable
        self.policy = policy or Policy()
        self.origin = OriginState(self.policy.breaker, self.policy.budget, 0.0)
        self.random = Random(seed)
        self.now, self.events, self.number = 0.0, [], count()
        self.calls, self.news, self.under_way, self.most_waiting = [], [], 0, 0

    def at(self, when, what, *args):
        heapq.heappush(self.events, (when, next(self.number), what, args))

    def call(self, when, deadline=None):
        caller = Caller(when)
        self.calls.append(caller)
        self.at(when, self._start, caller, deadline)
        return caller

    def calls_at(self, rate, start, stop):
        number = round((stop - start) * rate)
        return [self.call(start + index / rate) for index in range(number)]

    def go(self, until=1e9):
        while self.events and self.events[0][0] <= until:
            self.now, _, what, args = heapq.heappop(self.events)
            what(*args)
            self.news += [(round(self.now, 3), *news) for news in self.origin.news()]
            self.most_waiting = max(self.most_waiting, self.origin.state().waiting)
        return self

    def _start(self, caller, deadline):
        caller.run = self.policy.start(self.now, self.origin, deadline)
        self._begin(caller)

    def _begin(self, caller):
        if not caller.run.begin(self.now):
            self._decided(caller, caller.run.refused(REFUSED, self.now))
            return
        caller.attempts.append(self.now)
        seconds = self.seconds(self.now) if callable(self.seconds) else self.seconds
        self.at(self.now + seconds, self._over, caller, self.up(self.now))

    def _over(self, caller, up):
        failure = None if up is True else up or self.fails
        decision = caller.run.after(failure, self.now, self.repeatable, random=self.random.random())
        if failure is None:
            caller.ended, caller.end = self.now, "ok"
        else:
            self._decided(caller, decision)

    def _decided(self, caller, decision):
        if isinstance(decision, Retry):
            self.at(self.now + decision.delay, self._begin, caller)
        elif isinstance(decision, Wait):
            caller.run.join(lambda: self._ask_at(self.now, caller), self.now, self.random.random())
            self._ask_at(self.now, caller)
        else:
            caller.ended, caller.end = self.now, decision

    def _ask_at(self, when, caller):
        caller.asked += 1
        self.at(when, self._ask, caller, caller.asked)

    def _ask(self, caller, asked):
        if caller.asked != asked:
            return
        turn = caller.run.turn(self.now)
        if isinstance(turn, float):
            assert turn > 0
            assert isfinite(turn)
            self._ask_at(self.now + turn, caller)
            return
        caller.asked += 1
        if turn in {"try", "go"}:
            self._begin(caller)
        else:
            caller.ended, caller.end = self.now, caller.run.given_up(turn, REFUSED)


def down(start, seconds, **more):
    """A world whose service answers one call at 0 and is down for a while from ``start`` on."""
    world = World(lambda now: not start <= now < start + seconds, **more)
    world.call(0.0)
    return world


def reasons(calls):
    return {call.end if call.end == "ok" else call.end.reason for call in calls}


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.6, 1.0, 2.0, 5.0, 8.0])
@pytest.mark.parametrize("rate", [0.3, 5, 40])
def test_every_call_begun_in_a_restart_gets_through(seconds, rate):
    world = down(10, seconds, policy=Policy(waiting=1000))
    calls = world.calls_at(rate, 10 - 1 / rate, 20 + seconds)
    world.go()
    assert reasons(calls) == {"ok"}
    assert max(call.waited for call in calls) < seconds + 7
    assert world.origin.state().waiting == 0


def test_an_outage_costs_the_service_no_more_than_the_calls_and_the_budget():
    world = down(10, 5, policy=Policy(waiting=1000))
    calls = world.calls_at(40, 10, 15)
    world.go(15)
    assert sum(len(call.attempts) for call in calls) < 40 + 10 + 4 + 6 + 10


def test_the_head_tries_for_all_and_ever_more_rarely():
    world = down(10, 10, policy=Policy(attempts=1, patience=10, breaker=None))
    calls = [world.call(10 + index / 100) for index in range(20)]
    world.go(19.9)
    tries = sorted(at for call in calls for at in call.attempts[1:])
    assert all(len(call.attempts) == 1 for call in calls[1:])
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert 5 <= len(tries) <= 12
    for pause, longest in zip(pauses, (0.4, 0.8, 1.6, 3, 3, 3), strict=False):
        assert longest / 2 <= pause <= longest + 0.002


def test_its_tries_spend_no_budget():
    world = down(10, 8, policy=Policy(attempts=1, patience=10, breaker=None))
    call = world.call(10)
    world.go(9)
    before = world.origin.state().tokens
    world.go(17.9)
    assert len(call.attempts) > 4
    assert world.origin.state().tokens == pytest.approx(before, abs=0.5)  # it fills with time


def test_the_defaults_are_ten_seconds_and_a_hundred_calls():
    world = down(10, 60, policy=Policy(attempts=2, breaker=None, budget=None))
    calls = [world.call(10 + index / 1000) for index in range(150)]
    world.go()
    assert world.most_waiting == 100
    assert max(call.ended for call in calls) == pytest.approx(20, abs=0.1)


def test_patience_is_counted_from_the_beginning_of_the_outage():
    world = down(10, 60, policy=Policy(breaker=None))
    early, late, too_late = world.call(10), world.call(18), world.call(21)
    world.go()
    assert early.end.reason == late.end.reason == "patience"
    assert early.ended == pytest.approx(20, abs=0.1)
    assert late.ended == pytest.approx(20, abs=0.1)
    assert too_late.end.reason == "attempts"
    assert too_late.waited < 1
    assert 19.9 < max(early.attempts) < 20.1  # once more as patience ends
    assert [what for _, what, _ in world.news] == ["calls_waiting", "calls_given_up"]


def test_nobody_waits_for_an_origin_that_never_answered():
    world = World(lambda _: False)
    call = world.call(0.0)
    world.go()
    assert call.end.reason == "attempts"


@pytest.mark.parametrize("policy", [Policy(patience=0), Policy(waiting=0)])
def test_without_patience_or_places_nobody_waits(policy):
    world = down(10, 5, policy=policy)
    call = world.call(10)
    world.go()
    assert call.end.reason == "attempts"
    assert call.waited < 1


def test_the_process_can_be_told_not_to_wait():
    set_default_patience(0)
    world = down(10, 5)
    call = world.call(10)
    world.go()
    assert call.end.reason == "attempts"


def test_nobody_waits_past_the_deadline():
    world = down(10, 60)
    call = world.call(10, deadline=13.0)
    world.go()
    assert call.end.reason == "deadline"
    assert call.ended == 13.0


@pytest.mark.parametrize(
    ("failure", "repeatable", "reason"),
    [
        (RESET, UNSAFE, "not_idempotent"),
        (RESET, SAFE, "attempts"),
        (UNAVAILABLE, UNSAFE, "not_idempotent"),
        (replace(UNAVAILABLE, code="504"), SAFE, "attempts"),
        (replace(UNAVAILABLE, code="500"), SAFE, "attempts"),
        (REFUSED, Repeatable(idempotent=True, replayable=False), "not_replayable"),
        (REFUSED, Repeatable(idempotent=True, already_retried=True), "already_retried"),
        (Failure("http.error.rate_limited", delivered="no", code="429"), SAFE, "attempts"),
        (Failure("client.pool_exhausted", phase="pool", delivered="no"), SAFE, "attempts"),
        (Failure("tls.cert.invalid", delivered="no"), SAFE, "not_retryable"),
    ],
)
def test_only_what_was_not_delivered_waits(failure, repeatable, reason):
    world = down(10, 5, fails=failure, repeatable=repeatable, policy=Policy(breaker=None))
    call = world.call(10)
    world.go()
    assert call.end.reason == reason


def test_a_post_that_was_not_delivered_waits():
    world = down(10, 5, repeatable=UNSAFE)
    call = world.call(10)
    world.go()
    assert call.end == "ok"


@pytest.mark.parametrize("code", ["429", "502", "503"])
def test_a_status_is_no_outage_to_wait_out(code):
    world = World(
        lambda now: not 10 <= now < 15, fails=replace(UNAVAILABLE, delivered="no", code=code)
    )
    world.call(9.9)
    call = world.call(11.5)
    world.go()
    assert call.end.reason == "attempts"


@pytest.mark.parametrize("part", [0.3, 0.7])
def test_an_origin_that_refuses_a_part_of_the_calls_draws_no_more_load(part):
    def attempts(patience, seed):
        chance = Random(seed)
        world = World(lambda _: chance.random() >= part, policy=Policy(patience=patience))
        calls = world.calls_at(40, 0, 60)
        world.go()
        return sum(len(call.attempts) for call in calls)

    seeds = range(3)
    with_line, without = (sum(attempts(patience, seed) for seed in seeds) for patience in (None, 0))
    assert with_line <= 1.05 * without


def test_those_who_waited_leave_one_by_one_at_first_at_a_fifth_of_the_pace():
    policy = Policy(attempts=1, patience=10, breaker=None, waiting=1000, deadline=inf)
    world = down(10, 5, policy=policy)
    calls = world.calls_at(40, 10, 15)
    world.go()
    left = sorted(call.attempts[-1] for call in calls)[1:]
    back = left[0]
    within = [sum(back <= at < back + seconds for at in left) for seconds in (0.5, 1.0, 1.5, 2.0)]
    assert within[0] <= 0.5 * 40 / 5 + 2
    assert within[3] > 40
    assert left[-1] - back < 3.5


def test_a_service_that_answers_ever_more_slowly_is_not_overrun():
    def slower(now):
        return 0.001 if now < 15 else 0.5

    def up(now):
        return not 10 <= now < 15

    world = World(
        up, seconds=slower, policy=Policy(attempts=1, patience=10, breaker=None, waiting=1000)
    )
    world.call(0.0)
    calls = world.calls_at(40, 10, 15)
    world.go()
    left = sorted(call.attempts[-1] for call in calls)[1:]
    # 200 calls at the fifth of 40 a second: it never grows.
    assert left[-1] - left[0] > 15


def departures(calls, since, seconds):
    left = [call.attempts[-1] for call in calls]
    return sum(since <= at < since + seconds for at in left)


def test_a_failure_halves_the_pace_at_which_they_leave():
    def departed(failing):
        world = World(
            lambda now: not (10 <= now < 15 or now in failing),
            policy=Policy(attempts=1, patience=10, breaker=None, waiting=1000),
        )
        world.call(0.0)
        calls = world.calls_at(40, 10, 15)
        world.go(14)
        back = 15.0
        while world.origin.state().failures:
            world.go(world.events[0][0])
            back = world.now
        at = back + 1.2  # in the third of the ticks
        failing.append(at)
        world.call(at)
        world.go()
        return departures(calls, back + 1.5, 0.5), departures(calls, back + 1.0, 0.5)

    class Nowhere(list):
        def append(self, _):
            pass

    calm, _ = departed(Nowhere())
    after, before = departed([])
    assert before > 12
    assert after == pytest.approx(before / 2, abs=2)
    assert calm > before


@pytest.mark.parametrize(
    ("repeatable", "reason", "attempts"), [(UNSAFE, "not_idempotent", 1), (SAFE, "attempts", 3)]
)
def test_what_fails_after_its_release_is_handled_as_usual(repeatable, reason, attempts):
    world = World(
        lambda now: True if not 10 <= now < 12 else REFUSED,
        policy=Policy(patience=10, breaker=None, budget=None),
        repeatable=repeatable,
    )
    world.call(0.0)
    first, second = world.call(10), world.call(11.5)
    world.go(12)
    well = world.up

    def up(now):
        return RESET if first.end == "ok" else well(now)

    world.up = up
    tried = len(second.attempts)
    world.go()
    assert first.end == "ok"
    assert second.end.reason == reason
    assert len(second.attempts) - tried == attempts


def test_those_who_wait_stay_while_it_fails_again_on_its_return():
    def up(now):
        return not (10 <= now < 12 or 12.7 <= now < 16)

    world = World(up, policy=Policy(waiting=1000))
    world.call(0.0)
    calls = world.calls_at(20, 10, 12)
    world.go()
    assert [call.end for call in calls].count("ok") >= 38
    told = [what for _, what, _ in world.news]
    assert told.count("calls_released") == 1


def test_a_head_that_is_interrupted_while_it_tries_hands_its_place_on():
    world = down(10, 3, policy=Policy(attempts=1, patience=10, breaker=None))
    first, second = world.call(10), world.call(10.01)
    world.go(10.05)
    while len(first.attempts) < 2:
        world.go(world.events[0][0])
    world.events = [event for event in world.events if event[2] != world._over]
    first.run.abandon()
    world.go()
    assert second.end == "ok"


def test_a_head_whose_deadline_comes_hands_its_place_on():
    world = down(10, 3, policy=Policy(attempts=1, patience=10, breaker=None))
    first, second = world.call(10, deadline=11.0), world.call(10.01)
    world.go()
    assert first.end.reason == "deadline"
    assert first.ended == 11.0
    assert second.end == "ok"
    assert len(second.attempts) > 2


def test_a_head_that_may_not_be_repeated_hands_its_place_on():
    states = iter([REFUSED, REFUSED, RESET])
    world = World(
        lambda now: True if now < 10 or now > 13 else next(states, REFUSED),
        policy=Policy(attempts=1, patience=10, breaker=None),
        repeatable=UNSAFE,
    )
    world.call(0.0)
    first, second = world.call(10.0), world.call(10.01)
    world.go()
    assert first.end.reason == "not_idempotent"
    assert second.end == "ok"


def test_while_calls_wait_no_other_one_probes():
    world = down(10, 9.5)
    world.calls_at(40, 10, 12)
    late = world.calls_at(40, 15, 16)
    world.go(19)
    assert all(len(call.attempts) <= 3 for call in late)
    assert sum(len(call.attempts) for call in late) == 0


def test_an_outage_is_forgotten_after_a_minute_without_a_failure():
    world = down(10, 600, policy=Policy(attempts=1, patience=10, breaker=None, deadline=300))
    first, soon = world.call(10), world.call(25)
    late = world.call(25 + FORGOTTEN_AFTER + 1)
    world.go()
    assert first.end.reason == "patience"
    assert soon.waited < 1
    assert late.waited == pytest.approx(10, abs=0.1)


def test_an_outage_is_told_once():
    world = down(10, 4, policy=Policy(waiting=1000))
    world.calls_at(40, 9, 16)
    world.go()
    what = [(what, detail) for _, what, detail in world.news]
    assert [name for name, _ in what] == ["calls_waiting", "calls_released"]
    assert what[0][1] == "for up to 9.9 s" or what[0][1].startswith("for up to 9.")
    assert what[1][1].startswith("back after ")
    assert " released in " in what[1][1]


def test_an_isolated_failure_is_no_outage_and_told_to_nobody():
    failing = iter([True, True, False])
    world = World(lambda now: True if now < 10 else next(failing, True))
    world.calls_at(5, 0, 20)
    world.go()
    assert reasons(world.calls) == {"ok"}
    assert world.news == []


@given(
    st.lists(st.tuples(st.floats(0.05, 6), st.floats(0.05, 25)), min_size=1, max_size=4),
    st.sampled_from([0.5, 4, 30]),
    st.sampled_from([0.001, 0.3, 2.0]),
    st.sampled_from([REFUSED, RESET, UNAVAILABLE]),
    st.sampled_from([Policy(), Policy(breaker=None), Policy(breaker=Breaker(close_after=2))]),
    st.sampled_from([SAFE, UNSAFE]),
    st.integers(0, 99),
)
def test_every_call_ends_and_nobody_is_left_waiting(  # noqa: PLR0917 - of Hypothesis
    phases, rate, seconds, fails, policy, repeatable, seed
):
    edges, now = [], 1.0
    for well, ill in phases:
        edges.append((now + well, now + well + ill))
        now += well + ill

    def up(at):
        return not any(start <= at < stop for start, stop in edges)

    world = World(up, seconds=seconds, fails=fails, policy=policy, repeatable=repeatable, seed=seed)
    world.calls_at(rate, 0, min(now + 5, 40))
    world.go()
    assert all(call.end is not None for call in world.calls)
    assert max(call.waited for call in world.calls) <= 60 + seconds
    assert world.origin.state().waiting == 0


def test_what_may_have_been_delivered_is_sent_no_more_often_than_the_policy_says():
    """Reset once, refused until 15, back for one call; every other one is reset."""
    resets, back = [], [True]

    def up(now):
        if now < 10 or (now >= 15 and back):
            return now < 10 or back.pop()
        if now == 10 or now >= 15:
            resets.append(now)
            return RESET
        return REFUSED

    world = World(up, policy=Policy(backoff=Series((0.1,)), breaker=None))
    world.call(0.0)
    calls = [world.call(10.0), world.call(10.0)]
    world.go()
    assert reasons(calls) == {"ok", "attempts"}
    (lost,) = (call for call in calls if call.end != "ok")
    assert sum(at in resets for at in lost.attempts) == 3
