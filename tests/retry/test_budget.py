import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.retry import Bucket, Budget


def test_what_gets_through_earns_the_retries_of_what_does_not():
    bucket = Bucket(Budget(ratio=0.5, floor=0, burst=10), 0.0)
    while bucket.spend(0.0):
        pass
    paid = 0
    for _ in range(1000):
        bucket.earn()
        paid += bucket.spend(0.0)
    assert paid == 500


def test_a_program_that_seldom_calls_may_retry_too():
    bucket = Bucket(Budget(ratio=0.1, floor=0.05, burst=1), 0.0)
    assert bucket.spend(0.0)
    assert not bucket.spend(10.0)
    assert bucket.spend(30.0)


def test_a_retry_that_gets_through_costs_nothing():
    bucket = Bucket(Budget(ratio=0, floor=0, burst=2), 0.0)
    for _ in range(9):
        assert bucket.spend(0.0)
        bucket.earn(retry=True)
    assert bucket.tokens == 2


@given(
    st.builds(Budget, ratio=st.floats(0, 2), floor=st.floats(0, 2), burst=st.floats(1, 50)),
    st.lists(st.tuples(st.booleans(), st.floats(-10, 100))),
)
def test_never_more_retries_than_were_earned(budget, steps):
    bucket, now, latest, through, paid = Bucket(budget, 0.0), 0.0, 0.0, 0, 0
    for gets_through, seconds in steps:
        now += seconds
        latest = max(latest, now)
        if gets_through:
            bucket.earn()
            through += 1
        else:
            paid += bucket.spend(now)
        assert 0 <= bucket.tokens <= budget.burst
    travelled = sum(max(0.0, seconds) for _, seconds in steps)
    assert paid <= budget.burst + through * budget.ratio + travelled * budget.floor + 1e-6


@pytest.mark.parametrize("wrong", [{"ratio": -1}, {"floor": -0.1}, {"burst": 0.5}])
def test_a_budget_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="a budget needs"):
        Budget(**wrong)
