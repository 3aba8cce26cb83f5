"""What came of one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ringback.failure.codes import KIND_OF_STATUS

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.body import Body
    from ringback.diagnosis.layer.http.head import Head

Outcome = Literal[
    "answered",
    "timeout",
    "closed",
    "reset",
    "truncated",
    "not_http",
    "tls_bytes",
    "headers_truncated",
    "body_timeout",
    "invalid",
    "tls_failed",
]

_KINDS: dict[str, str] = {
    "timeout": "http.response.timed_out",
    "closed": "http.response.invalid.empty",
    "reset": "tcp.reset",
    "not_http": "http.response.invalid.not_http",
    "tls_bytes": "http.response.invalid.not_http",
    "headers_truncated": "http.response.headers.truncated",
    "body_timeout": "http.response.body_timed_out",
    "invalid": "http.protocol.error",
    "tls_failed": "tls.failed",
}


@dataclass(slots=True)
class Answer:
    """What came of one request.

    Attributes:
        outcome: In one word.
        version: ``1.0``, ``1.1`` or ``2``; ``None``: no HTTP came.
        head: Of the response.
        body: Of the response.
        first_byte: Seconds until its first byte.
        first: Its first bytes.
        reason: What exactly is wrong.
        wrong: The kind, where the outcome does not say it.
        sent: Bytes of the request, before TLS.
        confirmed: What the kernel knew of the connection when the answer failed.
        reusable: Whether another request may be sent over the same connection.
    """

    outcome: Outcome = "timeout"
    version: str | None = None
    head: Head | None = None
    body: Body | None = None
    first_byte: float | None = None
    first: bytes = b""
    reason: str = ""
    wrong: str | None = None
    sent: int = 0
    confirmed: dict[str, int | None] = field(default_factory=dict)
    reusable: bool = False

    @property
    def status(self) -> int | None:
        """The status."""
        return self.head.status if self.head else None

    @property
    def kind(self) -> str | None:
        """The kind of failure; ``None``: the answer is fine."""
        if self.outcome == "answered":
            status = self.status or 0
            return None if status < 400 else KIND_OF_STATUS.get(status, "http.error")
        return self.wrong or _KINDS.get(self.outcome)
