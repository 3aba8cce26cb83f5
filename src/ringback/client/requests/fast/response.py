"""A response: its head parsed at once, urllib3's and requests' objects for it, and its body."""

import email.feedparser
import email.message
import email.parser
import http.client
import io
import re
from collections import OrderedDict
from datetime import timedelta
from functools import lru_cache
from http.client import HTTPMessage
from time import time
from types import NoneType
from typing import Any, NamedTuple

import requests
import urllib3.response
from requests import PreparedRequest, adapters, utils
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.models import CONTENT_CHUNK_SIZE
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3._collections import HTTPHeaderDict
from urllib3.response import HTTPResponse

from ringback.client.requests.fast import guard
from ringback.client.requests.fast.guard import PatchGuard
from ringback.client.urllib3 import response as response_module
from ringback.client.urllib3.connection import LowLevelResponse

_CONSTANT = (NoneType, bool, int, str, bytes, timedelta)


class Template:
    """The attributes that a library's constructor gives an object.

    Taken from an object that the library made, so that each version's are there.
    """

    __slots__ = ("_constants", "_kind", "usable")

    def __init__(self, example: Any, fresh: str) -> None:
        names = set(fresh.split())
        self._kind: Any = type(example)
        self._constants = {n: v for n, v in vars(example).items() if n not in names}
        # Whether nothing else would be shared between two objects
        self.usable = names <= set(vars(example)) and all(
            isinstance(value, _CONSTANT) for value in self._constants.values()
        )

    def __contains__(self, name: str) -> bool:
        return name in self._constants

    def make(self) -> Any:
        """Return an object that has every constant, and not yet the others."""
        made = self._kind.__new__(self._kind)
        vars(made).update(self._constants)
        return made


MESSAGE_GUARD = PatchGuard(
    {
        http.client: "parse_headers _read_headers HTTPMessage",
        http.client.HTTPResponse: "begin _read_status _check_close",
        email.parser.Parser: "parse parsestr",
        email.feedparser.FeedParser: "feed close",
        email.message.Message: "__init__",
    },
    needs="http.client:_parse_header_lines http.client:_MAXLINE http.client:_MAXHEADERS"
    " email.feedparser:FeedParser email._policybase:Compat32.header_source_parse",
)

# RFC 9112, sections 4 and 5, as strict as servers are in practice: no folding, no bare line feed.
_match_status = re.compile(r"HTTP/1\.1 ([2-5][0-9][0-9]) ([!-~][ -~]*)\r\n").match
_find_fields = re.compile(r"^([!-9;-~]+):[ \t]*([^\r\n]*)\r\n", re.MULTILINE).findall
# http.client takes no more, the empty line included.
_MAX_FIELDS = 99


class ResponseHead(NamedTuple):
    """The head of a response."""

    size: int  # Bytes, the empty line included
    status: int  # Status code
    reason: str  # As it came, without the spaces around it
    items: list[tuple[str, str]]  # The fields, in order
    # Name in lower case → name and values, as `HTTPHeaderDict` holds them
    fields: dict[str, list[str]]

    def value(self, name: str) -> str | None:
        """Return the value of a field that comes at most once."""
        found = self.fields.get(name)
        return found[1] if found else None


def parsed_head(seen: bytes) -> ResponseHead | None:
    """Return the head of a response; ``None`` where it is not whole or not plain."""
    end = seen.find(b"\r\n\r\n") + 4
    text = str(seen[:end], "latin-1")
    line = _match_status(text)
    if end < 4 or line is None:
        return None
    items = _find_fields(text, line.end())
    if not 0 < len(items) <= _MAX_FIELDS or text.count("\n") != len(items) + 2:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in items:
        key = name.lower()
        if key in fields:
            fields[key].append(value)
        else:
            fields[key] = [name, value]
    if not _is_plain(fields):
        return None
    return ResponseHead(end, int(line[1]), line[2].strip(), items, fields)


