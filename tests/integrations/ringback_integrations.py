"""Every integration of ringback, called as a program would."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import importlib
import importlib.util
import io
import os
import socket
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import ringback
from ringback import Policy
from ringback.client import tasks
from ringback.client.call import AsyncClock, Clock
from ringback.client.install import install
from ringback.testing.clients import ClientCall, NotOfferedError
from ringback.testing.lab.fault import Endpoint
from ringback.testing.lab.resolver import resolving

if TYPE_CHECKING:
    from collections.abc import Callable


async def _go_on(_):
    await tasks.sleep(0)


@dataclass(frozen=True)
class Ask(ClientCall):
    """One call of an endpoint through an integration.

    Attributes:
        verb: The HTTP method.
        policy: Its limits.
        sink: Told of each attempt.
        waits: Wait between attempts, as the policy and the server say.
        resolver: Seconds that the resolver waits for its server, once.
        took: Gets when the call began and ended, for the end of an event loop may take longer: it
            waits for threads that still resolve a name.
    """

    verb: str = "GET"
    policy: Policy = field(default_factory=Policy)
    sink: Callable[[Any], None] = id
    waits: bool = False
    resolver: float = 5.0
    took: list[tuple[float, float]] = field(default_factory=list)

    @property
    def method(self):
        return self.verb

    @property
    def body(self):
        return super().body or (b"once" if self.verb == "POST" else None)

    def context(self):
        return _context(self.endpoint.verify, self.certificate, self.provoke)

    @property
    def payload(self):
        """The body, as aiohttp takes a large one."""
        return io.BytesIO(self.body) if len(self.body or b"") > 2**20 else self.body

    @property
    def clock(self):
        return Clock() if self.waits else Clock(sleep=id)

    @property
    def async_clock(self):
        return AsyncClock(tasks.sleep if self.waits else _go_on)

    @property
    def told(self):
        return {"policy": self.policy, "sinks": [self.sink]}


@functools.cache
def _context(verify, certificate, provoke):
    endpoint = Endpoint("", "", 0, verify=verify, client_certificate=certificate)
    return ClientCall(endpoint, provoke).context()


def running(go, run=asyncio.run):
    """The function that runs a coroutine function for one call, and notes when."""

    async def timed(ask):
        began = time.monotonic()
        try:
            return await go(ask)
        finally:
            ask.took.append((began, time.monotonic()))

    return lambda ask: run(timed, ask) if run is not asyncio.run else run(timed(ask))


# requests


def _through(session, ask, **more):
    if ask.provoke == "crl":
        raise NotOfferedError("requests checks no revocation list")
    session.trust_env = False
    session.verify = ask.endpoint.verify or True
    session.cert = ask.certificate
    session.proxies.update(ask.endpoint.proxies)
    for _ in ask.times:
        response = session.request(ask.verb, ask.endpoint.url, data=ask.body, **more)
    return response.status_code


def of_session(ask):
    with ringback.Session(**ask.told, clock=ask.clock) as session:
        return _through(session, ask)


def of_adapter(ask):
    with importlib.import_module("requests").Session() as session:
        for prefix in ("https://", "http://"):
            session.mount(prefix, ringback.Adapter(**ask.told, clock=ask.clock))
        return _through(session, ask)


def of_requests(ask):
    with importlib.import_module("requests").Session() as session:
        return _through(session, ask, timeout=ask.timeout)


# urllib3


def of_pool_manager(ask):
    options = {**ask.told, "clock": ask.clock, "ssl_context": ask.context(), "timeout": ask.timeout}
    with _manager(ask.proxy, options) as manager:
        for _ in ask.times:
            response = manager.request(ask.verb, ask.endpoint.url, body=ask.body)
    return response.status


def _manager(proxy, options):
    integration = importlib.import_module("ringback.client.urllib3")
    if not proxy:
        return integration.PoolManager(**options)
    if not proxy.startswith("socks"):
        return integration.ProxyManager(proxy, **options)
    socks = importlib.import_module("ringback.client.urllib3.socks")
    return socks.SOCKSProxyManager(proxy, **options)


def of_urllib3(ask):
    library = importlib.import_module("urllib3")
    manager = library.PoolManager
    if ask.proxy:
        manager = functools.partial(library.ProxyManager, ask.proxy)
    with manager(ssl_context=ask.context(), timeout=ask.timeout) as pool:
        for _ in ask.times:
            response = pool.request(ask.verb, ask.endpoint.url, body=ask.body)
    return response.status


# httpx and httpx2


def _httpx(ask):
    return {
        "verify": ask.context(),
        "proxy": ask.proxy,
        "http2": ask.provoke == "http2",
        "trust_env": False,
    }


def _asked(ask):
    return {"follow_redirects": True, "timeout": ask.timeout, "trust_env": False}


def of_httpx(name, *, ours=True):
    """The function of a library with the blocking interface of httpx."""

    def function(ask):
        library = importlib.import_module(name)
        if ours:
            integration = importlib.import_module(f"ringback.client.{name}")
            transport = integration.Transport(**ask.told, clock=ask.clock, **_httpx(ask))
        else:
            transport = library.HTTPTransport(**_httpx(ask))
        with library.Client(transport=transport, **_asked(ask)) as client:
            for _ in ask.times:
                response = client.request(ask.verb, ask.endpoint.url, content=ask.body)
        return response.status_code

    return function


def of_httpx_async(name, run=asyncio.run, *, ours=True):
    """The function of a library with the asynchronous interface of httpx."""

    async def go(ask):
        library = importlib.import_module(name)
        if ours:
            integration = importlib.import_module(f"ringback.client.{name}")
            transport = integration.AsyncTransport(**ask.told, clock=ask.async_clock, **_httpx(ask))
        else:
            transport = library.AsyncHTTPTransport(**_httpx(ask))
        async with library.AsyncClient(transport=transport, **_asked(ask)) as client:
            for _ in ask.times:
                response = await client.request(ask.verb, ask.endpoint.url, content=ask.body)
        return response.status_code

    return running(go, run)


def _trio(go, ask):
    return importlib.import_module("trio").run(go, ask)


# aiohttp


def of_aiohttp(*, ours=True):
    """The function of aiohttp."""

    async def go(ask):
        library = importlib.import_module("aiohttp")
        options = {}
        if ours:
            integration = importlib.import_module("ringback.client.aiohttp")
            options["middlewares"] = [
                integration.Middleware(
                    ask.policy, read=True, sinks=[ask.sink], clock=ask.async_clock
                )
            ]
        limits = library.ClientTimeout(sock_connect=ask.timeout, sock_read=ask.timeout)
        connector = library.TCPConnector(ssl=ask.context(), resolver=library.ThreadedResolver())
        async with library.ClientSession(connector=connector, timeout=limits, **options) as session:
            for _ in ask.times:
                async with session.request(
                    ask.verb, ask.endpoint.url, data=ask.payload, proxy=ask.proxy
                ) as response:
                    await response.read()
        return response.status

    return running(go)


# ringback.retry around what comes with Python


def of_retry(once):
    """The function that makes one call, tried again by ``ringback.retry``."""

    def function(ask):
        retrying = ringback.retry(
            ask.policy,
            idempotent=ask.verb != "POST",
            target=ask.endpoint.url,
            sinks=[ask.sink],
            clock=ask.clock,
        )
        status = retrying.call(once, ask)
        return asyncio.run(status) if asyncio.iscoroutine(status) else status

    return function


def _urllib(ask):
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(ask.endpoint.proxies),
        urllib.request.HTTPSHandler(context=ask.context()),
    )
    request = urllib.request.Request(ask.endpoint.url, ask.body, method=ask.verb)
    with opener.open(request, timeout=ask.timeout) as response:
        response.read()
        return response.status


def _http_client(ask):
    parts = urlsplit(ask.endpoint.url)
    tls = {"context": ask.context()} if parts.scheme == "https" else {}
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    with contextlib.closing(
        kind(parts.hostname, parts.port, timeout=ask.timeout, **tls)
    ) as connection:
        connection.request(ask.verb, parts.path or "/", ask.body)
        response = connection.getresponse()
        response.read()
        return response.status


def _socket(ask):
    with socket.create_connection(_address(ask), ask.timeout) as plain:
        sock = plain
        if ask.endpoint.url.startswith("https:"):
            sock = ask.context().wrap_socket(plain, server_hostname=ask.endpoint.host)
        with sock:
            sock.sendall(_message(ask))
            received = b""
            while piece := sock.recv(65536):
                received += piece
    return _status(received)


async def _streams(ask):
    tls = {"ssl": ask.context()} if ask.endpoint.url.startswith("https:") else {}
    async with asyncio.timeout(ask.timeout):
        reader, writer = await asyncio.open_connection(*_address(ask), **tls)
    try:
        writer.write(_message(ask))
        async with asyncio.timeout(ask.timeout):
            await writer.drain()
            return _status(await reader.read())
    finally:
        writer.transport.abort()


def _address(ask):
    parts = urlsplit(ask.endpoint.url)
    return parts.hostname, parts.port


def _message(ask):
    body = ask.body or b""
    head = f"{ask.verb} / HTTP/1.1\r\nHost: {ask.endpoint.host}\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _status(received):
    if not received:
        raise http.client.RemoteDisconnected("closed without a response")
    status = received.split(b" ")[1:2]
    return int(status[0]) if status and status[0].isdigit() else 0


# The integrations


@contextlib.contextmanager
def _without_fast_paths():
    switch = importlib.import_module("ringback.client.requests.fast.guard")
    before, switch.on = switch.on, False
    try:
        yield
    finally:
        switch.on = before


@dataclass(frozen=True)
class Integration:
    """A way to make calls with ringback.

    Attributes:
        client: The library that it leads into, as in ``RINGBACK_TEST_CLIENTS``.
        function: Makes one call; returns the status.
        proxies: Kinds of proxy it can go through, by the first letters of their URL.
        http2: It speaks HTTP/2.
        around: What makes the context in which calls are made.
        installed: It is ``install(retry=True)`` under the library's own client.
        needs: What must be there beside the library.
    """

    client: str
    function: Callable[[Ask], int]
    proxies: tuple[str, ...] = ("http",)
    http2: bool = False
    around: Callable[[], Any] = contextlib.nullcontext
    installed: bool = False
    needs: tuple[str, ...] = ()

    @property
    def module(self):
        return self.client.partition("-")[0]

    @property
    def plain(self):
        """It knows nothing of statuses worth another attempt, nor of ``Retry-After``."""
        return self.client in {"urllib", "http.client", "socket", "asyncio"}

    def under(self, ask):
        """The context in which calls like this one are made."""
        if not self.installed:
            return self.around()
        return install(ask.policy, retry=True, sinks=[ask.sink], libraries=[self.module])

    def __call__(self, ask):
        """Make one call, in the way that meets the fault; return the status."""
        if ask.provoke == "http2" and not self.http2:
            raise NotOfferedError(f"{self.client} does not speak HTTP/2")
        if ask.proxy and not ask.proxy.startswith(self.proxies):
            raise NotOfferedError(f"{self.client} goes through no proxy of this kind")
        nameserver = ask.endpoint.nameserver
        with (
            resolving(nameserver, timeout=ask.resolver) if nameserver else contextlib.nullcontext()
        ):
            return self.function(ask)


_ANY = ("http", "socks")
_HTTPX = ("http", "socks5")

RINGBACK_INTEGRATIONS = {
    "Session": Integration("requests", of_session, _ANY),
    "Session, fast paths off": Integration(
        "requests", of_session, _ANY, around=_without_fast_paths
    ),
    "Adapter": Integration("requests", of_adapter, _ANY),
    "PoolManager": Integration("urllib3", of_pool_manager, _ANY),
    "httpx": Integration("httpx", of_httpx("httpx"), _HTTPX, http2=True),
    "httpx-async": Integration("httpx-async", of_httpx_async("httpx"), _HTTPX, http2=True),
    "httpx-trio": Integration(
        "httpx-async", of_httpx_async("httpx", _trio), _HTTPX, http2=True, needs=("trio",)
    ),
    "httpx2": Integration("httpx2", of_httpx("httpx2"), _HTTPX, http2=True),
    "httpx2-async": Integration("httpx2-async", of_httpx_async("httpx2"), _HTTPX, http2=True),
    "aiohttp": Integration("aiohttp", of_aiohttp()),
    "retry(urllib)": Integration("urllib", of_retry(_urllib)),
    "retry(http.client)": Integration("http.client", of_retry(_http_client), ()),
    "retry(socket)": Integration("socket", of_retry(_socket), ()),
    "retry(asyncio)": Integration("asyncio", of_retry(_streams), ()),
    "install requests": Integration("requests", of_requests, _ANY, installed=True),
    "install urllib3": Integration("urllib3", of_urllib3, installed=True),
    "install httpx": Integration(
        "httpx", of_httpx("httpx", ours=False), _HTTPX, True, installed=True
    ),
    "install httpx-async": Integration(
        "httpx-async", of_httpx_async("httpx", ours=False), _HTTPX, True, installed=True
    ),
    "install aiohttp": Integration("aiohttp", of_aiohttp(ours=False), installed=True),
}
"""Name → integration."""


PLAIN = {
    "plain httpx": Integration("httpx", of_httpx("httpx", ours=False), _HTTPX, True),
    "plain httpx-async": Integration(
        "httpx-async", of_httpx_async("httpx", ours=False), _HTTPX, True
    ),
    "plain httpx2": Integration("httpx2", of_httpx("httpx2", ours=False), _HTTPX, True),
    "plain aiohttp": Integration("aiohttp", of_aiohttp(ours=False)),
}
"""Libraries without ringback, to compare with; for requests ``tests/client`` does."""


ALIKE = ("httpx-trio", "httpx2", "httpx2-async", "install httpx", "install httpx-async")
"""Integrations that share all or nearly all of their code with another."""


def present():
    """The integrations of this environment: of ``RINGBACK_TEST_CLIENTS``, or all there are."""
    names = os.environ.get("RINGBACK_TEST_CLIENTS")
    chosen = names.split() if names else None
    return [
        name
        for name, integration in RINGBACK_INTEGRATIONS.items()
        if (chosen is None or integration.client in chosen)
        and all(map(importlib.util.find_spec, (integration.module, *integration.needs)))
    ]


def offered(known=None):
    """The same as parameters of a test; those that share their code with another are ``full``."""
    return [
        pytest.param(name, marks=pytest.mark.nightly) if name in ALIKE else name
        for name in (present() if known is None else known)
    ]
