"""Port changes: a service that refuses where it was, and answers elsewhere as the same one."""

from ringback.monitor.relocation.fingerprint import Recognition, ServiceFingerprint
from ringback.monitor.relocation.location import ServiceLocation
from ringback.monitor.relocation.search import Relocation, SearchLimits, find_relocation
from ringback.monitor.relocation.watcher import FingerprintMemory, RelocationWatcher

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
