"""Who waits in line, for a connection or for a place, waits no longer than the deadline."""

from __future__ import annotations

import asyncio
import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from integrations.ringback_integrations import present
from integrations.test_deadline import LATE, PATIENT, SHORT

import ringback
from ringback import Backoff, Policy
from ringback.testing.lab import Lab

CALLERS = 3
"""The first is kept waiting by the server, the others by the first."""


def timed(call, url):
    """What failed with a call, when it began and when it was over."""
    began = time.monotonic()
    try:
        call(url)
    except Exception as error:  # noqa: BLE001 - whatever it is, only its kind counts
        return error.failure.kind, began, time.monotonic()
    return None, began, time.monotonic()


def in_threads(call, url):
    with ThreadPoolExecutor(CALLERS) as threads:
        ended = [threads.submit(copy_context().run, timed, call, url) for _ in range(CALLERS)]
        return [future.result() for future in ended]


async def in_tasks(call, url):
    async def one():
        began = time.monotonic()
        try:
            await call(url)
        except Exception as error:  # noqa: BLE001 - whatever it is, only its kind counts
            return error.failure.kind, began, time.monotonic()
        return None, began, time.monotonic()

    return await asyncio.gather(*(one() for _ in range(CALLERS)))


def through_session(url, policy, *, pool):
    with ringback.Session(policy=policy, sinks=[]) as session:
        session.trust_env = False
        if pool:
            adapter = ringback.Adapter(policy, sinks=[], pool_maxsize=1, pool_block=True)
            session.mount("http://", adapter)
        return in_threads(session.get, url)


def through_pool_manager(url, policy, *, pool):
    manager = importlib.import_module("ringback.client.urllib3").PoolManager
    with manager(policy=policy, sinks=[], maxsize=1 if pool else 9, block=pool) as pools:
        return in_threads(lambda url: pools.request("GET", url), url)


def _httpx(library, pool):
    return {"limits": library.Limits(max_connections=1 if pool else 9)}


def through_httpx(name):
    def function(url, policy, *, pool):
        library = importlib.import_module(name)
        integration = importlib.import_module(f"ringback.client.{name}").Transport
        transport = integration(policy=policy, sinks=[], **_httpx(library, pool))
        with library.Client(transport=transport, timeout=PATIENT) as client:
            return in_threads(client.get, url)

    return function


def through_httpx_async(name, run=asyncio.run):
    async def go(url, policy, pool):
        library = importlib.import_module(name)
        integration = importlib.import_module(f"ringback.client.{name}").AsyncTransport
        transport = integration(policy=policy, sinks=[], **_httpx(library, pool))
        async with library.AsyncClient(transport=transport, timeout=PATIENT) as client:
            return await in_tasks(client.get, url)

    return lambda url, policy, *, pool: run(go(url, policy, pool))


def through_aiohttp(url, policy, *, pool):
    library = importlib.import_module("aiohttp")
    middleware = importlib.import_module("ringback.client.aiohttp").Middleware

    async def go():
        async with library.ClientSession(
            connector=library.TCPConnector(limit=1 if pool else 9),
            timeout=library.ClientTimeout(total=PATIENT),
            middlewares=[middleware(policy, sinks=[])],
        ) as session:
            return await in_tasks(session.get, url)

    return asyncio.run(go())


INTEGRATIONS = {
    "Session": through_session,
    "PoolManager": through_pool_manager,
    "httpx": through_httpx("httpx"),
    "httpx-async": through_httpx_async("httpx"),
    "httpx2": through_httpx("httpx2"),
    "httpx2-async": through_httpx_async("httpx2"),
    "aiohttp": through_aiohttp,
}
integrations = pytest.mark.parametrize(
    "integration", [name for name in present() if name in INTEGRATIONS]
)
pytestmark = pytest.mark.in_turn("integration")


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


def longest(ended, pulse):
    return max(pulse.ran(began, over) for _, began, over in ended)


@integrations
@pytest.mark.parametrize("line", ["pool", "bulkhead"])
def test_whoever_waits_in_line_waits_until_the_deadline(lab, pulse, integration, line):
    url = lab.start("http.response.timed_out:silent").url
    places = 1 if line == "bulkhead" else None
    policy = Policy(deadline=SHORT, breaker=None, budget=None, bulkhead=places)
    ended = INTEGRATIONS[integration](url, policy, pool=line == "pool")
    # Whose turn it is when the first gives up has no time left to use it, or next to none.
    waited = {kind for kind, _, _ in ended} - {"http.response.timed_out"}
    assert waited <= {"client.pool_exhausted", "http.request.timed_out", "tcp.timed_out"}
    assert longest(ended, pulse) < SHORT + LATE


@integrations
@pytest.mark.parametrize("fault", ["tcp.refused", "http.error.unavailable:retry_after_huge"])
def test_a_wait_that_does_not_fit_is_not_begun(lab, pulse, integration, fault):
    policy = Policy(
        deadline=PATIENT, backoff=Backoff(base=1000, cap=1000, jitter="none"), breaker=None
    )
    ended = INTEGRATIONS[integration](lab.start(fault).url, policy, pool=False)
    assert longest(ended, pulse) < LATE


@integrations
def test_an_inner_call_ends_with_the_outer_one(lab, pulse, integration):
    url = lab.start("http.response.timed_out:silent").url
    own = Policy(deadline=PATIENT, breaker=None, budget=None)
    outer = ringback.retry(Policy(deadline=SHORT, breaker=None, budget=None), sinks=[])
    began = time.monotonic()
    outer.call(INTEGRATIONS[integration], url, own, pool=False)
    assert pulse.ran(began, time.monotonic()) < SHORT + LATE
