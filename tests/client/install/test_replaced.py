"""What a mock puts over ringback after ``install`` is called as often as the policy says."""

import asyncio
from contextlib import contextmanager

import aiohttp
import httpx
import pytest
import requests
from client.callers import PLAIN
from requests.adapters import HTTPAdapter

from ringback import Backoff, Policy, errors
from ringback.client.install import install

POLICY = Policy(backoff=Backoff(base=0))


PLACES = {
    "requests": (HTTPAdapter, "send", requests.ConnectTimeout()),
    "httpx": (httpx.HTTPTransport, "handle_request", httpx.ConnectError("refused")),
    "httpx-async": (httpx.AsyncHTTPTransport, "handle_async_request", httpx.ConnectError("no")),
    "aiohttp": (aiohttp.ClientSession, "_request", aiohttp.ClientOSError(111, "refused")),
}


@pytest.fixture(params=PLACES)
def replaced(request, monkeypatch):
    """A mock that fails so many times, then lets go on: what fetches, and the calls of the mock."""
    owner, name, error = PLACES[request.param]
    plain = vars(owner)[name]

    @contextmanager
    def replace(times):
        seen = []

        def check():
            seen.append(name)
            if len(seen) <= times:
                raise error

        def function(*args, **options):
            check()
            return plain(*args, **options)

        async def function_async(*args, **options):
            check()
            return await plain(*args, **options)

        waits = asyncio.iscoroutinefunction(plain)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, function_async if waits else function)
            yield PLAIN[request.param][0], seen

    return replace


def test_its_failures_are_tried_again(lab, events, replaced):
    with install(POLICY, retry=True, sinks=[events.append]):
        with replaced(2) as (fetch, seen):
            assert fetch(lab.start("ok").url) == 200
            assert [event.attempt for event in events] == [1, 2, 3]
        assert fetch(lab.start("ok").url) == 200
    assert (len(seen), len(events)) == (3, 4)


def test_it_fails_once_and_says_what_it_is_where_nothing_is_tried_again(events, replaced):
    with (
        install(sinks=[events.append]),
        replaced(2) as (fetch, seen),
        pytest.raises(errors.RingbackError) as caught,
    ):
        fetch("http://orders.example/")
    assert caught.value.failure.delivered == "no"
    assert (len(seen), len(events)) == (1, 1)


def test_a_status_is_tried_again(lab, events, replaced):
    with install(POLICY, retry=True, sinks=[events.append]), replaced(0) as (fetch, seen):
        assert fetch(lab.start("http.error.unavailable:first_two").url) == 200
    assert (len(seen), [event.attempt for event in events]) == (3, [1, 2, 3])


def test_a_post_that_may_have_been_processed_is_not(lab, events, replaced):
    endpoint = lab.listen(lambda connection: connection.read_request())
    with (
        install(POLICY, retry=True, sinks=[events.append]),
        replaced(0) as (fetch, seen),
        pytest.raises(errors.RingbackError),
    ):
        fetch(endpoint.url, "POST")
    assert (len(seen), endpoint.requests) == (1, 1)
