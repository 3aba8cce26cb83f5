"""One set of tests for both libraries, in a thread, in asyncio and in trio."""

from __future__ import annotations

import importlib
from contextlib import ExitStack, contextmanager
from functools import cache, partial

import pytest
from anyio.from_thread import start_blocking_portal

from ringback import Backoff, Policy, Timeout


class Integration:
    """An integration as a program uses it; what is asynchronous is waited for.

    Args:
        name: ``httpx`` or ``httpx2``.
        stack: Ends what was begun.
    """

    def __init__(self, name, stack):
        self.name = name
        self.library = importlib.import_module(name)
        self.module = importlib.import_module(f"ringback.client.{name}")
        self.stack = stack

    def client(self, inner=None, *, timeout=30.0, redirects=True, **options):
        """A client with our transport, which has ``options``."""
        options = options if inner else {"trust_env": False, **options}
        transport = self.transport(inner, **options)
        common = {"timeout": timeout, "follow_redirects": redirects, "trust_env": False}
        return self.made(transport, common)


class Blocking(Integration):
    """In a thread."""

    asynchronous = False

    def transport(self, inner=None, **options):
        return self.module.Transport(inner, **options)

    def plain(self, **options):
        return self.library.HTTPTransport(verify=False, **options)

    def made(self, transport, common):
        return self.stack.enter_context(self.library.Client(transport=transport, **common))

    @contextmanager
    def streamed(self, client, url):
        """The pieces of a body as they come, of which the caller may leave a rest."""
        with client.stream("GET", url) as response:
            yield response.iter_raw()

    def call(self, function, *args):
        return function(*args)


class Asynchronous(Integration):
    """In tasks."""

    asynchronous = True

    def __init__(self, name, stack, portal):
        super().__init__(name, stack)
        self.portal = portal

    def transport(self, inner=None, **options):
        return self.module.AsyncTransport(inner, **options)

    def plain(self, **options):
        return self.library.AsyncHTTPTransport(verify=False, **options)

    def made(self, transport, common):
        client = self.library.AsyncClient(transport=transport, **common)
        self.stack.enter_context(self.portal.wrap_async_context_manager(client))
        return _Waiting(client, self.portal)

    @contextmanager
    def streamed(self, client, url):
        with self.portal.wrap_async_context_manager(client.client.stream("GET", url)) as response:
            yield self._pieces(response.aiter_raw())

    def _pieces(self, iterator):
        try:
            while (piece := self.portal.call(_next, iterator)) is not None:
                yield piece
        finally:
            self.portal.call(iterator.aclose)

    def call(self, function, *args):
        return self.portal.call(function, *args)


async def _next(iterator):
    return await anext(iterator, None)


class _Waiting:
    """An asynchronous client, waited for."""

    def __init__(self, client, portal):
        self.client = client
        self._portal = portal

    def request(self, *args, **kwargs):
        return self._portal.call(partial(self.client.request, *args, **kwargs))

    def get(self, url, **kwargs):
        return self.request("GET", url, **kwargs)

    def post(self, url, **kwargs):
        return self.request("POST", url, **kwargs)

    def build_request(self, *args, **kwargs):
        return self.client.build_request(*args, **kwargs)

    def send(self, *args, **kwargs):
        return self._portal.call(partial(self.client.send, *args, **kwargs))

    @property
    def _transport(self):
        return self.client._transport


GATE = {("httpx", "thread"), ("httpx", "asyncio"), ("httpx2", "trio")}
INTEGRATIONS = [
    pytest.param(
        (library, way),
        id=f"{library}-{way}",
        marks=[pytest.mark.nightly] * ((library, way) not in GATE),
    )
    for library in ("httpx", "httpx2")
    for way in ("thread", "asyncio", "trio")
]


@pytest.fixture(scope="module")
def portal_of():
    """Returns the event loop of a backend, in a thread of its own."""
    with ExitStack() as stack:
        yield cache(lambda backend: stack.enter_context(start_blocking_portal(backend)))


@pytest.fixture(params=INTEGRATIONS)
def integration(request, portal_of):
    library, way = request.param
    pytest.importorskip(library)
    with ExitStack() as stack:
        if way == "thread":
            yield Blocking(library, stack)
        else:
            yield Asynchronous(library, stack, portal_of(way))


@pytest.fixture
def policy():
    """Three attempts without a wait, no budget and no circuit."""
    limits = Timeout(connect=30, read=30)
    return Policy(backoff=Backoff(base=0), timeout=limits, budget=None, breaker=None)


@pytest.fixture
def client(integration, policy, events):
    return integration.client(policy=policy, sinks=[events.append])


@pytest.fixture
def no_connection_is_lost(client):
    """No request has a connection, or waits for one, as the test ends."""
    yield
    places = client._transport._inner._places
    assert (places.taken, places.waiting) == (0, 0)
