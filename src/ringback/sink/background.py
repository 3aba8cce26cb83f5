"""What stands between a call and a sink that might hang."""

from dataclasses import replace

from ringback.event import Event, Sink
from ringback.retry import GiveUp, Retry
from ringback.sink.mailbox import Mailbox


class Background:
    """A sink called by another thread, so that it can neither hang nor slow down a call.

    Attributes:
        sink: Whom it stands for.
        mailbox: What he is still to be told.
    """

    inline = True

    def __init__(self, sink: Sink) -> None:
        """Stand before a sink.

        Args:
            sink: Any callable that takes an event.
        """
        self.sink = sink
        self.mailbox = Mailbox(repr(sink))
        self.tally = self.mailbox.tally

    @property
    def wants_success(self) -> bool:
        """What the sink says."""
        return getattr(self.sink, "wants_success", True)

    @property
    def wants_refusals(self) -> bool:
        """What the sink says."""
        return getattr(self.sink, "wants_refusals", True)

    def __call__(self, event: Event) -> None:
        """Have the sink told.

        Args:
            event: What happened.
        """
        self.mailbox.post(self.sink, light(event) if self.mailbox.late else event)

    def __reduce__(self) -> tuple[type["Background"], tuple[Sink]]:
        return Background, (self.sink,)


def light(event: Event) -> Event:
    """Return the event without the exception.

    An exception holds the frames it came through, and with them bodies and connections. An event
    that is kept for long must not.

    Args:
        event: What happened.
    """
    if event.failure is None or event.failure.cause is None:
        return event
    failure, decision = replace(event.failure, cause=None), event.decision
    if isinstance(decision, Retry | GiveUp):
        decision = replace(decision, failure=failure)
    return replace(event, failure=failure, decision=decision)
