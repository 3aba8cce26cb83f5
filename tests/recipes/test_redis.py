"""redis-py against a real server, through a way to it that breaks."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
import redis
import redis.asyncio
from program import running_program
from recipes.backend import Front, answers, free_port, reset, silent
from requires import requires
from until import until

import ringback
from ringback import errors
from ringback.client.origins import states

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    requires("redis-server")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running_program(command, within=600, cwd=folder, stdout=subprocess.DEVNULL):
        until(lambda: answers(port))
        yield port


@pytest.fixture
def front(lab, server):
    return Front(lab, server)


@pytest.fixture
def program(load, front):
    program = load("redis", REDIS_URL=f"redis://127.0.0.1:{front.port}/0")
    program.client.flushall()
    program.client.close()  # what fails is the next connection
    yield program
    program.client.close()


def test_what_may_be_done_twice_gets_through(program, front):
    front.acts[:] = [reset, reset]
    program.remember("colour", "red", 60)
    program.client.close()
    front.acts[:] = [reset]
    assert program.cached("colour") == "red"


def test_nothing_is_counted_twice(program, front):
    assert program.count("visits") == 1
    program.client.close()
    front.acts[:] = [reset]
    with pytest.raises(redis.ConnectionError) as lost:
        program.count("visits")
    assert lost.value.given_up == "not_idempotent"
    assert program.count("visits") == 2


def test_a_cache_that_is_down_costs_no_request(program, front):
    front.acts[:] = [reset] * 9999
    until(lambda: program.price("bolt", str.upper) == "BOLT" and circuit(front) == "open")
    with pytest.raises(errors.CircuitOpen):
        program.count("visits")

    front.acts.clear()
    until(lambda: program.price("bolt", str.upper) == "BOLT" and circuit(front) == "closed")
    assert program.price("bolt", str.upper) == program.cached("price:bolt") == "BOLT"


def circuit(front):
    return states()[f"redis://127.0.0.1:{front.port}/0"].circuit


def test_coroutines_get_through_as_well_and_are_cancelled_at_the_deadline(front):
    async def main():
        client = redis.asyncio.Redis(port=front.port, retry=None, socket_timeout=300)

        @ringback.retry(ringback.Policy(deadline=2, patience=0), idempotent=True)
        async def ping():
            return await client.ping()

        front.acts[:] = [silent]
        with pytest.raises(errors.DeadlineExceeded):
            await ping()
        front.acts[:] = [reset]
        assert await ping()
        await client.aclose()

    asyncio.run(main())
