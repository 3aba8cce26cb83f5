"""What Sentry and OpenTelemetry are told of a call that fails, by their own SDKs."""

from __future__ import annotations

import json

import pytest
import requests
import sentry_sdk
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from recipes.backend import reset, status
from sentry_sdk.transport import Transport

import ringback

pytestmark = pytest.mark.nightly

PAGE = "sentry-and-opentelemetry"


class Kept(Transport):
    """What would be sent, as JSON."""

    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        said = (item.payload.json for item in envelope.items if item.type == "event")
        self.events += [json.loads(json.dumps(event)) for event in said]


@pytest.fixture
def sentry(load, monkeypatch):
    kept, init = Kept(), sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: init(transport=kept, **options))
    load(PAGE, "Sentry", SENTRY_DSN="http://key@127.0.0.1:9/1")
    yield kept.events
    sentry_sdk.get_client().close()
    init()


def test_a_call_that_is_given_up_is_one_event_with_its_kind(sentry, unused_port):
    url = f"http://user:secret@127.0.0.1:{unused_port}/?token=secret"
    try:
        ringback.Session(policy=ringback.Policy(attempts=2)).get(url)
    except requests.ConnectionError as error:
        sentry_sdk.capture_exception(error)

    (event,) = sentry
    assert event["tags"] == {
        "error.type": "tcp.refused",
        "server.address": "127.0.0.1",
        "ringback.delivered": "no",
    }
    assert event["fingerprint"] == ["tcp.refused", "127.0.0.1"]
    assert "(attempt 1 of 2)" in event["breadcrumbs"]["values"][0]["message"]
    assert "user:secret" not in json.dumps(event["breadcrumbs"])
    assert "Basic " not in json.dumps(event)


def test_what_is_no_failure_of_a_connection_is_an_event_as_ever(sentry):
    try:
        {}["price"]
    except KeyError as error:
        sentry_sdk.capture_exception(error)

    (event,) = sentry
    assert "error.type" not in event.get("tags", {})
    assert "fingerprint" not in event


@pytest.fixture(scope="module")
def telemetry():
    """The providers of the process, which can be set once."""
    spans, reader, provider = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    meters = MeterProvider([reader])
    metrics.set_meter_provider(meters)
    yield spans, reader
    meters.shutdown()
    provider.shutdown()


def test_a_span_has_the_kind_and_an_event_for_each_attempt(load, backend, telemetry):
    spans, reader = telemetry
    program = load(PAGE, "OpenTelemetry", STOCK_URL=backend.url)
    backend.will(reset, then=status(200, name="bolt"))
    assert program.item(7) == {"name": "bolt"}
    backend.will(then=status(503))
    with pytest.raises(ringback.errors.ServiceUnavailable):
        program.item(7)

    well, failed = spans.get_finished_spans()
    assert [event.name for event in well.events] == [
        "ringback.attempt.failed",
        "ringback.recovered",
    ]
    assert well.status.status_code is trace.StatusCode.UNSET
    assert failed.attributes["error.type"] == "http.error.unavailable"
    assert failed.status.status_code is trace.StatusCode.ERROR
    kinds = [event.attributes.get("error.type") for event in failed.events]
    assert kinds == ["http.error.unavailable"] * 3 + [None]  # the last is the exception

    (resource,) = reader.get_metrics_data().resource_metrics
    (calls,) = (
        metric
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "ringback.calls"
    )
    told = {
        (point.attributes["ringback.outcome"], point.attributes.get("error.type")): point.value
        for point in calls.data.data_points
    }
    assert told == {("success", None): 1, ("failure", "http.error.unavailable"): 1}
