"""The head of a response is taken as http.client and email.parser take it, or left to them."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.requests.fast.response import FastMessage, parsed_head
from ringback.client.urllib3.connection import LowLevelResponse, SocketReader
from ringback.client.wire import Wire

TEXT = st.text(st.characters(max_codepoint=0xFF), max_size=10)
NAMES = TEXT | st.sampled_from(
    [
        *("Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Set-Cookie"),
        *("X-A", "x-a", "Keep-Alive", "Proxy-Connection"),
    ]
)
VALUES = TEXT | st.sampled_from(
    [
        *("close", "keep-alive", "chunked", "Chunked", "gzip,chunked", "5", "05", "+5", "-1"),
        *("5,5", "5_0", "text/html", "multipart/mixed;boundary=x", "message/rfc822", "a\tb"),
        *("", " ", " \t a", "a\r\n b", "5 "),
    ]
)
LINES = st.builds(
    "{}{}{}{}".format,
    NAMES,
    st.sampled_from([": ", ":", ":  ", ":\t", " : ", " ", ""]),
    VALUES,
    st.sampled_from(["\r\n"] * 8 + ["\n", "\r", "\r\r\n", ""]),
)
USUAL = ["HTTP/1.1 200 OK", "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified"]
ODD = [
    *("HTTP/1.1 200", "HTTP/1.1 200  OK ", "HTTP/1.1 099 Low", "HTTP/1.1 1000 High"),
    *("HTTP/1.1 100 Continue", "HTTP/1.1 101 Switching", "HTTP/1.1 500 Größer", "HTTP/1.0 200 OK"),
    *("HTTP/2 200 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1\t200\tOK", "http/1.1 200 OK", "ICY 200 OK", ""),
]
STATUS = st.builds(
    "{}{}".format,
    st.sampled_from(USUAL * 3 + ODD),
    st.sampled_from(["\r\n"] * 8 + ["\n", "\r"]),
)
HEADS = st.builds(
    "{}{}{}".format,
    STATUS,
    st.lists(LINES, max_size=6).map("".join),
    st.sampled_from(["\r\n"] * 8 + ["\n", ""]),
)
METHODS = st.sampled_from(["GET", "HEAD", "POST"])


def described(message):
    state = {
        name: value
        for name, value in vars(message).items()
        if name not in {"fp", "reader", "_ahead", "headers", "msg"}
    }
    return {
        **state,
        "msg": fields(message.msg),
        "the same": message.msg is message.headers,
        "body": message.fp.read(),
    }


def fields(message):
    payload = message.get_payload()
    return {
        **vars(message),
        "policy": type(message.policy),
        "defects": [type(defect) for defect in message.defects],
        "_payload": [fields(part) for part in payload] if isinstance(payload, list) else payload,
    }


def begun(kind, sent, method, first=None):
    """What a response is found to be, or how beginning to read it fails."""
    near, far = socket.socketpair()
    with near, far:
        far.sendall(sent if first is None else sent[:first])
        message = kind(SocketReader(near, Wire()), method=method)
        if kind is FastMessage:
            message.peek_head()
        far.sendall(b"" if first is None else sent[first:])
        far.shutdown(socket.SHUT_WR)
        try:
            message.begin()
            return described(message)
        except Exception as error:  # noqa: BLE001 - whatever is raised is compared
            return type(error), str(error)
        finally:
            message.close()


@given(text=HEADS, method=METHODS, body=st.binary(max_size=5), at=st.none() | st.integers(1, 60))
def test_a_head_is_read_alike_in_one_piece_or_two(text, method, body, at):
    sent = text.encode("latin-1") + body

    assert begun(FastMessage, sent, method, first=at) == begun(LowLevelResponse, sent, method)


def ordinary(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Type: text/html; charset=utf-8", "Transfer-Encoding: chunked"],
        ["Set-Cookie: a=b", "Set-Cookie: c=d", "Connection: close"],
        ["Server: \xe4", "Content-Length: 0", "X-Empty:"],
        [f"X-{n}: {n}" for n in range(99)],
    ],
)
def test_ordinary_heads_take_the_fast_path(lines):
    sent = ordinary(*lines)

    assert parsed_head(sent + b"body").size == len(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        ordinary(),
        ordinary("Content-Length: 5", status="100 Continue"),
        ordinary("Content-Length: 5", "Transfer-Encoding: chunked"),
        ordinary("X-Folded: a", " b"),
        ordinary("No colon"),
        ordinary("Content-Type: multipart/byteranges; boundary=x"),
        ordinary(*[f"X-{n}: {n}" for n in range(100)]),
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_others_are_left_to_the_libraries(sent):
    assert parsed_head(sent) is None
