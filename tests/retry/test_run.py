import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringback.failure import KINDS, Failure
from ringback.retry import (
    Backoff,
    Breaker,
    Budget,
    Done,
    GiveUp,
    Policy,
    Repeatable,
    Retry,
    Series,
    Timeout,
)

SAFE = Repeatable(idempotent=True)
ONCE = Repeatable(idempotent=False)

failures = st.builds(
    Failure, kind=st.sampled_from(sorted(KINDS)), delivered=st.sampled_from(["no", "maybe", "yes"])
)
policies = st.builds(
    Policy,
    attempts=st.integers(1, 9),
    backoff=st.builds(Backoff, base=st.floats(0, 5), cap=st.floats(5, 60)),
    deadline=st.floats(0.01, 120),
)
repeatables = st.builds(Repeatable, idempotent=st.booleans(), replayable=st.booleans())
chances = st.floats(0, 1, exclude_max=True)
steps = st.lists(
    st.tuples(failures, st.floats(0, 30), repeatables, chances, st.none() | st.floats(0, 300)),
    min_size=12,
)


@given(policies, steps, st.floats(0, 1e6))
def test_every_run_ends_within_its_policy(policy, steps, start):
    run, now = policy.start(start), start
    for count, (failure, seconds, repeatable, random, hint) in enumerate(steps, 1):
        now += seconds
        decision = run.after(failure, now, repeatable, random=random, retry_after=hint)
        assert (decision.attempt, decision.failure) == (count, failure)
        if isinstance(decision, GiveUp):
            return
        assert count < policy.attempts
        assert decision.delay >= (hint or 0)
        assert failure.retry != "no"
        assert repeatable.replayable
        assert failure.delivered == "no" or repeatable.idempotent
        now += decision.delay
        assert now <= start + policy.deadline
    raise AssertionError("twelve attempts under a policy of nine at most")


@given(failures, policies, chances)
def test_what_may_have_arrived_is_never_sent_twice(failure, policy, random):
    assume(failure.delivered != "no")
    assert isinstance(policy.start(0.0).after(failure, 0.0, ONCE, random=random), GiveUp)


def after(kind, delivered, repeatable=SAFE, *, policy=None, now=0.0, retry_after=None):
    run = (policy or Policy()).start(0.0)
    failure = Failure(kind, delivered=delivered)
    return run.after(failure, now, repeatable, random=0.5, retry_after=retry_after)


@pytest.mark.parametrize(
    ("kind", "delivered", "repeatable", "reason"),
    [
        ("tcp.refused", "no", ONCE, None),
        ("tcp.reset", "no", ONCE, None),
        ("tcp.reset", "maybe", ONCE, "not_idempotent"),
        ("tcp.reset", "maybe", SAFE, None),
        ("http.error.unavailable", "yes", SAFE, None),
        ("http.error.rate_limited", "yes", ONCE, "not_idempotent"),
        ("tls.cert.date_invalid.expired", "no", SAFE, "not_retryable"),
        ("dns.name_not_resolved", "no", SAFE, "not_retryable"),
        ("unknown", "maybe", SAFE, "not_retryable"),
        ("tcp.refused", "no", Repeatable(idempotent=True, replayable=False), "not_replayable"),
    ],
)
def test_the_rule(kind, delivered, repeatable, reason):
    assert getattr(after(kind, delivered, repeatable), "reason", None) == reason


def test_success_ends_the_run():
    assert Policy().start(0.0).after(None, 1.0, ONCE, random=0.5) == Done(1)


def test_one_attempt_means_no_retry():
    decision = after("tcp.refused", "no", policy=Policy(attempts=1))
    assert (decision.reason, decision.attempt) == ("attempts", 1)


def test_at_once_is_meant_once():
    run = Policy(backoff=Backoff(base=1, cap=8)).start(0.0)
    reset = Failure("tcp.reset", delivered="no")
    assert run.after(reset, 0.0, ONCE, random=0.5) == Retry(1, reset, 0.0)
    assert run.after(reset, 0.0, ONCE, random=0.5) == Retry(2, reset, 1.0)


