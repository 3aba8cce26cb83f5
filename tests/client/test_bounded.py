import threading

import pytest
import requests

import ringback
from ringback import Policy, Session, Timeout, errors


@pytest.fixture
def release():
    event = threading.Event()
    yield event
    event.set()


def test_no_more_calls_than_places_are_in_flight(release):
    inside, most, lock = [], [], threading.Lock()

    @ringback.retry(Policy(bulkhead=3), target="tcp://bounded:1", sinks=[])
    def call(number):
        with lock:
            inside.append(number)
            most.append(len(inside))
        release.wait(0.02)
        with lock:
            inside.remove(number)
        return number

    results = []
    threads = [threading.Thread(target=lambda n=n: results.append(call(n))) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(12))
    assert max(most) <= 3


def test_a_wait_in_vain_says_so_and_sends_nothing(lab, release):
    endpoint = lab.start("http.response.timed_out:silent")
    policy = Policy(attempts=1, bulkhead=1, timeout=Timeout(pool=0.05))
    with Session(policy=policy, sinks=[]) as session:
        session.trust_env = False

        def hang():
            with pytest.raises(requests.Timeout):
                session.get(endpoint.url, timeout=0.5)

        first = threading.Thread(target=hang)
        first.start()
        while not endpoint.requests:
            release.wait(0.005)
        with pytest.raises(requests.ConnectionError) as caught:
            session.get(endpoint.url)
        first.join()
    assert isinstance(caught.value, errors.PoolExhausted)
    assert caught.value.failure.delivered == "no"
    assert endpoint.requests == 1
