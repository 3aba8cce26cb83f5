"""The monitor's values as the API has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from ringback.diagnosis.record import moment
from ringback.failure.target import without_secrets
from ringback.monitor.record import check_record, incident_record, members_of, moment_or_none
from ringback.monitor.web.words import shown_url

if TYPE_CHECKING:
    from ringback.incident import model
    from ringback.incident.silences import Silence
    from ringback.incident.slo import ErrorBudget
    from ringback.monitor.model import Discovered, EndpointView, ObserverView
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.interface import Notified, RollupBucket
    from ringback.monitor.web.api import shape


def check_shape(check: model.Check) -> shape.Check:
    return cast("shape.Check", check_record(check))


def endpoint_shape(seen: EndpointView) -> shape.Endpoint:
    endpoint, last = seen.endpoint, seen.last
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "url": shown_url(endpoint.url),
        "state": seen.state,
        "kind": seen.kind,
        "since": moment_or_none(seen.since),
        "last": moment(last.at) if last else None,
        "type": endpoint.type,
        "group": endpoint.watched.group,
        "labels": dict(endpoint.labels),
        "incident": seen.incident,
        "silenced": seen.silenced,
        "check": check_shape(last) if last else None,
        "observers": [observer_shape(observer) for observer in seen.observers],
        "paused": {"by": seen.paused.by, "at": moment(seen.paused.at)} if seen.paused else None,
        "slo": None if seen.budget is None else budget_shape(seen.budget),
    }


def budget_shape(budget: ErrorBudget) -> shape.Objective:
    return {
        "target": round(budget.target * 100, 6),
        "budget_left": budget.left,
        "burn_rates": dict(budget.burn),
    }


def observer_shape(observer: ObserverView) -> shape.Observer:
    times = {"since": moment_or_none(observer.since), "at": moment_or_none(observer.at)}
    return cast("shape.Observer", {**members_of(observer), **times})


def bucket_shape(bucket: RollupBucket) -> shape.RollupBucket:
    maps = {"timings": dict(bucket.timings), "kinds": dict(bucket.kinds)}
    return cast("shape.RollupBucket", {**members_of(bucket), **maps, "at": moment(bucket.at)})


def incident_shape(incident: model.Incident, *, whole: bool) -> shape.Incident:
    timeline: list[shape.TimelineEntry] = [
        {"at": moment(entry.at), "what": entry.what, "text": without_secrets(entry.text)}
        for entry in incident.timeline
    ]
    record = incident_record(incident, whole=whole)
    return cast("shape.Incident", {**record, "timeline": timeline})


def notified_shape(notified: Notified) -> shape.NoticeShown:
    return {
        "channel": notified.channel,
        "what": notified.what,
        "at": moment(notified.at),
        "ended": moment_or_none(notified.ended),
        "outcome": notified.outcome,
        "attempts": notified.attempts,
        "error": without_secrets(notified.error),
    }


def silence_shape(silence: Silence) -> shape.Silence:
    times = {"begins": moment(silence.begins), "ends": moment(silence.ends)}
    endpoints = list(silence.endpoints)
    return cast("shape.Silence", {**members_of(silence), **times, "endpoints": endpoints})


def discovered_shape(found: Discovered) -> shape.Discovered:
    times = {"first_seen": moment(found.first_seen), "last_seen": moment(found.last_seen)}
    return cast("shape.Discovered", {**members_of(found), **times, "url": shown_url(found.url)})


_NO_AGENTS: Final[shape.AgentsCounted] = {"refused": {}, "late": 0, "repeated": 0, "strange": 0}


def status_shape(queries: MonitorQueries) -> shape.Status:
    status, states = queries.status(), queries.states()
    config = status.get("config", {})
    return {
        "version": status["version"],
        "vantage": status.get("vantage", ""),
        "uptime": status.get("uptime", 0.0),
        "endpoints": states.total(),
        "states": dict(states),
        "incidents": len(queries.incidents()),
        "lag": status.get("lag", 0.0),
        "dropped": status.get("dropped", 0),
        "lead": status.get("lead"),
        "agents": status.get("agents") or _NO_AGENTS,
        "degraded": status.get("store", {}).get("degraded"),
        "config": {
            "files": [str(file) for file in config.get("files", ())],
            "loaded_at": moment_or_none(config.get("loaded_at")),
            "error": config.get("error"),
            "restart": list(config.get("restart", ())),
            "paused": list(config.get("paused", ())),
        },
    }
