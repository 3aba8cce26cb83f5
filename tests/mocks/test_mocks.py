"""A mock that stands below or above ringback answers, and what it raises is ringback's failure."""

from __future__ import annotations

from contextlib import ExitStack

import aiohttp
import httpx
import pytest
import requests
from mocks.tools import TOOLS
from mocks.ways import WAYS, orders

from ringback.errors import RingbackError

pytestmark = pytest.mark.nightly

REFUSED = {
    "requests": lambda: requests.ConnectionError(ConnectionRefusedError(111, "refused")),
    "httpx": lambda: httpx.ConnectError("[Errno 111] Connection refused"),
    "aiohttp": lambda: aiohttp.ClientOSError(111, "Connection refused"),
}
LATE = {
    "requests": lambda: requests.ReadTimeout("Read timed out."),
    "httpx": lambda: httpx.ReadTimeout("timed out"),
    "aiohttp": lambda: aiohttp.SocketTimeoutError("Timeout on reading data from socket"),
}


def rows():
    for name, tool in TOOLS.items():
        for row in orders(way for way in WAYS if way.library in tool.libraries):
            yield pytest.param((name, *row.values[0]), id=f"{name}-{row.id}")


@pytest.fixture(params=rows())
def mocked(request, policy):
    """A tool and an integration, both in place."""
    name, way, order = request.param
    tool = TOOLS[name](request)
    with ExitStack() as stack:
        for begin in order([tool.begun, lambda: way.begun(policy)]):
            stack.enter_context(begin())
        yield tool, way


@pytest.fixture
def above(request):
    """The tool answers before ringback is asked: what it raises reaches the program at once."""
    return request.node.callspec.id == "aioresponses-aiohttp"


def test_a_mocked_answer_is_returned(mocked, policy, origin):
    tool, way = mocked
    tool.will("GET", origin.url, "mocked")
    assert way.fetch("GET", origin.url, policy) == (200, "mocked")
    assert (tool.count(), len(origin.seen)) == (1, 0)


def test_a_mocked_failure_is_tried_again(mocked, above, policy, origin):
    tool, way = mocked
    tool.will("GET", origin.url, REFUSED[way.library]())
    if above:
        with pytest.raises(type(REFUSED[way.library]())):
            way.fetch("GET", origin.url, policy)
        assert (tool.count(), len(origin.seen)) == (1, 0)
        return
    tool.will("GET", origin.url, REFUSED[way.library]())
    tool.will("GET", origin.url, "mocked")
    assert way.fetch("GET", origin.url, policy) == (200, "mocked")
    assert (tool.count(), len(origin.seen)) == (3, 0)


def test_a_mocked_failure_says_what_it_is(mocked, above, policy, origin):
    tool, way = mocked
    if above:
        return
    tool.will("POST", origin.url, LATE[way.library]())
    with pytest.raises(RingbackError) as caught:
        way.fetch("POST", origin.url, policy)
    failure = caught.value.failure
    assert (failure.kind, failure.delivered) == ("http.response.timed_out", "maybe")
    assert isinstance(caught.value, type(LATE[way.library]()))
    assert (tool.count(), len(origin.seen)) == (1, 0)
