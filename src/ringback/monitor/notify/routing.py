"""Whom a change is for: the routes, asked for each endpoint that an incident is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

from ringback.incident.model import Notice
from ringback.monitor.notify.settings import RouteSettings

if TYPE_CHECKING:
    from ringback.incident.model import Change, Incident
    from ringback.monitor.model import Endpoint


class Routing:
    """The routes of a configuration."""

    def __init__(
        self,
        notifiers: Iterable[str],
        routes: Iterable[RouteSettings],
        endpoints: Iterable[Endpoint] = (),
    ) -> None:
        self._notifiers = tuple(notifiers)
        self._routes = tuple(routes) or (RouteSettings(notifiers=self._notifiers),)
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints}

    def notices(self, change: Change, notified: Collection[str] = ()) -> list[Notice]:
        """Return a notice for each notifier that is to be notified of a change."""
        incident = change.incident
        routes = self._routes_of(incident, incident.members)
        match change.what:
            case "left":
                return []
            case "joined":
                return self._joined(change, routes)
            case "reminded":
                repeated = [route for route in routes if not change.again or _is_due(route, change)]
                return self._of(change, repeated, escalate=not notified)
            case "opened":
                return self._of(change, routes, escalate=True)
            case "diagnosed" if not _names_a_cause(incident):
                return []
        return self._of(change, routes, notified)

    def _of(
        self,
        change: Change,
        routes: Iterable[RouteSettings],
        further: Iterable[str] = (),
        *,
        escalate: bool = False,
    ) -> list[Notice]:
        routes = list(routes)
        names = (*(name for route in routes for name in route.notifiers), *further)
        found = [_notice(change, name, change.at) for name in dict.fromkeys(names)]
        if escalate:
            found += self._escalations(change, routes)
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

    def _joined(self, change: Change, routes: Iterable[RouteSettings]) -> list[Notice]:
        """Return notices for those whom the new member concerns and no earlier one did."""
        earlier = tuple(member for member in change.incident.members if member != change.endpoint)
        known = {
            name for route in self._routes_of(change.incident, earlier) for name in route.notifiers
        }
        return [notice for notice in self._of(change, routes) if notice.channel not in known]

    def _routes_of(self, incident: Incident, members: Iterable[str]) -> list[RouteSettings]:
        found: dict[int, RouteSettings] = {}
        for member in members:
            endpoint = self._endpoints.get(member)
            group = endpoint.watched.group if endpoint else ""
            labels = endpoint.labels if endpoint else {}
            for number, route in enumerate(self._routes):
                fits = route.takes(incident.pattern, incident.kind)
                if fits and route.matches(member, group, labels):
                    found[number] = route
                    if route.stop:
                        break
        return [found[number] for number in sorted(found)]


def remind_every(routes: Iterable[RouteSettings]) -> float:
    """Return how often the monitor must remind for every route to have what it asks for."""
    return min((route.repeat for route in routes if route.repeat), default=0.0)


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
    key = "\n".join((change.incident.id, change.what, repr(at), channel))
    return Notice(id=sha256(key.encode()).hexdigest()[:32], channel=channel, at=at, change=change)
