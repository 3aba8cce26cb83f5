"""From checks to incidents: detectors, the state of each endpoint, and what belongs together.

Pure: time comes in with the checks, and the same checks give the same incidents.
"""

from ringback.incident.model import (
    CertificateSeen,
    Change,
    Check,
    EndpointState,
    Incident,
    Notice,
    Pattern,
    Signal,
    TimelineEntry,
    Transition,
    WatchedEndpoint,
)

__all__ = [
    "CertificateSeen",
    "Change",
    "Check",
    "EndpointState",
    "Incident",
    "Notice",
    "Pattern",
    "Signal",
    "TimelineEntry",
    "Transition",
    "WatchedEndpoint",
]
