import asyncio

from ringback import Policy, Timeout
from ringback.client import tasks
from ringback.client.call import KnownCall
from ringback.client.drive_async import bounded
from ringback.failure import Target

LIMITS = Timeout(pool=None)
ONE = Policy(bulkhead=1)


class Work:
    """Attempts that say when they are in, and stay until they are let go."""

    def __init__(self):
        self.inside, self.most, self.order = 0, 0, []

    def bounded(self, number, places=2, origin="http://h:80"):
        async def attempt(_):
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.order.append(number)
            try:
                await tasks.sleep(0)
            finally:
                self.inside -= 1
            return number

        policy = Policy(bulkhead=places)
        return bounded(attempt, KnownCall(Target(), "GET"), origin, policy, ConnectionError)


def test_who_is_cancelled_takes_no_place_with_it():
    work = Work()

    async def main():
        first = asyncio.create_task(work.bounded(1, places=1)(LIMITS))
        second = asyncio.create_task(work.bounded(2, places=1)(LIMITS))
        await asyncio.sleep(0)
        second.cancel()
        await first
        return await asyncio.wait_for(work.bounded(3, places=1)(LIMITS), 5)

    assert asyncio.run(main()) == 3
    assert work.order == [1, 3]


def test_who_is_cancelled_on_its_turn_hands_it_on():
    work = Work()

    async def main():
        async def ends_with_a_cancel(_):
            await waited_for.wait()
            asyncio.get_running_loop().call_soon(second.cancel)  # just before it learns of its turn

        waited_for, call = asyncio.Event(), KnownCall(Target(), "GET")
        held = bounded(ends_with_a_cancel, call, "http://h:80", ONE, ConnectionError)
        first = asyncio.create_task(held(LIMITS))
        await asyncio.sleep(0)
        second, third = (
            asyncio.create_task(work.bounded(number, places=1)(LIMITS)) for number in (2, 3)
        )
        await asyncio.sleep(0)
        waited_for.set()
        await asyncio.wait_for(third, 5)
        return first.done() and second.cancelled()

    assert asyncio.run(main())
    assert work.order == [3]
