import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.retry import Bucket, Budget


def test_a_tenth_of_the_requests_may_be_retries():
    bucket = Bucket(Budget(ratio=0.1, floor=0, burst=10), 0.0)
    while bucket.spend(0.0):
        pass
    paid = 0
    for _ in range(1000):
        bucket.earn()
        paid += bucket.spend(0.0)
    assert paid in {99, 100}


def test_a_program_that_seldom_calls_may_retry_too():
    bucket = Bucket(Budget(ratio=0.1, floor=0.05, burst=1), 0.0)
    assert bucket.spend(0.0)
    assert not bucket.spend(10.0)
    assert bucket.spend(30.0)


def test_a_retry_that_gets_through_gives_half_its_price_back():
    bucket = Bucket(Budget(ratio=0, floor=0, burst=2, refund=0.5), 0.0)
    for _ in range(3):
        assert bucket.spend(0.0)
        bucket.refund()
    assert bucket.tokens == 0.5
    assert not bucket.spend(0.0)


@given(
    st.builds(Budget, ratio=st.floats(0, 2), floor=st.floats(0, 2), burst=st.floats(1, 50)),
    st.lists(st.tuples(st.booleans(), st.floats(-10, 100))),
)
def test_never_more_retries_than_were_earned(budget, steps):
    bucket, now, latest, requests, paid = Bucket(budget, 0.0), 0.0, 0.0, 0, 0
    for request, seconds in steps:
        now += seconds
        latest = max(latest, now)
        if request:
            bucket.earn()
            requests += 1
        else:
            paid += bucket.spend(now)
        assert 0 <= bucket.tokens <= budget.burst
    travelled = sum(max(0.0, seconds) for _, seconds in steps)
    assert paid <= budget.burst + requests * budget.ratio + travelled * budget.floor + 1e-6


@pytest.mark.parametrize("wrong", [{"ratio": -1}, {"floor": -0.1}, {"burst": 0.5}, {"refund": 1}])
def test_a_budget_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="a budget needs"):
        Budget(**wrong)
