"""Every integration of ringback behind one interface: a client as a program would have it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import importlib
import io
import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from integrations.library import Request, plain, stream

import ringback
from ringback import Backoff, Policy, Timeout
from ringback.client import tasks
from ringback.client.call import AsyncClock, Clock
from ringback.client.install import install
from ringback.testing.clients import (
    UPLOAD,
    ClientCall,
    call_socket,
    call_urllib,
)
from ringback.testing.lab.fault import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

UNSET = object()

AT_ONCE = Policy(
    backoff=Backoff(base=0),
    budget=None,
    breaker=None,
    patience=0,
    deadline=120,
    timeout=Timeout(connect=60, read=60, write=60),
)
"""Three attempts without a wait, and limits of time that nothing but a fault reaches."""


@dataclass(frozen=True)
class Settings:
    """What a client is made with."""

    policy: Policy = AT_ONCE
    sink: Callable[[Any], Any] = id
    sleep: Callable[[float], Any] | None = id  # Called in place of a wait between attempts
    timeout: Any = 60.0  # The client's own, in its library's words or as a ``Timeout``
    proxy: str | None = None
    verify: str | None = None  # File with the authorities to trust
    certificate: str | None = None
    crl: bool = False
    http2: bool = False
    places: int | None = None  # How many connections there may be
    reads: bool = True  # aiohttp reads bodies within an attempt

    @property
    def told(self):
        return {"policy": self.policy, "sinks": [self.sink]}

    @property
    def clock(self):
        return Clock(sleep=self.sleep) if self.sleep else Clock()

    @property
    def async_clock(self):
        async def sleep(seconds):
            self.sleep(seconds)
            await tasks.sleep(0)

        return AsyncClock(sleep if self.sleep else tasks.sleep)

    @property
    def context(self):
        return _context(self.verify, self.certificate, self.crl, self.http2)

    @property
    def seconds(self):
        """One timeout for everything."""
        if isinstance(self.timeout, Timeout):
            return min(self.timeout.connect, self.timeout.read)
        return self.timeout

    def given(self, of_limits):
        """The timeout as an option of a client or a call, if there is any."""
        if self.timeout is UNSET:
            return {}
        limits = isinstance(self.timeout, Timeout)
        return {"timeout": of_limits(self.timeout) if limits else self.timeout}


@functools.cache
def _context(verify, certificate, crl, _http2):
    # httpcore writes its ALPN protocols into the context that it is given: none may be shared by a
    # client that speaks HTTP/2 and one that does not.
    endpoint = Endpoint("", "", 0, verify=verify, client_certificate=certificate)
    how = "client_certificate" if certificate else "crl" if crl else "get"
    return ClientCall(endpoint, how).context()


class Answer(NamedTuple):
    """A response that was read."""

    status: int
    body: bytes
    own: Any = None


# requests


class _Requests:
    def __init__(self, session, timeout):
        self.session, self._timeout = session, timeout

    def request(self, method, url, body=None, **options):
        response = self.session.request(method, url, data=body, **{**self._timeout, **options})
        return Answer(response.status_code, response.content, response)

    @contextlib.contextmanager
    def stream(self, url):
        with self.session.get(url, stream=True, **self._timeout) as response:
            yield response.iter_content(2)


@contextlib.contextmanager
def _requests(settings, made):
    with made as session:
        session.trust_env = False
        session.verify = settings.verify or True
        session.cert = settings.certificate
        if settings.proxy:
            session.proxies.update({"http": settings.proxy, "https": settings.proxy})
        yield _Requests(session, settings.given(lambda limits: (limits.connect, limits.read)))


def _adapter(settings, session):
    places = {"pool_maxsize": settings.places, "pool_block": True} if settings.places else {}
    for prefix in ("https://", "http://"):
        adapter = ringback.Adapter(**settings.told, clock=settings.clock, **places)
        session.mount(prefix, adapter)
    return session


def _with_session(settings):
    session = ringback.Session(**settings.told, clock=settings.clock)
    return _requests(settings, _adapter(settings, session) if settings.places else session)


def _plain_requests():
    return importlib.import_module("requests").Session()


def _with_adapter(settings):
    return _requests(settings, _adapter(settings, _plain_requests()))


def _with_requests(settings):
    return _requests(settings, _plain_requests())


# urllib3


class _Urllib3:
    def __init__(self, pools):
        self.pools = pools

    def request(self, method, url, body=None, **options):
        response = self.pools.request(method, url, body=body, **options)
        return Answer(response.status, response.data, response)

    @contextlib.contextmanager
    def stream(self, url):
        with self.pools.request("GET", url, preload_content=False) as response:
            yield response.stream(2, decode_content=True)


@contextlib.contextmanager
def _urllib3(settings, module, options):
    library = importlib.import_module("urllib3")
    options |= (
        {"ssl_context": settings.context}
        if settings.crl
        else {
            "cert_reqs": "CERT_REQUIRED",
            "ca_certs": settings.verify,
            "cert_file": settings.certificate,
        }
    )
    options |= settings.given(lambda it: library.Timeout(connect=it.connect, read=it.read))
    if settings.places:
        options |= {"maxsize": settings.places, "block": True}
    if not settings.proxy:
        made = importlib.import_module(module).PoolManager(**options)
    elif settings.proxy.startswith("socks"):
        socks = "urllib3.contrib.socks" if module == "urllib3" else f"{module}.socks"
        made = importlib.import_module(socks).SOCKSProxyManager(settings.proxy, **options)
    else:
        made = importlib.import_module(module).ProxyManager(settings.proxy, **options)
    with made as pools:
        yield _Urllib3(pools)


def _with_pool_manager(settings):
    told = {**settings.told, "clock": settings.clock}
    return _urllib3(settings, "ringback.client.urllib3", told)


def _with_urllib3(settings):
    return _urllib3(settings, "urllib3", {})


def _with_urllib3_once(settings):
    """By itself it tries again, and waits."""
    retries = importlib.import_module("urllib3").Retry
    once = retries(None, connect=0, read=0, other=0, redirect=5)
    return _urllib3(settings, "urllib3", {"retries": once})


# httpx and httpx2


def _httpx(name, settings, *, ours, asynchronous):
    library = importlib.import_module(name)
    options = {
        "verify": settings.context,
        "proxy": settings.proxy,
        "http2": settings.http2,
        "trust_env": False,
    }
    if settings.places:
        options["limits"] = library.Limits(max_connections=settings.places)
    if ours:
        options |= settings.told
        options["clock"] = settings.async_clock if asynchronous else settings.clock
        module = importlib.import_module(f"ringback.client.{name}")
        transport = module.AsyncTransport if asynchronous else module.Transport
    else:
        transport = library.AsyncHTTPTransport if asynchronous else library.HTTPTransport
    cls = library.AsyncClient if asynchronous else library.Client
    timeout = settings.given(
        lambda it: library.Timeout(
            connect=it.connect, read=it.read, write=it.write or it.read, pool=60
        )
    )
    return cls(transport=transport(**options), follow_redirects=True, trust_env=False, **timeout)


class _Httpx:
    def __init__(self, client):
        self.client = client

    def request(self, method, url, body=None, **options):
        response = self.client.request(method, url, content=body, **options)
        return Answer(response.status_code, response.content, response)

    @contextlib.contextmanager
    def stream(self, url):
        with self.client.stream("GET", url) as response:
            yield response.iter_bytes()


def _with_httpx(name, *, ours=True):
    @contextlib.contextmanager
    def opened(settings):
        with _httpx(name, settings, ours=ours, asynchronous=False) as client:
            yield _Httpx(client)

    return opened


# What is asynchronous, waited for


@contextlib.contextmanager
def _portal(backend, made, wrapped):
    """An asynchronous client that an event loop in another thread makes, uses and closes."""
    portals = importlib.import_module("anyio.from_thread")

    @contextlib.asynccontextmanager
    async def entered():
        async with made() as client:
            yield client

    with (
        portals.start_blocking_portal(backend) as portal,
        portal.wrap_async_context_manager(entered()) as client,
    ):
        yield wrapped(client, portal)


async def _next(iterator):
    return await anext(iterator, None)


async def _pieces_of(body):
    for piece in body:
        yield piece


def _asynchronous(body):
    """A body; one that can be read once is one for tasks."""
    once = hasattr(body, "__next__") and not hasattr(body, "read")
    return _pieces_of(body) if once else body


class _Waiting:
    def __init__(self, client, portal):
        self.client, self._portal = client, portal

    def request(self, method, url, body=None, **options):
        return self._portal.call(functools.partial(self._ask, method, url, body, **options))

    @contextlib.contextmanager
    def stream(self, url):
        with self._portal.wrap_async_context_manager(self._opened(url)) as response:
            yield self._pieces(self._read(response))

    def _pieces(self, iterator):
        try:
            while (piece := self._portal.call(_next, iterator)) is not None:
                yield piece
        finally:
            self._portal.call(iterator.aclose)


class _HttpxWaiting(_Waiting):
    async def _ask(self, method, url, body, **options):
        body = _asynchronous(body)
        response = await self.client.request(method, url, content=body, **options)
        return Answer(response.status_code, response.content, response)

    def _opened(self, url):
        return self.client.stream("GET", url)

    def _read(self, response):
        return response.aiter_bytes()


class _AiohttpWaiting(_Waiting):
    async def _ask(self, method, url, body, **options):
        async with self.client.request(method, url, data=_payload(body), **options) as response:
            return Answer(response.status, await response.read(), response)

    def _opened(self, url):
        return self.client.get(url)

    async def _read(self, response):
        async for piece in response.content.iter_any():
            yield piece


def _payload(body):
    """A body, as aiohttp takes a large one."""
    large = isinstance(body, bytes) and len(body) > 2**20
    return io.BytesIO(body) if large else _asynchronous(body)


def _with_httpx_async(name, backend="asyncio", *, ours=True):
    def opened(settings):
        made = functools.partial(_httpx, name, settings, ours=ours, asynchronous=True)
        return _portal(backend, made, _HttpxWaiting)

    return opened


class _ThroughProxy(_AiohttpWaiting):
    """aiohttp is told of a proxy with each request."""

    proxy = None

    async def _ask(self, method, url, body, **options):
        return await super()._ask(method, url, body, proxy=self.proxy, **options)


def _with_aiohttp(*, ours=True):
    def opened(settings):
        library = importlib.import_module("aiohttp")
        options = settings.given(
            lambda it: library.ClientTimeout(sock_connect=it.connect, sock_read=it.read)
        )
        if isinstance(options.get("timeout"), float):
            seconds = options["timeout"]
            options["timeout"] = library.ClientTimeout(sock_connect=seconds, sock_read=seconds)
        if ours:
            middleware = importlib.import_module("ringback.client.aiohttp").Middleware
            given = {"read": settings.reads, "sinks": [settings.sink]}
            given["clock"] = settings.async_clock
            options["middlewares"] = [middleware(settings.policy, **given)]

        def made():
            connector = library.TCPConnector(
                ssl=settings.context,
                resolver=library.ThreadedResolver(),
                limit=settings.places or 100,
            )
            return library.ClientSession(connector=connector, **options)

        wrapped = type("", (_ThroughProxy,), {"proxy": settings.proxy})
        return _portal("asyncio", made, wrapped)

    return opened


# ringback.retry around what comes with Python


class _Retrying:
    def __init__(self, once, settings):
        self._once, self._settings = once, settings

    def request(self, method, url, body=None):
        settings = self._settings
        retrying = ringback.retry(
            settings.policy,
            idempotent=method != "POST",
            target=url,
            sinks=[settings.sink],
            clock=settings.clock,
        )
        proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else {}
        endpoint = Endpoint(url, "", 0, proxies=proxies)
        call = Request(endpoint, "get", settings.seconds, method, body, settings.context)
        status = retrying.call(self._once, call)
        return Answer(asyncio.run(status) if asyncio.iscoroutine(status) else status, b"")


def _with_retry(once):
    @contextlib.contextmanager
    def opened(settings):
        yield _Retrying(once, settings)

    return opened


def _urllib(call):
    call_urllib(call)
    return 200  # for all others it raises


def _socket(call):
    return _status(call_socket(call))


async def _streams(call):
    return _status(await stream(call))


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
    """A way to make calls with ringback."""

    library: str  # What it leads into, as in ``RINGBACK_TEST_CLIENTS``
    opened: Callable[[Settings], Any]  # Makes the context that has a client
    proxies: tuple[str, ...] = ("http",)  # By the first letters of their URL
    http2: bool = False
    around: Callable[[], Any] = contextlib.nullcontext  # Makes the context of its calls
    installed: bool = False  # ``install(retry=True)`` under the library's own client
    plain: str | None = None  # The library's own client, without ringback
    needs: tuple[str, ...] = ()  # What must be there beside the library

    @property
    def module(self):
        return self.library.partition("-")[0]

    @property
    def retry(self):
        """It knows nothing of statuses worth another attempt, nor of ``Retry-After``."""
        return self.library in {"urllib", "http.client", "socket", "asyncio"}

    def under(self, settings):
        """The context in which calls like these are made."""
        if not self.installed:
            return self.around()
        told = {"sinks": [settings.sink], "libraries": [self.module]}
        return install(settings.policy, retry=True, **told)

    @contextlib.contextmanager
    def client(self, policy=AT_ONCE, sink=id, **settings):
        """A client of the program's."""
        made = Settings(policy, sink, **settings)
        with self.under(made), self.opened(made) as client:
            yield client

    def meet(self, endpoint, provoke, verb, settings):
        """Call an endpoint in the way that meets its fault; return the status."""
        body = bytes(UPLOAD) if provoke == "upload" else b"once" if verb == "POST" else None
        with self.opened(settings) as client:
            for _ in range(2 if provoke == "twice" else 1):
                answer = client.request(verb, endpoint.url, body)
        return answer.status


