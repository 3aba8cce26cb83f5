"""Events to a function of the program's own."""

from collections.abc import Callable

from ringback.event import Event


class CallbackSink:
    """Calls a function with each event, and says how it wants to be called.

    A function alone is a sink as well; this is for one that is quick, or that has no use for
    calls that simply work.
    """

    def __init__(
        self,
        callback: Callable[[Event], object],
        *,
        inline: bool = False,
        wants_success: bool = True,
    ) -> None:
        """Set up a sink.

        Args:
            callback: Called with each event.
            inline: Call it in the thread of the call; it must never wait for anything.
            wants_success: Call it also for calls that succeed at the first attempt.
        """
        self.callback = callback
        self.inline = inline
        self.wants_success = wants_success

    def __call__(self, event: Event) -> None:
        """Call the function.

        Args:
            event: What happened.
        """
        self.callback(event)

    def __repr__(self) -> str:
        return f"CallbackSink({self.callback!r})"
