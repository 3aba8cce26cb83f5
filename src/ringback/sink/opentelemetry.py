"""Events as metrics and span events of OpenTelemetry."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

try:
    from opentelemetry import metrics, trace
except ImportError as error:
    raise ImportError(
        "OpenTelemetrySink needs opentelemetry-api: pip install 'ringback[otel]'"
    ) from error

from ringback.event import Event
from ringback.event.listen import GAUGES
from ringback.sink.formatting import (
    OTHER_ENDPOINT,
    EndpointNames,
    Value,
    address_attributes,
    call_attributes,
    decision_attributes,
)

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Seconds; as the semantic conventions advise for ``http.client.request.duration``."""


class OpenTelemetrySink:
    """Records metrics, and adds attempts that failed to the current span.

    =============================== ========= =================================================
    metric                          kind      attributes
    =============================== ========= =================================================
    ``http.client.request.duration`` histogram those of the semantic conventions; each attempt
    ``ringback.calls``              counter   the same, and ``ringback.outcome``
    ``ringback.retries``            counter   the same
    ``ringback.changes``            counter   ``ringback.what``, ``url.scheme``, ``server.*``
    ``ringback.calls_waiting``      gauge     ``url.scheme``, ``server.*``
    ``ringback.calls_queued``       gauge     the same; where there is a bulkhead or a rate
    ``ringback.bulkhead_taken``     gauge     the same; where there is a bulkhead
    ``ringback.bulkhead_places``    gauge     the same
    =============================== ========= =================================================

    ``error.type`` is the kind of the failure. A failed attempt is the span event
    ``ringback.attempt.failed``, a success after one ``ringback.recovered``, with
    ``http.request.resend_count`` and what was decided; anything else ``ringback.<what>``. The
    status of a span stays with whoever began it.

    Called by the thread of the call, where the current span is; recording keeps nobody waiting,
    for OpenTelemetry's exporters have threads of their own.
    """

    inline = True

    def __init__(
        self,
        meter_provider: metrics.MeterProvider | None = None,
        *,
        endpoints: int = 100,
        request_duration: bool = True,
    ) -> None:
        """Record with a meter.

        Args:
            meter_provider: Whose; the default is the global one.
            endpoints: How many endpoints have their own series; the others' address is ``other``.
            request_duration: Record ``http.client.request.duration``. Say no where an
                instrumentation of the HTTP library does.

        Raises:
            ValueError: If a number is below 1.
        """
        self._given = meter_provider, endpoints, request_duration
        self._endpoints = EndpointNames(endpoints)
        meter = metrics.get_meter("ringback", meter_provider=meter_provider)
        self._duration = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._calls = meter.create_counter("ringback.calls", "{call}", "Calls that ended.")
        self._retries = meter.create_counter(
            "ringback.retries", "{attempt}", "Failed attempts that another followed."
        )
        self._changes = meter.create_counter(
            "ringback.changes", "{change}", "Circuits, fallbacks, stacked retries."
        )
        for name, (text, value_of) in GAUGES.items():
            observe = partial(_observations, self._endpoints, value_of)
            meter.create_observable_gauge(f"ringback.{name}", [observe], "{call}", text)

    def __call__(self, event: Event) -> None:
        """Record an event.

        Args:
            event: What happened.
        """
        self._measure(event, self._attributes(event))
        if not event.uneventful:
            _tell_span(event)

    def __reduce__(self) -> tuple[Callable[[], "OpenTelemetrySink"], tuple[()]]:
        provider, endpoints, duration = self._given
        again = partial(OpenTelemetrySink, provider, endpoints=endpoints, request_duration=duration)
        return again, ()

    def _attributes(self, event: Event) -> dict[str, Value]:
        if self._endpoints.name(event.target) == OTHER_ENDPOINT:
            event = replace(event, target=replace(event.target, host=OTHER_ENDPOINT, port=None))
        return call_attributes(event)

    def _measure(self, event: Event, attributes: dict[str, Value]) -> None:
        if event.what != "attempt":
            self._changes.add(1, {**attributes, "ringback.what": event.what})
            return
        seconds = event.timings.get("total")
        if self._given[2] and seconds is not None and not event.refused:
            self._duration.record(seconds, attributes)
        if event.outcome == "retry":
            self._retries.add(1, attributes)
        else:
            self._calls.add(1, {**attributes, "ringback.outcome": event.outcome})


def _observations(
    endpoints: EndpointNames, value_of: Callable[[str], int | None], _: metrics.CallbackOptions
) -> Iterator[metrics.Observation]:
    for address, name in endpoints.known().items():
        if (value := value_of(name)) is not None:
            yield metrics.Observation(value, address_attributes(*address))


def _tell_span(event: Event) -> None:
    span = trace.get_current_span()
    if not span.is_recording():
        return
    attributes = call_attributes(event)
    if event.what == "attempt":
        attributes |= decision_attributes(event)
        name = "ringback.attempt.failed" if event.failure else "ringback.recovered"
    else:
        name = f"ringback.{event.what}"
        if event.detail:
            attributes["ringback.detail"] = event.detail
    span.add_event(name, attributes, timestamp=round(event.at * 1e6) * 1000)
