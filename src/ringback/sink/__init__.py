"""Where events go: the log, metrics, traces, and the count that raises an alert."""

from importlib import import_module
from typing import TYPE_CHECKING

from ringback.event.listen import flush
from ringback.sink.listening import CallbackSink
from ringback.sink.logging import LogSink, StreamSink

if TYPE_CHECKING:
    from ringback.sink.detector import Alert, Detector, Recovery
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

_LOADED_WHEN_USED = {
    "Alert": "detector",
    "Detector": "detector",
    "OpenTelemetrySink": "opentelemetry",
    "PrometheusSink": "prometheus",
    "Recovery": "detector",
}
"""Name to its module: what needs a further library, or what most programs do not use."""


if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name not in _LOADED_WHEN_USED:
            raise AttributeError(f"module 'ringback.sink' has no attribute {name!r}")
        return getattr(import_module(f"ringback.sink.{_LOADED_WHEN_USED[name]}"), name)
