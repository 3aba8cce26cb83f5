from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.monitor.notify.channel_state import RateLimit


@settings(deadline=None)
@given(
    st.floats(min_value=0.5, max_value=600),
    st.lists(st.floats(min_value=0, max_value=30), max_size=200),
)
def test_never_more_than_so_many_go_in_any_minute(per_minute, waits):
    now, sent = 100.0, []
    rate = RateLimit(per_minute, now)
    for wait in waits:
        now = max(now + wait / per_minute, rate.next(now + wait / per_minute))
        rate.take(now)
        sent.append(now)

    most = max(1, per_minute)
    assert all(sum(at <= instant < at + 59.99 for instant in sent) <= most + 1e-6 for at in sent)


def test_a_third_goes_at_once_and_the_rest_evenly():
    rate, now = RateLimit(30, 0.0), 0.0
    for _ in range(10):
        assert rate.next(now) == now
        rate.take(now)
    assert rate.next(now) == 3.0
