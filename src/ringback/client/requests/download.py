"""A download that goes on over breaks: the ranges it asks for, and what of the answers it takes.

Bytes of two responses are put together only where both are of the same content: the request for
the rest has ``If-Range`` with the validator of what is there, a strong ``ETag`` or a
``Last-Modified`` that is as good as one (RFC 9110, sections 8.8 and 13.1.5). A server whose content
has changed then sends all of the new one. Each request is a call of the session, with its attempts,
budget and circuit; here are counted only the breaks of the body. As long as bytes come, a break
costs nothing; what gets no further ``attempts`` times ends, and so does what starts anew as often.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import requests
import urllib3.response
from requests.structures import CaseInsensitiveDict

from ringback.client.call import Clock
from ringback.client.deadline import current_deadline, within
from ringback.client.http import instant_of
from ringback.client.requests.part_file import PartFile
from ringback.client.urllib3.response import HTTPResponse
from ringback.errors import RingbackError, specialise
from ringback.failure import Failure
from ringback.failure.target import target_of_url

if TYPE_CHECKING:
    from ringback.client.requests.session import Session
    from ringback.failure.names import KindName

_PIECE_BYTES = 1 << 16
_CONTENT_RANGE = re.compile(
    r"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18}|\*)", re.ASCII | re.IGNORECASE
)
_REFUSED: KindName = "http.response.unexpected_content"
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_MAX_RANGE = 100
_NO_REST = "what came cannot be gone on with: its validator is another one by now, or none"
_READS_ONCE = hasattr(urllib3.response.HTTPResponse, "read1")  # urllib3 2
_COMPRESSED_FILES = (".gz", ".tgz", ".svgz")

Progress = Callable[[int, int | None], object]
"""Called with the bytes that are there and with all that there will be, if that is known."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that is complete.

    Attributes:
        path: Where it is.
        size: Bytes.
        resumed_at: Bytes that an earlier download had left and that were used; 0: none.
        breaks: How often it broke off and went on.
    """

    path: Path
    size: int
    resumed_at: int
    breaks: int


class _Download:
    """One content on its way: iterated over, it yields what comes from ``position`` on."""

    def __init__(self, session: Session, url: str, options: dict[str, Any]) -> None:
        self.position = 0
        self.total: int | None = None
        self.validator: str | None = None
        self.breaks = 0
        self._session = session
        self._url = url
        self._headers = CaseInsensitiveDict(options.pop("headers", None) or {})
        if "Range" in self._headers or "If-Range" in self._headers:
            raise ValueError("a download asks for ranges itself: give no Range or If-Range")
        self._options = {**options, "stream": True}
        self._asked = False
        self._restarts = self._in_vain = 0
        self._starts = 1  # What has been yielded is the caller's: it cannot begin anew
        self._end: int | None = None  # Of what the response under way has announced
        self._broke: RingbackError | None = None  # The last of all breaks

    def start_anew(self, validator: str | None, total: int | None) -> None:
        """Begin with another content."""
        self.position, self.validator, self.total = 0, validator, total

    def __iter__(self) -> Generator[bytes, None, None]:
        while (response := self._response()) is not None:
            before, broke = self.position, None
            with closing(response):
                try:
                    yield from self._content(response)
                except RingbackError as error:
                    self._broke = broke = error
            if broke is None and self._is_complete(response):
                return
            self._in_vain = 0 if self.position > before else self._in_vain + 1
            if broke is not None or self._in_vain:
                self._before_next(broke)

    def _response(self) -> requests.Response | None:
        """Return a response to go on with; ``None``: all is there already."""
        while True:
            ranged = bool(self.position and self.validator)
            wanted = {**self._headers, "Accept-Encoding": "identity"}
            if ranged:
                wanted |= {"Range": f"bytes={self.position}-", "If-Range": str(self.validator)}
            response: requests.Response = self._session.get(
                self._url, headers=wanted, **self._options
            )
            try:
                if self._may_go_on(response, ranged=ranged):
                    self._asked = True
                    return response
            except BaseException:
                response.close()
                raise
            response.close()
            if response.status_code == 416 and self._is_all(response):
                return None
            self._restart(None, None)

    def _may_go_on(self, response: requests.Response, *, ranged: bool) -> bool:
        """Return whether the content follows, or all of it; ``False``: it is another by now."""
        if response.status_code == 416 and ranged:
            return False
        response.raise_for_status()
        self._check_coding(response)
        validator, length = _validator_of(response), _length_of(response)
        if response.status_code == 206 and ranged:
            if validator not in {None, self.validator}:
                return False
            self._check_range(response, length)
            return True
        if response.status_code != 200:
            raise _refused(response, f"HTTP {response.status_code} has no content to be saved")
        if not ranged or validator != self.validator:
            self._restart(validator, length)
        self._end = self.total = length if self.total is None else self.total
        return True

    def _check_range(self, response: requests.Response, length: int | None) -> None:
        said = response.headers.get("Content-Range") or ""
        match = _CONTENT_RANGE.fullmatch(said.strip()[:_MAX_RANGE])
        if match is None or match[1] is None or int(match[1]) != self.position:
            asked = f"bytes={self.position}-"
            raise _refused(response, f"{asked} was asked for, and {said[:_MAX_RANGE]!r} came")
        end, total = int(match[2]) + 1, None if match[3] == "*" else int(match[3])
        fits = self.position < end and length in {None, end - self.position}
        if not fits or (total is not None and (end > total or self.total not in {None, total})):
            raise _refused(response, f"{said[:_MAX_RANGE]!r} does not fit what came before")
        self._end = end
        self.total = self.total if total is None else total

    def _check_coding(self, response: requests.Response) -> None:
        coding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
        if coding in {"gzip", "x-gzip"} and urlsplit(self._url).path.endswith(_COMPRESSED_FILES):
            # It is the file that is compressed, not its transfer: it is taken as it is.
            response.raw.headers.pop("Content-Encoding", None)
        elif coding != "identity":
            raise _refused(response, f"identity was asked for, and {coding[:40]!r} came")

    def _restart(self, validator: str | None, total: int | None) -> None:
        if self._asked and self.position:
            self._restarts += 1
            if self._restarts >= self._starts:
                self._give_up(_NO_REST)
        self.start_anew(validator, total)

    def _content(self, response: requests.Response) -> Iterator[bytes]:
        """Yield the pieces of a response that have not come yet."""
        skipped = self.position if response.status_code == 200 else 0
        raw = response.raw
        if isinstance(raw, HTTPResponse):
            # urllib3's own waits for a whole piece, and drops what came of it before a break.
            read = raw.read1 if _READS_ONCE else partial(_read_once, raw)
            vars(raw)["stream"] = lambda size, **how: iter(lambda: read(size, **how), b"")
        for piece in response.iter_content(_PIECE_BYTES):
            new = piece[skipped:]
            skipped -= len(piece) - len(new)
            if self._end is not None and self.position + len(new) > self._end:
                raise _refused(response, f"more came than the {self._end} bytes announced")
            if new:
                self.position += len(new)
                yield new

    def _is_complete(self, response: requests.Response) -> bool:
        # A part may be shorter than asked for, and may leave open how long all of it is.
        return self.position == self.total or (response.status_code == 200 and self.total is None)

    def _is_all(self, response: requests.Response) -> bool:
        """Return whether a 416 means that there is no more to come."""
        said = (response.headers.get("Content-Range") or "").strip()[:_MAX_RANGE]
        match = _CONTENT_RANGE.fullmatch(said)
        total = self.total if match is None or match[3] == "*" else int(match[3])
        same = _validator_of(response) in {None, self.validator}
        return same and total == self.position and self.total in {None, total}

    def _before_next(self, broke: RingbackError | None) -> None:
        """Wait before the next request, or end."""
        policy, self.breaks = self._session.policy, self.breaks + 1
        if broke is not None and broke.failure.retry == "no":
            raise broke
        if not self.validator and self._restarts + 1 >= self._starts:
            self._give_up(_NO_REST)
        if self._in_vain >= policy.attempts:
            self._give_up(f"the last {self._in_vain} responses brought no further bytes")
        clock: Clock = getattr(self._session.get_adapter(self._url), "clock", None) or Clock()
        delay = policy.backoff.delay(self._in_vain + 1, clock.random())
        at = current_deadline()
        if at is not None and monotonic() + delay >= at:
            self._give_up("the deadline leaves no time for another request")
        clock.sleep(delay)

    def _give_up(self, why: str) -> NoReturn:
        if self._broke is None:
            raise _error(requests.RequestException(why), self._url, why)
        self._broke.add_note(f"ringback: broke off {self.breaks} times; {why}")
        raise self._broke


class _FileDownload(_Download):
    """A transfer into a part file."""

    def __init__(self, file: PartFile, *call: Any) -> None:
        super().__init__(*call)
        self._file = file
        self.position, self.validator, self.total = file.position, file.validator, file.total
        self.resumed_at = self.position
        self._starts = self._session.policy.attempts

    def start_anew(self, validator: str | None, total: int | None) -> None:
        """Empty the file."""
        super().start_anew(validator, total)
        self._file.start_anew(validator, total)
        self.resumed_at = 0

    def save(self, progress: Progress | None) -> None:
        """Write all of it."""
        if progress and self.position:
            progress(self.position, self.total)
        for piece in self:
            self._file.write(piece)
            if progress:
                progress(self.position, self.total)


def download(  # noqa: PLR0913 - by name
    session: Session,
    url: str,
    path: Path,
    *,
    sha256: str | None,
    progress: Progress | None,
    deadline: float,
    options: dict[str, Any],
) -> Downloaded:
    """Save what is at a URL, see ``Session.download``."""
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"sha256 must be 64 hexadecimal digits, got {sha256!r}")
    resource = f"{session.base_url or ''} {url} {options.get('params')!r}"
    with closing(PartFile(path, resource)) as file, within(monotonic() + deadline):
        under_way = _FileDownload(file, session, url, options)
        try:
            under_way.save(progress)
        except RingbackError as error:
            file.close()
            _note_rest(error, file)
            raise
        if sha256 is not None and (found := file.digest()) != sha256.lower():
            file.discard()
            why = f"the SHA-256 of what came is {found}, not {sha256.lower()}"
            raise _error(requests.RequestException(why), url, why)
        file.finish()
    return Downloaded(path, under_way.position, under_way.resumed_at, under_way.breaks)


def _read_once(raw: Any, size: int, **_: bool) -> bytes:
    """Read what is there, as ``read1`` of urllib3 2 does, by http.client's; it is not decoded."""
    source = raw._fp  # noqa: SLF001 - urllib3 1 has no other way to it, nor to the errors
    with raw._error_catcher():  # noqa: SLF001 - as above
        piece: bytes = source.read1(size)
        if not piece:
            if source.length:
                raise http.client.IncompleteRead(b"", source.length)
            source.close()  # and the connection goes back to its pool
        return piece


