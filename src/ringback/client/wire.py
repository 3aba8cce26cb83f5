"""What really happened on the wire in one exchange of a request for a response."""

from contextvars import ContextVar
from typing import Literal

Phase = Literal["connect", "proxy", "tls", "send", "wait", "body"]
"""How far an exchange came: the steps before the request, the request, the response."""

Acknowledged = Literal["none", "some", "all", "unknown"]
"""How much of a request the peer's kernel has confirmed."""

RETRANSMITS = 2
"""How often the kernel must have sent it again in vain before "nothing acknowledged" counts.

Until then it may just be under way: a timeout can be shorter than the round trip.
"""


class Wire:
    """One exchange, counted as it happens.

    Attributes:
        reused: The connection had carried another exchange before.
        proxied: There is a proxy between; what is acknowledged is so by the proxy.
        phase: How far it came.
        sent: Bytes of the request that the kernel took, without what TLS adds.
        sends: In how many pieces; over TLS each is one record.
        broken: The request could not be handed over whole.
        received: Bytes of the response that came, without what TLS adds.
        unacknowledged: Bytes in the kernel that the peer has not confirmed, what TLS adds
            included; only known on Linux, after a timeout.
        overhead: Bytes that TLS adds to each piece; ``None``: not known.
        retransmits: How often the kernel has sent the oldest of them again.
    """

    __slots__ = (
        "broken",
        "overhead",
        "phase",
        "proxied",
        "received",
        "retransmits",
        "reused",
        "sends",
        "sent",
        "unacknowledged",
    )

    def __init__(self, reused: bool = False, proxied: bool = False) -> None:
        self.reused = reused
        self.proxied = proxied
        self.phase: Phase = "connect"
        self.sent = 0
        self.sends = 0
        self.broken = False
        self.received = 0
        self.unacknowledged: int | None = None
        self.overhead: int | None = None
        self.retransmits = 0

    @property
    def complete(self) -> bool:
        """Whether the kernel took the whole request."""
        return self.phase in {"wait", "body"} and not self.broken

    @property
    def acknowledged(self) -> Acknowledged:
        """How much of the request the peer's kernel has confirmed, as far as that is known."""
        if self.unacknowledged is None:
            return "unknown"
        if self.unacknowledged == 0:
            return "all"
        if self.overhead is None or self.retransmits < RETRANSMITS:
            return "unknown"
        whole = self.sent + self.overhead * self.sends
        return "none" if self.unacknowledged >= whole else "some"


_LAST: ContextVar[Wire | None] = ContextVar("ringback_wire", default=None)


def begin(wire: Wire) -> None:
    """Let an exchange be the last one of this context.

    Args:
        wire: Its record.
    """
    _LAST.set(wire)


def forget() -> None:
    """Forget the last exchange; for whoever will ask for ``last`` after an attempt."""
    _LAST.set(None)


def last() -> Wire | None:
    """Return the last exchange of this context, ``None`` where none has begun since ``forget``."""
    return _LAST.get()
