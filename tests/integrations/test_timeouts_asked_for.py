"""A timeout that is not given is the policy's; one that is ``None`` is none but the deadline."""

from __future__ import annotations

import asyncio
import importlib
import time
from functools import partial
from importlib.util import find_spec

import pytest
from integrations.test_deadline import LATE, SHORT

import ringback
from ringback import Policy, Timeout, errors
from ringback.client.install import install
from ringback.testing.lab import Lab
from ringback.testing.lab.message import response

QUICK = Timeout(connect=0.1, read=0.1)


def of_session(url, policy, *, call, **_):
    with ringback.Session(policy=policy, sinks=[]) as session:
        session.trust_env = False
        return session.get(url, **call).status_code


def of_pool_manager(url, policy, *, client, call):
    manager = importlib.import_module("ringback.client.urllib3").PoolManager
    with manager(policy=policy, sinks=[], **client) as pools:
        return pools.request("GET", url, **call).status


def of_httpx(name):
    def function(url, policy, *, client, call):
        library = importlib.import_module(name)
        transport = importlib.import_module(f"ringback.client.{name}").Transport
        with library.Client(transport=transport(policy=policy, sinks=[]), **client) as session:
            return session.get(url, **call).status_code

    return function


def of_httpx_async(name):
    def function(url, policy, *, client, call):
        library = importlib.import_module(name)
        transport = importlib.import_module(f"ringback.client.{name}").AsyncTransport

        async def go():
            made = transport(policy=policy, sinks=[])
            async with library.AsyncClient(transport=made, **client) as session:
                return (await session.get(url, **call)).status_code

        return asyncio.run(go())

    return function


def of_aiohttp(url, policy, *, client, call, read=False, ours=True):
    library = importlib.import_module("aiohttp")

    async def go():
        options = dict(client)
        if ours:
            middleware = importlib.import_module("ringback.client.aiohttp").Middleware
            options["middlewares"] = [middleware(policy, read=read, sinks=[])]
        async with library.ClientSession(**options) as session, session.get(url, **call) as answer:
            return answer.status

    return asyncio.run(go())


def of_plain_requests(url, *, call, **_):
    with importlib.import_module("requests").Session() as session:
        session.trust_env = False
        return session.get(url, **call).status_code


def of_plain_urllib3(url, *, client, call):
    with importlib.import_module("urllib3").PoolManager(**client) as pools:
        return pools.request("GET", url, **call).status


def of_plain_httpx(url, *, client, call):
    with importlib.import_module("httpx").Client(trust_env=False, **client) as session:
        return session.get(url, **call).status_code


def of_plain_aiohttp(url, *, client, call):
    return of_aiohttp(url, None, client=client, call=call, ours=False)


def installed(name, function):
    def under(url, policy, **given):
        with install(policy, retry=True, sinks=[], libraries=[name]):
            return function(url, **given)

    return under


INTEGRATIONS = {
    "Session": ("requests", of_session),
    "PoolManager": ("urllib3", of_pool_manager),
    "httpx": ("httpx", of_httpx("httpx")),
    "httpx-async": ("httpx", of_httpx_async("httpx")),
    "httpx2": ("httpx2", of_httpx("httpx2")),
    "httpx2-async": ("httpx2", of_httpx_async("httpx2")),
    "aiohttp": ("aiohttp", of_aiohttp),
    "aiohttp, read=True": ("aiohttp", partial(of_aiohttp, read=True)),
    "install requests": ("requests", installed("requests", of_plain_requests)),
    "install urllib3": ("urllib3", installed("urllib3", of_plain_urllib3)),
    "install httpx": ("httpx", installed("httpx", of_plain_httpx)),
    "install aiohttp": ("aiohttp", installed("aiohttp", of_plain_aiohttp)),
}
"""Name → the library that it leads into, and the function that makes one call."""

ALIKE = {"httpx2", "httpx2-async", "install httpx"}
"""They share nearly all of their code with another."""

integrations = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.nightly) if name in ALIKE else name
        for name, (library, _) in INTEGRATIONS.items()
        if find_spec(library)
    ],
)


def ways_of(name):
    """How no timeout is asked for: with a call, with the client that makes it."""
    library, _ = INTEGRATIONS[name]
    none = [None]
    if library == "aiohttp":
        none.append(importlib.import_module(library).ClientTimeout(total=None))
    ways = [{"client": {}, "call": {"timeout": said}} for said in none]
    if library != "requests":  # whose sessions have none
        ways.append({"client": {"timeout": none[-1]}, "call": {}})
    return ways


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


def late(connection):
    """Answer after longer than the policy waits."""
    if connection.read_request() and connection.hold(0.3):
        connection.send(response(200, b"{}"))


@integrations
def test_where_no_timeout_is_given_the_policys_counts(lab, name):
    library, call = INTEGRATIONS[name]
    policy = Policy(attempts=1, breaker=None, timeout=QUICK)
    if library.startswith("httpx"):  # it has some of its own, which go before the policy's
        assert call(lab.listen(late).url, policy, client={}, call={}) == 200
        return
    with pytest.raises(TimeoutError):
        call(lab.start("http.response.timed_out:silent").url, policy, client={}, call={})


@integrations
def test_a_call_that_is_to_have_no_timeout_waits(lab, name):
    policy = Policy(attempts=1, breaker=None, timeout=QUICK)
    for asked in ways_of(name):
        assert INTEGRATIONS[name][1](lab.listen(late).url, policy, **asked) == 200, asked


@integrations
def test_and_still_ends_by_its_deadline(lab, pulse, name):
    url = lab.start("http.response.timed_out:silent").url
    policy = Policy(attempts=1, breaker=None, timeout=QUICK, deadline=SHORT)
    for asked in ways_of(name):
        began = time.monotonic()
        with pytest.raises(errors.RingbackError):
            INTEGRATIONS[name][1](url, policy, **asked)
        ended = time.monotonic()
        assert ended - began > SHORT - 0.1, asked  # aiohttp's clock is coarse
        assert pulse.ran(began, ended) < SHORT + LATE, asked


@pytest.mark.parametrize("name", ["aiohttp", "aiohttp, read=True"])
def test_where_aiohttp_has_one_timeout_the_policys_count_for_the_rest(lab, name):
    """It has none for an upload, nor for a resolver."""
    library, call = INTEGRATIONS[name]
    limits = importlib.import_module(library).ClientTimeout(sock_read=30)
    policy = Policy(attempts=1, breaker=None, timeout=QUICK)
    for asked in (
        {"client": {"timeout": limits}, "call": {}},
        {"client": {}, "call": {"timeout": limits}},
    ):
        with pytest.raises(TimeoutError):
            call(lab.start("http.response.timed_out:silent").url, policy, **asked)
