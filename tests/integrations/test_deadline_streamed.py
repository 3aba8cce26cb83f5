"""A body that the program reads itself: it may outlast the call that returned it, and no other.

A download or an event stream takes as long as it takes: its own call is over when it has returned
the headers. Each read has its timeout. An outer call's deadline counts for whatever is in it.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from functools import partial

import pytest
from integrations.ringback_integrations import present
from integrations.test_deadline import LATE, PATIENT, SHORT

import ringback
from ringback import Policy
from ringback.testing.lab import Lab

LASTING = 2.0
"""Seconds; the headers come at once, and the body a little after the deadline."""


def through_session(url, policy, between):
    with ringback.Session(policy=policy, sinks=[]) as session:
        session.trust_env = False
        with session.get(url, stream=True) as response:
            between()
            return b"".join(response.iter_content(2))


def through_pool_manager(url, policy, between):
    manager = importlib.import_module("ringback.client.urllib3").PoolManager
    with manager(policy=policy, sinks=[]) as pools:
        response = pools.request("GET", url, preload_content=False)
        between()
        return b"".join(response.stream(2))


def through_httpx(name):
    def function(url, policy, between):
        library = importlib.import_module(name)
        integration = importlib.import_module(f"ringback.client.{name}").Transport
        transport = integration(policy=policy, sinks=[], trust_env=False)
        with (
            library.Client(transport=transport, timeout=PATIENT) as client,
            client.stream("GET", url) as response,
        ):
            between()
            return b"".join(response.iter_bytes())

    return function


def through_httpx_async(name):
    async def go(url, policy, between):
        library = importlib.import_module(name)
        integration = importlib.import_module(f"ringback.client.{name}").AsyncTransport
        transport = integration(policy=policy, sinks=[], trust_env=False)
        async with (
            library.AsyncClient(transport=transport, timeout=PATIENT) as client,
            client.stream("GET", url) as response,
        ):
            between()
            return b"".join([piece async for piece in response.aiter_bytes()])

    return go


async def through_aiohttp(url, policy, between):
    library = importlib.import_module("aiohttp")
    middleware = importlib.import_module("ringback.client.aiohttp").Middleware
    limits = library.ClientTimeout(sock_read=PATIENT)
    async with (
        library.ClientSession(middlewares=[middleware(policy, sinks=[])], timeout=limits) as client,
        client.get(url) as response,
    ):
        between()
        return b"".join([piece async for piece in response.content.iter_any()])


def of_trio(call):
    return importlib.import_module("trio").run(call)


def of_asyncio(call):
    return asyncio.run(call())


def at_once(call):
    return call()


INTEGRATIONS = {
    "Session": (through_session, at_once),
    "PoolManager": (through_pool_manager, at_once),
    "httpx": (through_httpx("httpx"), at_once),
    "httpx-async": (through_httpx_async("httpx"), of_asyncio),
    "httpx-trio": (through_httpx_async("httpx"), of_trio),
    "httpx2": (through_httpx("httpx2"), at_once),
    "httpx2-async": (through_httpx_async("httpx2"), of_asyncio),
    "aiohttp": (through_aiohttp, of_asyncio),
}
integrations = pytest.mark.parametrize(
    "integration", [name for name in present() if name in INTEGRATIONS]
)
pytestmark = pytest.mark.in_turn("integration")


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


@integrations
def test_a_stream_may_outlast_the_deadline_of_the_call_that_returned_it(lab, integration):
    returned, later = threading.Event(), threading.Event()

    def serve(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12")
        later.wait(PATIENT)
        connection.send(b"34")

    def open_later():
        assert returned.wait(PATIENT)
        time.sleep(LASTING * 1.1)  # not for anybody: until the deadline has passed
        later.set()

    read, run = INTEGRATIONS[integration]
    policy = Policy(deadline=LASTING, breaker=None, budget=None)
    opening = threading.Thread(target=open_later)
    opening.start()
    try:
        assert run(partial(read, lab.listen(serve).url, policy, returned.set)) == b"1234"
    finally:
        returned.set()
        opening.join()


@integrations
@pytest.mark.parametrize("fault", ["trickling_body", "mid_body"])
def test_a_stream_ends_with_the_deadline_of_an_outer_call(lab, pulse, integration, fault):
    url = lab.start(f"http.response.body_timed_out:{fault}").url
    limits = Policy(attempts=1, deadline=LASTING, breaker=None, budget=None)
    outer = ringback.retry(limits, sinks=[])
    read, run = INTEGRATIONS[integration]
    patient = Policy(deadline=PATIENT, breaker=None, budget=None)
    began = time.monotonic()
    with pytest.raises(ringback.errors.RingbackError) as caught:
        run(partial(outer.call, read, url, patient, bool))
    assert pulse.ran(began, time.monotonic()) < LASTING + LATE
    assert caught.value.failure.kind == "http.response.body_timed_out"


@integrations
@pytest.mark.parametrize(
    "fault", ["http.response.timed_out:silent", "http.response.timed_out:trickling_headers"]
)
def test_until_the_headers_its_own_deadline_counts(lab, pulse, integration, fault):
    read, run = INTEGRATIONS[integration]
    policy = Policy(deadline=SHORT, breaker=None, budget=None)
    began = time.monotonic()
    with pytest.raises(ringback.errors.RingbackError):
        run(partial(read, lab.start(fault).url, policy, bool))
    assert pulse.ran(began, time.monotonic()) < SHORT + LATE
