import io
import os

import pytest

from ringback.client.body import Body


@pytest.mark.parametrize("body", [None, b"x", "x", bytearray(b"x"), io.BytesIO(b"x")])
def test_can_be_sent_again(body):
    assert Body(body).replayable


def test_a_generator_can_until_it_has_begun():
    pieces = (piece for piece in (b"a", b"b"))
    body = Body(pieces)
    assert body.replayable
    next(pieces)
    assert not body.replayable


def test_a_pipe_cannot():
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert not Body(pipe).replayable
