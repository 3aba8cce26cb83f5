"""Whom a change is for: the routes, asked for each endpoint that an incident is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

from ringback.incident.model import Notice
from ringback.monitor.notify.settings import route_to_all

if TYPE_CHECKING:
    from ringback.incident.model import Change, Incident
    from ringback.monitor.model import Endpoint
    from ringback.monitor.notify.settings import RouteSettings


class Routing:
    """The routes of a configuration."""

    def __init__(
        self,
        notifiers: Iterable[str],
        routes: Iterable[RouteSettings],
        endpoints: Iterable[Endpoint] = (),
    ) -> None:
        self._notifiers = tuple(notifiers)
        self._routes = tuple(routes) or (route_to_all(self._notifiers),)
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints}

    def notices(self, change: Change, notified: Collection[str] = ()) -> list[Notice]:
        """Return a notice for each notifier that is to be notified of a change."""
        incident = change.incident
        if change.what in {"left", "noted"} or (
            change.what == "diagnosed" and not _names_a_cause(incident)
        ):
            return []
        if change.what == "joined":
            concerned = incident.members if change.endpoint is None else (change.endpoint,)
            return self._of(change, self._routes_of(incident, concerned), notified)
        routes = self._routes_of(incident, incident.members)
        if change.what == "reminded":  # each as often as its route says
            routes = [route for route in routes if not change.again or _is_due(route, change)]
        further = () if change.what in {"opened", "reminded"} else notified
        return self._of(change, routes, further, _escalated(change, routes, notified))

    def _of(
        self,
        change: Change,
        routes: Iterable[RouteSettings],
        further: Iterable[str] = (),
        escalated: Iterable[RouteSettings] = (),
    ) -> list[Notice]:
        names = (*(name for route in routes for name in route.notifiers), *further)
        found = [_notice(change, name, change.at) for name in dict.fromkeys(names)]
        found += self._escalations(change, escalated)
        return [notice for notice in found if notice.channel in self._notifiers]

    @staticmethod
    def _escalations(change: Change, routes: Iterable[RouteSettings]) -> list[Notice]:
        first: dict[str, float] = {}
        for route in routes:
            if route.escalate_after is not None:
                at = change.at + max(route.escalate_after, 1.0)
                for name in route.escalate_to:
                    first[name] = min(at, first.get(name, at))
        return [_notice(change, name, at) for name, at in first.items()]

    def _routes_of(self, incident: Incident, members: Iterable[str]) -> list[RouteSettings]:
        """Return the routes that an incident goes because of some members, in their order."""
        taking = [(n, route) for n, route in enumerate(self._routes) if route.takes(incident)]
        if not incident.members:  # it is about the monitor itself, and so concerns everybody
            return [route for _, route in taking]
        found: dict[int, RouteSettings] = {}
        for member in members:
            endpoint = self._endpoints.get(member)
            group = endpoint.watched.group if endpoint else ""
            labels = endpoint.labels if endpoint else {}
            for number, route in taking:
                if route.matches(member, group, labels):
                    found[number] = route
                    if route.stop:
                        break
        return [found[number] for number in sorted(found)]


def _escalated(
    change: Change, routes: list[RouteSettings], notified: Collection[str]
) -> list[RouteSettings]:
    """Return the routes on which the time begins after which further notifiers are notified."""
    match change.what:
        case "opened":
            return routes
        case "raised":  # on the others it began with the warning
            return [route for route in routes if "warn" not in route.severities]
        case "reminded":
            return [] if notified else routes
        case "reopened":
            return [route for route in routes if not {*route.notifiers} & {*notified}]
    return []


def remind_every(routes: Iterable[RouteSettings]) -> float:
    """Return how often the monitor must remind for every route to have what it asks for."""
    return min((route.repeat for route in routes if route.repeat), default=0.0)


def takes_warnings(routes: Iterable[RouteSettings]) -> bool:
    """Return whether anybody is notified of warnings."""
    return any("warn" in route.severities for route in routes)


def _is_due(route: RouteSettings, change: Change) -> bool:
    if not route.repeat:
        return False
    opened, before = change.incident.opened_at, change.incident.opened_at
    for entry in change.incident.timeline[:-1]:
        if entry.what == "reminded":
            before = entry.at
    return (change.at - opened) // route.repeat > (before - opened) // route.repeat


def _names_a_cause(incident: Incident) -> bool:
    verdict = (incident.diagnosis or {}).get("verdict") or {}
    return verdict.get("kind") not in {None, "healthy", "unknown"}


def _notice(change: Change, channel: str, at: float) -> Notice:
    what: str = change.what
    if what == "joined":  # several may at the same moment
        what += f" {change.endpoint}"
    key = "\n".join((change.incident.id, what, repr(at), channel))
    return Notice(id=sha256(key.encode()).hexdigest()[:32], channel=channel, at=at, change=change)
