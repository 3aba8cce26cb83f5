import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sink.events import UNAVAILABLE, done, event, given_up, retried

from ringback import Backoff, Policy, Session
from ringback.failure import Target
from ringback.sink import OpenTelemetrySink

HERE = {
    "http.request.method": "GET",
    "url.scheme": "https",
    "server.address": "h",
    "server.port": 443,
}


class Telemetry:
    """The SDK, with everything it exports kept in memory."""

    def __init__(self):
        self._reader, self._spans = InMemoryMetricReader(), InMemorySpanExporter()
        self.meters, self._tracers = MeterProvider([self._reader]), TracerProvider()
        self._tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.tracer = self._tracers.get_tracer("test")

    def points(self, name):
        """The data points of a metric."""
        data = self._reader.get_metrics_data()
        metrics = [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
        ]
        return [(dict(p.attributes), p) for metric in metrics for p in metric.data.data_points]

    def counts(self, name):
        return [(attributes, point.value) for attributes, point in self.points(name)]

    def told(self):
        """The span that was finished last, and the events on it."""
        span = self._spans.get_finished_spans()[-1]
        return span, [(event.name, dict(event.attributes)) for event in span.events]

    def stop(self):
        self.meters.shutdown()
        self._tracers.shutdown()


@pytest.fixture
def telemetry():
    one = Telemetry()
    yield one
    one.stop()


def test_the_duration_of_each_attempt(telemetry):
    sink = OpenTelemetrySink(telemetry.meters)
    for told in (retried(1, UNAVAILABLE, status=503), done(2), done(1)):
        sink(told)
    failed, fine = telemetry.points("http.client.request.duration")
    assert failed[0] == HERE | {
        "http.response.status_code": 503,
        "error.type": "http.error.unavailable",
    }
    assert fine[0] == HERE | {"http.response.status_code": 200}
    assert (failed[1].count, fine[1].count) == (1, 2)
    assert fine[1].sum == pytest.approx(0.04)
    assert fine[1].explicit_bounds == (
        *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    )


def test_calls_and_retries_are_counted(telemetry):
    sink = OpenTelemetrySink(telemetry.meters)
    for told in (retried(1), retried(2), given_up(3), done(1)):
        sink(told)
    refused = HERE | {"error.type": "tcp.refused"}
    assert telemetry.counts("ringback.retries") == [(refused, 2)]
    assert telemetry.counts("ringback.calls") == [
        (refused | {"ringback.outcome": "failure"}, 1),
        (HERE | {"http.response.status_code": 200, "ringback.outcome": "success"}, 1),
    ]


def test_where_an_instrumentation_records_the_duration_it_can_be_left_to_it(telemetry):
    OpenTelemetrySink(telemetry.meters, request_duration=False)(done())
    assert telemetry.points("http.client.request.duration") == []
    assert len(telemetry.points("ringback.calls")) == 1


def test_what_an_open_circuit_refuses_has_no_duration(telemetry):
    OpenTelemetrySink(telemetry.meters)(given_up(reason="circuit_open"))
    assert telemetry.points("http.client.request.duration") == []
    assert len(telemetry.points("ringback.calls")) == 1


def test_changes_are_counted(telemetry):
    OpenTelemetrySink(telemetry.meters)(event(what="circuit_opened", method=""))
    ((attributes, count),) = telemetry.counts("ringback.changes")
    assert (attributes["ringback.what"], attributes["server.address"], count) == (
        "circuit_opened",
        "h",
        1,
    )


def test_endpoints_beyond_the_limit_share_an_address(telemetry):
    sink = OpenTelemetrySink(telemetry.meters, endpoints=2)
    for number in range(10):
        sink(done(target=Target(scheme="https", host=f"h{number}", port=443)))
    counts = {a["server.address"]: count for a, count in telemetry.counts("ringback.calls")}
    assert counts == {"h0": 1, "h1": 1, "other": 8}


def test_the_span_under_way_gets_failures_and_keeps_its_status(telemetry):
    sink = OpenTelemetrySink(telemetry.meters)
    with telemetry.tracer.start_as_current_span("GET"):
        sink(retried(1))
        sink(retried(2, UNAVAILABLE, status=503))
        sink(done(3))
    span, events = telemetry.told()
    assert [name for name, _ in events] == [
        "ringback.attempt.failed",
        "ringback.attempt.failed",
        "ringback.recovered",
    ]
    assert events[0][1] == HERE | {
        "error.type": "tcp.refused",
        "http.request.resend_count": 0,
        "ringback.attempts": 3,
        "ringback.outcome": "retry",
        "ringback.retry.delay": 0.25,
        "ringback.delivered": "no",
        "ringback.phase": "connect",
    }
    assert [attributes["http.request.resend_count"] for _, attributes in events] == [0, 1, 2]
    assert span.events[0].timestamp == 1_700_000_000_250_000_000
    assert span.status.status_code is StatusCode.UNSET


def test_a_change_is_a_span_event_with_its_detail(telemetry):
    with telemetry.tracer.start_as_current_span("GET"):
        OpenTelemetrySink(telemetry.meters)(event(what="fallback", detail="past the proxy p:3128"))
    _, ((name, attributes),) = telemetry.told()
    assert name == "ringback.fallback"
    assert attributes["ringback.detail"] == "past the proxy p:3128"


def test_what_simply_works_is_no_event_of_a_span(telemetry):
    with telemetry.tracer.start_as_current_span("GET"):
        OpenTelemetrySink(telemetry.meters)(done())
    assert telemetry.told()[1] == []


def test_a_real_call_adds_to_the_span_it_is_made_in(telemetry, lab):
    policy = Policy(attempts=2, backoff=Backoff(base=0), budget=None, breaker=None)
    sink = OpenTelemetrySink(telemetry.meters)
    with Session(policy=policy, sinks=[sink], errors="return") as session:
        session.trust_env = False
        with telemetry.tracer.start_as_current_span("a call"):
            session.get(lab.start("tcp.refused").url)
    span, events = telemetry.told()
    assert span.name == "a call"
    assert [a["http.request.resend_count"] for _, a in events] == [0, 1]
    assert {a["error.type"] for _, a in events} == {"tcp.refused"}
