import os
import threading

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.client import bulkhead as room
from ringback.client.bulkhead import (
    Bulkhead,
    Bulkheads,
    async_bulkheads,
    async_wait,
    bulkheads,
)


def test_who_leaves_too_late_has_the_place():
    one = Bulkhead(1)
    one.enter(threading.Event)
    turn = one.enter(threading.Event)
    one.leave()
    assert one.withdraw(turn) is True
    assert one.taken == 1


@given(st.integers(1, 4), st.lists(st.sampled_from(["enter", "leave", "withdraw"]), max_size=60))
def test_places_are_neither_lost_nor_made(places, steps):
    bulkhead, inside, queue = Bulkhead(places), 0, []
    for step in steps:
        if step == "enter":
            turn = bulkhead.enter(threading.Event)
            if turn is None:
                inside += 1
            else:
                queue.append(turn)
        elif step == "leave" and inside:
            bulkhead.leave()
            inside -= 1
        elif step == "withdraw" and queue:
            assert bulkhead.withdraw(queue.pop()) is False
        arrived = [turn for turn in queue if turn.is_set()]
        assert arrived == queue[: len(arrived)], "first come, first served"
        inside += len(arrived)
        queue = queue[len(arrived) :]
        assert bulkhead.taken == inside <= places
        assert bulkhead.waiting == len(queue)
        assert not (queue and inside < places)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_task_waits_for_its_turn_or_only_so_long(backend):
    async def waiting():
        one = Bulkhead(1)
        assert await async_wait(one, None)
        assert not await async_wait(one, 0.01)
        async with anyio.create_task_group() as group:
            group.start_soon(async_wait, one, None)
            while not one.waiting:
                await anyio.lowlevel.checkpoint()
            one.leave()
        return one.taken, one.waiting

    assert anyio.run(waiting, backend=backend) == (1, 0)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_task_that_is_cancelled_leaves_the_queue(backend):
    async def cancelled():
        one = Bulkhead(1)
        await async_wait(one, None)
        with anyio.move_on_after(0.01):
            await async_wait(one, None)
        return one.taken, one.waiting

    assert anyio.run(cancelled, backend=backend) == (1, 0)


def test_each_origin_and_number_has_one():
    every = Bulkheads()
    one = every.of("http://a:80", 2)
    assert every.of("http://a:80", 2) is one
    assert every.of("http://b:80", 2) is not one
    assert every.of("http://a:80", 3) is not one


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_each_event_loop_has_its_own(backend):
    async def mine():
        assert async_bulkheads() is async_bulkheads()
        return async_bulkheads()

    assert anyio.run(mine, backend=backend) is not anyio.run(mine, backend=backend)


def test_those_in_use_are_not_forgotten(monkeypatch):
    monkeypatch.setattr(room, "MAX_BULKHEADS", 2)
    every = Bulkheads()
    used = every.of("http://used:80", 1)
    used.enter(threading.Event)
    for number in range(5):
        every.of(f"http://{number}:80", 1)
    assert every.of("http://used:80", 1) is used
    assert len(every._known) <= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_starts_with_every_place_free():
    held = bulkheads().of("http://forked:80", 1)
    held.enter(threading.Event)
    child = os.fork()
    if not child:
        os._exit(bulkheads().of("http://forked:80", 1).taken)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    held.leave()
