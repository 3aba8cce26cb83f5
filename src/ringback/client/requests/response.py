"""What a call returns: a response that says what went wrong, or one that stands for none."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeAlias, TypedDict, cast

import requests

from ringback.client.http import failure_of_status
from ringback.client.requests.failures import specialised_errors
from ringback.client.requests.fast import FastResponse
from ringback.errors import RingbackError
from ringback.failure import Failure
from ringback.failure.target import target_of_url


class Response(FastResponse):
    """A ``requests.Response``; what reading its body raises is specialised."""

    @property
    def failure(self) -> Failure | None:
        """What a status of 400 or more means; ``None`` for any other."""
        if self.status_code < 400:
            return None
        return failure_of_status(self.status_code, self.reason, target_of_url(self.url))

    @property
    def retry_at(self) -> float | None:
        """When the server wants to be called again, in seconds since 1970 UTC.

        Set on the last response of a call that was given up, if the server said so.
        """
        at: float | None = vars(self).get("retry_at")
        return at

    def raise_for_status(self) -> None:
        """Raise for a status of 400 or more, as in requests."""
        try:
            with specialised_errors(self.url):
                super().raise_for_status()
        except RingbackError as error:
            error.retry_at = self.retry_at
            raise

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Any:
        """Iterate over the body, as in requests."""
        return self._named(super().iter_content(chunk_size, decode_unicode))

    def _named(self, pieces: Iterator[Any]) -> Iterator[Any]:
        with specialised_errors(self.url):
            yield from pieces


class FailedResponse(requests.Response):
    """A response that never came: false, empty, and it knows why.

    ``status_code`` is 0, ``reason`` the kind of the failure.

    Attributes:
        error: The exception that would have been raised.
        failure: What went wrong.
    """

    def __init__(self, error: RingbackError) -> None:
        """Stand for a response."""
        super().__init__()
        self.error = error
        self.failure: Failure = error.failure
        self.request = cast("Any", getattr(error, "request", None))
        self.url = getattr(self.request, "url", None) or error.failure.target.url or ""
        self.status_code = 0
        self.reason = error.failure.kind
        self.encoding = "utf-8"
        self._content = b""
        self._content_consumed = True

    @property
    def ok(self) -> bool:
        """``False``."""
        return False

    def raise_for_status(self) -> NoReturn:
        """Raise the exception."""
        raise self.error

    def __repr__(self) -> str:
        return f"<Response [{self.failure.kind}]>"


AnyResponse: TypeAlias = Response | FailedResponse
"""What the methods of a session return: both know why a call failed, in ``failure``."""


class RequestOptions(TypedDict, total=False):
    """What the methods of a session take by name beside ``data`` and ``json``, as in requests."""

    params: Any
    headers: Mapping[str, str | bytes | None] | None
    cookies: Any
    files: Any
    auth: Any
    timeout: float | tuple[float | None, float | None] | None
    allow_redirects: bool
    proxies: Any
    hooks: Any
    stream: bool | None
    verify: Any
    cert: Any
