import pytest

from ringback.retry import Backoff, Policy, Timeout


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
