"""What a mock puts over ringback after ``install`` is called as often as the policy says."""

import asyncio
from contextlib import contextmanager

import aiohttp
import httpx
import pytest
import requests
from client.callers import (
    plain_aiohttp,
    plain_httpx,
    plain_httpx_async,
    plain_requests,
)
from requests.adapters import HTTPAdapter

from ringback import Backoff, Policy, errors
from ringback.client.install import install

POLICY = Policy(backoff=Backoff(base=0))


class Later:
    """A mock that fails so many times, and then lets what it has replaced go on."""

    def __init__(self, original, error, times):
        self.original = original
        self.error = error
        self.times = times
        self.seen = 0

    def check(self):
        self.seen += 1
        if self.seen <= self.times:
            raise self.error

    def function(self):
        def replaced(owner, *args, **options):
            self.check()
            return self.original(owner, *args, **options)

        async def replaced_async(owner, *args, **options):
            self.check()
            return await self.original(owner, *args, **options)

        waits = asyncio.iscoroutinefunction(self.original)
        return replaced_async if waits else replaced


PLACES = {
    "requests": (HTTPAdapter, "send", plain_requests, requests.ConnectTimeout()),
    "httpx": (httpx.HTTPTransport, "handle_request", plain_httpx, httpx.ConnectError("refused")),
    "httpx-async": (
        httpx.AsyncHTTPTransport,
        "handle_async_request",
        plain_httpx_async,
        httpx.ConnectError("refused"),
    ),
    "aiohttp": (
        aiohttp.ClientSession,
        "_request",
        plain_aiohttp,
        aiohttp.ClientOSError(111, "Connection refused"),
    ),
}


@pytest.fixture(params=PLACES)
def replaced(request, monkeypatch):
    """A context in which a mock is in its place: what fetches, and the mock."""
    owner, name, fetch, error = PLACES[request.param]
    plain = vars(owner)[name]

    @contextmanager
    def replace(times):
        later = Later(plain, error, times)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, later.function())
            yield fetch, later

    return replace


def test_its_failures_are_tried_again(lab, events, replaced):
    with install(POLICY, retry=True, sinks=[events.append]):
        with replaced(2) as (fetch, later):
            assert fetch(lab.start("ok").url) == 200
            assert [event.attempt for event in events] == [1, 2, 3]
        assert fetch(lab.start("ok").url) == 200
    assert (later.seen, len(events)) == (3, 4)


def test_it_fails_once_and_says_what_it_is_where_nothing_is_tried_again(events, replaced):
    with (
        install(sinks=[events.append]),
        replaced(2) as (fetch, later),
        pytest.raises(errors.RingbackError) as caught,
    ):
        fetch("http://orders.example/")
    assert caught.value.failure.delivered == "no"
    assert (later.seen, len(events)) == (1, 1)


def test_a_status_is_tried_again(lab, events, replaced):
    with install(POLICY, retry=True, sinks=[events.append]), replaced(0) as (fetch, later):
        assert fetch(lab.start("http.error.unavailable:first_two").url) == 200
    assert (later.seen, [event.attempt for event in events]) == (3, [1, 2, 3])


def test_a_post_that_may_have_been_processed_is_not(lab, events, replaced):
    endpoint = lab.listen(lambda connection: connection.read_request())
    with (
        install(POLICY, retry=True, sinks=[events.append]),
        replaced(0) as (fetch, later),
        pytest.raises(errors.RingbackError),
    ):
        fetch(endpoint.url, "POST")
    assert (later.seen, endpoint.requests) == (1, 1)
