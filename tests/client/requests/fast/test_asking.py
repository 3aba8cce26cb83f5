"""A request is put on the wire as urllib3 and http.client put it, byte for byte."""

from __future__ import annotations

import socket

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict
from urllib3.util import SKIP_HEADER

from ringback.client.requests.fast.connection import FastHTTPConnection
from ringback.client.requests.fast.request import request_head

TEXT = st.text(st.characters(max_codepoint=0x17F), max_size=6)
NAMES = (
    st.sampled_from(["Host", "Content-Length", "Transfer-Encoding", "X-Own", "Cookie", "A:b", ""])
    | TEXT
    | TEXT.map(lambda text: text.encode("utf-8"))
)
VALUES = (
    st.sampled_from(["1", "", "a\tb", "a\r\n b", "a\r\nX: y", "\xff", "€", SKIP_HEADER, b"\xff", 5])
    | TEXT
)
HEADERS = st.dictionaries(NAMES, VALUES, max_size=4).map(
    lambda own: {"User-Agent": "x", "Accept-Encoding": "gzip", **own}
)
OPTIONS = {"preload_content": False, "decode_content": False, "enforce_content_length": True}
ORDINARY = {"User-Agent": "x", "Accept-Encoding": "gzip", "Accept": "*/*"}


def sent(kind, host, port, words):
    """What a connection writes, or how that fails."""
    near, far = socket.socketpair()
    with near, far:
        connection = kind(host, port)
        connection.sock = near
        try:
            connection.request(**words, **OPTIONS)
        except Exception as error:  # noqa: BLE001 - whatever is raised is compared
            failed = type(error), str(error)
        else:
            failed = None
        near.shutdown(socket.SHUT_WR)
        return failed, far.makefile("rb").read(), vars(connection)["_HTTPConnection__state"]


@given(
    host=st.sampled_from(["example.com", "example.com.", "127.0.0.1", "::1", "bücher.example"]),
    port=st.sampled_from([80, 8080]),
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE", "get", "X-Y", "G T", "", "GÉT"]),
    url=st.sampled_from(["/", "/a?b=c", "/ü", "/a b", "/\x7f", "/\r\nX: y", "*", "http://o/"]),
    body=st.sampled_from([None, b"", b"body", "text", bytearray(b"x"), [b"a", b"b"]]),
    headers=HEADERS,
    chunked=st.booleans(),
)
def test_a_request_is_sent_alike(*, host, port, method, url, body, headers, chunked):
    try:
        fields = CaseInsensitiveDict(headers)
    except AttributeError:  # a name that has no lower case
        return
    words = {"method": method, "url": url, "body": body, "headers": fields, "chunked": chunked}

    assert sent(FastHTTPConnection, host, port, words) == sent(
        urllib3.connection.HTTPConnection, host, port, words
    )


@pytest.mark.parametrize(
    ("method", "body", "headers", "plain"),
    [
        ("GET", None, {}, True),
        ("GET", None, {"Host": "other.example", "X-Latin": "\xe9"}, True),
        ("POST", b"x", {"Content-Length": "1"}, True),
        ("POST", None, {"Content-Length": "0"}, True),
        ("POST", b"x", {}, False),
        ("POST", "x", {"Content-Length": "1"}, False),
        ("GET", None, {"User-Agent": SKIP_HEADER}, False),
        ("GET", None, {"X-Int": 5}, False),
        ("GET", None, {"X-Far": "€"}, False),
    ],
)
def test_ordinary_requests_are_plain_and_others_left_to_urllib3(method, body, headers, plain):
    connection = FastHTTPConnection("example.com", 80)
    fields = CaseInsensitiveDict({**ORDINARY, **headers})
    head = request_head(connection, method, "/a", body, fields)

    assert (head is not None) is plain
    assert not plain or head.startswith(f"{method} /a HTTP/1.1\r\n".encode())
