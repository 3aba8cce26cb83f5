"""A deadline that several things share: redirects, attempts, whoever waits in line, inner calls."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from client.contract.ending import FOR_EVER, HASTY, PATIENT, ended
from client.contract.integrations import across, few, of_ours
from nightly import rest_nightly
from until import TEST_TIMEOUT

import ringback
from ringback import Backoff, errors
from ringback.testing.lab.message import response

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

of_our_own = across(also="httpx2", only=of_ours)


@few("Session", "PoolManager", "httpx-async", "aiohttp", only=of_ours)
def test_redirects_share_one(lab, integration, name):
    if name == "Adapter":
        pytest.skip("to an adapter each is a call of its own")

    def slow(connection):
        while connection.read_request():
            connection.hold(0.25)
            connection.send(response(302, b"", "Location: /next"))

    endpoint = lab.listen(slow)
    with integration.client(HASTY, timeout=FOR_EVER) as client:
        assert isinstance(ended(client.request, "GET", endpoint.url), TimeoutError)
    assert endpoint.requests <= 3


@of_our_own
@pytest.mark.parametrize("fault", ["tcp.refused", "http.error.unavailable:retry_after_huge"])
def test_a_wait_that_does_not_fit_is_not_begun(lab, integration, events, fault):
    policy = replace(PATIENT, backoff=Backoff(base=1000, cap=1000, jitter="none"))
    waits = []
    with integration.client(policy, events.append, sleep=waits.append) as client:
        ended(client.request, "GET", lab.start(fault).url)
    assert [event.decision.reason for event in events] == ["deadline"]
    assert waits == []


@few("Session", "aiohttp", only=of_ours)
def test_an_inner_call_ends_with_the_outer_one(lab, integration):
    url = lab.start("http.response.timed_out:silent").url
    outer = ringback.retry(replace(HASTY, attempts=1), sinks=[])
    with integration.client(PATIENT, timeout=FOR_EVER) as client:
        error = ended(outer.call, client.request, "GET", url)
    assert error.failure.kind == "http.response.timed_out"


@pytest.mark.parametrize("line", ["pool", "bulkhead"])
@few("PoolManager", "httpx-async", only=of_ours)
def test_whoever_waits_in_line_waits_until_the_deadline(lab, integration, line):
    """The first is kept waiting by the server, the others by the first."""
    url = lab.start("http.response.timed_out:silent").url
    policy = replace(HASTY, bulkhead=1 if line == "bulkhead" else None)
    places = {"places": 1} if line == "pool" else {}
    with (
        integration.client(policy, timeout=FOR_EVER, **places) as client,
        ThreadPoolExecutor(3) as threads,
    ):
        calls = [threads.submit(ended, client.request, "GET", url) for _ in range(3)]
        kinds = {call.result().failure.kind for call in calls}
    # Whose turn it is when the first gives up may have a moment left to use it, or none.
    waited = {"client.pool_exhausted", "http.request.timed_out", "tcp.timed_out"}
    assert kinds <= {"http.response.timed_out", *waited}


# A body that the program reads itself


@few("Session", "aiohttp", only=of_ours)
def test_a_stream_may_outlast_the_deadline_of_the_call_that_returned_it(lab, integration):
    later = threading.Event()

    def serve(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12")
        later.wait(TEST_TIMEOUT)
        connection.send(b"34")

    policy = replace(PATIENT, deadline=2.0)
    with (
        integration.client(policy, reads=False, timeout=FOR_EVER) as client,
        client.stream(lab.listen(serve).url) as pieces,
    ):
        time.sleep(2.2)  # not for anybody: until the deadline has passed
        later.set()
        assert b"".join(pieces) == b"1234"


@pytest.mark.parametrize("fault", rest_nightly(["trickling_body", "mid_body"]))
@few("Session", "httpx", only=of_ours)
def test_a_stream_ends_with_the_deadline_of_an_outer_call(lab, integration, fault):
    if integration.library == "aiohttp":
        pytest.skip("of the program's own stream only a coroutine is ended: tests/client/aiohttp")
    url = lab.start(f"http.response.body_timed_out:{fault}").url
    outer = ringback.retry(replace(HASTY, attempts=1, deadline=1.0), sinks=[])
    with integration.client(PATIENT, reads=False, timeout=FOR_EVER) as client:

        def read():
            with client.stream(url) as pieces:
                return b"".join(pieces)

        error = ended(outer.call, read)
    assert error.failure.kind == "http.response.body_timed_out"


@pytest.mark.parametrize("fault", rest_nightly(["trickling_headers", "silent"]))
@few("PoolManager", "aiohttp", only=of_ours)
def test_until_the_headers_its_own_deadline_counts(lab, integration, fault):
    url = lab.start(f"http.response.timed_out:{fault}").url
    with integration.client(HASTY, reads=False, timeout=FOR_EVER) as client:

        def read():
            with client.stream(url):
                pass

        assert isinstance(ended(read), errors.RingbackError)
