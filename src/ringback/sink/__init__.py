"""Doors outward for events: the log, and the count that raises an alert."""

from ringback.sink.detector import Alert, Detector, Recovery
from ringback.sink.logging import LogSink

__all__ = ["Alert", "Detector", "LogSink", "Recovery"]
