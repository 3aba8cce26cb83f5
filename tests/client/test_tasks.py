import asyncio

import pytest

from ringback.client.tasks import TaskTimeout


def alarm(seconds):
    return TaskTimeout(asyncio.get_running_loop().time() + seconds)


def test_being_cancelled_by_others_is_no_timeout():
    async def hang():
        with alarm(60):
            await asyncio.sleep(60)

    async def main():
        task = asyncio.ensure_future(hang())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert asyncio.run(main())


def test_being_cancelled_while_it_rings_is_not_swallowed():
    async def hang():
        with alarm(0):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                asyncio.current_task().cancel()
                raise

    async def main():
        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(hang())

    asyncio.run(main())


def test_alarms_nest():
    async def main():
        with pytest.raises(TimeoutError), alarm(0.01), alarm(60):
            await asyncio.sleep(60)
        with alarm(60):
            with pytest.raises(TimeoutError), alarm(0.01):
                await asyncio.sleep(60)
            return "through"

    assert asyncio.run(main()) == "through"


def test_many_alarms_of_many_tasks_share_one_timer():
    async def sleep(seconds, limit):
        try:
            with alarm(limit):
                await asyncio.sleep(seconds)
                return "through"
        except TimeoutError:
            return "late"

    async def main():
        calls = [sleep(60, 0.001 * n) if n % 2 else sleep(0.001 * n, 60) for n in range(40)]
        return await asyncio.gather(*calls)

    assert asyncio.run(main()) == ["through", "late"] * 20
