"""Responses and sessions are whole: for threads, for pickling, in memory, of any size."""

from __future__ import annotations

import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from client.requests.fast.raw_server import OK
from client.requests.fast.stock import Stock, kept, single, stock


class Echo(dict):
    """Answers each path with itself."""

    def get(self, path, default):
        if path == "/first":
            return default
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path.encode())


def test_eight_threads_get_each_its_own_answer(server):
    server.answers = Echo()
    with kept(stock, server) as session, ThreadPoolExecutor(8) as threads:
        session.mount("http://", Stock(pool_maxsize=8))
        paths = [f"/{number}" for number in range(200)]
        found = threads.map(lambda path: session.get(server.url + path, timeout=5).text, paths)

    assert list(found) == paths


def test_a_response_survives_pickling(server):
    server.answers = {"/": OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n")}
    with kept(single, server) as session:
        found = session.get(f"{server.url}/", timeout=5)
        again = pickle.loads(pickle.dumps(found))

    assert (again.content, again.status_code, again.headers) == (b"ok", 200, found.headers)
    assert again.cookies["a"] == "b"
    assert again.request.url == found.request.url


def test_a_session_survives_pickling(server):
    with kept(single, server) as session, pickle.loads(pickle.dumps(session)) as again:
        assert again.get(f"{server.url}/", timeout=5).content == b"ok"


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


def test_a_body_is_not_made_room_for_before_it_comes(server):
    announced = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\nshort"
    server.answers, server.closing = {"/tested": announced}, {"/tested"}
    with kept(single, server) as session, pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"{server.url}/tested", timeout=5)


def test_a_large_body_comes_whole(server):
    body = bytes(range(256)) * 8000
    server.answers = {"/": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body}
    with kept(single, server) as session:
        assert session.get(f"{server.url}/", timeout=5).content == body
        assert session.post(f"{server.url}/", data=body, timeout=5).content == body

    assert server.received[0][-1].endswith(body)
