"""What ``dial`` does, for tasks."""

import gc
import socket
import threading
import time
from contextlib import suppress
from functools import partial

import anyio
import pytest

from ringback import classify
from ringback.client import deadline
from ringback.client.dial import LookupTimedOut
from ringback.client.dial.address import avoided
from ringback.client.dial.resolve_async import resolve_async
from ringback.client.dial.resolver import resolver
from ringback.client.httpcore.dial_async import dial_async

LONG = 30


@pytest.fixture(params=["asyncio", "trio"])
def run(request):
    def running(function, *args, **options):
        return anyio.run(partial(function, *args, **options), backend=request.param)

    return running


def test_a_socket_is_connected_and_does_not_block(run, place):
    listener = place.accepting("127.0.0.1")
    with run(dial_async, "127.0.0.1", place.port, timeout=LONG) as sock:
        assert sock.getpeername() == listener.getsockname()
        assert not sock.getblocking()


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_number_that_is_no_port_is_the_callers_mistake(run, port):
    with pytest.raises(OverflowError) as caught:
        run(dial_async, "127.0.0.1", port, timeout=LONG)
    assert classify(caught.value).kind == "url.invalid"


def test_a_refused_connection_is_what_it_was(run, place):
    place.refusing("127.0.0.1")
    with pytest.raises(ConnectionRefusedError) as caught:
        run(dial_async, "127.0.0.1", place.port, timeout=LONG)
    assert str(caught.value) == "[Errno 111] Connection refused"
    assert classify(caught.value).target.address == "127.0.0.1"


def test_silence_is_a_timeout(run, place):
    place.silent("127.0.0.1")
    with pytest.raises(TimeoutError, match=r"^timed out$"):
        run(dial_async, "127.0.0.1", place.port, timeout=0.1)


@pytest.mark.parametrize("addresses", [1, 2])
def test_a_deadline_that_has_passed_before_it_begins_is_a_timeout(run, place, replaced, addresses):
    found = [f"127.0.0.{number}" for number in range(1, addresses + 1)]
    for address in found:
        place.silent(address)
    replaced.answers["api.test"] = found
    lookup = resolver.steps

    def after_the_deadline(*asked):
        answer = yield from lookup(*asked)
        time.sleep(0.6)
        return answer

    resolver.steps = after_the_deadline
    try:
        with pytest.raises(TimeoutError, match=r"^timed out$") as caught:
            run(dial_async, "api.test", place.port, timeout=0.5)
    finally:
        del resolver.steps
    assert classify(caught.value).kind == "tcp.timed_out"


def test_a_silent_address_costs_a_quarter_of_a_second_once(run, place, replaced):
    place.silent("127.0.0.1")
    place.accepting("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    for _ in range(2):
        with run(dial_async, "api.test", place.port, timeout=LONG) as sock:
            assert sock.getpeername()[0] == "127.0.0.2"
    assert set(avoided.of(("api.test", place.port))) == {"127.0.0.1"}


def test_after_a_refusal_the_next_address_is_tried(run, place, replaced):
    place.refusing("127.0.0.1")
    place.accepting("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    with run(dial_async, "api.test", place.port, timeout=LONG) as sock:
        assert sock.getpeername()[0] == "127.0.0.2"


def test_with_little_time_every_address_gets_its_chance(run, place, replaced):
    """Twelve that cost 0.25 s each would take 3 s; as it is, more than a second is left."""
    silent = [f"127.0.0.{number}" for number in range(1, 13)]
    for address in silent:
        place.silent(address)
    place.accepting("127.0.0.99")
    replaced.answers["api.test"] = [*silent, "127.0.0.99"]
    with run(dial_async, "api.test", place.port, timeout=2.9) as sock:
        assert sock.getpeername()[0] == "127.0.0.99"


def test_all_fail_and_each_is_recorded(run, place, replaced):
    place.refusing("127.0.0.1")
    place.silent("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    with pytest.raises(ConnectionRefusedError) as caught:
        run(dial_async, "api.test", place.port, timeout=0.5)
    assert len(classify(caught.value).addresses) == 2


def test_it_connects_from_the_source_address(run, place):
    place.accepting("127.0.0.1")
    source = {"source_address": ("127.0.0.5", 0)}
    with run(dial_async, "127.0.0.1", place.port, timeout=LONG, **source) as sock:
        assert sock.getsockname()[0] == "127.0.0.5"


def test_the_deadline_of_the_call_ends_it(run, place):
    place.silent("127.0.0.1")

    async def dialling():
        with deadline.within(time.monotonic() + 0.1):
            await dial_async("127.0.0.1", place.port, timeout=LONG)

    with pytest.raises(TimeoutError):
        run(dialling)


def test_what_is_cancelled_leaves_no_socket_open(run, place, replaced):
    place.silent("127.0.0.1")
    place.silent("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]

    async def dialling():
        with anyio.move_on_after(0.05):
            await dial_async("api.test", place.port, timeout=LONG)

    before = open_sockets()
    run(dialling)
    assert open_sockets() == before


def open_sockets():
    """How many sockets of this process are open, those nobody holds any more left out."""
    gc.collect()
    made = [found for found in gc.get_objects() if isinstance(found, socket.socket)]
    return sum(sock.fileno() >= 0 for sock in made)


def test_an_error_is_in_no_cycle(run, place):
    place.refusing("127.0.0.1")

    def errors():
        return [found for found in gc.get_objects() if type(found) is ConnectionRefusedError]

    async def dialling():
        with suppress(OSError):
            await dial_async("127.0.0.1", place.port, timeout=LONG)

    gc.collect()
    before = len(errors())
    gc.disable()
    try:
        run(dialling)
        assert len(errors()) == before
    finally:
        gc.enable()


# Names


def test_the_lookup_counts(run, replaced):
    replaced.answers["api.test"] = threading.Event()
    with pytest.raises(LookupTimedOut):
        run(dial_async, "api.test", 80, timeout=0.1)
    replaced.answers["api.test"].set()


def test_tasks_that_ask_for_the_same_share_a_lookup(run, replaced):
    replaced.answers["api.test"] = release = threading.Event()

    async def asking():
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(resolve_async, "api.test", 80, None)
            await anyio.sleep(0.01)
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
