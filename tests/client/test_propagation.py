"""The deadline of a call reaches the services behind it: those that are named, and no other."""

import asyncio
from time import monotonic

import pytest
from client.callers import (
    our_aiohttp,
    our_httpx,
    our_httpx_async,
    our_session,
    our_urllib3,
    plain_requests,
    plain_urllib3,
)

from ringback import Backoff, Policy, errors
from ringback.client.deadline import current_deadline, remaining
from ringback.client.install import install
from ringback.client.propagation import ASGIDeadline, WSGIDeadline

HEADER = "X-Request-Timeout"
NAMED = Policy(
    deadline=60, backoff=Backoff(base=0), propagate=HEADER, propagate_hosts={"127.0.0.1"}
)


def under_install(plain):
    def call(url, policy, **headers):
        with install(policy, retry=True, sinks=[]):
            return plain(url, **headers)

    return call


calls = pytest.mark.parametrize(
    "call",
    [
        *(our_session, our_urllib3, our_httpx, our_httpx_async, our_aiohttp),
        *(under_install(plain_requests), under_install(plain_urllib3)),
    ],
)


@pytest.fixture
def answering(lab):
    """A service that gives each of these answers once, and the headers of each request."""

    def start(*answers):
        left, received = list(answers), []

        def answer(connection):
            received.append(connection.read_request().headers)
            connection.send(
                f"HTTP/1.1 {left.pop(0)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )

        return lab.listen(answer).url, received

    return start


@calls
def test_each_attempt_says_what_is_left(answering, call):
    url, received = answering("503 Busy", "200 OK")
    assert call(url, NAMED) == 200
    first, second = (float(headers[HEADER.lower()]) for headers in received)
    assert 0 < second <= first <= 60


@calls
def test_a_host_that_is_not_named_is_not_told_not_even_behind_one_that_is(answering, call):
    other, received_there = answering("200 OK")
    elsewhere = other.replace("127.0.0.1", "localhost")
    url, received = answering(f"307 Temporary Redirect\r\nLocation: {elsewhere}")
    assert call(url, NAMED) == 200
    assert [HEADER.lower() in headers for headers in (*received, *received_there)] == [True, False]


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(deadline=float("inf"), propagate=HEADER, propagate_hosts={"127.0.0.1"}),
    ],
)
def test_nothing_is_said_unless_asked_for_or_without_a_deadline(answering, policy):
    url, received = answering("200 OK")
    assert our_session(url, policy) == 200
    assert HEADER.lower() not in received[0]


@calls
def test_what_the_caller_says_itself_is_left_alone_where_nobody_is_named(answering, call):
    other = Policy(propagate=HEADER, propagate_hosts={"*.example.com"})
    url, received = answering("200 OK")
    assert call(url, other, **{HEADER: "7"}) == 200
    assert received[0][HEADER.lower()] == "7"


@pytest.mark.parametrize(
    "wrong",
    [
        {"propagate": HEADER},
        {"propagate_hosts": {"api.internal"}},
        {"propagate": "X-A: 1\r\nX-B", "propagate_hosts": {"api.internal"}},
        {"propagate": "", "propagate_hosts": {"api.internal"}},
    ],
)
def test_a_policy_says_what_and_to_whom(wrong):
    with pytest.raises(ValueError, match="propagate"):
        Policy(**wrong)


# The service


def in_wsgi(call, *values, **options):
    """Call something in a service whose request has a header, or none."""
    named = dict(zip(["HTTP_X_REQUEST_TIMEOUT"], values, strict=False))
    assert WSGIDeadline(lambda *_: call() or [], **options)(named, None) == []


def in_asgi(call, *values, kind="http", **options):
    async def app(scope, receive, send):
        await asyncio.to_thread(call)

    headers = [(b"x-request-timeout", value.encode("latin-1")) for value in values]
    scope = {"type": kind, "headers": headers}
    asyncio.run(ASGIDeadline(app, **options)(scope, None, None))


services = pytest.mark.parametrize("service", [in_wsgi, in_asgi])


@services
def test_a_service_stops_calling_when_its_caller_has_given_up(lab, service):
    backend, ended = lab.start("http.response.timed_out:silent").url, []

    def call():
        assert current_deadline() <= monotonic() + 0.2
        with pytest.raises(errors.RingbackError) as caught:
            our_session(backend, Policy(deadline=60, attempts=1))
        ended.append(caught.value)

    service(call, "0.2")
    assert isinstance(ended[0], TimeoutError | errors.DeadlineExceeded)


def left(service, *values, **options):
    """The seconds that a request leaves for calls; ``None``: no deadline."""
    found = []
    service(lambda: found.append(remaining(current_deadline())), *values, **options)
    assert current_deadline() is None
    return found[0]


@services
def test_what_is_no_number_of_seconds_is_ignored(service):
    odd = ["", "soon", "-1", "nan", "inf", "1e3", "1 2", "\xb2", "9" * 16]
    assert [value for value in odd if left(service, value) is not None] == []
    assert left(service) is None


@services
def test_more_is_believed_only_up_to_a_limit(service):
    assert 5 < left(service, "999999999") <= 60
    assert 0 < left(service, "999999999", longest=50) <= 50
    assert 0 < left(service, " 49.500 ") <= 49.5
    assert left(service, "0") <= 0.001


def test_a_header_that_comes_twice_says_nothing():
    assert left(in_asgi, "1", "2") is None


def test_a_websocket_has_no_deadline():
    assert left(in_asgi, "1", kind="websocket") is None


@pytest.mark.parametrize("reader", [WSGIDeadline, ASGIDeadline])
def test_a_limit_is_above_0(reader):
    with pytest.raises(ValueError, match="longest"):
        reader(print, longest=0)


def test_a_body_that_needs_calls_has_the_deadline_too():
    seen = []

    class Pieces:
        def __iter__(self):
            seen.append(current_deadline())
            yield b"piece"
            seen.append(current_deadline())

        def close(self):
            seen.append(current_deadline())

    body = WSGIDeadline(lambda *_: Pieces())({"HTTP_X_REQUEST_TIMEOUT": "30"}, None)
    for piece in body:
        assert piece == b"piece"
        assert current_deadline() is None
    body.close()
    assert len(seen) == 3
    assert None not in seen
