"""The loop of attempts under a bulkhead and a rate, and the gauges of both."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
import requests
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry
from until import TEST_TIMEOUT, until

import ringback
from ringback import Backoff, Policy, Rate, Session, Timeout, errors
from ringback.client import bulkhead
from ringback.sink import OpenTelemetrySink, PrometheusSink
from ringback.testing.clock import FakeClock

TARGET = "postgres://db.test:5432"


def limited(**limits):
    return Policy(attempts=1, breaker=None, patience=0, **limits)


def loop(policy, **options):
    return ringback.retry(policy, target=TARGET, **{"sinks": [], **options})


def test_whoever_gets_no_place_in_time_is_told_and_nothing_was_begun():
    policy, begun = limited(bulkhead=1, timeout=Timeout(pool=0.05)), []

    def call():
        for inner in loop(policy):
            with inner:
                begun.append(inner)

    for outer in loop(policy):
        with outer, pytest.raises(errors.PoolExhausted) as caught:
            call()
    assert begun == []
    assert caught.value.failure.delivered == "no"
    [places] = bulkhead.bulkheads().those_of(TARGET)
    assert places.taken == 0


@pytest.mark.parametrize("error", [KeyError("no failure of a connection"), KeyboardInterrupt()])
def test_a_place_is_given_back_whatever_is_raised(error):
    def call():
        for attempt in loop(limited(bulkhead=1)):
            with attempt:
                raise error

    with pytest.raises(type(error)):
        call()
    [places] = bulkhead.bulkheads().those_of(TARGET)
    assert places.taken == 0


def test_each_attempt_takes_a_turn_under_the_rate():
    tried, began = [], time.monotonic()
    limits = limited(rate=Rate(10, burst=1), budget=None)
    policy = replace(limits, attempts=3, backoff=Backoff(base=0))

    def call():
        for attempt in loop(policy):
            with attempt:
                tried.append(time.monotonic() - began)
                raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(ConnectionRefusedError):
        call()
    assert len(tried) == 3
    assert tried[2] >= 0.2


def by_loop(retried):
    for attempt in retried:
        with attempt:
            pass


def by_task(retried):
    async def call():
        async for attempt in retried:
            with attempt:
                pass

    asyncio.run(call())


def by_coroutine(retried):
    async def work():
        pass

    asyncio.run(retried.call(work))


@pytest.mark.parametrize(
    "call", [by_loop, by_task, lambda retried: retried.call(str), by_coroutine]
)
def test_the_turn_comes_on_the_clock_that_was_given(call):
    policy = limited(rate=Rate(1e-3, burst=1), deadline=1e4)
    for _ in range(2):  # another clock has a pace of its own
        fake = FakeClock()
        retried = loop(policy, clock=fake.clock)
        for turn in range(3):
            call(retried)
            assert fake.now == turn * 1000
    with pytest.raises(errors.PoolExhausted, match=r"lets this call go in 1e\+03 s"):
        call(loop(replace(policy, deadline=10), clock=fake.clock))


def test_a_session_takes_its_turn_on_its_clock(lab):
    endpoint, fake = lab.start("ok"), FakeClock()
    policy = limited(rate=Rate(1e-3, burst=1), deadline=1e4)
    with Session(policy=policy, clock=fake.clock) as session:
        for turn in range(3):
            assert session.get(endpoint.url).ok
            assert fake.now == turn * 1000


def test_tasks_wait_for_a_place_as_well():
    most, inside = [], []

    async def call():
        async for attempt in loop(limited(bulkhead=1)):
            with attempt:
                inside.append(1)
                most.append(len(inside))
                await asyncio.sleep(0)
                inside.pop()

    async def go():
        await asyncio.gather(*(call() for _ in range(5)))
        [places] = bulkhead.async_bulkheads().those_of(TARGET)
        return places.taken, places.waiting

    assert asyncio.run(go()) == (0, 0)
    assert most == [1] * 5


@pytest.mark.parametrize("limit", [{"bulkhead": 2}, {"rate": Rate(10)}])
def test_without_a_target_a_loop_that_is_to_be_limited_is_refused(limit):
    with pytest.raises(ValueError, match="a loop has no name to limit calls by: say target="):
        iter(ringback.retry(limited(**limit)))
    assert next(iter(ringback.retry(limited()))).number == 1


def test_blocks_wait_for_a_place_and_the_gauges_say_so():
    registry, reader = CollectorRegistry(), InMemoryMetricReader()
    sinks = [PrometheusSink(registry), OpenTelemetrySink(MeterProvider([reader]))]

    def counted(name):
        return registry.get_sample_value(f"ringback_{name}", {"endpoint": TARGET})

    def observed():
        data = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        return {
            metric.name: [
                (dict(point.attributes), point.value) for point in metric.data.data_points
            ]
            for metric in data
            if metric.name.startswith(("ringback.bulkhead", "ringback.calls_"))
        }

    policy, held, go_on = limited(bulkhead=1), Event(), Event()
    ringback.retry(limited(), target=TARGET, sinks=sinks).call(str)
    assert counted("bulkhead_places") is None

    def call():
        for attempt in loop(policy, sinks=sinks):
            with attempt:
                held.set()
                go_on.wait(TEST_TIMEOUT)

    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(call) for _ in range(3)]
        assert held.wait(TEST_TIMEOUT)
        until(lambda: counted("calls_queued") == 2)
        assert (counted("bulkhead_places"), counted("bulkhead_taken")) == (1, 1)
        where = {"url.scheme": "postgres", "server.address": "db.test", "server.port": 5432}
        assert observed() == {
            "ringback.bulkhead_places": [(where, 1)],
            "ringback.bulkhead_taken": [(where, 1)],
            "ringback.calls_queued": [(where, 2)],
            "ringback.calls_waiting": [(where, 0)],
        }
        go_on.set()
        for ended in calls:
            ended.result(TEST_TIMEOUT)
    assert (counted("calls_queued"), counted("bulkhead_taken")) == (0, 0)


def test_a_request_that_gets_no_place_is_not_sent(lab):
    endpoint = lab.start("ok")
    bulkhead.bulkheads().of(endpoint.url.rstrip("/"), 1).enter(Event)
    policy = Policy(attempts=1, bulkhead=1, timeout=Timeout(pool=0.05))
    with Session(policy=policy) as session, pytest.raises(requests.ConnectionError) as caught:
        session.get(endpoint.url)
    assert isinstance(caught.value, errors.PoolExhausted)
    assert caught.value.failure.delivered == "no"
    assert endpoint.requests == 0
