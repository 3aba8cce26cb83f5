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


TOOL_IS_ABOVE = {"aioresponses-aiohttp"}
"""Where the tool answers before ringback is asked: what it raises reaches the program at once."""


def rows():
    for name, tool in TOOLS.items():
        for row in orders(way for way in WAYS if way.library in tool.libraries):
            yield pytest.param(name, *row.values, id=f"{name}-{row.id}")


def pytest_generate_tests(metafunc):
    metafunc.parametrize(("name", "row"), list(rows()))


@pytest.fixture
def way(row):
    return row[0]


@pytest.fixture
def above(request):
    return request.node.callspec.id in TOOL_IS_ABOVE


@pytest.fixture
def tool(name, row, policy, request):
    """A tool, while it is in place and ringback as well."""
    way, order = row
    tool = TOOLS[name](request)
    with ExitStack() as stack:
        for begin in order([tool.begun, lambda: way.begun(policy)]):
            stack.enter_context(begin())
        yield tool


def test_a_mocked_answer_is_returned(tool, way, policy, origin):
    tool.answer("GET", origin.url, "mocked")
    assert way.fetch("GET", origin.url, policy) == (200, "mocked")
    assert (tool.count(), len(origin.seen)) == (1, 0)


def test_a_mocked_failure_is_tried_again(tool, way, above, policy, origin):
    tool.fail("GET", origin.url, REFUSED[way.library]())
    if above:
        with pytest.raises(type(REFUSED[way.library]())):
            way.fetch("GET", origin.url, policy)
        assert (tool.count(), len(origin.seen)) == (1, 0)
        return
    tool.fail("GET", origin.url, REFUSED[way.library]())
    tool.answer("GET", origin.url, "mocked")
    assert way.fetch("GET", origin.url, policy) == (200, "mocked")
    assert (tool.count(), len(origin.seen)) == (3, 0)


def test_a_mocked_failure_says_what_it_is(tool, way, above, policy, origin):
    if above:
        return
    tool.fail("POST", origin.url, LATE[way.library]())
    with pytest.raises(RingbackError) as caught:
        way.fetch("POST", origin.url, policy)
    failure = caught.value.failure
    assert (failure.kind, failure.delivered) == ("http.response.timed_out", "maybe")
    assert isinstance(caught.value, type(LATE[way.library]()))
    assert (tool.count(), len(origin.seen)) == (1, 0)
