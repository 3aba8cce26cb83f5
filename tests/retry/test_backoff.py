import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.retry import Backoff, Series


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_cap(attempt, random):
    assert 0 <= Backoff(base=0.1, cap=3).delay(attempt, random) <= 3


def test_the_ceiling_doubles_and_jitter_spreads_below_it():
    backoff = Backoff(base=1, cap=5)
    assert [backoff.delay(n, 0.5) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 2.5]
    assert backoff.delay(3, 0.0) == 0.0


def test_the_plain_series():
    backoff = Backoff(base=1, cap=60, jitter="none")
    assert [backoff.delay(n, 0.9) for n in (1, 2, 3)] == [1, 2, 4]
    series = Series((1, 2, 4))
    assert [series.delay(n, 0.9) for n in (1, 2, 3, 4, 99)] == [1, 2, 4, 4, 4]


def test_equal_jitter_keeps_half():
    backoff = Backoff(base=1, cap=8, jitter="equal")
    assert [backoff.delay(3, random) for random in (0.0, 0.5)] == [2, 3]


def test_decorrelated_jitter_grows_from_the_wait_before():
    backoff = Backoff(base=1, cap=8, jitter="decorrelated")
    assert backoff.delay(1, 0.9) == 1
    assert backoff.delay(2, 0.5, 2.0) == 1 + 0.5 * 5
    assert backoff.delay(3, 0.999, 100.0) == 8


@pytest.mark.parametrize(
    "wrong", [{"base": -1}, {"base": 5, "cap": 1}, {"cap": float("inf")}, {"jitter": "some"}]
)
def test_a_backoff_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"backoff|jitter"):
        Backoff(**wrong)


@pytest.mark.parametrize("waits", [(), (-1,), (float("inf"),)])
def test_a_series_that_makes_no_sense_is_refused(waits):
    with pytest.raises(ValueError, match="series"):
        Series(waits)
