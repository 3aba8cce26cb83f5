import asyncio
import contextlib
import re
import socket
import time
from collections import Counter

import pytest
from monitor.notify.made import until

from ringback.incident.prober import ProberWatch
from ringback.monitor.model import Endpoint, Expectations
from ringback.monitor.probe.http.judge import ResponseJudge
from ringback.monitor.runner import Runner, RunnerSettings
from ringback.testing.lab import Lab
from ringback.testing.lab.message import answering, response

WELL = answering(response(200, b"ok"))


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


@pytest.fixture(scope="module")
def url(lab):
    """A service that is well."""
    return lab.listen(WELL).url.rstrip("/")


@pytest.fixture(scope="module")
def hole(lab):
    """A port that takes nobody: the kernel drops every further SYN."""
    return lab.start("tcp.timed_out:backlog_full").url.replace("http", "tcp").rstrip("/")


def endpoint(id_, url, **given):
    """One with time enough for a slow machine; where the time runs out, a test says which."""
    type_ = "http" if url.startswith("http") else url.partition(":")[0]
    return Endpoint(
        id=id_, name=id_, url=url, type=type_, **{"every": 1.0, "timeout": 10.0, **given}
    )


@contextlib.asynccontextmanager
async def running(endpoints, **given):
    seen = []
    runner = Runner(endpoints, seen.append, **given)
    runner.start()
    try:
        yield runner, seen
    finally:
        await runner.stop()


def test_every_endpoint_is_looked_at_again_and_again(url):
    def looks(seen):
        counts = Counter(check.endpoint for check in seen)
        return [counts[f"e{n}"] for n in range(10)]

    async def look():
        ends = [endpoint(f"e{n}", f"{url}/{n}", every=0.1) for n in range(10)]
        began = time.monotonic()
        async with running(ends, settings=RunnerSettings(vantage="here")) as (runner, seen):
            await until(lambda: min(looks(seen)) >= 4)
            return runner, list(seen), time.monotonic() - began

    runner, seen, took = asyncio.run(look())

    assert all(check.up for check in seen)
    assert {check.vantage for check in seen} == {"here"}
    assert max(looks(seen)) <= took / 0.1 + 2  # at its times, and once at the start
    assert runner.checks >= 40


def test_known_black_holes_leave_places_for_others(url, hole):
    async def look():
        dark = [endpoint(f"dark{n}", hole, every=0.25, timeout=0.2) for n in range(18)]
        well = [endpoint(f"e{n}", f"{url}/{n}", every=0.25) for n in range(5)]
        settings = RunnerSettings(limit=12)
        async with running([*dark, *well], settings=settings) as (runner, seen):
            await until(lambda: len({check.endpoint for check in seen}) == 23)
            seen.clear()
            busy, slow = [], []

            def looked():
                busy.append(runner.running)
                slow.append(runner._slow)
                return sum(check.up is True for check in seen) >= 10

            await until(looked)
            return max(busy), max(slow)

    busy, slow = asyncio.run(look())

    assert busy <= 12
    assert 0 < slow <= 9


def test_looks_at_one_endpoint_never_overlap(hole):
    async def look():
        ends = [endpoint("slow", hole, every=0.05, timeout=0.2)]
        async with running(ends) as (runner, seen):
            busy = []
            await until(lambda: busy.append(runner.running) or len(seen) >= 2)
            return max(busy), runner.counted()["skipped"], list(seen)

    busiest, skipped, seen = asyncio.run(look())

    assert busiest == 1
    assert skipped > 0
    assert {check.kind for check in seen} == {"tcp.timed_out"}


def test_a_suspect_is_looked_at_again_soon(unused_port):
    async def look():
        ends = [endpoint("e", f"http://127.0.0.1:{unused_port}", every=3600.0, retry_every=0.05)]
        async with running(ends) as (runner, seen):
            await until(lambda: runner.schedule.at("e") > time.time() + 1000 and len(seen) >= 3)
            return list(seen)

    seen = asyncio.run(look())

    assert [check.kind for check in seen] == ["tcp.refused"] * 3  # the third says that it is down
    assert seen[2].at - seen[0].at >= 0.09


