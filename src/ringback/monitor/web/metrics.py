"""``/metrics``: what the monitor knows, for Prometheus, in the text format, version 0.0.4."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from ringback.failure import KINDS
from ringback.incident.model import EndpointState, Pattern
from ringback.monitor.web.access import require
from ringback.monitor.web.packing import packed_stream
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import StreamingResponse

    from ringback.failure.names import KindName
    from ringback.incident.model import CertificateSeen, Incident
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.ingest.batch import Inbox
    from ringback.monitor.ingest.shares import ReportShares
    from ringback.monitor.model import EndpointView, ObserverView

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_MAX_LABEL: Final = 200  # characters of a label's value
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """A metric with its values."""

    name: str
    help: str  # What it says, in one line
    samples: Iterable[tuple[float, Labels]]  # Its values; without any it is left out
    type: Literal["gauge", "counter"] = "gauge"


def gauge(name: str, meaning: str, value: float, **labels: str) -> MetricFamily:
    return MetricFamily(name, meaning, [(value, labels)])


def counter(name: str, meaning: str, value: float) -> MetricFamily:
    return MetricFamily(name, meaning, [(value, {})], "counter")


def exposition_of(families: Iterable[MetricFamily]) -> str:
    return "".join(exposition_parts(families))


_LINES_AT_ONCE: Final = 500  # Lines of a part: made in a millisecond or two


def exposition_parts(families: Iterable[MetricFamily]) -> Iterator[str]:
    """Yield the text in parts: that of 10,000 endpoints has 10 MB."""
    for family in families:
        name, samples = family.name, iter(family.samples)
        head = f"# HELP {name} {family.help}\n# TYPE {name} {family.type}\n"
        while some := list(islice(samples, _LINES_AT_ONCE)):
            lines = (f"{name}{_label_set(labels)} {_number(value)}\n" for value, labels in some)
            yield head + "".join(lines)
            head = ""


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


async def show_metrics(request: Request) -> StreamingResponse:
    require(request, "read")
    site = site_of(request)
    views = await site.queries.views_of(list(site.queries.names))
    of_monitor = [
        incident_metrics(site.queries.incidents()),
        *monitor_metrics(site.queries.status()),
        report_metrics(site.inbox, site.shares, site.queries.status()),
        *agent_metrics(site.fleet, site.queries.status().get("agents") or {}),
    ]
    families = chain(
        endpoint_metrics(views),
        place_metrics(views),
        [certificate_metrics(views, site.certificates.of(views))],
        of_monitor,
    )
    # Each part is made in a thread, and while one is sent the event loop does what else is due.
    parts = (part.encode() for part in exposition_parts(families))
    return packed_stream(request, parts, CONTENT_TYPE)


def _of_each(
    views: Iterable[EndpointView],
    name: str,
    meaning: str,
    value: Callable[[EndpointView], float | None],
) -> MetricFamily:
    found = ((value(view), view) for view in views)
    samples = ((value, _labels(view)) for value, view in found if value is not None)
    return MetricFamily(name, meaning, samples)


def _budget_metrics(views: list[EndpointView]) -> Iterator[MetricFamily]:
    yield _of_each(
        views,
        "ringback_slo_target_ratio",
        "Share of the time in which the endpoint is to be well.",
        lambda view: view.budget.target if view.budget else None,
    )
    yield _of_each(
        views,
        "ringback_slo_budget_left_ratio",
        "Share that is left of the error budget of 30 days.",
        lambda view: view.budget.left if view.budget else None,
    )
    yield MetricFamily(
        "ringback_slo_burn_rate",
        "How fast the error budget is used up; at 1 in 30 days.",
        (
            (rate, {**_labels(view), "window": window})
            for view in views
            if view.budget is not None
            for window, rate in view.budget.burn.items()
        ),
    )


def endpoint_metrics(views: list[EndpointView]) -> Iterator[MetricFamily]:
    yield MetricFamily(
        "ringback_endpoint_state",
        "1 for the state that the endpoint is in, 0 for the others.",
        (
            (view.state == state, {**_labels(view), "state": state})
            for view in views
            for state in _STATES
        ),
    )
    yield _of_each(
        views,
        "ringback_check_up",
        "Whether the newest check succeeded; absent where the monitor itself was unhealthy.",
        lambda view: view.last.up if view.last else None,
    )
    yield MetricFamily(
        "ringback_failure_info",
        "1 with the kind of failure that the endpoint has; absent where it has none.",
        [(1, {**_labels(view), "kind": known_kind(view.kind)}) for view in views if view.kind],
    )
    yield from _budget_metrics(views)
    yield _of_each(
        views,
        "ringback_check_duration_seconds",
        "How long the newest check took.",
        lambda view: view.last.seconds if view.last else None,
    )
    yield MetricFamily(
        "ringback_check_phase_seconds",
        "How long each phase of the newest check took.",
        (
            (seconds, {**_labels(view), "phase": phase})
            for view in views
            if view.last is not None
            for phase, seconds in view.last.timings.items()
        ),
    )
    yield _of_each(
        views,
        "ringback_check_timestamp_seconds",
        "When the newest check ended, in seconds since 1970 UTC.",
        lambda view: view.last.at if view.last else None,
    )
    yield _of_each(
        views,
        "ringback_endpoint_silenced",
        "Whether notifications of the endpoint are silenced.",
        lambda view: view.silenced,
    )


def place_metrics(views: list[EndpointView]) -> Iterator[MetricFamily]:
    """Return what each place that checks an endpoint sees."""
    seen = [
        (observer, view)
        for view in views
        for observer in view.observers
        if observer.kind == "probe"
    ]

    def own(observer: ObserverView, view: EndpointView) -> Labels:
        return {**_labels(view), "vantage": observer.id.partition(":")[2]}

    yield MetricFamily(
        "ringback_vantage_up",
        "Whether the endpoint is well as one place sees it; absent where that is not known.",
        (
            (observer.state == "ok", own(observer, view))
            for observer, view in seen
            if observer.state in {"ok", "suspect", "down"}
        ),
    )
    yield MetricFamily(
        "ringback_vantage_check_timestamp_seconds",
        "When the newest check of one place ended, in seconds since 1970 UTC.",
        ((observer.at, own(observer, view)) for observer, view in seen if observer.at is not None),
    )


def certificate_metrics(
    views: list[EndpointView], seen: dict[str, CertificateSeen]
) -> MetricFamily:
    """Return when certificates end; what has ended is still there."""
    return _of_each(
        [view for view in views if view.endpoint.id in seen],
        "ringback_certificate_not_after_seconds",
        "When the certificate that was seen last ends, in seconds since 1970 UTC.",
        lambda view: seen[view.endpoint.id].not_after,
    )


def incident_metrics(incidents: list[Incident]) -> MetricFamily:
    counts = Counter(incident.pattern for incident in incidents)
    samples = [(counts[name], {"pattern": name}) for name in _PATTERNS]
    return MetricFamily("ringback_incidents_open", "Incidents that are not resolved.", samples)


def monitor_metrics(status: dict[str, Any]) -> Iterator[MetricFamily]:
    version = {"version": status["version"], "vantage": status.get("vantage", "")}
    yield gauge("ringback_build_info", "1 with the version.", 1, **version)
    if (lead := status.get("lead")) is not None:
        leads = lead["role"] == "lead"
        yield gauge("ringback_lead", "Whether this process leads those on its store.", leads)
        yield gauge("ringback_lead_epoch", "How often the lead was taken.", lead["epoch"])
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
        "ringback_checks_doubted_total",
        "Checks that count as unknown, because the monitor itself was unhealthy.",
        [(count, {"cause": cause}) for cause, count in sorted(status.get("doubted", {}).items())],
        "counter",
    )
    yield counter(
        "ringback_checks_skipped_total",
        "Checks that were due while the one before was still under way.",
        status.get("skipped", 0),
    )
    yield from notifier_metrics(status.get("notifiers", {}))
    store, config = status.get("store", {}), status.get("config", {})
    yield counter(
        "ringback_store_dropped_total",
        "Checks that were lost because results could not be stored for too long.",
        store.get("dropped", 0),
    )
    yield counter(
        "ringback_store_maintenance_failures_total",
        "Attempts to roll up and drop old results that failed.",
        store.get("maintenance_failures", 0),
    )
    degraded = bool(store.get("degraded"))
    yield gauge("ringback_store_degraded", "Whether results cannot be stored.", degraded)
    yield from _config_metrics(config)


def _config_metrics(config: dict[str, Any]) -> Iterator[MetricFamily]:
    yield gauge(
        "ringback_config_last_reload_successful",
        "Whether the newest configuration is in use.",
        not config.get("error"),
    )
    yield gauge(
        "ringback_config_last_reload_success_timestamp_seconds",
        "When the configuration in use was read, in seconds since 1970 UTC.",
        config.get("loaded_at") or 0,
    )
    yield gauge(
        "ringback_targets_paused",
        "Discovered endpoints that are gone since the start, and not checked.",
        len(config.get("paused") or ()),
    )
    yield gauge(
        "ringback_config_restart_needed",
        "Whether a setting has changed that is read at the start only.",
        bool(config.get("restart")),
    )


def notifier_metrics(counts: dict[str, dict[str, int]]) -> Iterator[MetricFamily]:
    yield MetricFamily(
        "ringback_notifications_total",
        "Notifications that were sent, or whose attempt failed.",
        [
            (outcomes[outcome], {"notifier": name, "outcome": outcome})
            for name, outcomes in counts.items()
            for outcome in ("sent", "failed")
        ],
        "counter",
    )
    yield MetricFamily(
        "ringback_notices_given_up_total",
        "Notices that were given up.",
        [(outcomes["given_up"], {"notifier": name}) for name, outcomes in counts.items()],
        "counter",
    )


def report_metrics(inbox: Inbox, shares: ReportShares, status: dict[str, Any]) -> MetricFamily:
    """Return what was not, or not as it came, taken of what programs report."""
    counts = {
        "clamped": inbox.clamped,
        "dropped": inbox.dropped,
        "late": status.get("late", 0),
        "refused": shares.refused,
        "repeated": inbox.repeated,
        "stale": inbox.stale,
    }
    return MetricFamily(
        "ringback_reported_total",
        "Reports of programs that count otherwise than they came: dropped by their sender, "
        "from the future, too old, too late, refused because too many came, or sent twice.",
        [(count, {"what": what}) for what, count in counts.items()],
        "counter",
    )


def agent_metrics(fleet: Fleet | None, counts: dict[str, Any]) -> Iterator[MetricFamily]:
    """Return how the agents are that check for this monitor."""
    if fleet is None:
        return
    known = [
        (agent, {"agent": agent.vantage, "domain": agent.domain})
        for agent in fleet.registry.shown()
        if agent.is_enrolled
    ]
    yield MetricFamily(
        "ringback_agent_up",
        "Whether the agent is heard.",
        [(fleet.state_of(agent) == "ok", own) for agent, own in known],
    )
    yield MetricFamily(
        "ringback_agent_seen_timestamp_seconds",
        "When the agent was heard last, in seconds since 1970 UTC.",
        [(agent.seen, own) for agent, own in known if agent.seen is not None],
    )
    yield MetricFamily(
        "ringback_agent_results_waiting",
        "Results that wait at the agent to be sent, as it said last.",
        [(agent.health["waiting"], own) for agent, own in known if "waiting" in agent.health],
    )
    yield MetricFamily(
        "ringback_agent_requests_refused_total",
        "Requests of agents that were refused, by the reason.",
        [(count, {"reason": why}) for why, count in sorted(counts.get("refused", {}).items())],
        "counter",
    )
    yield MetricFamily(
        "ringback_agent_results_total",
        "Results of agents that changed no state: of what was, kept before, of what is not known.",
        [(counts[what], {"what": what}) for what in ("late", "repeated", "strange") if counts],
        "counter",
    )


def _labels(view: EndpointView) -> Labels:
    endpoint = view.endpoint
    return {"endpoint": endpoint.id, "group": endpoint.watched.group, "type": endpoint.type}


def known_kind(kind: KindName) -> str:
    """Return a kind as a label has it: of few values."""
    return kind if kind in KINDS else "other"
