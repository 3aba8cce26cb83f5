"""Which content of a request can be sent again."""

import io

import httpx
import pytest

from ringback.client.httpcore.exchange import Content


def stream(**body):
    return httpx.Request("POST", "http://localhost/", **body).stream


class Pipe(io.BytesIO):
    def seekable(self):
        return False

    def tell(self):
        raise io.UnsupportedOperation


async def tasks():
    yield b"a"


def generator():
    yield b"a"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": b"bytes"},
        {"content": "text"},
        {"json": {"a": 1}},
        {"data": {"a": "1"}},
        {"content": [b"a", b"b"]},
        {"content": io.BytesIO(b"file")},
        {"files": {"a": io.BytesIO(b"file")}},
        {"files": {"a": ("name", b"bytes")}, "data": {"b": "field"}},
    ],
)
def test_this_can(body):
    sent = stream(**body)
    content = Content(sent)
    content.rewind()
    first = b"".join(sent)
    content.rewind()
    assert content.replayable(untouched=False)
    assert b"".join(sent) == first


@pytest.mark.parametrize(
    "body",
    [
        {"content": generator()},
        {"content": iter([b"a"])},
        {"content": Pipe(b"pipe")},
        {"files": {"a": Pipe(b"pipe")}},
    ],
)
def test_this_cannot(body):
    sent = stream(**body)
    content = Content(sent)
    list(sent)
    assert not content.replayable(untouched=False)


def test_what_nobody_asked_for_can():
    assert Content(stream(content=generator())).replayable(untouched=False)
    assert Content(stream(content=tasks())).replayable(untouched=False)


def test_a_stream_of_the_callers_own_can_if_nothing_was_sent():
    class Mine(httpx.SyncByteStream):
        def __iter__(self):
            yield b"a"

    content = Content(Mine())
    assert content.replayable(untouched=True)
    assert not content.replayable(untouched=False)


def test_a_file_goes_back_to_where_it_stood():
    file = io.BytesIO(b"before, after")
    file.seek(8)
    sent = stream(content=file)
    content = Content(sent)
    bodies = []
    for _ in range(2):
        content.rewind()
        bodies.append(b"".join(sent))
    assert bodies == [b"after"] * 2
