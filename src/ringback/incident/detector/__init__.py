"""What can be seen in the checks of one endpoint: one detector each."""

from ringback.incident.detector.certificate import Certificate
from ringback.incident.detector.detector import Detector
from ringback.incident.detector.flapping import Flapping
from ringback.incident.detector.heartbeat import Heartbeat
from ringback.incident.detector.latency import Latency, latency_alarms
from ringback.incident.model import Watched

__all__ = [
    "DETECTORS",
    "Certificate",
    "Detector",
    "Flapping",
    "Heartbeat",
    "Latency",
    "latency_alarms",
]

DETECTORS: tuple[type[Detector], ...] = (Heartbeat, Latency, Certificate, Flapping)
"""Every detector that looks beside the state of an endpoint; a new one is a line here.

What one sees may change that state, and those behind it look at the new one.
"""


def detectors_of(watched: Watched) -> list[Detector]:
    """Return new detectors for an endpoint, those that have something to look at."""
    return [one(watched) for one in DETECTORS if one.applies(watched)]
