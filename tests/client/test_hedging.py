"""A second attempt beside the first, over real connections, through what offers it."""

import asyncio
import queue
import socket
import threading
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from importlib import import_module
from time import monotonic

import aiohttp
import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import pairs, rest_nightly

import ringback
from ringback import Backoff, Budget, Policy
from ringback.client import origins, tasks
from ringback.client.aiohttp import Middleware
from ringback.client.call import Failed, both_failed
from ringback.client.deadline import within
from ringback.client.dial.address import avoided
from ringback.client.dial.resolver import names
from ringback.client.hedging import hedges
from ringback.errors import RingbackError
from ringback.failure import Failure
from ringback.retry import Repeatable
from ringback.retry.hedge import MIN_TIMES
from ringback.testing.lab.message import response

PART = 0.05
LONG = 10


@pytest.fixture(autouse=True)
def _nothing_known():
    origins.forget()
    hedges.renew()
    avoided.reset()
    names.clear()
    yield
    origins.forget()
    avoided.reset()
    names.clear()


def policy(**limits):
    return Policy(hedge=PART, backoff=Backoff(0, 0), patience=0, **limits)


@asynccontextmanager
async def through_httpx(name="httpx", **told):
    library = pytest.importorskip(name)
    integration = import_module(f"ringback.client.{name}")
    transport = integration.AsyncTransport(trust_env=False, **told)
    async with library.AsyncClient(transport=transport, timeout=LONG) as client:

        async def call(url, method="GET", **more):
            got = await client.request(method, url, **more)
            return got.status_code, got.text

        yield call


@asynccontextmanager
async def through_aiohttp(read=False, **told):
    async with aiohttp.ClientSession(middlewares=[Middleware(read=read, **told)]) as session:

        async def call(url, method="GET", content=None):
            async with session.request(method, url, data=content) as got:
                return got.status, await got.text()

        yield call


CLIENTS = {
    "httpx": (through_httpx, "asyncio"),
    "httpx, trio": (through_httpx, "trio"),
    "aiohttp": (through_aiohttp, "asyncio"),
    "httpx2": (partial(through_httpx, "httpx2"), "asyncio"),
    "aiohttp, read": (partial(through_aiohttp, read=True), "asyncio"),
}


everywhere = pytest.mark.parametrize("run", rest_nightly(CLIENTS, gate=3), indirect=True)


@pytest.fixture
def run(request):
    """Runs what makes calls through one integration; keeps the events of their attempts."""
    client, loop = CLIENTS[getattr(request, "param", "httpx")]

    def running(work, allowed=None):
        async def main():
            told = {"policy": allowed or policy(), "sinks": [running.events.append]}
            async with client(**told) as call:
                return await work(call)

        return anyio.run(main, backend=loop)

    running.events = []
    return running


OK = response(200, b"{}")
BUSY = response(503, b"busy", "Connection: close")
SILENCE = b""


class Backend:
    """Answers the requests in the order in which they come; notes whose connection was closed."""

    def __init__(self, *answers):
        self.answers = answers
        self.requests = []
        self.closed = queue.Queue()
        self.come = [threading.Event() for _ in range(9)]
        self.failed = threading.Event()
        self.on_second = id
        self._lock = threading.Lock()

    def __call__(self, connection):
        while request := connection.read_request():
            with self._lock:
                number = len(self.requests)
                self.requests.append(request.method)
            self.come[min(number, 8)].set()
            if number == 1:
                self.on_second(None)
            answer = self.answers[min(number, len(self.answers) - 1)]
            answer = answer(self) if callable(answer) else answer
            if answer:
                connection.send(answer)
            if answer in {SILENCE, BUSY}:
                self.failed.set()
                connection.read()
                self.closed.put(number)
                return


def after_the_second(backend):
    assert backend.come[1].wait(LONG)
    return OK


def busy_after_the_second(backend):
    assert backend.come[1].wait(LONG)
    return BUSY


def after_the_first_has_failed(backend):
    assert backend.failed.wait(LONG)
    return OK


def learnt(url, calls=20, part=PART):
    """Let the origin be one whose answers take 10 ms, after so many calls."""
    known = hedges.of(url.rstrip("/"), part)
    for _ in range(MIN_TIMES):
        known.note(0.01)
    for _ in range(calls):
        known.begin()
    return url


def listening(lab, backend):
    endpoint = lab.listen(backend)
    return learnt(endpoint.url)


def closed(backend, count=1):
    return {backend.closed.get(timeout=LONG) for _ in range(count)}


GOT = (200, "{}")
ENDS = {
    "the first is silent": ([SILENCE, OK], {}, GOT, {0}, [("success", 2)]),
    "the first answers after all": ([after_the_second, SILENCE], {}, GOT, {1}, [("success", 2)]),
    "the first fails": (
        [busy_after_the_second, after_the_first_has_failed],
        *({}, GOT, {0}, [("success", 2)]),
    ),
    "both fail": (
        [busy_after_the_second, BUSY, OK],
        *({}, GOT, {0, 1}, [("retry", 2), ("success", 3)]),
    ),
    "both fail and no attempt is left": (
        [busy_after_the_second, BUSY],
        *({"attempts": 2}, (503, "busy"), {0, 1}, [("failure", 2)]),
    ),
}
"""How the two go → the server's answers, the policy, what the call gives, whose connections are
closed, and outcome and number of each event."""