def _note_rest(error: RingbackError, file: PartFile) -> None:
    if not (file.validator and file.position):
        return
    of = f" of {file.total}" if file.total else ""
    refused = error.failure.kind == _REFUSED
    then = "remove it to start anew" if refused else "the same call goes on from there"
    error.add_note(f"ringback: {file.position}{of} bytes are kept in {file.part}; {then}")


def stream(
    session: Session, url: str, at: float, options: dict[str, Any]
) -> Generator[bytes, None, None]:
    """Return the pieces of what is at a URL, see ``Session.iter_download``."""
    return _pieces_until(at, iter(_Download(session, url, options)))


def _pieces_until(at: float, pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    with closing(pieces):
        while True:
            with within(at):  # not while the caller has its turn
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece


def _validator_of(response: requests.Response) -> str | None:
    """Return what ``If-Range`` may have of a response: RFC 9110, section 13.1.5."""
    tag = (response.headers.get("ETag") or "").strip()
    if tag:
        return tag if tag[0] == tag[-1] == '"' and len(tag) > 1 else None
    modified = (response.headers.get("Last-Modified") or "").strip()
    then, now = instant_of(modified), instant_of((response.headers.get("Date") or "").strip())
    # Section 8.8.2.2: had it changed twice in that second, it would have the same date.
    return modified if then is not None and now is not None and then + 1 <= now else None


def _length_of(response: requests.Response) -> int | None:
    text = (response.headers.get("Content-Length") or "").strip()
    if "Transfer-Encoding" in response.headers or not _LENGTH.fullmatch(text):
        return None
    return int(text)


def _refused(response: requests.Response, why: str) -> BaseException:
    message = f"the response cannot be used: {why}"
    return _error(requests.RequestException(message, response=response), response.url, message)


def _error(error: requests.RequestException, url: str, message: str) -> BaseException:
    target = target_of_url(url)
    return specialise(error, Failure(_REFUSED, "body", "yes", message, target))
