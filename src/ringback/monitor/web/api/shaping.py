"""The monitor's values as the API has them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import moment
from ringback.failure.target import without_secrets
from ringback.monitor.web.api import shape
from ringback.monitor.web.words import shown_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringback.incident import model
    from ringback.incident.silences import Silence
    from ringback.monitor.model import Discovered, EndpointView
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.interface import RollupBucket

_NOT_LISTED = ("readings", "host")


def _moment(at: float | None) -> str | None:
    return None if at is None else moment(at)


def check_shape(check: model.Check) -> shape.Check:
    seen = check.certificate
    return shape.Check(
        at=moment(check.at),
        endpoint=check.endpoint,
        up=check.up,
        kind=check.kind,
        seconds=check.seconds,
        timings=dict(check.timings),
        origin=check.origin,
        vantage=check.vantage,
        status=check.status,
        address=check.address,
        certificate=_certificate(seen) if seen else None,
        detail=without_secrets(check.detail),
    )


def _certificate(seen: model.CertificateSeen) -> shape.Certificate:
    return shape.Certificate(not_after=moment(seen.not_after), issuer=seen.issuer, key=seen.key)


def endpoint_shape(seen: EndpointView) -> shape.Endpoint:
    endpoint, last = seen.endpoint, seen.last
    return shape.Endpoint(
        id=endpoint.id,
        name=endpoint.name,
        url=shown_url(endpoint.url),
        state=seen.state,
        kind=seen.kind,
        since=_moment(seen.since),
        last=_moment(last.at) if last else None,
        type=endpoint.type,
        group=endpoint.watched.group,
        labels=dict(endpoint.labels),
        incident=seen.incident,
        silenced=seen.silenced,
        check=check_shape(last) if last else None,
    )


def bucket_shape(bucket: RollupBucket) -> shape.RollupBucket:
    return shape.RollupBucket(
        at=moment(bucket.at),
        count=bucket.count,
        bad=bucket.bad,
        unknown=bucket.unknown,
        p50=bucket.p50,
        p95=bucket.p95,
        p99=bucket.p99,
        timings=dict(bucket.timings),
        kinds=dict(bucket.kinds),
    )


def incident_shape(incident: model.Incident, *, whole: bool) -> shape.Incident:
    return shape.Incident(
        id=incident.id,
        pattern=incident.pattern,
        state=incident.state,
        kind=incident.kind,
        summary=without_secrets(incident.summary),
        members=list(incident.members),
        opened_at=moment(incident.opened_at),
        closed_at=_moment(incident.closed_at),
        confidence=incident.confidence,
        evidence=[without_secrets(line) for line in incident.evidence],
        advice=[without_secrets(line) for line in incident.advice],
        diagnosis=_diagnosis(incident.diagnosis, whole=whole),
        timeline=[
            shape.TimelineEntry(
                at=moment(entry.at), what=entry.what, text=without_secrets(entry.text)
            )
            for entry in incident.timeline
        ],
        acknowledged_by=incident.acknowledged_by,
    )


def _diagnosis(report: Mapping[str, Any] | None, *, whole: bool) -> Mapping[str, Any] | None:
    if report is None or whole:
        return report
    return {key: value for key, value in report.items() if key not in _NOT_LISTED}


def silence_shape(silence: Silence) -> shape.Silence:
    return shape.Silence(
        id=silence.id,
        endpoints=list(silence.endpoints),
        begins=moment(silence.begins),
        ends=moment(silence.ends),
        by=silence.by,
        reason=silence.reason,
    )


def discovered_shape(found: Discovered) -> shape.Discovered:
    times = {"first_seen": moment(found.first_seen), "last_seen": moment(found.last_seen)}
    return shape.Discovered(**{**asdict(found), **times, "url": shown_url(found.url)})


def status_shape(queries: MonitorQueries) -> shape.Status:
    status, views = queries.status(), queries.views()
    config = status.get("config", {})
    return shape.Status(
        version=status["version"],
        vantage=status.get("vantage", ""),
        uptime=status.get("uptime", 0.0),
        endpoints=len(views),
        states=dict(Counter(view.state for view in views)),
        incidents=len(queries.incidents()),
        lag=status.get("lag", 0.0),
        dropped=status.get("dropped", 0),
        degraded=status.get("store", {}).get("degraded"),
        config=shape.Configuration(
            files=[str(file) for file in config.get("files", ())],
            loaded_at=_moment(config.get("loaded_at")),
            error=config.get("error"),
            restart=list(config.get("restart", ())),
        ),
    )
