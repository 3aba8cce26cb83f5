import pytest
import tenacity

import ringback
from ringback import Backoff, Policy
from ringback.client import call


@pytest.fixture(autouse=True)
def _reported_anew():
    call.forget_retry_layers()
    yield
    call.forget_retry_layers()


def refused():
    raise ConnectionRefusedError(111, "refused")


def test_retries_around_ringbacks_are_recorded_once():
    events = []
    policy = Policy(attempts=2, backoff=Backoff(base=0), breaker=None, budget=None)
    call = ringback.retry(policy, sinks=[events.append])(refused)
    around = tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_none())(call)
    for _ in range(2):
        with pytest.raises(tenacity.RetryError):
            around()
    told = [event for event in events if event.what == "stacked_retries"]
    assert [event.detail for event in told] == ["tenacity retries the same call: attempts multiply"]
    assert len(events) == 1 + 2 * 3 * 2


def test_without_such_a_library_nothing_is_recorded():
    events = []
    with pytest.raises(ConnectionRefusedError):
        ringback.retry(Policy(attempts=1), sinks=[events.append]).call(refused)
    assert [event.what for event in events] == ["attempt"]
