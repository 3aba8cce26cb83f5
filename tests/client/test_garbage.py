"""A call that failed is freed when nobody holds its exception: no cycle leads back to it."""

import asyncio
import gc
import weakref

import httpx
import pytest
from client.callers import our_httpx, our_session, our_urllib3

import ringback
from ringback import Policy
from ringback.client.httpx import AsyncTransport
from ringback.errors import ConnectionRefused

ONCE = Policy(1, patience=0)
LIMITED = Policy(1, patience=0, bulkhead=5)


@pytest.fixture(autouse=True)
def without_collector():
    gc.disable()
    yield
    gc.enable()


async def async_httpx(url, policy):
    async with httpx.AsyncClient(transport=AsyncTransport(policy=policy)) as client:
        await client.get(url)


def retried(url, policy):
    ringback.retry(policy).call(httpx.get, url, trust_env=False)


def refused(call, url, policy):
    """References to what the call raises, and to what its library did."""
    if asyncio.iscoroutinefunction(call):
        return asyncio.run(refused_in_task(call, url, policy))
    try:
        call(url, policy)
    except ConnectionRefused as error:
        return weakref.ref(error), weakref.ref(error.failure.cause)


async def refused_in_task(call, url, policy):
    try:
        await call(url, policy)
    except ConnectionRefused as error:  # here: a task that it leaves holds it
        return weakref.ref(error), weakref.ref(error.failure.cause)


@pytest.mark.parametrize("policy", [ONCE, LIMITED])
@pytest.mark.parametrize("call", [our_httpx, async_httpx, retried])
def test_nothing_of_a_refused_call_waits_for_the_collector(call, policy, lab):
    raised, cause = refused(call, lab.start("tcp.refused").url, policy)
    assert raised() is None
    assert cause() is None


@pytest.mark.parametrize("policy", [ONCE, LIMITED])
@pytest.mark.parametrize("call", [our_session, our_urllib3])
def test_nor_does_what_is_raised_in_the_place_of_an_error_of_urllib3(call, policy, lab):
    """urllib3 itself holds its exceptions in the functions that they were raised in."""
    raised, _ = refused(call, lab.start("tcp.refused").url, policy)
    assert raised() is None