_ANY = ("http", "socks")
_HTTPX = ("http", "socks5")


def _of_httpx(name, backend=None, *, ours=True, **more):
    if backend:
        opened, library = _with_httpx_async(name, backend, ours=ours), f"{name}-async"
    else:
        opened, library = _with_httpx(name, ours=ours), name
    return Integration(library, opened, _HTTPX, http2=True, **more)


INTEGRATIONS = {
    "Session": Integration("requests", _with_session, _ANY, plain="requests"),
    "Session, fast paths off": Integration(
        "requests", _with_session, _ANY, around=_without_fast_paths, plain="requests"
    ),
    "Adapter": Integration("requests", _with_adapter, _ANY, plain="requests"),
    "PoolManager": Integration("urllib3", _with_pool_manager, _ANY, plain="urllib3"),
    "httpx": _of_httpx("httpx", plain="httpx"),
    "httpx-async": _of_httpx("httpx", "asyncio", plain="httpx-async"),
    "httpx-trio": _of_httpx("httpx", "trio", plain="httpx-async", needs=("trio",)),
    "httpx2": _of_httpx("httpx2", plain="httpx2"),
    "httpx2-async": _of_httpx("httpx2", "asyncio", plain="httpx2-async"),
    "aiohttp": Integration("aiohttp", _with_aiohttp(), plain="aiohttp"),
    "retry(urllib)": Integration("urllib", _with_retry(_urllib)),
    "retry(http.client)": Integration("http.client", _with_retry(plain), ()),
    "retry(socket)": Integration("socket", _with_retry(_socket), ()),
    "retry(asyncio)": Integration("asyncio", _with_retry(_streams), ()),
    "install requests": Integration("requests", _with_requests, _ANY, installed=True),
    "install urllib3": Integration("urllib3", _with_urllib3, _ANY, installed=True),
    "install httpx": _of_httpx("httpx", ours=False, installed=True),
    "install httpx-async": _of_httpx("httpx", "asyncio", ours=False, installed=True),
    "install aiohttp": Integration("aiohttp", _with_aiohttp(ours=False), installed=True),
}
"""Name → integration."""