def test_the_peers_wait_is_honoured_or_the_call_given_up():
    assert after("http.error.unavailable", "yes", retry_after=7.0).delay == 7.0
    assert after("http.error.unavailable", "yes", retry_after=61.0).reason == "deadline"


def test_a_wait_that_does_not_fit_is_not_begun():
    policy = Policy(backoff=Backoff(base=2, cap=2), deadline=10)
    assert after("tcp.refused", "no", policy=policy, now=8.5).delay == 1.0
    assert after("tcp.refused", "no", policy=policy, now=9.5).reason == "deadline"


def test_an_attempts_timeouts_shrink_to_what_is_left():
    run = Policy(timeout=Timeout(5, None), deadline=10).start(100.0)
    assert run.timeout(100.0) == Timeout(5, 10, write=10)
    assert run.timeout(107.0) == Timeout(3, 3, write=3)


def test_an_outer_deadline_wins_where_it_is_earlier():
    policy = Policy(deadline=10)
    assert policy.start(0.0, None, 4.0).deadline == 4.0
    assert policy.start(0.0, None, 14.0).deadline == 10.0


def test_a_nested_call_that_retried_is_not_retried_again():
    nested = Repeatable(idempotent=True, already_retried=True)
    assert after("tcp.refused", "no", nested).reason == "already_retried"


def test_a_status_that_the_policy_does_not_list_is_not_retried():
    unlisted = Repeatable(idempotent=True, worthwhile=False)
    assert after("http.error", "yes", unlisted).reason == "not_retryable"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Policy(attempts=0), "attempts must be at least 1, got 0"),
        (lambda: Policy(deadline=0), "deadline must be above 0 seconds, got 0"),
        (lambda: Policy(deadline=float("nan")), "deadline must be above 0 seconds"),
        (lambda: Timeout(connect=0), "a timeout must be above 0 seconds, got 0"),
        (lambda: Timeout(read=-1), "a timeout must be above 0 seconds, got -1"),
        (lambda: Backoff(base=-1), "backoff needs 0 <= base <= cap"),
        (lambda: Backoff(base=3, cap=2), "backoff needs 0 <= base <= cap, got 3 and 2"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"timeout": 5}, {"timeout": Timeout(5, 5, write=5)}),
        ({"timeout": (3, 5)}, {"timeout": Timeout(3, 5)}),
        ({"timeout": None}, {"timeout": Timeout(None, None, write=None)}),
        ({"backoff": [1, 2, 4]}, {"backoff": Series((1, 2, 4))}),
        ({"backoff": 1}, {"backoff": Backoff(base=1)}),
        ({"backoff": 20}, {"backoff": Backoff(base=20, cap=20)}),
        ({"backoff": Backoff(jitter=False)}, {"backoff": Backoff(jitter="none")}),
        ({"budget": 0.5}, {"budget": Budget(ratio=0.5)}),
        ({"budget": False}, {"budget": None}),
        ({"breaker": False}, {"breaker": None}),
        ({"breaker": True}, {"breaker": Breaker()}),
        ({"deadline": None}, {"deadline": float("inf")}),
    ],
)
def test_a_policy_takes_what_people_write(written, meant):
    assert Policy(**written) == Policy(**meant)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"timeout": "5"}, "timeout must be seconds, .*, got '5'"),
        ({"timeout": (1, 2, 3)}, "timeout must be"),
        ({"timeout": (1, "2")}, "a timeout is in seconds"),
        ({"backoff": "1"}, "backoff must be seconds, a list"),
        ({"budget": "10%"}, "budget must be a ratio"),
        ({"breaker": 5}, "breaker must be Breaker"),
        ({"attempts": "3"}, "attempts must be a number, got '3'"),
        ({"attempts": None}, "attempts must be a number"),
        ({"deadline": "1m"}, "deadline must be a number"),
        ({"patience": "long"}, "patience must be a number"),
        ({"waiting": None}, "waiting must be a number"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_the_right_form(wrong, message):
    with pytest.raises(TypeError, match=message):
        Policy(**wrong)
