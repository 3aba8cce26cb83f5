import asyncio

from ringback import Policy, Timeout
from ringback.client.call import AsyncClock, KnownCall
from ringback.client.drive_async import bounded
from ringback.failure import Target

LIMITS = Timeout(pool=None)


def in_one_place(attempt):
    call = KnownCall(Target(), "GET")
    clock, one = AsyncClock(asyncio.sleep), Policy(bulkhead=1)
    limited = bounded(attempt, call, "http://h:80", one, ConnectionError, clock)
    return asyncio.create_task(limited(LIMITS))


def test_who_is_cancelled_on_its_turn_hands_it_on():
    begun = []

    async def main():
        async def ends_with_a_cancel(_):
            await waited_for.wait()
            asyncio.get_running_loop().call_soon(second.cancel)  # just before it learns of its turn

        async def begins(_):
            begun.append(asyncio.current_task())

        waited_for = asyncio.Event()
        first = in_one_place(ends_with_a_cancel)
        await asyncio.sleep(0)
        second, third = in_one_place(begins), in_one_place(begins)
        await asyncio.sleep(0)
        waited_for.set()
        await asyncio.wait_for(third, 5)
        return first.done() and second.cancelled() and begun == [third]

    assert asyncio.run(main())
