"""What a web application says to its own caller when a call that it made has failed."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from time import time
from typing import Any

from ringback.errors.tree import RingbackError
from ringback.failure import Failure, classify
from ringback.values import dataclass


@dataclass(frozen=True, slots=True)
class ProblemResponse:
    """A response that says what went wrong, as RFC 9457 has it.

    Attributes:
        status: HTTP status.
        headers: ``Content-Type``, and ``Retry-After`` where it helps to come again.
        document: The members of the problem: no name or address of what was called is among them.
    """

    status: int
    headers: Mapping[str, str]
    document: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """The document as JSON."""
        return json.dumps(self.document).encode()


def problem_of(error: BaseException, *, retry_after: int | None = None) -> ProblemResponse:
    """Return the response for a request that could not be served because a call failed.

    500: the call could not be made as it was meant, or it is no failure of a connection. 504: it
    took too long. 503: it is worth coming again, as after a refusal, an open circuit, a 429 or a
    503. 502: anything else that is wrong behind this application. ``delivered`` tells the caller
    whether what it asked for may have been done all the same.

    Args:
        error: What the call raised, or what wraps it.
        retry_after: Seconds until a caller that gets a 503 may come again, where the service that
            was called has not said so.
    """
    failure = error.failure if isinstance(error, RingbackError) else classify(error)
    status = _status(failure)
    headers = {"Content-Type": "application/problem+json"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        at = _retry_at(error)
        seconds = retry_after if at is None else max(1, ceil(at - time()))
        headers |= {} if seconds is None else {"Retry-After": str(seconds)}
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": failure.meaning,
        "kind": failure.kind,
        "delivered": failure.delivered,
    }
    return ProblemResponse(status.value, headers, document)


def _retry_at(error: BaseException) -> float | None:
    """When the service wants to be called again; a library's own exception may wrap what knows."""
    for knows in (error, error.__cause__, getattr(error, "response", None)):
        at: float | None = getattr(knows, "retry_at", None)
        if at is not None:
            return at
    return None


def _status(failure: Failure) -> HTTPStatus:
    ours = failure.layer == "client" and failure.retry == "no"  # closed, or abandoned
    if ours or failure.layer in {"config", "none"}:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    if "timed_out" in failure.kind or failure.kind == "client.deadline_exceeded":
        return HTTPStatus.GATEWAY_TIMEOUT
    again = failure.retry in {"now", "backoff"} or failure.kind == "http.error.unavailable"
    return HTTPStatus.SERVICE_UNAVAILABLE if again else HTTPStatus.BAD_GATEWAY
