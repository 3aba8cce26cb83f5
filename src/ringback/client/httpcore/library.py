"""One of the two libraries, httpx or httpx2, and from what it raised to what that is called."""

from dataclasses import dataclass, replace
from functools import cache
from types import TracebackType
from typing import Any, Final, NoReturn

from ringback.client.raising import raise_prepared
from ringback.client.trust import Trust
from ringback.client.wire import Wire, failure_of_exchange
from ringback.errors import specialise
from ringback.failure import Failure, Target
from ringback.failure.target import target_of_url


@dataclass(frozen=True, slots=True)
class Library:
    """The modules and classes that an integration is made with: the text of both is the same."""

    httpx: Any
    httpcore: Any
    response: Any  # Its response, which says what went wrong
    body: Any  # Its stream of bytes for a response's body
    async_body: Any  # The same for tasks
    trust: Trust  # Whom it trusts by default

    @property
    def name(self) -> str:
        """``httpx`` or ``httpx2``."""
        return str(self.httpx.__name__)

    def mapped(self, error: Exception) -> Exception:
        """Return an exception of httpcore as the one of httpx; any other as it is."""
        if not isinstance(error, _named_by(self.httpcore)):
            return error
        cls: type[Exception] = getattr(self.httpx, type(error).__name__)
        new = cls(str(error))
        new.__cause__ = error
        return new

    def check_end(self, connection: Any) -> None:
        """Raise where a body ended with its connection, and TLS did not say so (RFC 9112, 9.8)."""
        if cut := getattr(connection, "cut", None):
            raise self.httpcore.ReadError(cut) from cut


@cache
def _named_by(core: Any) -> tuple[type[Exception], ...]:
    """The exceptions of httpcore that httpx has its own for."""
    return (
        core.TimeoutException,
        core.NetworkError,
        core.ProtocolError,
        core.ProxyError,
        core.UnsupportedProtocol,
    )


REFUSED: Final = "h2.refused_stream"
_MAX_FRAMES = 100


def refused(failure: Failure, error: BaseException) -> Failure:
    """Return a failure as what it is where the server went away before this request.

    GOAWAY names the last stream that may have been processed (RFC 9113, section 6.8); which one
    was ours only httpcore's function knows.
    """
    cause = error.__cause__
    ended_by = cause.args[0] if cause is not None and cause.args else None
    last = getattr(ended_by, "last_stream_id", None)
    if cause is None or not isinstance(last, int):
        return failure
    ours = _stream_of(cause.__traceback__)
    if ours is None or ours <= last:
        return failure
    return replace(failure, kind=REFUSED, phase="wait", delivered="no", code="GOAWAY")


def _stream_of(traceback: TracebackType | None) -> int | None:
    for _ in range(_MAX_FRAMES):
        if traceback is None:
            break
        frame, traceback = traceback.tb_frame, traceback.tb_next
        if frame.f_code.co_filename.endswith("http2.py"):
            stream = frame.f_locals.get("stream_id")
            if isinstance(stream, int):
                return stream
    return None


def target_of(url: Any, proxy: str | None) -> Target:
    """Return whom a request is for."""
    target = target_of_url(str(url))
    return target if proxy is None else replace(target, proxy=proxy)


def failure_of(
    error: Exception, target: Target, wire: Wire | None, base: type[Exception]
) -> Failure | None:
    """Return what went wrong in an exchange, what HTTP/2 said of it included."""
    failure = failure_of_exchange(error, target, wire, own=base)
    return failure and refused(failure, error)


def raise_named(library: Library, error: Exception, target: Target | None) -> NoReturn:
    """Raise what was raised while a body was read, as the exception of httpx."""
    mapped = library.mapped(error)
    failure = target and failure_of(mapped, target, None, library.httpx.HTTPError)
    if failure:
        raise_prepared(specialise(mapped, failure))
    try:
        if mapped is error:
            raise error
        raise mapped from error
    finally:
        del mapped, error  # the exception holds this function, which would hold it
