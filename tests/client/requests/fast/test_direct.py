"""A request over a kept connection is sent once, whatever happens to it."""

from __future__ import annotations

import threading

import pytest
import requests
import urllib3
from client.requests.fast.answered import failed
from client.requests.fast.raw_server import OK, RawServer
from client.requests.fast.stock import Stock, kept, notice, pool_of, single, stock

from ringback import Policy, Timeout
from ringback.client.requests.fast import guard
from ringback.client.requests.fast.connection import FastConnection
from ringback.client.requests.fast.response import FastMessage
from ringback.testing.lab import Lab
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


@pytest.mark.parametrize("method", ["GET", "POST"])
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
def test_a_broken_answer_is_one_request_and_the_same_error(server, monkeypatch, method, answer):
    server.answers, server.closing = {"/tested": answer}, {"/tested"}
    fast, slow = both_ways(
        monkeypatch, server, lambda s: s.request(method, f"{server.url}/tested", data="x")
    )

    assert fast == slow
    assert [len(requests) for requests in fast[1]] == [2]


def test_no_answer_in_time_is_one_request_and_the_same_error(server, monkeypatch):
    waiting = threading.Event()
    monkeypatch.setattr(server, "answers", Waiting(waiting))

    def unanswered(session):
        try:
            return session.post(f"{server.url}/tested", data="x", timeout=0.05)
        finally:
            server.got(2)

    fast, slow = both_ways(monkeypatch, server, unanswered)
    waiting.set()

    assert fast == slow
    assert fast[0][0][0] == "ReadTimeout"
    assert [len(requests) for requests in fast[1]] == [2]


class Waiting(dict):
    """Answers one path only when it is told to."""

    def __init__(self, told):
        super().__init__()
        self._told = told

    def get(self, path, default):
        if path == "/tested":
            self._told.wait(60)
        return default


@pytest.mark.parametrize("first", [1, 12, 25, 37, 40])
def test_a_head_in_two_pieces_is_read_to_its_end(server, monkeypatch, first):
    looked, look = threading.Event(), FastMessage.peek_head

    def told(message):
        try:
            return look(message)
        finally:
            looked.set()

    with kept(stock, server) as session:
        monkeypatch.setattr(FastMessage, "peek_head", told)

        def answer(connection):
            connection.sendall(OK[:first])
            assert looked.wait(10)
            connection.sendall(OK[first:])

        server.answers = {"/tested": answer}
        found = session.post(f"{server.url}/tested", data="x", timeout=5)

    assert found.content == b"ok"
    assert [len(requests) for requests in server.received] == [2]


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


def test_a_socket_that_is_gone_is_reported_as_requests_does(server, monkeypatch):
    """Another thread, or a fork, may have closed its descriptor."""

    def gone(connection):
        connection.sock.close()
        raise OSError(9, "Bad file descriptor")

    with kept(stock, server) as session:
        monkeypatch.setattr(FastConnection, "_peek_head", gone)
        with pytest.raises(requests.ConnectionError) as caught:
            session.get(f"{server.url}/", timeout=5)

    assert isinstance(caught.value.args[0], urllib3.exceptions.ProtocolError)


def test_pools_count_as_they_do_without(server, monkeypatch):
    counts = []
    for on in (True, False):
        monkeypatch.setattr(guard, "on", on)
        with kept(stock, server) as session:
            held = session.get(f"{server.url}/", stream=True, timeout=5)
            pool = pool_of(session, server)
            counts.append((pool.num_connections, pool.num_requests, pool.pool.qsize()))
            held.close()
            session.get(f"{server.url}/", timeout=5)
            counts.append((pool.num_connections, pool.num_requests, pool.pool.qsize()))

    assert counts[:2] == counts[2:]


def test_the_pool_that_was_used_longest_ago_is_dropped(server):
    session = stock()
    session.mount("http://", Stock(pool_connections=2))
    with RawServer() as second, RawServer() as third, session:
        for target in (server, second, server, server, third, server):
            session.get(f"{target.url}/", timeout=5)

        assert [len(target.received) for target in (server, second, third)] == [1, 1, 1]
        session.get(f"{second.url}/", timeout=5)
        assert len(second.received) == 2


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


def test_an_unverified_certificate_is_warned_of_each_time():
    with Lab() as lab, single() as session:
        url = secured()(lab).url
        for _ in range(3):
            with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
                session.get(url, verify=False, timeout=5)


def test_a_kept_tls_connection_goes_the_direct_way(taken):
    with Lab() as lab:
        endpoint = secured()(lab)
        with single() as session:
            for _ in range(3):
                assert session.get(endpoint.url, verify=endpoint.verify, timeout=5).ok

    assert taken == [True, True]


def test_a_timeout_of_the_policy_holds_for_the_direct_way(server, taken, monkeypatch):
    waiting = threading.Event()
    quick = Policy(attempts=1, timeout=Timeout(connect=1, read=0.05), breaker=None, budget=None)
    with kept(lambda: single(quick), server) as session:
        monkeypatch.setattr(server, "answers", Waiting(waiting))
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{server.url}/tested")
    waiting.set()

    assert taken == [False]
