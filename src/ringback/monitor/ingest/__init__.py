"""What programs report of their calls: read, sorted to endpoints, and what nobody configured."""

from ringback.monitor.ingest.batch import EventBatch, EventsInvalid, Inbox, read_batch, read_events
from ringback.monitor.ingest.intake import Discoveries, EndpointIndex, Intake

__all__ = [
    "Discoveries",
    "EndpointIndex",
    "EventBatch",
    "EventsInvalid",
    "Inbox",
    "Intake",
    "read_batch",
    "read_events",
]
