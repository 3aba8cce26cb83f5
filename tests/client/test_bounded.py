import threading

import pytest
import requests
from until import until

from ringback import Policy, Session, Timeout, errors


@pytest.fixture
def release():
    event = threading.Event()
    yield event
    event.set()


def test_a_wait_in_vain_says_so_and_sends_nothing(lab, release):
    def patient(connection):
        connection.read_request()
        release.wait(60)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    endpoint, answers = lab.listen(patient), []
    policy = Policy(attempts=1, bulkhead=1, timeout=Timeout(pool=0.05))
    with Session(policy=policy, sinks=[]) as session:
        session.trust_env = False

        def hang():
            answers.append(session.get(endpoint.url, timeout=60).status_code)

        first = threading.Thread(target=hang)
        first.start()
        until(lambda: endpoint.requests)
        with pytest.raises(requests.ConnectionError) as caught:
            session.get(endpoint.url)
        release.set()
        first.join()
    assert answers == [200]
    assert isinstance(caught.value, errors.PoolExhausted)
    assert caught.value.failure.delivered == "no"
    assert endpoint.requests == 1