def _is_plain(fields: dict[str, list[str]]) -> bool:
    """Is the framing beyond doubt, and is this no message within a message?"""
    for name in ("content-length", "transfer-encoding", "connection"):
        if name in fields and len(fields[name]) != 2:
            return False
    length, coding = fields.get("content-length"), fields.get("transfer-encoding")
    if coding and (length or coding[1].lower() != "chunked"):
        return False
    if length and not (length[1].isascii() and length[1].isdigit()):
        return False
    kinds = "".join(fields.get("content-type", ())[1:]).lower()
    return "multipart" not in kinds and "message" not in kinds


class FastMessage(LowLevelResponse):
    """A response that looks at what has come before it reads line by line."""

    headers: Any
    _ahead: ResponseHead | BaseException | None = None
    _method: str

    def peek_head(self) -> ResponseHead | None:
        """Read once, without taking anything; return the head if it is whole and plain.

        What is raised by reading is raised by ``begin``, where it is expected.
        """
        try:
            self._ahead = parsed_head(self.fp.peek())
        except BaseException as error:  # noqa: BLE001 - raised again by begin()
            self._ahead = error
            return None
        return self._ahead

    def begin(self) -> None:
        """Read until the body begins, as in ``http.client``."""
        ahead = vars(self).pop("_ahead", None)
        if isinstance(ahead, BaseException):
            try:
                raise ahead
            finally:
                del ahead  # its traceback holds this frame
        if ahead is None or self.headers is not None:
            super().begin()
        else:
            self._take(ahead)

    def _take(self, ahead: ResponseHead) -> None:
        self.fp.read(ahead.size)
        self.code = self.status = ahead.status
        self.reason = ahead.reason
        self.version = 11
        self.headers = self.msg = _http_message(ahead.items)
        self.chunked = "transfer-encoding" in ahead.fields
        if self.chunked:
            self.chunk_left = None
        length = ahead.value("content-length")
        self.length = None if length is None else int(length)
        if ahead.status in {204, 304} or self._method == "HEAD":
            self.length = 0
        closing = "close" in (ahead.value("connection") or "").lower()
        self.will_close = closing or (not self.chunked and self.length is None)