@pytest.mark.parametrize(("name", "run"), pairs(ENDS, CLIENTS), indirect=["run"])
def test_two_attempts_are_one_call(lab, run, name):
    answers, limits, expected, ended, told = ENDS[name]
    backend = Backend(*answers)
    url = listening(lab, backend)
    assert run(lambda call: call(url), policy(**limits)) == expected
    assert closed(backend, len(ended)) == ended
    assert len(backend.requests) == told[-1][1]
    assert [(event.outcome, event.attempt) for event in run.events] == told


def slowly(backend):
    backend.come[1].wait(0.1)  # ten times what the second attempt is due after; nobody comes
    return OK


FORBIDDEN = {
    "POST": ("POST", {}, {}),
    "PUT": ("PUT", {}, {}),
    "DELETE": ("DELETE", {}, {}),
    "one attempt": ("GET", {}, {"attempts": 1}),
    "no budget": ("GET", {}, {"budget": Budget(ratio=0, floor=0, burst=1)}),
    "a body": ("GET", {"content": True}, {}),
}


async def pieces():
    yield b"once"


@pytest.mark.parametrize(("name", "run"), pairs(FORBIDDEN, CLIENTS), indirect=["run"])
def test_no_second_is_sent_where_it_must_not_be(lab, run, name):
    method, more, limits = FORBIDDEN[name]
    backend = Backend(slowly)
    url, allowed = listening(lab, backend), policy(**limits)
    guard = origins.origins_under(allowed, hedges=True).guard(url.rstrip("/"))
    if name == "no budget":
        assert guard.pay(0.0)
    content = {key: pieces() for key in more}
    assert run(lambda call: call(url, method, **content), allowed)[0] == 200
    assert backend.requests == [method]


@everywhere
def test_an_outage_is_not_made_worse(lab, run):
    """While all fails, a call makes as many attempts as without hedging."""
    backend = Backend(*[BUSY] * 9)
    url = listening(lab, backend)

    async def work(call):
        return [await call(url) for _ in range(2)]

    assert run(work, policy(attempts=3, breaker=None)) == [(503, "busy")] * 2
    assert backend.requests == ["GET"] * 6


@everywhere
def test_to_cancel_a_call_ends_both(lab, run):
    backend = Backend(SILENCE, SILENCE)
    url = listening(lab, backend)

    async def work(call):
        with anyio.CancelScope() as scope:
            soon = tasks.from_threads()
            backend.on_second = lambda _: soon(scope.cancel)
            await call(url)
        return scope.cancelled_caught

    assert run(work)
    assert closed(backend, 2) == {0, 1}
    assert not run.events


@pytest.mark.parametrize(
    ("around", "run"),
    rest_nightly([(True, "aiohttp"), (False, "httpx, trio"), (False, "aiohttp")]),
    indirect=["run"],
)
def test_both_end_by_the_deadline(lab, run, around):
    backend = Backend(SILENCE, SILENCE)
    url = listening(lab, backend)

    async def work(call):
        # Time enough for the second to come, however busy the machine is.
        with within(monotonic() + 1 if around else None):
            return await call(url)

    with pytest.raises(RingbackError) as caught:
        run(work, policy(attempts=2, **({} if around else {"deadline": 1})))
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.failure.delivered != "no"
    assert closed(backend, 2) == {0, 1}
    assert len(run.events) == 1


failures = st.builds(
    Failure,
    st.sampled_from(["tcp.refused", "http.response.timed_out", "client.deadline_exceeded"]),
    st.just("wait"),
    st.sampled_from(["no", "maybe", "yes"]),
)


@given(failures, failures)
def test_what_one_of_two_may_have_delivered_is_not_taken_for_unsent(first, second):
    failed = [Failed(failure, Repeatable(True)) for failure in (first, second)]
    order = ["no", "maybe", "yes"]
    said = both_failed(failed).failure
    assert said.delivered == max(first.delivered, second.delivered, key=order.index)
    assert said.kind in {first.kind, second.kind}


def test_it_goes_to_another_address(monkeypatch):
    system = socket.getaddrinfo

    def lookup(host, port, *rest, **more):
        addresses = ["127.0.0.1", "127.0.0.2"] if host == "two.test" else [host]
        return [found for to in addresses for found in system(to, port, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    asked = []

    async def answer(reader, writer):
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                asked.append(writer.get_extra_info("sockname")[0])
                if asked[-1] == "127.0.0.2":
                    writer.write(OK)

    async def main():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as first:
            port = first.sockets[0].getsockname()[1]
            async with (
                await asyncio.start_server(answer, "127.0.0.2", port),
                through_httpx(policy=policy(), sinks=[]) as call,
            ):
                url = f"http://two.test:{port}/"
                learnt(url, calls=20)
                hedged = await call(url)
                again = await call(url, "POST")  # which keeps to what is known to answer
                return hedged, again

    assert asyncio.run(main()) == ((200, "{}"), (200, "{}"))
    assert asked == ["127.0.0.1", "127.0.0.2", "127.0.0.2"]


REFUSING = {
    "Session": lambda given: ringback.Session(policy=given),
    "Adapter": ringback.Adapter,
    "Transport": lambda given: import_module("ringback.client.httpx").Transport(policy=given),
    "PoolManager": lambda given: import_module("ringback.client.urllib3").PoolManager(policy=given),
    "retry": ringback.retry,
    "install": ringback.install,
}


@pytest.mark.parametrize("name", REFUSING)
def test_what_cannot_hedge_says_so(name):
    with pytest.raises(ValueError, match=r"^hedge: only .*AsyncTransport .*Middleware"):
        REFUSING[name](Policy(hedge=PART))
