"""Doors outward for events: the log, metrics, traces, and the count that raises an alert."""

from importlib import import_module
from typing import TYPE_CHECKING

from ringback.event import Listeners
from ringback.sink.background import Background, flush
from ringback.sink.detector import Alert, Detector, Recovery
from ringback.sink.listening import CallbackSink
from ringback.sink.logging import LogSink, StreamSink

if TYPE_CHECKING:
    from ringback.sink.opentelemetry import OpenTelemetrySink
    from ringback.sink.prometheus import PrometheusSink

__all__ = [
    "Alert",
    "CallbackSink",
    "Detector",
    "LogSink",
    "OpenTelemetrySink",
    "PrometheusSink",
    "Recovery",
    "StreamSink",
    "flush",
]

Listeners.background = Background

_NEEDS_MORE = {"OpenTelemetrySink": "opentelemetry", "PrometheusSink": "prometheus"}


if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name not in _NEEDS_MORE:
            raise AttributeError(f"module 'ringback.sink' has no attribute {name!r}")
        return getattr(import_module(f"ringback.sink.{_NEEDS_MORE[name]}"), name)
