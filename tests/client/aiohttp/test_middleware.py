import asyncio
import gc

import aiohttp
import pytest

from ringback import Backoff, Breaker, Policy, errors, retry
from ringback.client.aiohttp import Middleware

AT_ONCE = Policy(backoff=Backoff(base=0))


def raised(url, method="GET", *, policy=AT_ONCE, **options):
    """What one request raises, or the reading of its body."""

    async def main():
        async with (
            aiohttp.ClientSession(middlewares=[Middleware(policy, sinks=[])]) as client,
            client.request(method, url, **options) as response,
        ):
            await response.read()

    with pytest.raises(aiohttp.ClientError) as caught:
        asyncio.run(main())
    return caught.value


@pytest.mark.parametrize(("method", "sent"), [("GET", 3), ("PUT", 3), ("POST", 1), ("PATCH", 1)])
def test_aiohttps_own_re_send_is_accounted_for(lab, method, sent):
    endpoint = lab.start("tcp.reset:after_request")
    error = raised(endpoint.url, method)
    assert endpoint.requests == sent
    assert len(error.attempts) == sent


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize("fault", ["tcp.closed.stale", "tcp.closed.stale:reset"])
@pytest.mark.parametrize(("method", "answered"), [("GET", True), ("POST", False)])
def test_a_connection_that_was_kept_too_long_is_called_that(lab, fault, method, answered, read):
    endpoint, events = lab.start(fault), []
    middleware = Middleware(AT_ONCE, read=read, sinks=[events.append])

    async def main():
        async with aiohttp.ClientSession(middlewares=[middleware]) as client:
            async with client.get(endpoint.url) as response:
                await response.read()
            async with client.request(method, endpoint.url, data=b"x") as response:
                return response.status

    if answered:
        assert asyncio.run(main()) == 200
    else:
        with pytest.raises(errors.ConnectionStale):
            asyncio.run(main())
    kinds = [event.failure.kind for event in events if event.failure]
    assert kinds == ["tcp.closed.stale"]


@pytest.mark.parametrize("fault", ["tcp.reset:after_request", "http.response.invalid.empty"])
def test_a_new_connection_that_is_lost_is_not_called_stale(lab, fault):
    kinds = {failure.kind for failure in raised(lab.start(fault).url).attempts}
    assert kinds <= {"tcp.reset", "http.response.invalid.empty"}


def test_each_call_has_its_own_attempts(lab):
    endpoint = lab.start("http.response.invalid.empty")

    async def main():
        policy = Policy(backoff=Backoff(base=0), breaker=None, budget=None)
        async with aiohttp.ClientSession(middlewares=[Middleware(policy, sinks=[])]) as client:
            for _ in range(2):
                with pytest.raises(aiohttp.ServerDisconnectedError):
                    await client.get(endpoint.url)
            found = await asyncio.gather(
                *(client.get(endpoint.url) for _ in range(4)), return_exceptions=True
            )
            return [len(error.attempts) for error in found]

    assert asyncio.run(main()) == [3] * 4
    assert endpoint.requests == 18


@pytest.mark.skipif(not hasattr(aiohttp.Payload, "consumed"), reason="its second request fails")
def test_a_form_is_sent_again_whole(lab):
    endpoint, form = lab.start("http.response.invalid.empty:after_request"), aiohttp.FormData()
    form.add_field("name", b"whole body", filename="x")
    raised(endpoint.url, "PUT", data=form)
    assert [b"whole body" in seen.received for seen in endpoint.seen] == [True] * 3


def test_what_was_sent_before_the_circuit_opened_is_no_refusal(lab):
    policy = Policy(
        attempts=1, breaker=Breaker(consecutive=1, sustained=0, open_for=60, open_cap=60)
    )
    endpoint = lab.start("tcp.reset:after_request")

    async def main():
        middleware = Middleware(policy, sinks=[])
        async with aiohttp.ClientSession(middlewares=[middleware]) as client:
            calls = [client.post(endpoint.url, data=b"once") for _ in range(6)]
            return await asyncio.gather(*calls, return_exceptions=True)

    ended = asyncio.run(main())
    assert endpoint.requests == 6
    assert [error.failure.kind for error in ended] == ["tcp.reset"] * 6
    assert {error.failure.delivered for error in ended} == {"maybe"}


def test_cancelling_is_not_retried_and_leaves_no_connection_behind(lab):
    endpoint = lab.start("http.response.timed_out:silent")

    async def main():
        async with aiohttp.ClientSession(middlewares=[Middleware(AT_ONCE, sinks=[])]) as client:
            task = asyncio.ensure_future(client.get(endpoint.url))
            while not endpoint.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    gc.collect()
    assert endpoint.requests == 1


def test_the_deadline_ends_the_reading_of_the_body_too(lab):
    url = lab.start("http.response.body_timed_out:trickling_body").url
    error = raised(url, policy=Policy(deadline=0.5))
    assert isinstance(error, aiohttp.SocketTimeoutError)
    assert isinstance(error, errors.ReadTimeout)


def test_a_body_is_read_once_however_often_it_is_asked_for(lab):
    async def main():
        async with (
            aiohttp.ClientSession(middlewares=[Middleware(sinks=[])]) as session,
            session.get(lab.start("ok").url) as response,
        ):
            return await response.read(), await response.text(), await response.read()

    first, text, again = asyncio.run(main())
    assert first == text.encode() == again != b""


def test_a_stream_ends_with_the_deadline_of_an_outer_call(lab):
    url = lab.start("http.response.body_timed_out:trickling_body").url
    patient = Middleware(Policy(deadline=600), sinks=[])

    async def read():
        async with (
            aiohttp.ClientSession(middlewares=[patient]) as session,
            session.get(url) as response,
        ):
            async for _ in response.content.iter_any():
                pass

    outer = retry(Policy(attempts=1, deadline=0.5, breaker=None, budget=None), sinks=[])
    with pytest.raises(errors.RingbackError) as caught:
        asyncio.run(outer.call(read))
    assert caught.value.failure.kind == "http.response.body_timed_out"
