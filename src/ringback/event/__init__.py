"""The event of a call, and what it means to listen to events."""

from ringback.event.listen import OF_THE_CALL, Listeners, Sink, Tally
from ringback.event.model import Event, Origin, Outcome, What

__all__ = ["OF_THE_CALL", "Event", "Listeners", "Origin", "Outcome", "Sink", "Tally", "What"]
