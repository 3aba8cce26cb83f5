"""Calls that wait for the end of an outage: what may happen to them meanwhile."""

import asyncio
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry
from until import TEST_TIMEOUT, calls_in_line, until

import ringback
from ringback import Breaker, Policy, Session
from ringback.client import origins
from ringback.client.call import Clock
from ringback.sink import PrometheusSink
from ringback.testing.lab.message import response, serve
from ringback.testing.lab.timing import failing_requests

POLICY = Policy(attempts=1, patience=60, breaker=None)

pytestmark = pytest.mark.usefixtures("quick_tries")


@pytest.fixture
def service(lab):
    """A port that refuses until ``open()``."""
    return lab.reserve(serve)


def session_for(service, policy=POLICY, **options):
    session = Session(service.endpoint.url, policy, sinks=[], **options)
    session.trust_env = False
    return session


class Ahead:
    """A clock that can be put forward."""

    def __init__(self):
        self.seconds = 0.0
        self.clock = Clock(monotonic=lambda: time.monotonic() + self.seconds)


async def until_async(condition):
    while not condition():
        await asyncio.sleep(0.01)


class Interrupted(BaseException):
    pass


def test_a_head_that_a_signal_interrupts_hands_its_place_on(service):
    def interrupt(*_):
        raise Interrupted

    def second():
        until(lambda: calls_in_line() == 1)
        with session_for(service) as session:
            status.append(session.get("/").status_code)

    def interrupts():
        until(lambda: calls_in_line() == 2)
        signal.pthread_kill(main, signal.SIGUSR1)
        until(lambda: calls_in_line() == 1)
        service.open()

    main, status, before = threading.get_ident(), [], signal.signal(signal.SIGUSR1, interrupt)
    others = [threading.Thread(target=target) for target in (second, interrupts)]
    try:
        for other in others:
            other.start()
        with session_for(service) as session, pytest.raises(Interrupted):
            session.get("/")
        for other in others:
            other.join(TEST_TIMEOUT)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert status == [200]


def test_a_head_that_is_cancelled_hands_its_place_on(service):
    calls = ringback.retry(POLICY, target=service.endpoint.url, sinks=[])

    @calls
    async def call():
        _, writer = await asyncio.open_connection("127.0.0.1", service.endpoint.port)
        writer.close()

    async def go():
        first = asyncio.create_task(call())
        await until_async(lambda: calls_in_line() == 1)
        second = asyncio.create_task(call())
        await until_async(lambda: calls_in_line() == 2)
        first.cancel()
        await until_async(lambda: calls_in_line() == 1)
        service.open()
        await asyncio.wait_for(second, TEST_TIMEOUT)
        assert first.cancelled()

    asyncio.run(go())
    assert calls_in_line() == 0


def test_threads_and_tasks_of_several_loops_wait_in_one_line(service):
    endpoint, registry = service.endpoint.url.rstrip("/"), CollectorRegistry()
    calls = ringback.retry(POLICY, target=endpoint, sinks=[PrometheusSink(registry)])

    async def connect():
        _, writer = await asyncio.open_connection("127.0.0.1", service.endpoint.port)
        writer.close()
        return 200

    def a_thread():
        with session_for(service) as session:
            return session.get("/").status_code

    def a_loop():
        return asyncio.run(calls(connect)())

    with ThreadPoolExecutor(4) as pool:
        ended = [pool.submit(function) for function in (a_thread, a_loop, a_thread, a_loop)]
        until(lambda: calls_in_line() == 4)
        assert len(origins.states()) == 1
        waiting = registry.get_sample_value("ringback_calls_waiting", {"endpoint": endpoint})
        assert waiting == 4
        service.open()
        assert [call.result(TEST_TIMEOUT) for call in ended] == [200] * 4


def test_a_call_that_the_circuit_would_refuse_waits(service):
    breaker = Breaker(consecutive=1, sustained=0, open_for=3)
    with session_for(service, Policy(attempts=1, patience=0, breaker=breaker)) as session:
        with pytest.raises(ringback.errors.ConnectionRefused):
            session.get("/")
        with pytest.raises(ringback.errors.CircuitOpen):
            session.get("/")
    patient = Policy(attempts=1, patience=60, breaker=breaker)
    with session_for(service, patient) as session, ThreadPoolExecutor(1) as pool:
        call = pool.submit(session.get, "/")
        until(lambda: calls_in_line() == 1)
        service.open()
        assert call.result(TEST_TIMEOUT).status_code == 200


def test_a_service_that_answers_is_not_waited_for(lab):
    endpoint = lab.listen(failing_requests(10**6, response(503, b"in a moment")))
    ahead = Ahead()
    with Session(endpoint.url, Policy(), sinks=[], clock=ahead.clock) as session:
        session.trust_env = False
        for _ in range(12):
            assert session.get("/").content == b"in a moment"
    assert endpoint.requests <= 36


def test_a_call_waits_no_longer_than_its_deadline(service):
    policy = Policy(attempts=1, deadline=0.3, patience=600)
    with (
        session_for(service, policy) as session,
        pytest.raises(ringback.errors.ConnectionRefused) as caught,
    ):
        session.get("/")
    assert caught.value.given_up == "deadline"
