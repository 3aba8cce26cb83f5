from hypothesis import given
from hypothesis import strategies as st

from ringback.retry import Backoff


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_cap(attempt, random):
    assert 0 <= Backoff(base=0.1, cap=3).delay(attempt, random) <= 3


def test_the_ceiling_doubles_and_jitter_spreads_below_it():
    backoff = Backoff(base=1, cap=5)
    assert [backoff.delay(n, 0.5) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 2.5]
    assert backoff.delay(3, 0.0) == 0.0
