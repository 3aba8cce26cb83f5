import io
import os

import pytest

from ringback.client.body import Body


@pytest.mark.parametrize("body", [None, b"x", "x", bytearray(b"x"), io.BytesIO(b"x")])
def test_can_be_sent_again(body):
    assert Body(body).replayable


def test_a_file_goes_back_to_where_it_started():
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    body = Body(file)
    body.rewind()
    assert file.read() == b"456789"
    body.rewind()
    assert file.read() == b"456789"


def test_a_generator_can_until_it_has_begun():
    pieces = (piece for piece in (b"a", b"b"))
    body = Body(pieces)
    assert body.replayable
    next(pieces)
    assert not body.replayable


def test_an_iterator_cannot():
    assert not Body(iter([b"a"])).replayable


def test_a_pipe_cannot():
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert not Body(pipe).replayable
