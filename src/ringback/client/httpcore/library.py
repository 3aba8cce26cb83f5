"""One of the two libraries, httpx or httpx2, with the httpcore below it."""

from dataclasses import dataclass
from typing import Any

from ringback.client.trust import Trust


@dataclass(frozen=True, slots=True)
class Library:
    """The modules and classes that a door is made with: the text of both doors is the same.

    Attributes:
        httpx: ``httpx`` or ``httpx2``.
        httpcore: ``httpcore`` or ``httpcore2``.
        response: Its response, which says what went wrong.
        body: Its stream of bytes for a response's body.
        async_body: The same for tasks.
        trust: Whom it trusts by default.
    """

    httpx: Any
    httpcore: Any
    response: Any
    body: Any
    async_body: Any
    trust: Trust

    @property
    def name(self) -> str:
        """``httpx`` or ``httpx2``."""
        return str(self.httpx.__name__)

    def mapped(self, error: Exception) -> Exception:
        """Return an exception of httpcore as the one of httpx, as httpx does; any other as it is.

        Args:
            error: What httpcore raised.
        """
        if not isinstance(error, self._of_httpcore):
            return error
        cls: type[Exception] = getattr(self.httpx, type(error).__name__)
        new = cls(str(error))
        new.__cause__ = error
        return new

    def check_end(self, connection: Any) -> None:
        """Raise where a body ended with its connection, and TLS did not say so (RFC 9112, 9.8).

        Args:
            connection: The network stream that the body came from.
        """
        if cut := getattr(connection, "cut", None):
            raise self.httpcore.ReadError(cut) from cut

    @property
    def _of_httpcore(self) -> tuple[type[Exception], ...]:
        core = self.httpcore
        return (
            core.TimeoutException,
            core.NetworkError,
            core.ProtocolError,
            core.ProxyError,
            core.UnsupportedProtocol,
        )
