"""HTTP/2: what a server promises not to have processed, and requests that share a connection."""

import anyio
import pytest

from ringback import Policy, errors
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import healthy_over_http2, offer_http2, speaking


@pytest.fixture
def over(lab, integration, policy, events):
    """A client of a server that answers each request as told."""

    def made(answer, **options):
        endpoint = secured(handler=speaking(answer), prepare=offer_http2)(lab)
        given = {"policy": policy, "sinks": [events.append], "verify": endpoint.verify}
        return integration.client(http2=True, **{**given, **options}), endpoint

    return made


def first_times(count, answer):
    """An answer for the first requests, over all connections; the others are healthy."""
    made = iter(range(count))

    def either(http2, stream):
        (answer if next(made, None) is not None else healthy_over_http2)(http2, stream)

    return either


def test_requests_share_a_connection_in_turn(over):
    client, endpoint = over(healthy_over_http2)
    for _ in range(3):
        assert client.get(endpoint.url).http_version == "HTTP/2"
    assert len(endpoint.seen) == 1


def refused(http2, stream):
    http2.reset_stream(stream, 7)


def going_away(http2, _):
    http2.close_connection(last_stream_id=0)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("answer", [refused, going_away])
def test_what_was_not_processed_is_tried_again_whatever_the_method(over, answer, method):
    client, endpoint = over(first_times(2, answer))
    assert client.request(method, endpoint.url, content=b"pay").status_code == 200
    assert endpoint.requests == 3


def test_a_goaway_that_names_an_earlier_stream_promises_it_too(over):
    """The first request is answered; of the second the server knows nothing."""

    def answered(http2, stream):
        if stream == 1:
            healthy_over_http2(http2, stream)
        else:
            http2.close_connection(last_stream_id=1)

    client, endpoint = over(answered)
    assert client.post(endpoint.url, content=b"pay").status_code == 200
    assert client.post(endpoint.url, content=b"pay").status_code == 200


def test_a_goaway_that_names_the_request_does_not(over):
    def going_away(http2, stream):
        http2.close_connection(last_stream_id=stream)

    client, endpoint = over(going_away)
    with pytest.raises(errors.RingbackError) as caught:
        client.post(endpoint.url, content=b"pay")
    assert endpoint.requests == 1
    assert caught.value.failure.delivered == "maybe"


def test_nor_does_another_error_of_the_stream(over):
    client, endpoint = over(lambda http2, stream: http2.reset_stream(stream, 2))
    with pytest.raises(errors.HTTPProtocolError):
        client.post(endpoint.url, content=b"pay")
    assert endpoint.requests == 1


def test_tasks_share_a_connection_at_the_same_time(integration, over):
    client, endpoint = over(healthy_over_http2)
    if not integration.asynchronous:
        client.get(endpoint.url)
        return

    async def crowd():
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(client.client.get, endpoint.url)

    integration.call(crowd)
    assert endpoint.requests == 20
    assert len(endpoint.seen) <= 2
    assert client._transport._inner._places.taken == 0


def test_the_deadline_ends_the_wait_for_a_stream(over):
    client, endpoint = over(lambda *_: None, policy=Policy(deadline=0.1, attempts=1), timeout=30)
    with pytest.raises(errors.RingbackError) as caught:
        client.get(endpoint.url)
    assert isinstance(caught.value, TimeoutError)
    assert client._transport._inner._places.taken == 0


def test_a_server_that_speaks_http_1_only_is_called_so(lab, integration, policy):
    endpoint = lab.start("ok:tls")
    client = integration.client(policy=policy, sinks=[], http2=True, verify=endpoint.verify)
    assert client.get(endpoint.url).http_version == "HTTP/1.1"
