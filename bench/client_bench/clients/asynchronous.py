"""Clients of asynchronous clients: what they yield is awaited."""

# ruff: noqa: PLC0415 - a peer may not be installed, and the other rows do not load it

from contextlib import asynccontextmanager

from client_bench.clients.sessions import expect


def httpx_client(make):
    """What is measured of an httpx client: it is made, and gets a small document.

    Args:
        make: Returns a client.
    """

    @asynccontextmanager
    async def opened(bench):
        async with make() as client:

            async def call():
                expect(await client.get(bench.site.http + "/small"))

            yield call

    return opened


def aiohttp_client(make):
    """A client that makes an aiohttp session and gets a small document with it.

    Args:
        make: Returns a session.
    """

    @asynccontextmanager
    async def opened(bench):
        async with make() as session:

            async def call():
                async with session.get(bench.site.http + "/small") as response:
                    await response.read()
                    if response.status != 200:
                        raise RuntimeError(f"status {response.status}")

            yield call

    return opened


def httpx(**options):
    """httpx's client."""
    import httpx

    return httpx.AsyncClient(**options)


def httpx_ours(**options):
    """httpx's client with our transport."""
    from ringback.client.httpx import AsyncTransport

    return httpx(transport=AsyncTransport(), **options)


def httpx_retries():
    """httpx's client with the transport of httpx-retries."""
    from httpx_retries import RetryTransport

    return httpx(transport=RetryTransport())


def httpx2():
    """httpx2's client."""
    import httpx2

    return httpx2.AsyncClient()


def httpx2_ours():
    """httpx2's client with our transport."""
    import httpx2

    from ringback.client.httpx2 import AsyncTransport

    return httpx2.AsyncClient(transport=AsyncTransport())


def aiohttp():
    """aiohttp's session."""
    import aiohttp

    return aiohttp.ClientSession()


def aiohttp_ours():
    """aiohttp's session with our middleware."""
    import aiohttp

    from ringback.client.aiohttp import Middleware

    return aiohttp.ClientSession(middlewares=[Middleware()])


def aiohttp_retry():
    """aiohttp-retry's client."""
    from aiohttp_retry import RetryClient

    return RetryClient()


@asynccontextmanager
async def pyreqwest(bench):
    """Rust's reqwest; it works in threads of its own."""
    from pyreqwest.client import ClientBuilder

    async with ClientBuilder().build() as client:

        async def call():
            response = await client.get(bench.site.http + "/small").build().send()
            await response.bytes()
            if response.status != 200:
                raise RuntimeError(f"status {response.status}")

        yield call
