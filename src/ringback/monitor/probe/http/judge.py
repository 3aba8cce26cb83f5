"""Whether a response is as it is expected: status, headers, text and places in a JSON document."""

from __future__ import annotations

import codecs
import gc
import json
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final
from weakref import WeakValueDictionary

from ringback.failure.codes import kind_of_status
from ringback.monitor.model import REDIRECTS
from ringback.monitor.probe.handshake import expiry_failure
from ringback.monitor.probe.matching import Matcher, Undecided
from ringback.monitor.probe.outcome import ProbeFailure

if TYPE_CHECKING:
    from ringback.monitor.model import Expectations
    from ringback.monitor.probe.http.connection import ProbeConnection

MAX_TEXT = 1_048_576  # Bytes of text, so that a small body cannot become a large one
_EITHER = 32 + zlib.MAX_WBITS  # Tells zlib to take gzip and zlib alike


def body_text(answer: ProbeConnection) -> str:
    """Return the body as text, decoded as its headers say, without a byte order mark."""
    whole = b"".join(answer.body)
    encoding = charset = b""
    for name, value in answer.headers:
        if name == b"content-encoding":
            encoding = value.strip().lower()
        elif name == b"content-type":
            charset = value.lower().partition(b"charset=")[2].split(b";")[0].strip(b'" ')
    if encoding in {b"gzip", b"x-gzip", b"deflate"}:
        whole = _inflated(whole)
    try:
        named = codecs.lookup(charset.decode("ascii") or "utf-8").name
        text = whole.decode("utf-8" if named in _NO_CHARSETS else named, "replace")
    except (LookupError, UnicodeError):
        text = whole.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs of Python that no text comes in; 0.2 MB of Punycode take 2.8 s."""


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj(_EITHER)
    try:
        found = inflater.decompress(data, MAX_TEXT)
    except zlib.error as error:
        raise ValueError(f"the body is not compressed as it says: {error}") from None
    if not inflater.eof and len(found) < MAX_TEXT:
        raise ValueError("the compressed body ends too early")
    return found


_STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?\d{1,9})\]|\[['\"]([^'\"\]]+)['\"]\]")


class PathMissing(LookupError):  # noqa: N818 - named for what was found out
    """There is nothing at a path."""


def at_path(document: Any, path: str) -> str:
    """Return what is at a path, as text: a string itself, everything else as JSON.

    A path has names joined by dots and indices in brackets; a leading ``$`` means the document.
    """
    found = document
    for step in steps_of(path):
        try:
            found = found[step]
        except (LookupError, TypeError):
            raise PathMissing(path) from None
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[str | int, ...]:
    rest = path.removeprefix("$")
    steps: list[str | int] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise ValueError(f"not a JSON path: {path!r}")
        name, index, quoted = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else quoted)
        rest = rest[match.end() :]
    return tuple(steps)


_TOO_SLOW = "a pattern takes too long to be searched for"
UNDECIDED = ProbeFailure("client.deadline_exceeded", _TOO_SLOW, of_target=False)
_UNEXPECTED: Final = "http.response.unexpected_content"


class ResponseJudge:
    """The expectations of one endpoint."""

    __slots__ = ("__weakref__", "_expected", "wants_body", "wants_pattern")

    _known: ClassVar[WeakValueDictionary[int, ResponseJudge]] = WeakValueDictionary()

    @classmethod
    def of(cls, expectations: Expectations) -> ResponseJudge:
        """Return the judge of all who hold these expectations: it remembers nothing of them."""
        key = id(expectations)  # of no others meanwhile: the judge holds them
        if (known := cls._known.get(key)) is None:
            known = cls._known[key] = cls(expectations)
        return known

    def __init__(self, expectations: Expectations) -> None:
        self._expected = expectations
        # Whether patterns are searched, which takes a task
        self.wants_pattern = bool(expectations.body_matches)
        # Whether the body must be read
        self.wants_body = self.wants_pattern or bool(
            expectations.body_contains or expectations.json
        )

    def accepts(self, status: int) -> bool:
        ranges = self._expected.status
        if not ranges:
            return status < 400
        return any(low <= status <= high for low, high in ranges)

    def follows(self, status: int) -> bool:
        return status in REDIRECTS and not (self._expected.status and self.accepts(status))

    def failure_of(self, answer: ProbeConnection, now: float) -> ProbeFailure | None:
        """Return what is not as expected, all but the patterns."""
        if not self.accepts(answer.status):
            return self._status(answer.status)
        if (days := self._expected.certificate_days) is not None:
            failure = expiry_failure(days, now, answer.certificate, answer.other_certificate)
            if failure is not None:
                return failure
        if self._expected.headers:
            failure = self._headers(answer)
            if failure is not None:
                return failure
        return self._body(answer) if self.wants_body else None

    async def pattern_failure(
        self, answer: ProbeConnection, matcher: Matcher
    ) -> ProbeFailure | None:
        """Return which pattern the body does not match."""
        try:
            missing = await matcher.missing(self._expected.body_matches, body_text(answer))
        except Undecided as pattern:
            return UNDECIDED._replace(detail=f"{UNDECIDED.detail}: {str(pattern)[:80]!r}")
        return ProbeFailure(_UNEXPECTED, f"nothing matches {missing[:80]!r}") if missing else None

    def _status(self, status: int) -> ProbeFailure:
        if status >= 400:
            return ProbeFailure(kind_of_status(status), f"status {status}")
        wanted = ", ".join(
            f"{low}" if low == high else f"{low}-{high}" for low, high in self._expected.status
        )
        return ProbeFailure(_UNEXPECTED, f"status {status}, expected {wanted}")

    def _headers(self, answer: ProbeConnection) -> ProbeFailure | None:
        for name, wanted in self._expected.headers.items():
            lower = name.lower().encode("latin-1", "replace")
            values = [value.decode("latin-1") for key, value in answer.headers if key == lower]
            if not any(wanted in value for value in values):
                return ProbeFailure(_UNEXPECTED, f"header {name} does not contain {wanted[:80]!r}")
        return None

    def _body(self, answer: ProbeConnection) -> ProbeFailure | None:
        try:
            text = body_text(answer)
        except ValueError as error:
            return ProbeFailure("http.response.invalid.content_decoding", str(error)[:200])
        for wanted in self._expected.body_contains:
            if wanted not in text:
                return ProbeFailure(_UNEXPECTED, f"the body does not contain {wanted[:80]!r}")
        return self._json(text) if self._expected.json else None

    def _json(self, text: str) -> ProbeFailure | None:
        # 1 MB of small lists is read in 20 ms; with searches for garbage among them, in 110.
        collects = gc.isenabled()
        gc.disable()
        try:
            return self._places(text)
        finally:
            if collects:
                gc.enable()

    def _places(self, text: str) -> ProbeFailure | None:
        try:
            whole: Any = json.loads(text)
        except (ValueError, RecursionError):
            return ProbeFailure(_UNEXPECTED, f"the body is no JSON: it begins with {text[:40]!r}")
        for path, wanted in self._expected.json.items():
            try:
                found = at_path(whole, path)
            except PathMissing as missing:
                return ProbeFailure(_UNEXPECTED, f"the JSON has nothing at {missing}")
            if found != wanted:
                return ProbeFailure(
                    _UNEXPECTED, f"{path} is {found[:80]!r}, expected {wanted[:80]!r}"
                )
        return None
