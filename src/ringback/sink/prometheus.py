"""Events as metrics for Prometheus."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from weakref import WeakKeyDictionary

try:
    from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
    from prometheus_client.metrics_core import GaugeMetricFamily
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ImportError(
        "PrometheusSink needs prometheus_client: pip install 'ringback[prometheus]'"
    ) from error

from ringback.event import Event
from ringback.event.listen import GAUGES
from ringback.sink.formatting import OTHER_ENDPOINT, EndpointNames, method_of

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0)
"""Seconds; those of OpenTelemetry's ``http.client.request.duration``, and the read timeout."""

_HOW = ("endpoint", "method", "outcome", "kind")


class _Metrics:
    """What one registry counts, for whichever sink."""

    def __init__(self, registry: CollectorRegistry, limit: int) -> None:
        self.endpoints = EndpointNames(limit)
        self.attempts = Counter(
            "ringback_attempts", "Attempts, by how they ended.", _HOW, registry=registry
        )
        self.calls = Counter("ringback_calls", "Calls, by how they ended.", _HOW, registry=registry)
        self.retries = Counter(
            "ringback_retries",
            "Failed attempts that another followed.",
            ("endpoint", "method", "kind"),
            registry=registry,
        )
        self.duration = Histogram(
            "ringback_attempt_duration_seconds",
            "How long attempts took.",
            ("endpoint", "method"),
            registry=registry,
            buckets=_BUCKETS,
        )
        self.circuit = Gauge(
            "ringback_circuit_open",
            "Whether calls fail fast because of earlier failures (1) or not (0).",
            ("endpoint",),
            registry=registry,
        )
        self.changes = Counter(
            "ringback_changes",
            "Circuits opened and closed, calls that wait, fallbacks taken, stacked retries found.",
            ("endpoint", "what"),
            registry=registry,
        )
        self.children: dict[tuple[str, str, str, str], _Children] = {}
        registry.register(_Gauges(self.endpoints))


class _Gauges(Collector):
    """What calls wait for, as it is when it is asked for."""

    def __init__(self, endpoints: EndpointNames) -> None:
        self._endpoints = endpoints

    def collect(self) -> Iterator[GaugeMetricFamily]:
        known = self._endpoints.known().values()
        for name, (text, value_of) in GAUGES.items():
            family = GaugeMetricFamily(f"ringback_{name}", text, labels=("endpoint",))
            for endpoint in known:
                if (value := value_of(endpoint)) is not None:
                    family.add_metric((endpoint,), value)
            yield family


class _Children:
    """What one outcome of a call to one endpoint counts."""

    def __init__(
        self, metrics: _Metrics, endpoint: str, method: str, outcome: str, kind: str
    ) -> None:
        how = (endpoint, method, "success" if outcome == "success" else "failure", kind)
        self.ended = (
            metrics.retries.labels(endpoint, method, kind)
            if outcome == "retry"
            else metrics.calls.labels(*how)
        )
        self.attempts = metrics.attempts.labels(*how)
        self.duration = metrics.duration.labels(endpoint, method)


_OF: WeakKeyDictionary[CollectorRegistry, _Metrics] = WeakKeyDictionary()
_LOCK = Lock()


class PrometheusSink:
    """Counts attempts, calls and retries for Prometheus; any number of sinks share a registry.

    ====================================== ====================================================
    metric                                 labels
    ====================================== ====================================================
    ``ringback_attempts_total``            ``endpoint``, ``method``, ``outcome``, ``kind``
    ``ringback_calls_total``               ``endpoint``, ``method``, ``outcome``, ``kind``
    ``ringback_retries_total``             ``endpoint``, ``method``, ``kind``
    ``ringback_attempt_duration_seconds``  ``endpoint``, ``method`` (histogram)
    ``ringback_circuit_open``              ``endpoint`` (gauge: 0 or 1)
    ``ringback_calls_waiting``             ``endpoint`` (gauge)
    ``ringback_calls_queued``              ``endpoint`` (gauge, with a bulkhead or a rate)
    ``ringback_bulkhead_taken``            ``endpoint`` (gauge, with a bulkhead)
    ``ringback_bulkhead_places``           ``endpoint`` (gauge, with a bulkhead)
    ``ringback_changes_total``             ``endpoint``, ``what``
    ====================================== ====================================================

    ``endpoint`` is ``scheme://host:port``, or ``other`` beyond the limit. ``method`` is
    ``_OTHER`` for one that no standard names. ``outcome`` is ``success`` or ``failure``. ``kind``
    is that of the failure, ``""`` for none.
    """

    inline = True

    def __init__(self, registry: CollectorRegistry | None = None, *, endpoints: int = 100) -> None:
        """Count in a registry.

        Args:
            registry: Where; the default is prometheus_client's own.
            endpoints: How many endpoints get their own label; the first sink on a registry says.

        Raises:
            ValueError: If the number is below 1.
        """
        self._registry = registry
        self._limit = endpoints
        self._metrics = _metrics(REGISTRY if registry is None else registry, endpoints)

    def __call__(self, event: Event) -> None:
        """Count an event.

        Args:
            event: What happened.
        """
        metrics, endpoint = self._metrics, self._metrics.endpoints.name(event.target)
        if event.what == "attempt":
            _count(metrics, endpoint, event)
            return
        metrics.changes.labels(endpoint, event.what).inc()
        if event.what.startswith("circuit_") and endpoint != OTHER_ENDPOINT:
            metrics.circuit.labels(endpoint).set(event.what == "circuit_opened")

    def __reduce__(self) -> tuple[Callable[[], "PrometheusSink"], tuple[()]]:
        return partial(PrometheusSink, self._registry, endpoints=self._limit), ()


def _metrics(registry: CollectorRegistry, limit: int) -> _Metrics:
    with _LOCK:
        if registry not in _OF:
            _OF[registry] = _Metrics(registry, limit)
        return _OF[registry]


def _count(metrics: _Metrics, endpoint: str, event: Event) -> None:
    kind = event.failure.kind if event.failure else ""
    key = (endpoint, method_of(event) or "", event.outcome, kind)
    children = metrics.children.get(key)
    if children is None:  # finding a child by its labels takes longer than counting
        children = metrics.children[key] = _Children(metrics, *key)
    children.ended.inc()
    if not event.refused:
        children.attempts.inc()
        if (seconds := event.timings.get("total")) is not None:
            children.duration.observe(seconds)
