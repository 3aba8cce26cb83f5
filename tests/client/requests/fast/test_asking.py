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
    st.sampled_from(
        ["Host", "Content-Length", "Transfer-Encoding", "X-Own", "x_own", "Cookie", "A:b", " A", ""]
    )
    | TEXT
    | TEXT.map(lambda text: text.encode("utf-8"))
)
VALUES = (
    st.sampled_from(
        ["1", "", " ", "a\tb", "a\r\n b", "a\nb", "a\r\nX: y", "\xff", "€", SKIP_HEADER, b"\xff", 5]
    )
    | TEXT
)
HEADERS = st.dictionaries(NAMES, VALUES, max_size=4).map(
    lambda own: {"User-Agent": "x", "Accept-Encoding": "gzip", **own}
)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "DELETE", "get", "X-Y", "G T", "", "GÉT"])
TARGETS = st.sampled_from(["/", "/a?b=c", "/ü", "/a b", "/\x7f", "/\r\nX: y", "*", "http://o/"])
BODIES = st.sampled_from([None, b"", b"body", "text", bytearray(b"x"), [b"a", b"b"]])
HOSTS = st.sampled_from(["example.com", "example.com.", "127.0.0.1", "::1", "bücher.example"])
PORTS = st.sampled_from([80, 8080])
OPTIONS = {"preload_content": False, "decode_content": False, "enforce_content_length": True}


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
    host=HOSTS,
    port=PORTS,
    method=METHODS,
    url=TARGETS,
    body=BODIES,
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


ORDINARY = {"User-Agent": "x", "Accept-Encoding": "gzip", "Accept": "*/*"}


@pytest.mark.parametrize(
    ("method", "body", "more"),
    [
        ("GET", None, {}),
        ("GET", None, {"Host": "other.example", "X-Latin": "\xe9"}),
        ("DELETE", None, {}),
        ("POST", b"x", {"Content-Length": "1"}),
        ("POST", None, {"Content-Length": "0"}),
    ],
)
def test_ordinary_requests_are_plain(method, body, more):
    connection = FastHTTPConnection("example.com", 80)
    head = request_head(connection, method, "/a", body, CaseInsensitiveDict({**ORDINARY, **more}))

    assert head.startswith(f"{method} /a HTTP/1.1\r\n".encode())
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("method", "body", "headers"),
    [
        ("POST", None, ORDINARY),
        ("POST", b"x", ORDINARY),
        ("POST", "x", {**ORDINARY, "Content-Length": "1"}),
        ("GET", None, {"User-Agent": "x"}),
        ("GET", None, {**ORDINARY, "User-Agent": SKIP_HEADER}),
        ("GET", None, {**ORDINARY, "X-Int": 5}),
        ("GET", None, {**ORDINARY, "X-Far": "€"}),
    ],
)
def test_others_are_left_to_urllib3(method, body, headers):
    connection = FastHTTPConnection("example.com", 80)

    assert request_head(connection, method, "/a", body, CaseInsensitiveDict(headers)) is None


def test_a_plain_mapping_is_left_to_urllib3():
    assert (
        request_head(FastHTTPConnection("example.com", 80), "GET", "/a", None, dict(ORDINARY))
        is None
    )
