"""What ``dial`` does, for tasks."""

import socket
import threading
import time
from functools import partial
from types import SimpleNamespace

import anyio
import pytest

from ringback import classify
from ringback.client.dial import tcp
from ringback.client.dial.address import avoided
from ringback.client.dial.resolve_async import resolve_async
from ringback.client.dial.resolver import Resolver, resolver
from ringback.client.httpcore.dial_async import dial_async

LONG = 30


@pytest.fixture(params=["asyncio", "trio"])
def run(request):
    def running(function, *args, **options):
        return anyio.run(partial(function, *args, **options), backend=request.param)

    return running


@pytest.fixture
def left(monkeypatch):
    """Sets how many seconds are left once the name is resolved, however long that took."""
    lookup = Resolver.steps

    def set_to(seconds):
        def steps(self, host, port, until, family=0):
            found = yield from lookup(self, host, port, until, family)
            ahead = until - seconds - time.monotonic()
            clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead)
            monkeypatch.setattr(tcp, "time", clock)
            return found

        monkeypatch.setattr(Resolver, "steps", steps)

    return set_to


def test_a_socket_is_connected_and_does_not_block(run, place):
    listener = place.accepting("127.0.0.1")
    source = {"source_address": ("127.0.0.5", 0)}
    with run(dial_async, "127.0.0.1", place.port, timeout=LONG, **source) as sock:
        assert sock.getpeername() == listener.getsockname()
        assert sock.getsockname()[0] == "127.0.0.5"
        assert not sock.getblocking()


def test_a_deadline_that_has_passed_before_it_begins_is_a_timeout(run, place, left):
    place.silent("127.0.0.1")
    left(-0.1)
    with pytest.raises(TimeoutError, match=r"^timed out$") as caught:
        run(dial_async, "127.0.0.1", place.port, timeout=LONG)
    assert classify(caught.value).kind == "tcp.timed_out"


def test_a_silent_address_costs_one_delay_once(run, place, replaced):
    place.silent("127.0.0.1")
    place.accepting("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    for _ in range(2):
        with run(dial_async, "api.test", place.port, timeout=LONG) as sock:
            assert sock.getpeername()[0] == "127.0.0.2"
    assert set(avoided.of(("api.test", place.port))) == {"127.0.0.1"}


def test_all_fail_and_each_is_recorded(run, place, replaced, left):
    place.refusing("127.0.0.1")
    place.silent("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    left(0.1)
    with pytest.raises(ConnectionRefusedError) as caught:
        run(dial_async, "api.test", place.port, timeout=LONG)
    assert len(classify(caught.value).addresses) == 2


def test_what_is_cancelled_leaves_no_socket_open(run, place, replaced, monkeypatch):
    connecting = []

    class Watched(socket.socket):
        __module__ = "socket"

        def connect(self, address):
            connecting.append(self)
            super().connect(address)

    place.silent("127.0.0.1")
    place.silent("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    monkeypatch.setattr(socket, "socket", Watched)

    async def dialling():
        async with anyio.create_task_group() as group:
            group.start_soon(partial(dial_async, "api.test", place.port, timeout=LONG))
            while len(connecting) < 2:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    run(dialling)
    assert all(sock.fileno() == -1 for sock in connecting)


def test_tasks_that_ask_for_the_same_share_a_lookup(run, replaced):
    replaced.answers["api.test"] = release = threading.Event()

    async def asking():
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(resolve_async, "api.test", 80, None)
            while sum(lookup.waiting for lookup in resolver.lookups._known.values()) < 50:
                await anyio.sleep(0.001)
            release.set()

    run(asking)
    assert replaced.asked == ["api.test"]
