"""Clients that change the process they are in, so that each has one to itself."""

# ruff: noqa: PLC0415 - each is installed in an environment of its own

from contextlib import contextmanager

from client_bench.clients.sessions import client, expect, get, ours, plain

requests_apart = client(plain, get)
ringback_apart = client(ours, get)


@contextmanager
def niquests(bench):
    """niquests, which replaces urllib3."""
    import niquests

    with niquests.Session() as session:
        yield lambda: expect(session.get(bench.site.http + "/small"))


@contextmanager
def opentelemetry(bench):
    """requests, instrumented, with the SDK's batches and an exporter that drops them."""
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, _spans):
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    RequestsInstrumentor().instrument(tracer_provider=provider)
    with requests_apart(bench) as call:
        yield call
    provider.shutdown()
