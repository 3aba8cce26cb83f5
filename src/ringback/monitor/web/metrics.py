"""``/metrics``: what the monitor knows, for Prometheus, in the text format, version 0.0.4."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from starlette.responses import PlainTextResponse

from ringback.failure import KINDS
from ringback.incident.model import EndpointState, Pattern
from ringback.monitor.web.access import require
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.failure.names import KindName
    from ringback.incident.model import CertificateSeen, Incident
    from ringback.monitor.ingest import Inbox
    from ringback.monitor.model import EndpointView


CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_MAX_LABEL: Final = 200  # characters of a label's value
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value."""

    value: float  # The number
    labels: dict[str, str]  # Name to value


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFamily:
    """A metric with its values."""

    name: str  # What it is called
    help: str  # What it says, in one line
    samples: Iterable[Sample]  # Its values; without any it is left out
    type: Literal["gauge", "counter"] = "gauge"


def gauge(name: str, meaning: str, value: float, **labels: str) -> MetricFamily:
    return MetricFamily(name=name, help=meaning, samples=(Sample(value=value, labels=labels),))


def counter(name: str, meaning: str, value: float) -> MetricFamily:
    """Return a metric with one value that only grows."""
    samples = (Sample(value=value, labels={}),)
    return MetricFamily(name=name, help=meaning, samples=samples, type="counter")


def exposition_of(families: Iterable[MetricFamily]) -> str:
    lines: list[str] = []
    for family in families:
        name = family.name
        values = [
            f"{name}{_label_set(sample.labels)} {_number(sample.value)}"
            for sample in family.samples
        ]
        if values:
            lines.append(f"# HELP {name} {family.help}")
            lines.append(f"# TYPE {name} {family.type}")
            lines += values
    return "\n".join(lines) + "\n"


