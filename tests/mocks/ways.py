"""Client integrations, as a program uses them while a test of its own has mocks in place."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import nullcontext

import aiohttp
import pytest
import requests
import urllib3

import ringback
from ringback.client.aiohttp import Middleware
from ringback.client.urllib3 import PoolManager

INSTALL = "install"


class Way:
    """One client integration.

    Args:
        name: What it is called.
        library: What the tools know it by.
        fetch: Sends one request by it: method, URL and policy in, status and text out.
        installed: ``ringback.install`` has put it there.
    """

    def __init__(self, name, library, fetch, *, installed=False):
        self.name = name
        self.library = library
        self.fetch = fetch
        self.installed = installed

    def __repr__(self):
        return self.name

    def begun(self, policy):
        """A context in which the integration is there."""
        if not self.installed:
            return nullcontext()
        return ringback.install(policy, retry=True, sinks=[])


def by_session(method, url, policy):
    with ringback.Session(policy=policy, sinks=[]) as session:
        response = session.request(method, url)
        return response.status_code, response.text


def by_requests(method, url, _):
    response = requests.request(method, url, timeout=30)
    return response.status_code, response.text


def by_httpx(name, inner):
    """What sends by the transport of ours for httpx or httpx2; ``inner`` makes the one below."""

    def fetch(method, url, policy):
        library = importlib.import_module(name)
        ours = importlib.import_module(f"ringback.client.{name}")
        transport = ours.Transport(inner and inner(library), policy=policy, sinks=[])
        with library.Client(transport=transport) as client:
            response = client.request(method, url)
            return response.status_code, response.text

    return fetch


def by_httpx_async(name, inner):
    def fetch(method, url, policy):
        library = importlib.import_module(name)
        ours = importlib.import_module(f"ringback.client.{name}")

        async def main():
            transport = ours.AsyncTransport(inner and inner(library), policy=policy, sinks=[])
            async with library.AsyncClient(transport=transport) as client:
                response = await client.request(method, url)
                return response.status_code, response.text

        return asyncio.run(main())

    return fetch


def by_plain_httpx(name):
    def fetch(method, url, _):
        library = importlib.import_module(name)
        with library.Client() as client:
            response = client.request(method, url)
            return response.status_code, response.text

    return fetch


def by_plain_httpx_async(name):
    def fetch(method, url, _):
        library = importlib.import_module(name)

        async def main():
            async with library.AsyncClient() as client:
                response = await client.request(method, url)
                return response.status_code, response.text

        return asyncio.run(main())

    return fetch


def by_aiohttp(*, middleware):
    def fetch(method, url, policy):
        async def main():
            ours = [Middleware(policy, sinks=[])] if middleware else []
            async with (
                aiohttp.ClientSession(middlewares=ours) as session,
                session.request(method, url) as response,
            ):
                return response.status, await response.text()

        return asyncio.run(main())

    return fetch


def by_pool_manager(method, url, policy):
    response = PoolManager(policy=policy, sinks=[]).request(method, url)
    return response.status, response.data.decode()


def by_urllib3(method, url, _):
    response = urllib3.PoolManager().request(method, url)
    return response.status, response.data.decode()


def _of_httpx(name):
    return [
        Way(name, name, by_httpx(name, None)),
        Way(f"{name}-async", name, by_httpx_async(name, None)),
        Way(f"{name}-around", name, by_httpx(name, lambda library: library.HTTPTransport())),
        Way(
            f"{name}-around-async",
            name,
            by_httpx_async(name, lambda library: library.AsyncHTTPTransport()),
        ),
        Way(f"{name}-{INSTALL}", name, by_plain_httpx(name), installed=True),
        Way(f"{name}-async-{INSTALL}", name, by_plain_httpx_async(name), installed=True),
    ]


WAYS = [
    Way("session", "requests", by_session),
    Way(f"requests-{INSTALL}", "requests", by_requests, installed=True),
    *_of_httpx("httpx"),
    *_of_httpx("httpx2"),
    Way("aiohttp", "aiohttp", by_aiohttp(middleware=True)),
    Way(f"aiohttp-{INSTALL}", "aiohttp", by_aiohttp(middleware=False), installed=True),
    Way("urllib3", "urllib3", by_pool_manager),
    Way(f"urllib3-{INSTALL}", "urllib3", by_urllib3, installed=True),
]


ORDERS = {"tool-first": list, "ringback-first": lambda contexts: contexts[::-1]}
"""In which order the contexts of a tool and of ``ringback.install`` begin."""


def orders(ways):
    """Each way, in each order there is."""
    for way in ways:
        for name, order in ORDERS.items() if way.installed else [("", list)]:
            yield pytest.param((way, order), id="-".join(filter(None, (way.name, name))))
