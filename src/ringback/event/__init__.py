"""The value told to others, and what it means to listen."""

from ringback.event.listen import Listeners, Sink
from ringback.event.model import Event, Origin

__all__ = ["Event", "Listeners", "Origin", "Sink"]
