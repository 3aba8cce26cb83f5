"""What a call returns that failed, where the caller asked not to have it raised."""

from typing import TYPE_CHECKING, Any, NoReturn, cast

import requests

from ringback.errors import RingbackError

if TYPE_CHECKING:
    from ringback.failure import Failure


class FailedResponse(requests.Response):
    """A response that never came: false, empty, and it knows why.

    ``status_code`` is 0, ``reason`` the kind of the failure.

    Attributes:
        error: The exception that would have been raised.
        failure: What went wrong.
    """

    def __init__(self, error: RingbackError) -> None:
        """Stand for a response.

        Args:
            error: Why there is none; one of requests' exceptions as well.
        """
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
        """Raise the exception.

        Raises:
            ringback.errors.RingbackError: Why there is no response.
        """
        raise self.error

    def __repr__(self) -> str:
        return f"<Response [{self.failure.kind}]>"
