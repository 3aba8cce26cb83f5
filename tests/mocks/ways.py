"""Client integrations, as a program uses them while a test of its own has mocks in place."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import aiohttp
import pytest
import requests
import urllib3

import ringback
from ringback.client.aiohttp import Middleware
from ringback.client.urllib3 import PoolManager


@dataclass(frozen=True)
class Way:
    """One client integration; ``installed``: ``ringback.install`` has put it there."""

    name: str
    library: str  # what the tools know it by
    fetch: Callable  # method, URL and policy in, status and text out
    installed: bool = False

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


def by_httpx(name, *, around=False, installed=False):
    """What sends by the transport of ours for httpx or httpx2, which may be ``around`` theirs."""

    def fetch(method, url, policy):
        library, transport = importlib.import_module(name), None
        if not installed:
            ours = importlib.import_module(f"ringback.client.{name}")
            inner = library.HTTPTransport() if around else None
            transport = ours.Transport(inner, policy=policy, sinks=[])
        with library.Client(transport=transport) as client:
            response = client.request(method, url)
            return response.status_code, response.text

    return fetch


def by_httpx_async(name, *, around=False, installed=False):
    def fetch(method, url, policy):
        library = importlib.import_module(name)

        async def main():
            transport = None
            if not installed:
                ours = importlib.import_module(f"ringback.client.{name}")
                inner = library.AsyncHTTPTransport() if around else None
                transport = ours.AsyncTransport(inner, policy=policy, sinks=[])
            async with library.AsyncClient(transport=transport) as client:
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
    for suffix, by in (("", by_httpx), ("-async", by_httpx_async)):
        yield Way(f"{name}{suffix}", name, by(name))
        yield Way(f"{name}-around{suffix}", name, by(name, around=True))
        yield Way(f"{name}{suffix}-install", name, by(name, installed=True), installed=True)


WAYS = [
    Way("session", "requests", by_session),
    Way("requests-install", "requests", by_requests, installed=True),
    *_of_httpx("httpx"),
    *_of_httpx("httpx2"),
    Way("aiohttp", "aiohttp", by_aiohttp(middleware=True)),
    Way("aiohttp-install", "aiohttp", by_aiohttp(middleware=False), installed=True),
    Way("urllib3", "urllib3", by_pool_manager),
    Way("urllib3-install", "urllib3", by_urllib3, installed=True),
]


ORDERS = {"tool-first": list, "ringback-first": lambda contexts: contexts[::-1]}
"""In which order the contexts of a tool and of ``ringback.install`` begin."""


def orders(ways):
    """Each way, in each order there is."""
    for way in ways:
        for name, order in ORDERS.items() if way.installed else [("", list)]:
            yield pytest.param((way, order), id="-".join(filter(None, (way.name, name))))
