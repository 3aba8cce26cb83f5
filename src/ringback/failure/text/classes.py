"""Exception classes named in a text, where they stand as something that was raised."""

import re
from collections.abc import Iterator

from ringback.failure.classes import CLASSES
from ringback.failure.reading import BARE, TIMEOUT, Reading
from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page
from ringback.failure.text.rules.other import CLASSES as OTHER_CLASSES
from ringback.failure.text.rules.other import OTHER

_NAME = re.compile(
    r"(?<![A-Za-z0-9_])(?:[A-Z][A-Za-z0-9_]{2,60}|gaierror|herror|timeout)(?![A-Za-z0-9_])"
)
_MENTIONED = re.compile(
    r"(?:\bimport |\bexcept \(?|\bclass |\b(?:name|attribute|named) ['\"]?"
    r"|isinstance\(\w{1,40}, \(?|\bcatch \(?"
    r"|[a-z], |\bhandle |pytest\.raises\(|assertRaises\()(?:[\w.]{1,60}\.)?$"
)
_RAISED = re.compile(r"\s?(?:[:(\]}'\"`<|]|$|- |-> |<- )")
_OTHER = Reading(OTHER, 30)
_TIMED_OUT = Reading(TIMEOUT, BARE)
_NOT_CONNECTED = Reading("unknown", 6)
_TIMEOUTS = ("TimeoutError", "Timeout", "TimeoutException", "TimedOutException", "TimedOut")
_CONNECTIONS = (
    "ConnectionError",
    "ConnectError",
    "ConnectException",
    "ConnectionException",
    "ConnectionFailure",
    "ConnectionFailed",
    "NotConnectedError",
    "NetworkError",
    "ConnectionClosed",
    "TransportError",
)
_LOWER_CASE = frozenset({"timeout", "gaierror", "herror"})


def named_classes(page: Page) -> Iterator[Finding]:
    """Known classes, and classes known to name another failure."""
    for match in _NAME.finditer(page.text):
        name = match[0]
        reading = CLASSES.get(name) or _unlisted(name)
        if reading is None:
            continue
        found = _as_raised(page, match.start(), match.end(), reading)
        if found is not None:
            yield found


def _unlisted(name: str) -> Reading | None:
    """Classes of libraries that the table does not list, by the last word of their name."""
    if name in OTHER_CLASSES:
        return _OTHER
    if name.endswith(_TIMEOUTS):
        return _TIMED_OUT
    return _NOT_CONNECTED if name.endswith(_CONNECTIONS) else None


def _as_raised(page: Page, start: int, end: int, reading: Reading) -> Finding | None:
    before = page.text[max(0, start - 60) : start]
    if _MENTIONED.search(before):
        return None
    after = page.text[end : end + 3]
    if after.startswith((",", "(),")):  # one of a list in source code
        return None
    if page.text[start:end] in _LOWER_CASE and not _is_lower_case_class(before, after):
        return None
    if _RAISED.match(after) or page.line_of(start)[1] <= end + 1:
        quoted = before[-1:] in {"'", '"'} and after[:1] == before[-1:]
        return None if quoted and reading is _OTHER else Finding(start, end, reading)
    if reading is _OTHER:
        return None
    return Finding(start, end, reading._replace(rank=reading.rank // 3))


def _is_lower_case_class(before: str, after: str) -> bool:
    return before.endswith("socket.") or after[:1] == "("
