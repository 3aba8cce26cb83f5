"""Every connection failure that one machine can produce, for real, on loopback."""

from ringback.testing.lab.fault import Endpoint, Fault
from ringback.testing.lab.lab import FAULTS, Lab, find

__all__ = ["FAULTS", "Endpoint", "Fault", "Lab", "find"]
