import asyncio
import contextlib
import time
from functools import partial

import anyio
import pytest
from client.callers import our_session

import ringback
from ringback import Backoff, Breaker, Budget, Policy, errors
from ringback.client import retrying
from ringback.client.deadline import current_deadline
from ringback.client.origins import states

FAST = Policy(backoff=Backoff(base=0), budget=Budget(burst=1000))


class Flaky:
    """Raises so many times, then returns what it was given."""

    def __init__(self, times, error=None):
        self.left, self.calls, self.error = times, 0, error or ConnectionRefusedError(111, "no")

    def __call__(self, value="through"):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return value


def test_bare_decorator_keeps_name_and_signature():
    @ringback.retry
    def one(value: int, *, scale: int = 2) -> int:
        """Its own words."""
        return value * scale

    assert (one(3), one(3, scale=3)) == (6, 9)
    assert (one.__name__, one.__doc__) == ("one", "Its own words.")


def test_call_form():
    flaky = Flaky(2)
    assert ringback.retry(FAST).call(flaky, "x") == "x"
    assert flaky.calls == 3
    assert ringback.retry(partial(Flaky(0), "y"))() == "y"


def test_what_may_have_been_done_is_not_done_again_unless_that_does_no_harm():
    reset = ConnectionResetError(104, "reset")
    flaky = Flaky(1, reset)
    with pytest.raises(errors.ConnectionReset):
        ringback.retry(FAST).call(flaky)
    assert flaky.calls == 1
    assert ringback.retry(FAST, idempotent=True).call(Flaky(1, reset)) == "through"


def test_what_is_no_failure_of_a_connection_comes_out_as_it_was():
    mine = ValueError("mine")
    flaky = Flaky(9, mine)
    with pytest.raises(ValueError, match="mine") as caught:
        ringback.retry(FAST, idempotent=True).call(flaky)
    assert caught.value is mine
    assert flaky.calls == 1


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_six_concurrent_coroutines_each_have_their_own_attempts(loop):
    @ringback.retry(FAST)
    async def call(flaky):
        await anyio.sleep(0)
        return flaky()

    async def all_of_them():
        async with anyio.create_task_group() as group:
            for service in flaky:
                group.start_soon(call, service)

    flaky = [Flaky(2) for _ in range(6)]
    anyio.run(all_of_them, backend=loop)
    assert [service.calls for service in flaky] == [3] * 6


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_coroutine_is_cancelled_at_the_deadline(loop):
    with pytest.raises(errors.DeadlineExceeded) as caught:
        anyio.run(ringback.retry(Policy(deadline=0.05))(anyio.sleep_forever), backend=loop)
    assert isinstance(caught.value, TimeoutError)


def test_cancelling_is_not_retried():
    calls = []

    @ringback.retry(FAST, idempotent=True)
    async def hang():
        calls.append(1)
        await asyncio.sleep(60)

    async def main():
        task = asyncio.ensure_future(hang())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert calls == [1]


def test_a_loop_of_attempts():
    flaky, numbers = Flaky(2), []
    for attempt in ringback.retry(FAST):
        with attempt:
            numbers.append(attempt.number)
            assert current_deadline() is not None
            result = flaky("looped")
    assert (result, numbers) == ("looped", [1, 2, 3])
    assert current_deadline() is None


def test_an_asynchronous_loop_of_attempts():
    async def main():
        flaky = Flaky(2)
        async for attempt in ringback.retry(FAST):
            with attempt:
                await asyncio.sleep(0)
                return flaky("looped"), flaky.calls
        raise AssertionError

    assert asyncio.run(main()) == ("looped", 3)


def test_attempts_do_not_multiply_when_calls_are_nested(lab):
    endpoint = lab.start("http.response.invalid.empty")
    policy = Policy(backoff=Backoff(base=0), budget=None, breaker=None)
    with pytest.raises(errors.NoResponse):
        ringback.retry(policy, idempotent=True).call(our_session, endpoint.url, policy)
    assert endpoint.requests == 3


