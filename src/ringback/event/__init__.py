"""The value told to others, and what it means to listen."""

from ringback.event.listen import OF_THE_CALL, Listeners, Sink, Tally
from ringback.event.model import Event, Origin, Outcome, What

__all__ = ["OF_THE_CALL", "Event", "Listeners", "Origin", "Outcome", "Sink", "Tally", "What"]
