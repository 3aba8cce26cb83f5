"""The product as a judge: its engine, its routes and its dispatcher in simulated time."""

import json
from dataclasses import replace

from judgement_bench.loop import Naming, Said, header_of
from judgement_bench.world import START
from ringback.incident.scenario import scenarios_of
from ringback.monitor.config.settings import MonitorConfig
from ringback.monitor.model import Endpoint
from ringback.monitor.simulation import Simulation

WHATS = {"opened": "begin", "closed": "end", "brief": "brief"}


class Product:
    """A monitor in simulated time; it reads looks as it reads a file of scenarios."""

    def __init__(self, world):
        self._header = header_of(world)
        watched = next(scenarios_of([json.dumps(self._header)])).watched
        endpoints = tuple(
            Endpoint(id=w.id, name=w.name, url="", type="http", watched=w) for w in watched
        )
        self._simulation = Simulation(replace(MonitorConfig(), endpoints=endpoints), START)
        self._domains = {observer.id: observer.domain for observer in world.observers}
        self._checks = {}
        self._parts, self._open, self._joined = {}, {}, {}
        if hasattr(self._simulation.engine, "asks"):
            self.asks = self._asks

    @property
    def now(self):
        return self._simulation.now

    def take(self, event):
        known = event.endpoint, event.observer, event.ok, event.kind
        if known not in self._checks:
            line = json.dumps({**self._header, "events": [event.neutral()]})
            check = next(scenarios_of([line])).events[0]
            domain = self._domains[event.observer]
            self._checks[known] = replace(check, domain="" if domain == event.observer else domain)
        took = event.at - event.begun  # as each check of a monitor says
        check = replace(self._checks[known], at=event.at, seconds=took)
        self._noted(self._simulation.play(check))

    def advance(self, at):
        if at > self.now:
            self._noted(self._simulation.advance(at))

    def _asks(self):
        return self._simulation.engine.asks(self.now)

    def wants_retry(self, observer, endpoint):
        votes = self._simulation.engine.votes_on(endpoint)
        return any(vote.wants_retry for vote in votes if vote.observer == f"probe:{observer}")

    def _noted(self, changes):
        for change in changes:
            incident = change.incident
            self._open[incident.id] = incident.state != "closed"
            for member in incident.members:
                self._joined.setdefault((incident.id, member), change.at)
            if incident.part_of:
                self._parts[incident.id] = incident.part_of

    def said(self):
        self._simulation.send_what_waits()
        namings = [
            Naming(
                at=sent.at,
                receiver=sent.channel,
                message=number,
                incident=update.incident.id,
                what=WHATS.get(update.headline, "more"),
                pattern=update.incident.pattern,
                members=tuple(update.incident.members),
                severity=update.incident.severity,
                opened_at=update.incident.opened_at,
                kind=update.incident.kind,
                well=tuple(update.incident.well),
            )
            for number, sent in enumerate(self._simulation.notifications)
            for update in sent.updates
        ]
        still = frozenset(id_ for id_, is_open in self._open.items() if is_open)
        self._simulation.__exit__(None, None, None)
        return Said(tuple(namings), still, parts=self._parts, joined=self._joined)
