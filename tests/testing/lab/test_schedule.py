import pytest
from until import until

from tests.testing.lab.wire import (
    GET,
    GET_CLOSE,
    SILENCE,
    WAIT_TIMEOUT,
    connect,
    exchange,
    read_to_end,
)

ENDED = {
    "tcp.reset:first_two": "rst",
    "http.response.invalid.empty:first_two": "fin",
    "http.response.timed_out:first_two": "silence",
}


@pytest.fixture
def due(lab, monkeypatch):
    """What the lab was asked to do later, by the second; the test says when it is time."""
    calls = {}
    monkeypatch.setattr(lab, "later", lambda seconds, call: calls.update({seconds: call}))
    return calls


def answers(endpoint):
    return exchange(endpoint, GET_CLOSE).received.startswith(b"HTTP/1.1 200 ")


def assert_refused(endpoint):
    with pytest.raises(ConnectionRefusedError):
        connect(endpoint)


@pytest.mark.parametrize("name", ENDED)
def test_the_first_two_connections_fail_and_the_third_works(lab, name):
    endpoint = lab.start(name)
    for _ in range(2):
        seen = exchange(endpoint, patience=SILENCE if ENDED[name] == "silence" else WAIT_TIMEOUT)
        assert (seen.received, seen.end) == (b"", ENDED[name])
    assert answers(endpoint)
    until(lambda: endpoint.requests == 3)


def test_the_first_two_requests_of_one_connection_get_503(lab):
    statuses = []
    with connect(lab.start("http.error.unavailable:first_two")) as connected:
        for _ in range(4):
            connected.sendall(GET)
            statuses.append(read_to_end(connected, until=rb"\r\n\r\n\{.*\}").received[9:12])
    assert statuses == [b"503", b"503", b"200", b"200"]


def test_a_closed_port_opens(lab, due):
    endpoint = lab.start("tcp.refused:comes_back")
    assert_refused(endpoint)
    due[1.0]()
    assert answers(endpoint)


def test_an_open_port_closes_and_opens_again(lab, due):
    endpoint = lab.start("tcp.refused:goes_and_comes_back")
    assert answers(endpoint)
    due[1.0]()
    assert_refused(endpoint)
    due[2.0]()
    assert answers(endpoint)
    assert endpoint.requests == 2


def test_a_service_answers_once_and_then_on_another_port(lab):
    endpoint = lab.start("tcp.refused:moved")
    old = endpoint.port
    endpoint.port = endpoint.moved_to
    assert_refused(endpoint)
    endpoint.port = old
    assert answers(endpoint)
    assert_refused(endpoint)
    endpoint.port = endpoint.moved_to
    assert answers(endpoint)
