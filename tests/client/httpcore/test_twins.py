"""Threads and tasks have one text, and so have the two libraries; substitutions turn one to two."""

import re
from pathlib import Path

import pytest

import ringback.client.httpcore

ROOM = Path(ringback.client.httpcore.__file__).parent
COMMON = [(r"\basync def\b", "def"), (r"\bawait ", "")]
RULES = {
    "bounded": [
        (r"transport, for tasks", "transport"),
        (r"of the event loop", "of the process"),
        (r"from ringback\.client\.httpcore\.turn_async import bulkheads, wait\n", ""),
        (
            r"(from ringback\.client\.deadline import)",
            r"from ringback.client.bulkhead import bulkheads, wait\n\1",
        ),
        (r"AsyncBounded", "Bounded"),
        (r"handle_async_request", "handle_request"),
        (r"\n +async def leave\(\) -> None:\n +bulkhead\.leave\(\)\n", ""),
        (r"async_body\(self\._library, response\.stream, leave\)",
         "body(self._library, response.stream, bulkhead.leave)"),
    ],
    "connections": [
        (r"has of its own, for tasks", "has of its own: connections, kept and shared fairly"),
        (r"import Bulkhead\n", "import Bulkhead, wait\n"),
        (r"backend_async", "backend_sync"),
        (r"from ringback\.client\.httpcore\.(turn_async|upload) import \w+\n", ""),
        (r"Async(Backend|Connections)", r"\1"),
        (r"not settings\.http2  # requests of tasks share connections of HTTP/2", "True"),
        (r", shared=settings\.http2", ""),
        (r"        upload = Upload\(request\.stream\)\n", ""),
        (r"        finally:\n            await upload\.aclose\(\)\n", ""),
        (r"core_request\(self\._library, request, upload\)",
         "core_request(self._library, request, request.stream)"),
        (r"handle_async_request", "handle_request"),
        (r"async_body", "body"),
        (r"\baclose\b", "close"),
    ],
    "door": [
        (r"specialised exceptions, for tasks", "specialised exceptions"),
        (r"from ringback\.client\.tasks import sleep\n", ""),
        (r"AsyncClock\(sleep\)", "Clock()"),
        (r"(drive|bounded|connections|exchange|routed)_async", r"\1_sync"),
        (r"AsyncExchange", "SyncExchange"),
        (r"__a(enter|exit)__", r"__\1__"),
        (r"Async(Bounded|Clock|Connections|Door|HTTPTransport|RoutedExchange)", r"\1"),
        (r"handle_async_request", "handle_request"),
        (r"\baclose\b", "close"),
    ],
    "exchange": [
        (r"in a task", "in a thread"),
        (r"from ringback\.client\.httpcore\.overdue import in_time\n", ""),
        (r"in_time\((self\._received\(limits\)), self\._library, self\._counts\)", r"\1"),
        (r"AsyncExchange", "SyncExchange"),
        (r"handle_async_request", "handle_request"),
        (r"async_body", "body"),
        (r"\[piece async for piece in response\.stream\]", "response.stream"),
        (r"\baclose\b", "close"),
    ],
    "routed": [
        (r"different ways, for tasks", "different ways"),
        (r"exchange_async", "exchange_sync"),
        (r"AsyncExchange", "SyncExchange"),
        (r"AsyncRoutedExchange", "RoutedExchange"),
    ],
}  # fmt: skip


def substituted(text, rules):
    for pattern, replacement in rules:
        text, count = re.subn(pattern, replacement, text)
        assert count, f"nothing to substitute for {pattern}"
    return text


def flat(text):
    """Without the line breaks that a shorter word makes needless."""
    return re.sub(r",?\s+|,(?=\))", " ", text).replace("( ", "(").replace(" )", ")")


@pytest.mark.parametrize("name", RULES)
def test_threads_and_tasks(name):
    synchronous = (ROOM / f"{name}_sync.py").read_text("utf-8")
    asynchronous = (ROOM / f"{name}_async.py").read_text("utf-8")
    assert flat(substituted(asynchronous, [*RULES[name], *COMMON])) == flat(synchronous)


def test_a_difference_would_be_seen():
    asynchronous = (ROOM / "connections_async.py").read_text("utf-8")
    changed = asynchronous.replace("self._places.leave()", "pass", 1)
    synchronous = (ROOM / "connections_sync.py").read_text("utf-8")
    assert flat(substituted(changed, [*RULES["connections"], *COMMON])) != flat(synchronous)


def test_the_two_libraries():
    room = ROOM.parent
    first = (room / "httpx" / "__init__.py").read_text("utf-8")
    rules = [
        (r"\bhttpx\b", "httpx2"),
        (r"(?<!client\.)\bhttpcore\b", "httpcore2"),
        (r"certifi=True", "system=True"),
    ]
    assert substituted(first, rules) == (room / "httpx2" / "__init__.py").read_text("utf-8")