def test_pausing_one_endpoint_leaves_the_others_alone(url):
    async def look():
        ends = [endpoint(f"e{n}", url, every=0.05) for n in range(3)]
        async with running(ends) as (runner, seen):
            await until(lambda: {check.endpoint for check in seen} == {"e0", "e1", "e2"})
            kept = runner.schedule.at("e1")
            runner.pause(ends[0])
            runner.pause(ends[0])
            assert runner.schedule.at("e1") >= kept
            assert set(runner.schedule.dump()) == {"e1", "e2"}
            seen.clear()
            await until(lambda: len(seen) >= 6)
            without = {check.endpoint for check in seen}
            runner.resume(ends[0])
            runner.resume(ends[0])
            await until(lambda: any(check.endpoint == "e0" for check in seen))
            return without, runner.running

    without, under_way = asyncio.run(look())

    assert without == {"e1", "e2"}
    assert under_way <= 3


def test_a_stop_leaves_nothing_behind(url):
    async def look():
        with socket.create_server(("127.0.0.1", 0)) as listening:
            silent = f"http://127.0.0.1:{listening.getsockname()[1]}"
            ends = [
                *(endpoint(f"a{n}", url, every=0.2) for n in range(20)),
                *(endpoint(f"s{n}", silent, timeout=30.0) for n in range(20)),
                endpoint("d", "dns://localhost"),
                endpoint("t", url.replace("http", "tcp")),
            ]
            async with running(ends) as (runner, seen):
                await until(lambda: runner.running >= 20 and len(seen) >= 20)
            return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(look()) == set()


def test_while_the_loop_is_blocked_nobody_is_blamed(hole):
    async def look():
        ends = [endpoint(f"e{n}", hole, every=0.2, timeout=0.2) for n in range(5)]
        async with running(ends) as (runner, seen):
            await until(lambda: runner.running == 5)
            seen.clear()  # of a time in which the loop was not blocked
            time.sleep(0.5)
            await until(lambda: len(seen) >= 5)
            return seen[:5], dict(runner.health.doubted)

    seen, doubted = asyncio.run(look())

    assert [check.up for check in seen] == [None] * 5
    assert doubted["lag"] >= 5
    assert all("event loop" in check.detail for check in seen)


def test_the_endpoint_that_kept_the_loop_busy_is_named(monkeypatch, url):
    judged = ResponseJudge.failure_of

    def slow(judge, answer, now):
        ends = time.thread_time() + 0.4
        while time.thread_time() < ends:
            pass
        return judged(judge, answer, now)

    monkeypatch.setattr(ResponseJudge, "failure_of", slow)
    monkeypatch.setattr("ringback.monitor.runner.TICK_INTERVAL", 0.1)
    ticks, watch = [], ProberWatch()

    async def look():
        ok = Expectations(body_contains=("ok",))
        ends = [
            endpoint("busy", f"{url}/a", every=0.5, expectations=ok),
            endpoint("calm", f"{url}/b", every=0.5),
        ]
        async with running(ends, on_tick=ticks.append):
            await until(lambda: any(tick.busy for tick in ticks))

    asyncio.run(look())
    (found, *_) = (tick for tick in ticks if tick.busy)
    for _ in range(3):
        watch.see(found)
    (said,) = (line for line in watch.evidence if "event loop" in line)
    assert re.fullmatch(
        r"the event loop was up to \d+ ms late, \d\.\d\d s of CPU for what busy answered", said
    )


def test_a_listener_that_raises_does_not_end_the_runner(url):
    async def look():
        told = []

        def raising(check):
            told.append(check)
            raise RuntimeError("mine")

        caught = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: caught.append(context))
        runner = Runner([endpoint("e", url, every=0.05)], raising)
        runner.start()
        await until(lambda: len(told) >= 3)
        await runner.stop()
        return caught

    assert all("mine" in str(context.get("exception")) for context in asyncio.run(look()))


def test_a_service_that_goes_is_noticed_before_its_next_look():
    async def look():
        with Lab() as lab:
            ends = [endpoint("e", lab.listen(WELL).url, every=3600.0)]
            async with running(ends) as (_, seen):
                await until(lambda: seen)
                lab.stop()
                await until(lambda: len(seen) >= 2)
            return [check.kind for check in seen]

    assert asyncio.run(look()) == [None, "tcp.refused"]
