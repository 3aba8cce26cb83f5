"""One request through each library: as a program makes it, and through ringback's integration."""

import asyncio
import ssl
from functools import cache

import aiohttp
import httpx
import requests
import urllib3

from ringback import Session
from ringback.client.aiohttp import Middleware
from ringback.client.httpx import AsyncTransport, Transport
from ringback.client.urllib3 import PoolManager


@cache
def trusted():
    """One context for all clients of httpx, of which each would read the same file anew."""
    return ssl.create_default_context()


def plain_requests(url, method="GET", body=None, proxy=None, **headers):
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": proxy} if proxy else {}
        return session.request(method, url, data=body, headers=headers).status_code


def plain_urllib3(url, method="GET", body=None, retries=None, **headers):
    with urllib3.PoolManager() as pool:
        options = {"body": body, "headers": headers or None, "retries": retries}
        return pool.request(method, url, **options).status


def plain_httpx(url, method="GET", body=None, proxy=None, **headers):
    options = {"verify": trusted(), "trust_env": False, "proxy": proxy}
    with httpx.Client(follow_redirects=True, **options) as client:
        return client.request(method, url, content=body, headers=headers).status_code


def plain_httpx_async(url, method="GET", body=None, proxy=None, **headers):
    async def main():
        options = {"verify": trusted(), "trust_env": False, "proxy": proxy}
        async with httpx.AsyncClient(follow_redirects=True, **options) as client:
            return await client.request(method, url, content=body, headers=headers)

    return asyncio.run(main()).status_code


def plain_aiohttp(url, method="GET", body=None, proxy=None, **headers):
    async def main():
        options = {"data": body, "proxy": proxy, "headers": headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, **options) as response,
        ):
            return response.status

    return asyncio.run(main())


PLAIN = {
    "requests": (plain_requests, requests.ConnectionError),
    "urllib3": (plain_urllib3, urllib3.exceptions.HTTPError),
    "httpx": (plain_httpx, httpx.TransportError),
    "httpx-async": (plain_httpx_async, httpx.TransportError),
    "aiohttp": (plain_aiohttp, aiohttp.ClientError),
}
"""Library → a request, and what is raised where it fails."""


def our_session(url, policy, method="GET", body=None, **headers):
    with Session(policy=policy, sinks=[]) as session:
        session.trust_env = False
        return session.request(method, url, data=body, headers=headers).status_code


def our_urllib3(url, policy, method="GET", body=None, **headers):
    with PoolManager(policy=policy, sinks=[]) as pool:
        return pool.request(method, url, body=body, headers=headers or None).status


def our_httpx(url, policy, method="GET", body=None, **headers):
    transport = Transport(policy=policy, sinks=[], trust_env=False)
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        return client.request(method, url, content=body, headers=headers).status_code


def our_httpx_async(url, policy, method="GET", body=None, **headers):
    async def main():
        transport = AsyncTransport(policy=policy, sinks=[], trust_env=False)
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            return await client.request(method, url, content=body, headers=headers)

    return asyncio.run(main()).status_code


def our_aiohttp(url, policy, method="GET", body=None, **headers):
    async def main():
        async with (
            aiohttp.ClientSession(middlewares=[Middleware(policy, sinks=[])]) as session,
            session.request(method, url, data=body, headers=headers) as response,
        ):
            return response.status

    return asyncio.run(main())
