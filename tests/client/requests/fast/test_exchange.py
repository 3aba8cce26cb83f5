"""What is sent and what comes back is what requests itself sends and makes of it."""

from __future__ import annotations

import gzip
import zlib

import pytest
import requests
from client.requests.fast.answered import described, failed, read
from client.requests.fast.raw_server import RawServer
from client.requests.fast.stock import notice, single, stock
from hypothesis import given, settings
from hypothesis import strategies as st
from nightly import examples

from ringback.client.requests.fast import guard
from ringback.testing.lab import Lab

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0xFF), max_size=8)
SAFE = st.text(st.sampled_from("abcXYZ019-._~ "), max_size=8)
BODIES = st.sampled_from([b"", b"x", b'{"a": 1}', b"text \xc3\xa9", b"z" * 20_000])
FIELDS = st.lists(
    st.sampled_from(
        [
            "Set-Cookie: a=b",
            "Set-Cookie: c=d; Path=/; HttpOnly",
            "Set-Cookie: e=f; Domain=elsewhere.example",
            "Set-Cookie2: g=h",
            "Content-Type: text/html; charset=utf-8",
            "Content-Type: application/json",
            "content-type: text/plain",
            "Link: <http://x.example/>; rel=next",
            "X-Folded: a\r\n\tb",
            "X-Twice: 1",
            "x-twice: 2",
            "X-Latin: \xe9\xff",
            "X-Empty:",
            "Connection: keep-alive",
            "Keep-Alive: timeout=5",
            "Location: /elsewhere",
            "Trailer: X-Sum",
            "No colon",
        ]
    ),
    max_size=4,
)
STATUS = st.sampled_from(
    ["200 OK"] * 5
    + ["200", "201 Created", "204 No Content", "302 Found", "304 Not Modified", "400 Bad \xfc"]
    + ["404 Not Found", "500 Oops", "599 "]
)


@st.composite
def answers(draw):
    """The bytes of an answer, and whether the connection is closed after it."""
    coding = draw(st.sampled_from(["", "gzip", "deflate", "odd"]))
    framing = draw(st.sampled_from(["length"] * 5 + ["short", "long", "none", "chunks", "cut"]))
    version = draw(st.sampled_from(["HTTP/1.1"] * 9 + ["HTTP/1.0"]))
    before = draw(st.sampled_from([""] * 8 + ["HTTP/1.1 100 Continue\r\n\r\n"]))
    fields = draw(FIELDS)
    if draw(st.sampled_from([False] * 4 + [True])):
        fields.append("Connection: close")
    if coding:
        fields.append(f"Content-Encoding: {coding}")
    field, body = framed(framing, _coded(coding, draw(BODIES)))
    head = "\r\n".join([f"{before}{version} {draw(STATUS)}", *fields, *field, "", ""])
    # Behind a line that is none, email.parser sees no fields, and nobody the length. Bytes behind
    # the body are seen by the next request, or not, as the pieces happened to come.
    closing = framing in {"short", "long", "none", "cut"} or version == "HTTP/1.0"
    closing = closing or "Connection: close" in fields or "No colon" in fields
    return head.encode("latin-1") + body, closing


def framed(how, body):
    """The field that frames a body, and the body with it."""
    if how in {"length", "short", "long"}:
        length = len(body) + {"length": 0, "short": 5, "long": -1}[how]
        return [f"Content-Length: {max(length, 0)}"], body
    if how == "none":
        return [], body
    half = len(body) // 2
    pieces = [piece for piece in (body[:half], body[half:]) if piece]
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    last = b"0\r\nX-Sum: 1\r\n\r\n" if how == "chunks" else b""
    return ["Transfer-Encoding: chunked"], chunks + last


def _coded(coding, body):
    if coding == "gzip":
        return gzip.compress(body, mtime=0)
    return zlib.compress(body) if coding == "deflate" else body


REQUESTS = st.fixed_dictionaries(
    {"method": st.sampled_from(["GET"] * 4 + ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "X-Y"])},
    optional={
        "params": st.dictionaries(WORDS, WORDS, max_size=2),
        "headers": st.dictionaries(
            st.sampled_from(["Accept", "accept-encoding", "User-Agent", "Host", "X-Own", "Cookie"]),
            SAFE.map(str.strip) | st.none() | st.binary(max_size=3).map(lambda b: b.hex().encode()),
            max_size=3,
        ),
        "cookies": st.dictionaries(st.sampled_from("pq"), st.just("1"), max_size=1),
        "data": st.none()
        | WORDS
        | st.binary(max_size=9)
        | st.dictionaries(SAFE, WORDS, max_size=2),
        "json": st.none() | st.dictionaries(SAFE, WORDS, max_size=2),
        "auth": st.none() | st.just(("user", "secret")),
        "allow_redirects": st.booleans(),
        "stream": st.booleans(),
        "timeout": st.sampled_from([5, 5.5, (5, None)]),
    },
)


@pytest.fixture(scope="module")
def server():
    with Lab() as lab:
        yield RawServer(lab)


def pool_of(session, server):
    adapter = session.get_adapter(server.url)
    with adapter.poolmanager.pools.lock:
        pools = list(vars(adapter.poolmanager.pools)["_container"].values())
    return [(pool.num_connections, pool.num_requests, pool.pool.qsize()) for pool in pools]


def run(server, make, request, answer):
    """What a session makes of a request between two others, and what the server got."""
    sent, closing = answer
    server.answers, server.closing = {"/tested": sent}, {"/tested"} if closing else set()
    server.forget()
    words = {"timeout": 5, **request}
    told = []
    with make() as session:
        session.trust_env = False
        for method, path in (("GET", "/before"), (None, "/tested"), ("GET", "/after")):
            own = words if method is None else {"method": method, "timeout": 5}
            try:
                response = session.request(**{**own, "url": server.url + path})
            except Exception as error:  # noqa: BLE001 - whatever is raised is compared
                told.append(failed(error))
            else:
                told += [described(response), read(response), described(response)]
                response.close()
            server.settle()
            if closing and path == "/tested":
                notice(session, server)
        told += [pool_of(session, server), [vars(cookie) for cookie in session.cookies]]
    return told, server.received


def run_off(server, make, request, answer):
    guard.on = False
    try:
        return run(server, make, request, answer)
    finally:
        guard.on = True


@settings(max_examples=examples(150))
@given(request=REQUESTS, answer=answers())
def test_our_session_does_what_it_does_without_the_fast_paths(server, request, answer):
    fast, slow = run(server, single, request, answer), run_off(server, single, request, answer)

    assert fast == slow


@settings(max_examples=examples(150))
@given(request=REQUESTS, answer=answers())
def test_a_stock_session_does_what_requests_does(server, request, answer):
    fast = run(server, stock, request, answer)
    plain = run(server, requests.Session, request, answer)
    if fast != plain:  # our connections take for broken what urllib3 takes for whole
        assert fast == run_off(server, stock, request, answer)
