"""Port changes: a service that refuses where it was, and answers elsewhere as the same one."""

from ringback.monitor.moved.fingerprint import Recognition, ServiceFingerprint
from ringback.monitor.moved.location import ServiceLocation
from ringback.monitor.moved.search import Relocation, SearchLimits, find_relocation
from ringback.monitor.moved.watcher import FingerprintMemory, RelocationWatcher

__all__ = [
    "FingerprintMemory",
    "Recognition",
    "Relocation",
    "RelocationWatcher",
    "SearchLimits",
    "ServiceFingerprint",
    "ServiceLocation",
    "find_relocation",
]
