"""What ``dial`` does, for tasks."""

import gc
import socket
import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import anyio
import pytest

from ringback import classify
from ringback.client import deadline
from ringback.client.dial import LookupTimedOut, tcp
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

    def set_to(seconds):
        lookup = Resolver.steps

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


def test_a_refused_connection_is_what_it_was(run, place):
    place.refusing("127.0.0.1")
    with pytest.raises(ConnectionRefusedError) as caught:
        run(dial_async, "127.0.0.1", place.port, timeout=LONG)
    assert str(caught.value) == "[Errno 111] Connection refused"
    assert classify(caught.value).target.address == "127.0.0.1"


def test_silence_is_a_timeout(run, place):
    place.silent("127.0.0.1")
    with pytest.raises(TimeoutError, match=r"^timed out$"):
        run(dial_async, "127.0.0.1", place.port, timeout=0.05)


@pytest.mark.parametrize("addresses", [1, 2])
def test_a_deadline_that_has_passed_before_it_begins_is_a_timeout(
    run, place, replaced, left, addresses
):
    found = [f"127.0.0.{number}" for number in range(1, addresses + 1)]
    for address in found:
        place.silent(address)
    replaced.answers["api.test"] = found
    left(-0.1)
    with pytest.raises(TimeoutError, match=r"^timed out$") as caught:
        run(dial_async, "api.test", place.port, timeout=LONG)
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


def test_the_deadline_of_the_call_ends_it(run, place):
    place.silent("127.0.0.1")

    async def dialling():
        with deadline.within(time.monotonic() + 0.05):
            await dial_async("127.0.0.1", place.port, timeout=LONG)

    with pytest.raises(TimeoutError):
        run(dialling)


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


def test_an_error_is_in_no_cycle(run, place):
    class Witness:
        """A local of the caller: a cycle would keep its frame."""

    place.refusing("127.0.0.1")
    witnesses, seen = weakref.WeakSet(), []

    async def call():
        witness = Witness()
        witnesses.add(witness)
        await dial_async("127.0.0.1", place.port, timeout=LONG)

    async def dialling():
        with suppress(ConnectionRefusedError):
            await call()
        seen.append(len(witnesses))

    gc.disable()
    try:
        run(dialling)
    finally:
        gc.enable()
    assert seen == [0]


# Names


def test_the_lookup_counts(run, replaced):
    replaced.answers["api.test"] = threading.Event()
    with pytest.raises(LookupTimedOut):
        run(dial_async, "api.test", 80, timeout=0.05)
    replaced.answers["api.test"].set()


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


@pytest.mark.nightly
def test_a_thousand_that_are_stuck_neither_take_threads_nor_block_others(run, c_library):
    release = threading.Event()
    c_library.answers |= {f"n{number}.stuck.test": release for number in range(1000)}
    c_library.answers["healthy.test"] = ["127.0.0.1"]
    before, timed_out, most = threading.active_count(), [], []

    async def stuck(number):
        try:
            await resolve_async(f"n{number}.stuck.test", 80, time.monotonic() + 3)
        except LookupTimedOut:
            timed_out.append(number)

    async def asking():
        async with anyio.create_task_group() as group:
            for number in range(1000):
                group.start_soon(stuck, number)
            await anyio.sleep(1)
            most.append(threading.active_count())
            found = await resolve_async("healthy.test", 80, time.monotonic() + 20)
            assert found[0][4] == ("127.0.0.1", 80)

    try:
        run(asking)
    finally:
        release.set()
    assert len(timed_out) == 1000
    assert most[0] - before < 200, "not a thread for each"
    assert not resolver.lookups._queue


def test_a_lookup_may_end_after_its_loop(run, replaced):
    replaced.answers["api.test"] = release = threading.Event()

    async def asking():
        with pytest.raises(LookupTimedOut):
            await resolve_async("api.test", 80, time.monotonic() + 0.05)

    run(asking)
    release.set()
