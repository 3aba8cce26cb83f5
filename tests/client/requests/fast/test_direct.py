"""A request over a kept connection is sent once, whatever happens to it."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import urllib3
from client.requests.fast.answered import failed
from client.requests.fast.stock import Stock, kept, notice, pool_of, single, stock

from ringback import Policy, Timeout
from ringback.client.requests.fast import guard
from ringback.client.requests.fast.connection import FastConnection
from ringback.client.requests.fast.response import FastMessage
from ringback.testing.lab.healthy import secured


def both_ways(monkeypatch, server, call):
    """What a call gives with the fast paths and without them, and what the server got."""
    found = []
    for on in (True, False):
        monkeypatch.setattr(guard, "on", on)
        server.forget()
        with kept(single, server) as session:
            try:
                found.append((call(session), list(server.received)))
            except Exception as error:  # noqa: BLE001 - whatever is raised is compared
                found.append((failed(error), list(server.received)))
    return found


def test_a_plain_request_over_a_kept_connection_goes_the_direct_way(server, taken):
    with kept(stock, server) as session:
        for _ in range(3):
            session.get(f"{server.url}/a?b=c", params={"d": "e"}, timeout=5)
        session.post(f"{server.url}/", json={"a": 1}, timeout=5)
        session.get(f"{server.url}/", stream=True, timeout=5).close()

    assert taken == [True] * 5
    assert [len(requests) for requests in server.received] == [6]


@pytest.mark.parametrize(
    "change",
    [
        {"data": iter([b"a", b"b"])},
        {"timeout": urllib3.Timeout(5)},
        {"headers": {"Accept-Encoding": None}},
        {"headers": {"X-Odd": "a\xa0"}},
        {"path": "/#part"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_else_does_not(server, taken, change):
    with kept(stock, server) as session:
        words = {"timeout": 5, **change}
        path = words.pop("path", "/")
        assert session.request("PUT", server.url + path, **words).content == b"ok"

    assert True not in taken


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsh",
        b"nonsense\r\n\r\n",
    ],
)
def test_a_broken_answer_is_one_request_and_the_same_error(server, monkeypatch, answer):
    server.answers, server.closing = {"/tested": answer}, {"/tested"}
    fast, slow = both_ways(monkeypatch, server, lambda s: s.post(f"{server.url}/tested", data="x"))

    assert fast == slow
    assert [len(requests) for requests in fast[1]] == [2]


@pytest.fixture
def unanswered(server):
    """A path that gets no answer while the test runs."""
    over = threading.Event()
    server.answers["/tested"] = lambda connection: over.wait(60)
    yield f"{server.url}/tested"
    over.set()


def test_no_answer_in_time_is_one_request_and_the_same_error(server, monkeypatch, unanswered):
    def asked(session):
        try:
            return session.post(unanswered, data="x", timeout=0.05)
        finally:
            server.got(2)

    fast, slow = both_ways(monkeypatch, server, asked)

    assert fast == slow
    assert fast[0][0][0] == "ReadTimeout"
    assert [len(requests) for requests in fast[1]] == [2]


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(server, taken):
    server.closing = {"/first"}
    with kept(stock, server) as session:
        server.settle()
        notice(session, server)
        assert session.post(f"{server.url}/", data="x", timeout=5).content == b"ok"

    assert taken == [False]
    assert [len(requests) for requests in server.received] == [1, 1]


@pytest.mark.parametrize("where", ["send", "look", "read"])
def test_an_interrupt_leaves_room_in_the_pool(server, monkeypatch, where):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    owner = FastMessage if where == "look" else FastConnection
    name = {"send": "_write", "look": "_take", "read": "read_response"}[where]
    with kept(stock, server) as session:
        pool = pool_of(session, server)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                session.get(f"{server.url}/", timeout=5)
        assert pool.pool.qsize() == 10
        assert all(connection is None or connection.sock is None for connection in pool.pool.queue)
        assert session.get(f"{server.url}/", timeout=5).content == b"ok"


def test_a_closed_pool_does_not_make_one_request_two(server, monkeypatch):
    """Another thread may close the session while an answer is awaited."""
    look = FastMessage.peek_head
    with kept(stock, server) as session:

        def closing(message):
            look(message)
            session.close()

        monkeypatch.setattr(FastMessage, "peek_head", closing)
        assert session.post(f"{server.url}/", data="x", timeout=5).content == b"ok"

    assert [len(requests) for requests in server.received] == [2]


def test_a_kept_tls_connection_goes_the_direct_way(lab, taken):
    endpoint = secured()(lab)
    with single() as session:
        for _ in range(3):
            assert session.get(endpoint.url, verify=endpoint.verify, timeout=5).ok

    assert taken == [True, True]


def test_a_timeout_of_the_policy_holds_for_the_direct_way(server, taken, unanswered):
    quick = Policy(attempts=1, timeout=Timeout(connect=30, read=0.05), breaker=None, budget=None)
    with kept(lambda: single(quick), server) as session, pytest.raises(requests.ReadTimeout):
        session.get(unanswered)

    assert taken == [False]


def test_eight_threads_get_each_its_own_answer(server):
    paths = [f"/{number}" for number in range(100, 200)]
    head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
    server.answers = {path: f"{head}{path}".encode() for path in paths}
    with kept(stock, server) as session, ThreadPoolExecutor(8) as threads:
        session.mount("http://", Stock(pool_maxsize=8))
        found = threads.map(lambda path: session.get(server.url + path, timeout=5).text, paths)

    assert list(found) == paths


def test_a_response_and_its_session_need_no_garbage_collector(server):
    gc.collect()
    gc.disable()
    try:
        session = kept(single, server)
        found = session.get(f"{server.url}/", timeout=5)
        dead = [weakref.ref(thing) for thing in (found, found.raw, session.get_adapter(server.url))]
        session.close()
        del found, session
        assert [reference() for reference in dead] == [None] * 3
    finally:
        gc.enable()
