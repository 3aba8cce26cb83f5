"""A response that says what went wrong: by its status, or when its body breaks off."""

from collections.abc import Iterator
from typing import Any

from ringback.client.requests.fast import FastResponse
from ringback.client.requests.naming import Naming, failure_of_status
from ringback.failure import Failure
from ringback.failure.target import target_of_url


class Response(FastResponse):
    """A ``requests.Response``; what reading its body raises is specialised."""

    @property
    def failure(self) -> Failure | None:
        """What a status of 400 or more means; ``None`` for any other."""
        if self.status_code < 400:
            return None
        return failure_of_status(self, target_of_url(self.url))

    @property
    def retry_at(self) -> float | None:
        """When the server wants to be called again, in seconds since 1970 UTC.

        Set on the last response of a call that was given up, if the server said so.
        """
        at: float | None = vars(self).get("retry_at")
        return at

    def raise_for_status(self) -> None:
        """Raise for a status of 400 or more, as in requests.

        Raises:
            ringback.errors.RingbackError: Also ``requests.HTTPError``.
        """
        with Naming(self.url):
            super().raise_for_status()

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Any:
        """Iterate over the body, as in requests.

        Args:
            chunk_size: As in requests.
            decode_unicode: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        return self._named(super().iter_content(chunk_size, decode_unicode))

    def _named(self, pieces: Iterator[Any]) -> Iterator[Any]:
        with Naming(self.url):
            yield from pieces
