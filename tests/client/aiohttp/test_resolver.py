"""Names are looked up in threads that no event loop waits for as it ends."""

import asyncio
import socket
import threading
from urllib.parse import urlsplit

import aiohttp
import pytest

from ringback import Policy, install
from ringback.client.aiohttp import DaemonResolver, Middleware


async def fetched(url, *middlewares, **connector):
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(**connector), middlewares=middlewares
        ) as session,
        session.get(url) as response,
    ):
        await response.read()
        return type(session.connector._resolver)


def named(url, host):
    return f"http://{host}:{urlsplit(url).port}/"


@pytest.mark.parametrize("way", ["middleware", "install"])
def test_an_event_loop_does_not_wait_for_a_lookup_that_hangs(replaced, way):
    """``asyncio.run`` would wait for the thread of an executor: for ever, here."""
    release = replaced.answers["api.test"] = threading.Event()
    policy = Policy(deadline=0.1, attempts=1)
    middlewares = [Middleware(policy, sinks=[])] if way == "middleware" else []
    try:
        with (
            install(policy, retry=True, sinks=[]),
            pytest.raises(aiohttp.ConnectionTimeoutError) as caught,
        ):
            asyncio.run(fetched("http://api.test/", *middlewares))
        assert not release.is_set()
    finally:
        release.set()
    assert caught.value.failure.kind == "dns.timed_out"
    assert replaced.asked == ["api.test"]


def test_a_short_deadline_is_none_of_the_others_that_wait_for_the_same_name(lab, replaced):
    """aiohttp looks a name up once for all who want it, in the task of the first."""
    release = replaced.answers["api.test"] = threading.Event()
    url = named(lab.start("ok").url, "api.test")

    async def main():
        hasty, patient = (
            Middleware(Policy(deadline=seconds, attempts=1), sinks=[]) for seconds in (0.1, 60)
        )
        async with aiohttp.ClientSession() as session:
            first = asyncio.create_task(session._request("GET", url, middlewares=[hasty]))
            second = asyncio.create_task(session._request("GET", url, middlewares=[patient]))
            with pytest.raises(aiohttp.ConnectionTimeoutError):
                await first
            release.set()
            async with await second as response:
                return response.status

    assert asyncio.run(main()) == 200
    assert replaced.asked == ["api.test"]


def test_the_resolver_of_aiohttp_is_replaced_and_no_other(lab):
    class Own(aiohttp.ThreadedResolver):
        """The program's."""

    async def main(**connector):
        return await fetched(lab.start("ok").url, Middleware(sinks=[]), **connector)

    async def with_own():
        return await main(resolver=Own())

    assert asyncio.run(main()) is DaemonResolver
    assert asyncio.run(with_own()) is Own


def test_where_nothing_is_tried_again_names_are_looked_up_as_ever(lab):
    with install(sinks=[]):
        assert asyncio.run(fetched(lab.start("ok").url)) is not DaemonResolver


def test_a_name_leads_to_its_addresses(replaced):
    replaced.answers["api.test"] = ["127.0.0.1", "::1"]

    async def main(family):
        return await DaemonResolver().resolve("api.test", 80, family)

    found = asyncio.run(main(socket.AF_UNSPEC))
    assert [(address["host"], address["port"], address["family"]) for address in found] == [
        ("127.0.0.1", 80, socket.AF_INET),
        ("::1", 80, socket.AF_INET6),
    ]
    assert {address["hostname"] for address in found} == {"api.test"}
