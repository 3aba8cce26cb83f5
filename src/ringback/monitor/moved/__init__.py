"""Port changes: a service that refuses where it was, and answers elsewhere as the same one."""

from ringback.monitor.moved.identity import Identity, Recognition
from ringback.monitor.moved.place import Place
from ringback.monitor.moved.search import Limits, Moved, moved
from ringback.monitor.moved.watch import Memory, Watch

__all__ = ["Identity", "Limits", "Memory", "Moved", "Place", "Recognition", "Watch", "moved"]
