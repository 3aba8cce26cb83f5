"""What programs report of their calls: read, sorted to endpoints, and what nobody configured."""

from ringback.monitor.ingest.batch import Reported, events_of, reported
from ringback.monitor.ingest.directory import Directory
from ringback.monitor.ingest.discoveries import Discoveries
from ringback.monitor.ingest.inbox import Inbox
from ringback.monitor.ingest.intake import Intake
from ringback.monitor.ingest.reading import EventsInvalid

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
