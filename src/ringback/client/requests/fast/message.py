"""The head of a response: parsed at once where it has come whole and is plain."""

import email.feedparser
import email.message
import email.parser
import http.client
import re
from email.policy import compat32
from http.client import HTTPMessage
from typing import Any, NamedTuple

from ringback.client.requests.fast.watch import Watch
from ringback.client.urllib3.message import Message

WATCH = Watch(
    {
        http.client: "parse_headers _read_headers HTTPMessage",
        http.client.HTTPResponse: "begin _read_status _check_close",
        email.parser.Parser: "parse parsestr",
        email.feedparser.FeedParser: "feed close",
        email.message.Message: "__init__",
    }
)

# RFC 9112, sections 4 and 5, as strict as servers are in practice: no folding, no bare line feed.
_STATUS = re.compile(r"HTTP/1\.1 ([2-5][0-9][0-9]) ([!-~][ -~]*)\r\n").match
_FIELDS = re.compile(r"^([!-9;-~]+):[ \t]*([^\r\n]*)\r\n", re.MULTILINE).findall
# http.client takes no more, the empty line included.
_MOST_FIELDS = 99


class Head(NamedTuple):
    """The head of a response.

    Attributes:
        size: Bytes, the empty line included.
        status: Status code.
        reason: As it came, without the spaces around it.
        items: The fields, in order.
        fields: Name in lower case → name and values, as ``HTTPHeaderDict`` holds them.
    """

    size: int
    status: int
    reason: str
    items: list[tuple[str, str]]
    fields: dict[str, list[str]]

    def value(self, name: str) -> str | None:
        """Return the value of a field that comes at most once.

        Args:
            name: In lower case.
        """
        found = self.fields.get(name)
        return found[1] if found else None


def head(seen: bytes) -> Head | None:
    """Return the head of a response; ``None`` where it is not whole or not plain.

    Args:
        seen: What has come, from its first byte on.
    """
    end = seen.find(b"\r\n\r\n") + 4
    text = str(seen[:end], "latin-1")
    line = _STATUS(text)
    if end < 4 or line is None:
        return None
    items = _FIELDS(text, line.end())
    if not 0 < len(items) <= _MOST_FIELDS or text.count("\n") != len(items) + 2:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in items:
        key = name.lower()
        if key in fields:
            fields[key].append(value)
        else:
            fields[key] = [name, value]
    if not _plain(fields):
        return None
    return Head(end, int(line[1]), line[2].strip(), items, fields)


def _plain(fields: dict[str, list[str]]) -> bool:
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


class FastMessage(Message):
    """A response that looks at what has come before it reads line by line."""

    headers: Any
    _ahead: Head | BaseException | None = None
    _method: str

    def look(self) -> Head | None:
        """Read once, without taking anything; return the head if it is whole and plain.

        What is raised by reading is raised by ``begin``, where it is expected.
        """
        try:
            self._ahead = head(self.fp.peek())
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

    def _take(self, ahead: Head) -> None:
        self.fp.read(ahead.size)
        self.code = self.status = ahead.status
        self.reason = ahead.reason
        self.version = 11
        self.headers = self.msg = _message(ahead.items)
        self.chunked = "transfer-encoding" in ahead.fields
        if self.chunked:
            self.chunk_left = None
        length = ahead.value("content-length")
        self.length = None if length is None else int(length)
        if ahead.status in {204, 304} or self._method == "HEAD":
            self.length = 0
        closing = "close" in (ahead.value("connection") or "").lower()
        self.will_close = closing or (not self.chunked and self.length is None)


def _message(items: list[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage(policy=compat32)
    vars(message).update(_headers=items, _payload="")
    return message
