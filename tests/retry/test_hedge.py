"""When a second attempt is due and how many there may be, without a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import Breaker, Budget, Policy
from ringback.failure import Failure
from ringback.retry import OriginState
from ringback.retry.hedge import MAX_MEDIANS, MAX_SAVED, MIN_DELAY, MIN_TIMES, Hedges

parts = st.sampled_from([0.01, 0.05, 0.1, 0.5])
seconds = st.floats(0.0001, 100)


def known(times, part=0.05):
    hedges = Hedges(part)
    for took in times:
        hedges.note(took)
    return hedges


@given(parts, st.lists(st.sampled_from(["call", "hedge"]), max_size=400))
def test_there_are_never_more_than_the_part_of_the_calls(part, steps):
    hedges, calls, sent = Hedges(part), 0, 0
    for step in steps:
        if step == "call":
            hedges.begin()
            calls += 1
        else:
            sent += hedges.spend()
        assert sent <= part * calls + 1e-6


@given(parts)
def test_a_pause_saves_up_no_more_than_a_few(part):
    hedges = Hedges(part)
    for _ in range(int(3 * MAX_SAVED / part)):
        hedges.begin()
    assert sum(hedges.spend() for _ in range(100)) == MAX_SAVED


@given(st.lists(seconds, max_size=MIN_TIMES - 1))
def test_none_is_due_until_enough_is_known(times):
    assert known(times).begin() is None


@given(st.lists(seconds, min_size=MIN_TIMES, max_size=300), parts)
def test_it_is_due_within_what_is_usual(times, part):
    delay = known(times, part).begin()
    assert MIN_DELAY <= delay <= max(MIN_DELAY, MAX_MEDIANS * max(times))


@given(st.permutations([0.001 * number for number in range(100, 300)]))
def test_it_is_due_after_the_p95_of_the_latest_answers(times):
    assert known([9.0] * 200 + list(times)).begin() == pytest.approx(0.290)


def test_where_more_than_the_part_are_slow_it_is_due_long_before_these():
    assert known(([0.01] * 9 + [1.0]) * 20).begin() == pytest.approx(0.05)


def test_those_that_were_outpaced_count_as_late():
    quick = [0.001 * number for number in range(100, 196)]
    assert known(([float("inf")] * 4 + quick) * 2).begin() == pytest.approx(0.195)


FAILURE = Failure("tcp.refused", "connect", "no")


def running(policy, state):
    run = policy.start(0.0, state)
    assert run.begin(0.0)
    return run


def test_it_is_one_of_the_attempts_and_paid_for():
    state = OriginState(Breaker(), Budget(ratio=0, floor=0, burst=1), 0.0)
    run = running(Policy(attempts=3), state)
    assert run.hedge(1.0)
    assert run.attempt == 2
    assert state.state().tokens == 0
    assert not run.hedge(1.0)  # the budget
    assert run.after(None, 2.0).attempt == 2


@pytest.mark.parametrize("policy", [Policy(attempts=1), Policy(deadline=0.5)])
def test_none_is_sent_beyond_the_policys_attempts_and_deadline(policy):
    run = running(policy, OriginState(Breaker(), Budget(), 0.0))
    assert not run.hedge(1.0)
    assert run.attempt == 1


def test_none_is_sent_to_an_origin_that_fails():
    state = OriginState(Breaker(), Budget(), 0.0)
    run = running(Policy(), state)
    state.failed(FAILURE, 0.5, 0.5)
    assert state.state().circuit == "closed"
    assert not run.hedge(1.0)


def test_none_is_sent_while_the_circuit_is_open():
    state = OriginState(Breaker(slow_after=0.1, minimum=3, sustained=0), Budget(), 0.0)
    run = running(Policy(), state)
    for _ in range(3):
        state.succeeded(0.5, 0.4, retry=False)
    assert state.state().circuit == "open"
    assert state.state().failures == 0
    assert not run.hedge(0.6)


@pytest.mark.parametrize("part", [0, -0.1, 0.6, float("nan")])
def test_a_part_that_makes_no_sense_is_refused(part):
    with pytest.raises(ValueError, match="hedge"):
        Policy(hedge=part)