def _label_set(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{value[:_MAX_LABEL].translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


_STATES: Final = get_args(EndpointState)
_PATTERNS: Final = get_args(Pattern)


class LastCertificates:
    """The certificate that was seen last of each endpoint: a later failure does not unsay it."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, CertificateSeen] = OrderedDict()

    def of(self, views: Iterable[EndpointView]) -> dict[str, CertificateSeen]:
        """Return what is known; of endpoints that are gone it is forgotten."""
        known: OrderedDict[str, CertificateSeen] = OrderedDict()
        for view in views:
            id_ = view.endpoint.id
            seen = (view.last.certificate if view.last else None) or self._seen.get(id_)
            if seen is not None:
                known[id_] = seen
        self._seen = known
        return dict(known)


async def show_metrics(request: Request) -> PlainTextResponse:
    require(request, "read")
    site = site_of(request)
    views = site.queries.views()
    families = [
        *endpoint_metrics(views),
        certificate_metrics(views, site.certificates.of(views)),
        incident_metrics(site.queries.incidents()),
        *monitor_metrics(site.queries.status()),
        report_metrics(site.inbox, site.queries.status()),
    ]
    return PlainTextResponse(exposition_of(families), media_type=CONTENT_TYPE)


def endpoint_metrics(views: list[EndpointView]) -> Iterator[MetricFamily]:
    seen = [(view, view.last) for view in views if view.last is not None]
    yield MetricFamily(
        name="ringback_endpoint_state",
        help="1 for the state that the endpoint is in, 0 for the others.",
        samples=(
            Sample(value=view.state == state, labels={**_labels(view), "state": state})
            for view in views
            for state in _STATES
        ),
    )
    yield MetricFamily(
        name="ringback_check_up",
        help="Whether the newest check succeeded; absent where the monitor itself was unhealthy.",
        samples=(
            Sample(value=last.up, labels=_labels(view))
            for view, last in seen
            if last.up is not None
        ),
    )
    yield MetricFamily(
        name="ringback_failure_info",
        help="1 with the kind of failure that the endpoint has; absent where it has none.",
        samples=(
            Sample(value=1, labels={**_labels(view), "kind": _bounded(view.kind)})
            for view in views
            if view.kind is not None
        ),
    )
    yield MetricFamily(
        name="ringback_check_duration_seconds",
        help="How long the newest check took.",
        samples=(
            Sample(value=last.seconds, labels=_labels(view))
            for view, last in seen
            if last.seconds is not None
        ),
    )
    yield MetricFamily(
        name="ringback_check_phase_seconds",
        help="How long each phase of the newest check took.",
        samples=(
            Sample(value=seconds, labels={**_labels(view), "phase": phase})
            for view, last in seen
            for phase, seconds in last.timings.items()
        ),
    )
    yield MetricFamily(
        name="ringback_check_timestamp_seconds",
        help="When the newest check ended, in seconds since 1970 UTC.",
        samples=(Sample(value=last.at, labels=_labels(view)) for view, last in seen),
    )
    yield MetricFamily(
        name="ringback_endpoint_silenced",
        help="Whether notifications of the endpoint are silenced.",
        samples=(Sample(value=view.silenced, labels=_labels(view)) for view in views),
    )


def certificate_metrics(
    views: list[EndpointView], seen: dict[str, CertificateSeen]
) -> MetricFamily:
    """Return when certificates end; what has ended is still told."""
    return MetricFamily(
        name="ringback_certificate_not_after_seconds",
        help="When the certificate that was seen last ends, in seconds since 1970 UTC.",
        samples=(
            Sample(value=seen[view.endpoint.id].not_after, labels=_labels(view))
            for view in views
            if view.endpoint.id in seen
        ),
    )


def incident_metrics(incidents: list[Incident]) -> MetricFamily:
    counts = Counter(incident.pattern for incident in incidents)
    return MetricFamily(
        name="ringback_incidents_open",
        help="Incidents that are not resolved.",
        samples=(Sample(value=counts[name], labels={"pattern": name}) for name in _PATTERNS),
    )


def monitor_metrics(status: dict[str, Any]) -> Iterator[MetricFamily]:
    version = {"version": status["version"], "vantage": status.get("vantage", "")}
    yield gauge("ringback_build_info", "1 with the version.", 1, **version)
    yield gauge("ringback_uptime_seconds", "Since the monitor started.", status.get("uptime", 0))
    yield counter("ringback_checks_total", "Checks that were taken.", status.get("checks", 0))
    yield gauge("ringback_endpoints", "Endpoints that are watched.", status.get("endpoints", 0))
    yield gauge(
        "ringback_event_loop_lag_seconds", "How late its event loop is.", status.get("lag", 0)
    )
    yield counter(
        "ringback_page_updates_dropped_total",
        "Updates that open pages missed because they were too slow.",
        status.get("dropped", 0),
    )
    yield MetricFamily(
        name="ringback_checks_doubted_total",
        help="Checks that count as unknown, because the monitor itself was unhealthy.",
        samples=(
            Sample(value=count, labels={"cause": cause})
            for cause, count in sorted(status.get("doubted", {}).items())
        ),
        type="counter",
    )
    yield counter(
        "ringback_looks_skipped_total",
        "Checks that were due while the one before was still under way.",
        status.get("skipped", 0),
    )
    yield from notifier_metrics(status.get("notifiers", {}))
    yield from store_metrics(status.get("store", {}))
    yield from configuration_metrics(status.get("config", {}))


def notifier_metrics(counts: dict[str, dict[str, int]]) -> Iterator[MetricFamily]:
    """Yield how many messages came to what."""
    yield MetricFamily(
        name="ringback_notifications_total",
        help="Notifications that were sent, or whose attempt failed.",
        samples=(
            Sample(value=outcomes[outcome], labels={"notifier": name, "outcome": outcome})
            for name, outcomes in counts.items()
            for outcome in ("sent", "failed")
        ),
        type="counter",
    )
    yield MetricFamily(
        name="ringback_notices_given_up_total",
        help="Notices that were given up.",
        samples=(
            Sample(value=outcomes["given_up"], labels={"notifier": name})
            for name, outcomes in counts.items()
        ),
        type="counter",
    )


def store_metrics(store: dict[str, Any]) -> Iterator[MetricFamily]:
    yield counter(
        "ringback_store_dropped_total",
        "Checks that were lost because results could not be stored for too long.",
        store.get("dropped", 0),
    )
    degraded = bool(store.get("degraded"))
    yield gauge("ringback_store_degraded", "Whether results cannot be stored.", degraded)


def configuration_metrics(config: dict[str, Any]) -> Iterator[MetricFamily]:
    good = not config.get("error")
    yield gauge(
        "ringback_config_last_reload_successful",
        "Whether the newest configuration is in use.",
        good,
    )
    yield gauge(
        "ringback_config_last_reload_success_timestamp_seconds",
        "When the configuration in use was read, in seconds since 1970 UTC.",
        config.get("loaded_at") or 0,
    )
    yield gauge(
        "ringback_config_restart_needed",
        "Whether a setting has changed that is read at the start only.",
        bool(config.get("restart")),
    )


def report_metrics(inbox: Inbox, status: dict[str, Any]) -> MetricFamily:
    """Return what was not, or not as it came, taken of what programs report."""
    counts = {
        "clamped": inbox.clamped,
        "dropped": inbox.dropped,
        "late": status.get("late", 0),
        "repeated": inbox.repeated,
        "stale": inbox.stale,
    }
    return MetricFamily(
        name="ringback_reported_total",
        help="Reports of programs that count otherwise than they came: dropped by their sender, "
        "from the future, too old, too late, or sent twice.",
        samples=(Sample(value=count, labels={"what": what}) for what, count in counts.items()),
        type="counter",
    )


def _labels(view: EndpointView) -> dict[str, str]:
    endpoint = view.endpoint
    return {"endpoint": endpoint.id, "group": endpoint.watched.group, "type": endpoint.type}


def _bounded(kind: KindName) -> str:
    return kind if kind in KINDS else "other"