PLAIN = {
    "requests": Integration("requests", _with_requests, _ANY),
    "urllib3": Integration("urllib3", _with_urllib3_once, _ANY),
    "httpx": _of_httpx("httpx", ours=False),
    "httpx-async": _of_httpx("httpx", "asyncio", ours=False),
    "httpx2": _of_httpx("httpx2", ours=False),
    "httpx2-async": _of_httpx("httpx2", "asyncio", ours=False),
    "aiohttp": Integration("aiohttp", _with_aiohttp(ours=False)),
}
"""Libraries without ringback, to compare with."""

ALIKE = (
    *("Session, fast paths off", "Adapter", "httpx-trio", "httpx2", "httpx2-async"),
    *("install httpx", "install httpx-async"),
)
"""Integrations that share all or nearly all of their code with another."""


def present():
    """The integrations of this environment: of ``RINGBACK_TEST_CLIENTS``, or all there are."""
    names = os.environ.get("RINGBACK_TEST_CLIENTS")
    chosen = names.split() if names else None
    found = {
        name: integration
        for name, integration in INTEGRATIONS.items()
        if chosen is None or integration.library in chosen
    }
    if chosen is not None:
        for integration in found.values():
            importlib.import_module(integration.module)
    return [
        name
        for name, integration in found.items()
        if all(map(find_spec, (integration.module, *integration.needs)))
    ]


def across(also="", only=lambda integration: True):
    """The integrations as parameters of a test; those that are alike run nightly.

    ``also`` is one of these that runs in the gate: each file has another one.
    """
    return few(*(INTEGRATIONS.keys() - ALIKE), also, only=only)


def few(*names, only=lambda integration: True):
    """The same for a test that takes seconds: only what is named runs in the gate."""
    chosen = [name for name in present() if only(INTEGRATIONS[name])]
    nightly = pytest.mark.nightly
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=[nightly] * (name not in names)) for name in chosen]
    )


def of_http(integration):
    """Whether it knows HTTP: statuses, redirects, bodies that are read piece by piece."""
    return not integration.retry


def of_ours(integration):
    """Whether the program made it with ringback, and tells it how to wait."""
    return of_http(integration) and not integration.installed
