from math import inf

import pytest
from client.callers import our_httpx, our_session, our_urllib3

from ringback import Policy, Session, Timeout, deadline, within_deadline
from ringback.client.deadline import current_deadline, enter_deadline, leave_deadline, within


@pytest.mark.parametrize(("inner", "expected"), [(3.0, 3.0), (7.0, 5.0), (None, 5.0), (inf, 5.0)])
def test_the_earlier_one_wins(inner, expected):
    with within(5.0), within(inner):
        assert current_deadline() == expected


def test_for_ever_is_none():
    with within(inf):
        assert current_deadline() is None
    token = enter_deadline(inf)
    assert current_deadline() is None
    leave_deadline(token)


@pytest.mark.parametrize("call", [our_session, our_urllib3, our_httpx])
def test_a_call_may_have_neither_deadline_nor_timeouts(lab, call):
    limits = Timeout(connect=None, read=None, write=None)
    policy = Policy(deadline=inf, timeout=limits, bulkhead=1)
    assert call(lab.start("ok").url, policy) == 200


def test_calls_of_a_block_end_by_its_deadline(lab):
    with deadline(0.1), Session(sinks=[]) as session, pytest.raises(TimeoutError) as caught:
        session.get(lab.start("http.response.timed_out").url)
    assert caught.value.given_up == "deadline"


def test_what_is_left_is_the_timeout_of_a_library_that_knows_no_deadline():
    assert within_deadline() is None
    assert within_deadline(5) == 5
    with deadline(100), deadline(200), deadline(None):
        assert 5 < within_deadline() <= 100
        assert within_deadline(5) == 5
    with deadline(-1):
        assert 0 < within_deadline() < 0.1
    assert within_deadline() is None
