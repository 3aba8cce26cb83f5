"""Reading a whole body of known length at once, rather than piece by piece."""

import http.client
import io
from typing import Any

import requests
import urllib3.response
from requests.models import CONTENT_CHUNK_SIZE
from urllib3.response import HTTPResponse

from ringback.client.requests.fast import switch
from ringback.client.requests.fast.message import FastMessage
from ringback.client.requests.fast.watch import Watch

WATCH = Watch(
    {
        requests.Response: "content iter_content",
        HTTPResponse: "stream read _raw_read _fp_read _error_catcher release_conn",
        http.client.HTTPResponse: "read _close_conn",
        urllib3.response: "is_fp_closed",
    }
)

# The length that the peer announces is not made room for before it has come.
_PIECE = 1 << 20


class FastResponse(requests.Response):
    """A ``requests.Response`` that reads its body in less time."""

    @property
    def content(self) -> bytes:
        """The body, as in requests."""
        state = vars(self)
        if state.get("_content") is False and not state["_content_consumed"] and switch.on:
            body = _body(state["raw"])
            if body is not None:
                state["_content"], state["_content_consumed"] = body, True
                return body
        return super().content


class _Again:
    """Lets what was read be read again, and then fail as it failed.

    Args:
        file: Which it was read from.
        pieces: What it gave.
        error: What it raised then; ``None``: it came to its end.
    """

    def __init__(self, file: Any, pieces: list[bytes], error: BaseException | None) -> None:
        self._file = file
        self._pieces = io.BytesIO(b"".join(pieces))
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> Any:
        piece = self._pieces.read(size)
        if len(piece) == size or (piece and self._error is None):
            return piece
        error, self._error = self._error, None
        if error is None:
            return self._file.read(size)
        try:
            raise error
        finally:
            del error  # its traceback holds this frame


def _body(raw: Any) -> bytes | None:
    """Return the whole body; ``None`` where requests has to read it, or to raise."""
    if not isinstance(raw, HTTPResponse) or not WATCH.holds():
        return None
    state = vars(raw)
    message: Any = state["_fp"]
    length = state["length_remaining"]
    if not _untouched(state, message, length):
        return None
    pieces: list[bytes] = []
    error = _read(message.fp, length, pieces)
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if error is not None or len(body) < length:
        message.fp = _Again(message.fp, pieces, error)
        return None
    message.length = state["length_remaining"] = 0
    state["_fp_bytes_read"] = length
    for note in _READ & state.keys():
        state[note] = True
    if body and length % CONTENT_CHUNK_SIZE == 0:
        message._close_conn()  # noqa: SLF001 - what reading the last byte does
    else:
        message.close()  # what reading does that finds no further byte
    raw.release_conn()
    return body


def _untouched(state: dict[str, Any], message: Any, length: Any) -> bool:
    """Has nothing been read, is its length known, and is it to be taken as it comes?"""
    return (
        type(length) is int
        and isinstance(message, FastMessage)
        and message.length == length
        and not state["chunked"]
        and not message.isclosed()
        and not state["_fp_bytes_read"]
        and state["_body"] is None
        and "content-encoding" not in state["headers"]
    )


def _read(file: Any, left: int, pieces: list[bytes]) -> BaseException | None:
    """Read until there is nothing left to read; return what was raised before that."""
    try:
        while left and (piece := file.read(min(left, _PIECE))):
            pieces.append(piece)
            left -= len(piece)
    except BaseException as error:  # noqa: BLE001 - the libraries read again, and it is raised
        return error
    return None


_READ = {"_uncached_read_occurred", "_decoder_initialized"}