def test_attempts_do_not_multiply_where_a_library_wraps_what_a_call_inside_raised():
    connect = Flaky(99)

    def of_a_library():
        try:
            ringback.retry(FAST).call(connect)
        except OSError as error:
            raise RuntimeError("the library could not do it") from error

    with pytest.raises(errors.ConnectionRefused):
        ringback.retry(FAST, idempotent=True).call(of_a_library)
    assert connect.calls == 3


def test_a_function_that_only_returns_a_coroutine_is_refused():
    async def connect():
        raise AssertionError("it is not begun")

    def of_a_client():
        return connect()

    with pytest.raises(TypeError, match="async def"):
        ringback.retry(FAST).call(of_a_client)


def test_no_password_of_a_target_is_shown():
    with pytest.raises(errors.ConnectionRefused):
        ringback.retry(FAST, target="redis://:secret@cache:6379/0").call(Flaky(9))
    assert "secret" not in repr(states())
    assert "redis://cache:6379/0" in states()


def test_the_circuit_of_a_target_opens_and_refuses():
    lasting = Breaker(sustained=0, open_for=60, open_cap=60)
    policy = Policy(backoff=Backoff(base=0), attempts=1, breaker=lasting)
    flaky, call = Flaky(99), ringback.retry(policy, target="tcp://h:1", sinks=[]).call
    for _ in range(policy.breaker.consecutive):
        with pytest.raises(errors.ConnectionRefused):
            call(flaky)
    with pytest.raises(errors.CircuitOpen) as caught:
        call(flaky)
    assert flaky.calls == policy.breaker.consecutive
    assert isinstance(caught.value, ConnectionError)
    assert caught.value.failure.via == "tcp.refused"


@pytest.mark.parametrize("wrong", ["3", 3])
def test_what_is_neither_function_nor_policy_is_refused(wrong):
    with pytest.raises(TypeError, match="a function or a Policy"):
        ringback.retry(wrong)


def generator():
    yield 1


async def async_generator():
    yield 1


class Generates:
    def __call__(self):
        yield 1


@pytest.mark.parametrize(
    "function",
    [
        generator,
        async_generator,
        partial(generator),
        Generates(),
        contextlib.contextmanager(generator),
        contextlib.asynccontextmanager(async_generator),
    ],
)
def test_what_runs_after_it_has_returned_is_refused_when_it_is_decorated(function):
    with pytest.raises(TypeError, match="inside of it with `for attempt in"):
        ringback.retry(function)


def test_a_function_that_returns_what_is_to_be_awaited_is_refused():
    async def one():
        return 1

    async def called():
        return ringback.retry(FAST).call(lambda: asyncio.ensure_future(one()))

    with pytest.raises(TypeError, match="`async def`"):
        asyncio.run(called())


def test_class_and_static_methods_are_tried_again():
    flaky = Flaky(2)

    class Shop:
        @ringback.retry(FAST)
        @classmethod
        def of_class(cls):
            return flaky(cls)

        @ringback.retry
        @staticmethod
        def static():
            return flaky("static")

    assert Shop.of_class() is Shop
    assert Shop().static() == "static"
    assert flaky.calls == 4


def test_a_function_that_outlasts_the_deadline_is_told_once(caplog, monkeypatch):
    monkeypatch.setattr(retrying, "_LATE", 0.01)
    policy = Policy(attempts=1, patience=0, deadline=0.01)

    @ringback.retry(policy)
    def slow():
        at = current_deadline()
        while time.monotonic() < at + 0.02:
            time.sleep(0.01)

    for _ in range(2):
        slow()
    (said,) = [
        record.message for record in caplog.records if "after the deadline" in record.message
    ]
    assert "slow" in said
    assert "timeout=ringback.within_deadline()" in said
