"""A response of urllib3 that says what went wrong: by its status, or when its body breaks off."""

from collections.abc import Generator

from ringback.client.status import failure_of_status
from ringback.client.urllib3.naming import Naming
from ringback.client.urllib3.response import HTTPResponse
from ringback.failure import Failure, Target


class NamedResponse(HTTPResponse):
    """A ``urllib3.HTTPResponse``; what reading its body raises is specialised.

    Attributes:
        target: Whom the call was for.
        retry_at: When the server wants to be called again, in seconds since 1970 UTC; set on the
            last response of a call that was given up, if the server said so.
    """

    target = Target()
    retry_at: float | None = None

    @property
    def failure(self) -> Failure | None:
        """What a status of 400 or more means; ``None`` for any other."""
        if self.status < 400:
            return None
        return failure_of_status(self.status, self.reason, self.target)

    def read(
        self,
        amt: int | None = None,
        decode_content: bool | None = None,
        cache_content: bool = False,
    ) -> bytes:
        """Read, as in urllib3.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.
            cache_content: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        with Naming(self.target):
            return super().read(amt, decode_content, cache_content)

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Read what one read of the connection gives, as in urllib3 2.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        with Naming(self.target):
            return super().read1(amt, decode_content)

    def stream(
        self, amt: int | None = 2**16, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Iterate over the body, as in urllib3.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        with Naming(self.target):
            yield from super().stream(amt, decode_content)

    def read_chunked(
        self, amt: int | None = None, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Iterate over a chunked body, as in urllib3.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        with Naming(self.target):
            yield from super().read_chunked(amt, decode_content)