def _http_message(items: list[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage()  # its policy is the parser's; email.policy would be slow to load
    vars(message).update(_headers=items, _payload="")
    return message


RAW_GUARD = PatchGuard(
    {
        urllib3.response: "HTTPResponse HTTPHeaderDict BytesQueueBuffer",
        getattr(urllib3.response, "BaseHTTPResponse", HTTPResponse): "__init__",
        HTTPResponse: "__init__ _init_length",
        HTTPHeaderDict: "__init__ add extend",
    }
)
RAW_TEMPLATE = Template(
    response_module.HTTPResponse(b"", preload_content=False), fresh="headers _decoded_buffer"
)


def raw_response(original: FastMessage, head: ResponseHead, options: Any, shutdown: Any) -> Any:
    """Return what ``urllib3.connection.HTTPConnection.getresponse`` makes of a plain head."""
    headers: Any = HTTPHeaderDict.__new__(HTTPHeaderDict)
    vars(headers)["_container"] = head.fields
    made = RAW_TEMPLATE.make()
    vars(made).update(
        headers=headers,
        status=head.status,
        version=11,
        reason=head.reason,
        decode_content=options.decode_content,
        _request_url=options.request_url,
        chunked=original.chunked,
        enforce_content_length=options.enforce_content_length,
        _fp=original,
        _original_response=original,
        length_remaining=original.length,
        _decoded_buffer=urllib3.response.BytesQueueBuffer(),
    )
    if "version_string" in RAW_TEMPLATE:
        made.version_string = "HTTP/1.1"
    if "_sock_shutdown" in RAW_TEMPLATE:
        made._sock_shutdown = shutdown  # noqa: SLF001 - as the constructor does
    return made


CONTENT_GUARD = PatchGuard(
    {
        requests.Response: "content iter_content",
        HTTPResponse: "stream read _raw_read _fp_read _error_catcher release_conn",
        http.client.HTTPResponse: "read _close_conn",
        urllib3.response: "is_fp_closed",
    },
    needs="http.client:HTTPResponse._safe_read http.client:HTTPResponse.close"
    " http.client:HTTPResponse.isclosed",
)

# The length that the peer announces is not made room for before it has come.
_PIECE_BYTES = 1 << 20


class FastResponse(requests.Response):
    """A ``requests.Response`` that reads its body in less time."""

    @property
    def content(self) -> bytes:
        """The body, as in requests."""
        state = vars(self)
        if state.get("_content") is False and not state["_content_consumed"] and guard.is_on():
            body = _whole_body(state["raw"])
            if body is not None:
                state["_content"], state["_content_consumed"] = body, True
                return body
        return super().content


class _Reread:
    """Lets what was read be read again, and then fail as it failed."""

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


def _whole_body(raw: Any) -> bytes | None:
    """Return the whole body; ``None`` where requests has to read it, or to raise."""
    if not isinstance(raw, HTTPResponse) or not CONTENT_GUARD.holds():
        return None
    state = vars(raw)
    message: Any = state["_fp"]
    length = state["length_remaining"]
    if not _is_untouched(state, message, length):
        return None
    pieces: list[bytes] = []
    error = _read_body(message.fp, length, pieces)
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if error is not None or len(body) < length:
        message.fp = _Reread(message.fp, pieces, error)
        return None
    message.length = state["length_remaining"] = 0
    state["_fp_bytes_read"] = length
    for note in _READ_MARKS & state.keys():
        state[note] = True
    if body and length % CONTENT_CHUNK_SIZE == 0:
        message._close_conn()  # noqa: SLF001 - what reading the last byte does
    else:
        message.close()  # what reading does that finds no further byte
    raw.release_conn()
    return body


def _is_untouched(state: dict[str, Any], message: Any, length: Any) -> bool:
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


def _read_body(file: Any, left: int, pieces: list[bytes]) -> BaseException | None:
    """Read until there is nothing left to read; return what was raised before that."""
    try:
        while left and (piece := file.read(min(left, _PIECE_BYTES))):
            pieces.append(piece)
            left -= len(piece)
    except BaseException as error:  # noqa: BLE001 - the libraries read again, and it is raised
        return error
    return None


_READ_MARKS = {"_uncached_read_occurred", "_decoder_initialized"}


BUILD_GUARD = PatchGuard(
    {
        adapters: "Response CaseInsensitiveDict extract_cookies_to_jar get_encoding_from_headers",
        HTTPAdapter: "build_response",
        requests.Response: "__init__",
        utils: "_parse_content_type_header",
        RequestsCookieJar: "extract_cookies make_cookies",
    }
)
_ADAPTERS: Any = adapters
RESPONSE_TEMPLATE = Template(requests.Response(), fresh="headers history cookies")


def built_response(
    adapter: HTTPAdapter, request: PreparedRequest, raw: Any
) -> requests.Response | None:
    """Return what ``HTTPAdapter.build_response`` does; ``None``: let it do so."""
    if not isinstance(raw, urllib3.response.HTTPResponse) or type(request.url) is not str:
        return None
    if type(raw.headers) is not HTTPHeaderDict or not vars(raw)["_original_response"]:
        return None
    if not RESPONSE_TEMPLATE.usable or not BUILD_GUARD.holds():
        return None
    fields = vars(raw.headers)["_container"]
    store: OrderedDict[str, tuple[str, str]] = OrderedDict()
    for key, field in fields.items():
        store[key] = field[0], field[1] if len(field) == 2 else ", ".join(field[1:])
    headers: Any = CaseInsensitiveDict.__new__(CaseInsensitiveDict)
    vars(headers)["_store"] = store
    result: Any = RESPONSE_TEMPLATE.make()
    result.status_code = raw.status
    result.headers = headers
    result.encoding = _encoding_of(store["content-type"][1]) if "content-type" in store else None
    result.raw = raw
    result.reason = raw.reason
    result.url = request.url
    result.history = []
    result.cookies = jar = RequestsCookieJar()
    if "set-cookie" in fields or "set-cookie2" in fields:
        _ADAPTERS.extract_cookies_to_jar(jar, request, raw)
    else:
        # The time at which a jar last looked for cookies; it is pickled along.
        vars(jar)["_now"] = vars(vars(jar)["_policy"])["_now"] = int(time())
    result.request = request
    result.connection = adapter
    made: requests.Response = result
    return made


@lru_cache(maxsize=128)
def _encoding_of(content_type: str) -> str | None:
    found: str | None = get_encoding_from_headers({"content-type": content_type})
    return found
