"""A request that HTTP/2 promises was not processed."""

from dataclasses import replace
from types import TracebackType

from ringback.failure import Failure

REFUSED = "h2.refused_stream"
_MOST = 100


def refused(failure: Failure, error: BaseException) -> Failure:
    """Return a failure as what it is where the server went away before this request.

    GOAWAY names the last stream that may have been processed (RFC 9113, section 6.8); which one
    was ours only httpcore's function knows.

    Args:
        failure: What the exception says.
        error: The exception, of httpx.
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
    for _ in range(_MOST):
        if traceback is None:
            break
        frame, traceback = traceback.tb_frame, traceback.tb_next
        if frame.f_code.co_filename.endswith("http2.py"):
            stream = frame.f_locals.get("stream_id")
            if isinstance(stream, int):
                return stream
    return None
