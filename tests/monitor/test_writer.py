"""The store beside the event loop: what is written when, and what waits for it."""

import asyncio
import threading
from functools import partial

import pytest

from ringback.incident.model import Check
from ringback.monitor.store.interface import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.writer import StoreWriter

T = 1_790_000_000.0
TEST_TIMEOUT = 60.0


class Slow:
    """A real store whose writing waits until it is let go, as for a disk that hangs."""

    def __init__(self, store):
        self.store, self.sizes, self.fails = store, [], False
        self.reached, self.gate = threading.Event(), threading.Event()

    def keep(self, batch):
        self.reached.set()
        assert self.gate.wait(TEST_TIMEOUT)
        if self.fails:
            raise RuntimeError("the store is broken")
        self.sizes.append(len(batch.checks))
        self.store.keep(batch)

    def __getattr__(self, name):
        return getattr(self.store, name)


@pytest.fixture
def slow(tmp_path):
    store = SQLiteStore(tmp_path / "kept.db")
    made = Slow(store)
    yield made
    made.gate.set()
    store.close()


def batch(number):
    check = Check(at=T + number, endpoint="e", up=True, seconds=0.1)
    return StoreBatch(checks=(check,), states={"newest": number})


def run(test):
    async def limited():
        async with asyncio.timeout(TEST_TIMEOUT):
            await test()

    asyncio.run(limited())


async def reached(slow):
    while not slow.reached.is_set():
        await asyncio.sleep(0.01)


def test_what_waits_for_a_slow_store_is_one_batch_in_order(slow):
    async def main():
        writer, followed = StoreWriter(slow), []
        writer.start()
        for number in range(50):
            writer.put(batch(number), partial(followed.append, number))
            if not number:
                await reached(slow)  # the loop goes on while the store does not
        waiting = asyncio.ensure_future(writer.written())
        await asyncio.sleep(0)
        assert (followed, waiting.done(), slow.sizes) == ([], False, [])
        slow.gate.set()
        await waiting
        assert followed == list(range(50))
        assert slow.sizes == [1, 49]
        assert slow.state("newest") == 49
        assert len(slow.checks("e", T - 1, T + 100)) == 50
        await writer.close()

    run(main)


def test_the_slowest_batch_is_known_during_and_once_after_it(slow, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("ringback.monitor.writer.monotonic", lambda: now[0])

    async def main():
        writer = StoreWriter(slow)
        writer.start()
        assert writer.slowest() == 0
        writer.put(batch(1))
        await reached(slow)
        now[0] += 3
        assert writer.slowest() == 3
        now[0] += 2
        slow.gate.set()
        await writer.written()
        assert (writer.slowest(), writer.slowest()) == (5, 0)
        await writer.close()

    run(main)


def test_closing_writes_what_waits_and_then_writes_at_once(slow):
    async def main():
        writer = StoreWriter(slow)
        writer.start()
        writer.put(batch(1))
        closing = asyncio.ensure_future(writer.close())
        await reached(slow)
        writer.put(batch(2))
        slow.gate.set()
        await closing
        assert slow.state("newest") == 2
        writer.put(batch(3))
        assert slow.state("newest") == 3

    run(main)


def test_a_batch_that_failed_is_kept_with_the_next(slow):
    async def main():
        writer, followed = StoreWriter(slow), []
        writer.start()
        slow.fails = True
        slow.gate.set()
        writer.put(batch(1), partial(followed.append, 1))
        with pytest.raises(RuntimeError, match="broken"):
            await writer.written()
        with pytest.raises(RuntimeError, match="broken"):
            writer.verify()
        assert followed == []
        slow.fails = False
        writer.put(batch(2), partial(followed.append, 2))
        await writer.written()
        writer.verify()
        assert followed == [1, 2]
        assert len(slow.checks("e", T - 1, T + 100)) == 2
        await writer.close()

    run(main)


def test_it_is_full_while_so_much_waits(slow, monkeypatch):
    monkeypatch.setattr("ringback.monitor.writer.MAX_WAITING_CHECKS", 10)

    async def main():
        writer = StoreWriter(slow)
        writer.start()
        for number in range(10):
            assert not writer.is_full
            writer.put(batch(number))
        assert writer.is_full
        slow.gate.set()
        await writer.written()
        assert not writer.is_full
        assert sum(slow.sizes) == 10
        await writer.close()

    run(main)
