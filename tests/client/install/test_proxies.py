"""A proxy that is dead is no reason to refuse calls that do not go through it."""

import asyncio

import aiohttp
import httpx
import pytest
import requests

from ringback import Breaker, Policy, errors
from ringback.client.install import install

LASTING = Breaker(consecutive=1, sustained=0.0, open_for=60, open_cap=60)
HASTY = Policy(attempts=1, breaker=LASTING)


def through_requests(url, proxy):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, proxies={"http": proxy} if proxy else None).status_code


def through_httpx(url, proxy):
    with httpx.Client(trust_env=False, proxy=proxy) as client:
        return client.get(url).status_code


def through_httpx_async(url, proxy):
    async def main():
        async with httpx.AsyncClient(trust_env=False, proxy=proxy) as client:
            return (await client.get(url)).status_code

    return asyncio.run(main())


def through_aiohttp(url, proxy):
    async def main():
        async with aiohttp.ClientSession() as session, session.get(url, proxy=proxy) as response:
            return response.status

    return asyncio.run(main())


@pytest.mark.parametrize(
    "get", [through_requests, through_httpx, through_httpx_async, through_aiohttp]
)
def test_a_dead_proxy_refuses_only_what_goes_through_it(lab, get):
    service, proxy = lab.start("ok").url, lab.start("tcp.refused").url
    with install(HASTY, retry=True, sinks=[]):
        with pytest.raises(errors.RingbackError) as caught:
            get(service, proxy)
        assert not isinstance(caught.value, errors.CircuitOpen)
        with pytest.raises(errors.CircuitOpen):
            get(service, proxy)

        assert get(service, None) == 200
