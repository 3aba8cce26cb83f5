"""What every channel is, and how it says that a message did not get through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ringback.failure import Failure

if TYPE_CHECKING:
    from ringback.monitor.notify.message import Message


class NotSent(Exception):  # noqa: N818 - it reads as what is said of the message
    """Raised when a message did not get through.

    Attributes:
        reason: Why, in one line without credentials.
        refused: Whether the same message would be refused again: the receiver works.
        surely: Whether it is sure that nobody has seen it.
        answered: Whether the receiver itself said that it did not take it.
        retry_after: Seconds that the receiver asked to be left alone.
        failure: What went wrong with the connection, as far as it is known.
    """

    def __init__(
        self,
        reason: str,
        *,
        refused: bool = False,
        surely: bool = False,
        answered: bool = False,
        retry_after: float = 0.0,
        failure: Failure | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused
        self.surely = surely or refused
        self.answered = answered or self.surely
        self.retry_after = retry_after
        self.failure = failure or Failure(kind="unknown", message=reason)


class NotifierInvalid(ValueError):  # noqa: N818 - as ConfigInvalid
    """Raised for a notifier that cannot work as it is configured; the message has no secrets."""


class Channel(Protocol):
    """A way to tell somebody. ``send`` is called in a thread, once at a time.

    Attributes:
        refresh: Seconds after which incidents that go on are sent again because the receiver
            would take them for over; ``None``: it would not.
        keyed: Whether a receiver can know a message again by its id.
    """

    refresh: float | None
    keyed: bool

    def send(self, message: Message) -> None:
        """Send a message; return when it has arrived.

        Args:
            message: What to send.

        Raises:
            NotSent: If it did not get through.
        """
