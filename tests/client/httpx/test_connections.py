"""The connections that a transport of ours keeps."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from client.httpx.conftest import INTEGRATIONS

from ringback import Policy, errors
from ringback.testing.lab.message import response, serve


def places(client):
    return client._transport._inner._places


def test_one_that_the_server_has_closed_is_not_used(lab, client, events):
    """httpx would find it in its pool and fail."""

    def once(connection):
        connection.read_request()
        connection.send(response(200, b"{}"))
        connection.finish()
        closed.set()

    closed = threading.Event()
    endpoint = lab.listen(once)
    client.get(endpoint.url)
    assert closed.wait(60)
    assert client.get(endpoint.url).status_code == 200
    assert len(endpoint.seen) == 2


def test_there_are_no_more_than_allowed(lab, integration, policy):
    limits = integration.library.Limits(max_connections=2, max_keepalive_connections=2)
    client = integration.client(policy=policy, sinks=[], limits=limits)
    endpoints = [lab.listen(serve) for _ in range(5)]
    for endpoint in endpoints * 2:
        client.get(endpoint.url)
    assert len(client._transport._inner._kept) == 2
    assert [len(endpoint.seen) for endpoint in endpoints] == [2] * 5


def test_one_that_has_been_idle_for_too_long_is_closed(lab, integration, policy):
    limits = integration.library.Limits(keepalive_expiry=0)
    client = integration.client(policy=policy, sinks=[], limits=limits)
    endpoint = lab.listen(serve)
    client.get(endpoint.url)
    client.get(endpoint.url)
    assert len(endpoint.seen) == 2


def test_a_response_that_is_not_read_gives_its_place_back(lab, integration, client):
    endpoint = lab.start("http.response.body_timed_out:mid_body")
    with integration.streamed(client, endpoint.url):
        assert places(client).taken == 1
    assert places(client).taken == 0


def test_closing_the_client_closes_its_connections(lab, integration, policy):
    """The server sees it."""
    ended = threading.Event()

    def handler(connection):
        connection.read_request()
        connection.send(response(200, b"{}"))
        connection.read_request()
        ended.set()

    client = integration.client(policy=policy, sinks=[])
    client.get(lab.listen(handler).url)
    transport = client._transport
    integration.call(transport.aclose if integration.asynchronous else transport.close)
    assert ended.wait(60)


# Many at once


def crowd(calls):
    """Make calls at once, as tasks where the client is asynchronous; return how each ended."""

    def end(call):
        client, url = call
        try:
            return client.get(url).status_code
        except errors.RingbackError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(end, calls))


def test_a_crowd_shares_few_connections(lab, integration, policy):
    limits = integration.library.Limits(max_connections=3)
    client = integration.client(policy=policy, sinks=[], limits=limits, timeout=30)
    endpoint = lab.listen(serve)
    assert crowd([(client, endpoint.url)] * 40) == [200] * 40
    assert len(endpoint.seen) <= 3
    assert places(client).taken == 0


def test_a_crowd_is_bounded_by_the_policys_bulkhead(lab, integration):
    together, most, lock, both = 0, [0], threading.Lock(), threading.Event()

    def handler(connection):
        nonlocal together
        while connection.read_request():
            with lock:
                together += 1
                most[0] = max(most[0], together)
                if together == 2:
                    both.set()
            both.wait(60)
            connection.hold(0.01)
            with lock:
                together -= 1
            connection.send(response(200, b"{}"))

    endpoint = lab.listen(handler)
    clients = [
        integration.client(policy=Policy(bulkhead=2), sinks=[], timeout=30) for _ in range(2)
    ]
    assert crowd([(client, endpoint.url) for client in clients * 6]) == [200] * 12
    assert most[0] == 2


def test_a_wait_in_vain_is_recorded(lab, integration):
    told = threading.Event()

    def patient(connection):
        connection.read_request()
        told.wait(60)
        connection.send(response(200, b"{}"))

    endpoint = lab.listen(patient)
    limits = integration.library.Timeout(60, pool=0.05)
    policy = Policy(bulkhead=1, attempts=1)
    client = integration.client(
        policy=policy, sinks=[lambda event: event.failure and told.set()], timeout=limits
    )
    ends = crowd([(client, endpoint.url)] * 2)
    waited, served = sorted(ends, key=lambda end: end == 200)
    assert served == 200
    assert waited.failure.kind == "client.pool_exhausted"
    assert isinstance(waited, integration.library.PoolTimeout)
    assert endpoint.requests == 1


@pytest.mark.parametrize(
    "integration",
    [one for one in INTEGRATIONS if "thread" not in one.values[0]],
    indirect=True,
)
def test_a_task_that_is_cancelled_leaves_no_trace(lab, integration, policy):
    """In a queue, and with a request under way."""
    limits = integration.library.Limits(max_connections=1)
    client = integration.client(policy=policy, sinks=[], limits=limits, timeout=30)
    silent, healthy = lab.start("http.response.timed_out:silent"), lab.start("ok")

    async def cancelled():
        with anyio.move_on_after(0.05):
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(client.client.get, silent.url)
        return (await client.client.get(healthy.url)).status_code

    assert integration.call(cancelled) == 200
    assert places(client).taken == 0
    assert places(client).waiting == 0
