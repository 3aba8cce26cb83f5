"""A cache above or below ringback answers what it has, and lets the rest be tried again."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import ExitStack
from email.utils import formatdate
from functools import partial

import hishel
import hishel.requests
import pytest
import requests
import requests_cache
from cachecontrol import CacheControlAdapter

import ringback
from ringback.client.requests import Adapter
from ringback.errors import RingbackError
from ringback.testing.lab.message import response

pytestmark = pytest.mark.nightly


class CachedSession(requests_cache.CacheMixin, ringback.Session):
    """requests-cache above ringback's session."""


class CacheControlled(CacheControlAdapter, Adapter):
    """CacheControl above ringback's adapter."""


class HishelAdapter(hishel.requests.CacheAdapter, Adapter):
    """hishel above ringback's adapter."""

    def __init__(self, policy, storage):
        Adapter.__init__(self, policy, sinks=[])
        self.storage, self.rfc = storage, False


def by_requests_cache(policy, stack, _):
    session = CachedSession(policy=policy, sinks=[], backend="memory")
    return stack.enter_context(session).get


def by_requests_cache_installed(policy, stack, _):
    stack.enter_context(ringback.install(policy, retry=True, sinks=[]))
    return stack.enter_context(requests_cache.CachedSession(backend="memory")).get


def by_cachecontrol(policy, stack, _):
    session = stack.enter_context(requests.Session())
    for prefix in ("http://", "https://"):
        session.mount(prefix, CacheControlled(policy=policy, sinks=[]))
    return session.get


def by_hishel_requests(policy, stack, storage):
    session = stack.enter_context(requests.Session())
    session.mount("http://", HishelAdapter(policy, storage))
    return session.get


def nested(nesting, policy, stack, cache, ours, theirs):
    """hishel's transport above ringback's, below it, or above the library's own while installed."""
    if nesting == "above":
        return cache(ours(policy=policy, sinks=[]))
    if nesting == "below":
        return ours(cache(theirs()), policy=policy, sinks=[])
    stack.enter_context(ringback.install(policy, retry=True, sinks=[]))
    return cache(theirs())


def by_hishel(name, nesting):
    def begin(policy, stack, storage):
        library = importlib.import_module(name)
        ours = importlib.import_module(f"ringback.client.{name}").Transport
        cache = importlib.import_module(f"hishel.{name}").CacheTransport
        cache = partial(cache, storage=storage)
        transport = nested(nesting, policy, stack, cache, ours, library.HTTPTransport)
        return stack.enter_context(library.Client(transport=transport)).get

    return begin


def by_hishel_async(name, nesting):
    def begin(policy, stack, _):
        library = importlib.import_module(name)
        ours = importlib.import_module(f"ringback.client.{name}").AsyncTransport
        cache = importlib.import_module(f"hishel.{name}").AsyncCacheTransport
        runner = stack.enter_context(asyncio.Runner())

        async def begun():
            storage = hishel.AsyncSqliteStorage(database_path=":memory:")
            kept = partial(cache, storage=storage)
            return nested(nesting, policy, stack, kept, ours, library.AsyncHTTPTransport)

        client = library.AsyncClient(transport=runner.run(begun()))
        stack.callback(lambda: runner.run(client.aclose()))
        return lambda url: runner.run(client.get(url))

    return begin


CACHES = {
    "requests-cache": by_requests_cache,
    "requests-cache-install": by_requests_cache_installed,
    "cachecontrol": by_cachecontrol,
    "hishel-requests": by_hishel_requests,
    **{
        f"hishel-{name}-{nesting}{suffix}": make(name, nesting)
        for name in ("httpx", "httpx2")
        for nesting in ("above", "below", "install")
        for suffix, make in (("", by_hishel), ("-async", by_hishel_async))
    },
}


@pytest.fixture(params=CACHES)
def get(request, policy, tmp_path):
    """Gets a URL through a cache and ringback."""
    with ExitStack() as stack:
        storage = hishel.SqliteStorage(database_path=tmp_path / "cache.db")
        stack.callback(storage.close)
        yield CACHES[request.param](policy, stack, storage)


@pytest.fixture
def origin(lab):
    """A server whose answers may be kept for a minute."""

    def serve(connection):
        while connection.read_request():
            fields = "Cache-Control: max-age=60", f"Date: {formatdate(usegmt=True)}"
            connection.send(response(200, b"fresh", *fields))

    return lab.listen(serve)


def test_what_is_cached_is_not_asked_for_again(get, origin):
    assert [get(origin.url).text for _ in range(3)] == ["fresh"] * 3
    assert origin.requests == 1


def test_what_is_not_cached_is_tried_as_often_as_the_policy_says(get, unused_port):
    with pytest.raises(RingbackError) as caught:
        get(f"http://127.0.0.1:{unused_port}/")
    assert caught.value.failure.kind == "tcp.refused"
    assert len(caught.value.attempts) == 3
