"""What can be seen in the checks of one endpoint: one detector each."""

from ringback.incident.detector.certificate import CertificateChangeDetector, CertificateDetector
from ringback.incident.detector.detector import SignalDetector
from ringback.incident.detector.error_budget import ErrorBudgetDetector
from ringback.incident.detector.flapping import FlappingDetector
from ringback.incident.detector.heartbeat import HeartbeatDetector
from ringback.incident.detector.latency import LatencyDetector
from ringback.incident.model import WatchedEndpoint

DETECTORS: tuple[type[SignalDetector], ...] = (
    HeartbeatDetector,
    LatencyDetector,
    CertificateDetector,
    CertificateChangeDetector,
    FlappingDetector,
    ErrorBudgetDetector,
)
"""Every detector that looks beside the state of an endpoint; a new one is a line here.

What one sees may change that state, and those behind it look at the new one.
"""


def detectors_of(watched: WatchedEndpoint) -> tuple[SignalDetector, ...]:
    """Return new detectors for an endpoint, those that have something to look at."""
    return tuple([detector(watched) for detector in DETECTORS if detector.applies(watched)])
