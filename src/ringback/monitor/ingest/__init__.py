"""What programs report of their calls: read, sorted to endpoints, and what nobody configured."""

from ringback.monitor.ingest.batch import EventsInvalid, Inbox, Reported, events_of, reported
from ringback.monitor.ingest.intake import Directory, Discoveries, Intake

__all__ = [
    "Directory",
    "Discoveries",
    "EventsInvalid",
    "Inbox",
    "Intake",
    "Reported",
    "events_of",
    "reported",
]
