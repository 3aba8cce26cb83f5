"""What pages, the API and the command line may see of the running monitor."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ringback import __version__
from ringback.monitor.model import Discovered, EndpointView, ObserverView, UiEvent

if TYPE_CHECKING:
    from ringback.incident.model import EndpointState, Incident
    from ringback.incident.silences import Silence
    from ringback.monitor.core import MonitorCore
    from ringback.monitor.model import Endpoint
    from ringback.monitor.store import Store


_ENDPOINTS_AT_ONCE = 500  # Of which not all is looked at
_AT_ONCE = 50  # Endpoints that are looked at without a pause: one or two milliseconds


@dataclass(slots=True, kw_only=True)
class ConfigurationStatus:
    """Which configuration is in use."""

    files: list[str] = field(default_factory=list)
    loaded_at: float | None = None  # When they were read, in seconds since 1970 UTC
    error: str | None = None  # Why a newer one was not taken; `None`: there is none
    # Keys that have changed and are read at the start only
    restart: list[str] = field(default_factory=list)
    # Ids of discovered endpoints that were watched since the start and are gone
    paused: list[str] = field(default_factory=list)


class NamesById(Mapping[str, str]):
    """What endpoints are called, by their ids."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = endpoints

    def __getitem__(self, id_: str) -> str:
        return self._endpoints[id_].name

    def __iter__(self) -> Iterator[str]:
        return iter(self._endpoints)

    def __len__(self) -> int:
        return len(self._endpoints)


def lead_shown(shared: Any) -> dict[str, Any] | None:
    """Return who leads; ``None``: the store is of this process alone."""
    if shared is None:
        return None
    lead = shared.lead
    if lead.epoch:
        role = "standby" if lead.stands_by else "lead"
        return {"role": role, "process": lead.owner, "url": lead.url, "epoch": lead.epoch}
    row = lead.row
    who = {} if row is None else {"process": row.owner, "url": row.page, "epoch": row.epoch}
    return {"role": "standby", "process": "", "url": "", "epoch": 0, **who}


class MonitorQueries:
    """Reads; changes nothing but that what it shows is kept before."""

    def __init__(
        self,
        core: MonitorCore,
        configuration: ConfigurationStatus | None = None,
        *,
        counters: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._core = core
        self._configuration = configuration or ConfigurationStatus()
        self._counters = counters

    async def kept(self, seconds: float | None = None) -> None:
        """Return when what is shown from now on is kept, or after so long: the store is slow."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._core.kept()

    @property
    def store(self) -> Store:
        return self._core.store

    def endpoints(self) -> list[Endpoint]:
        """Return what is watched, in the order of the configuration."""
        return list(self._core.endpoints.values())

    def state(self, id: str) -> EndpointState:  # noqa: A002 - as it is called everywhere
        return "paused" if id in self._core.paused else self._core.engine.state_of(id)

    async def views_of(self, ids: Iterable[str]) -> list[EndpointView]:
        """Return endpoints as they are, some at a time: others have their turn in between."""
        rest = iter(ids)
        found: list[EndpointView] = []
        while some := list(islice(rest, _AT_ONCE)):
            found += [view for id_ in some if (view := self.view(id_)) is not None]
            await asyncio.sleep(0)
        return found

    @property
    def names(self) -> Mapping[str, str]:
        """What endpoints are called, by their ids."""
        return NamesById(self._core.endpoints)

    def states(self) -> Counter[EndpointState]:
        """Return how many endpoints are in each state."""
        self._core.flush_urgent()
        paused: Counter[EndpointState] = Counter({"paused": len(self._core.paused)})
        return +(self._core.engine.shown.total + paused)

    def group_states(self) -> dict[str, Counter[EndpointState]]:
        """Return the same of each group, by its name; ``""``: of those that are in none."""
        self._core.flush_urgent()
        groups = dict(self._core.engine.shown.groups)
        for id_ in self._core.paused:
            group = self._core.endpoints[id_].watched.group
            paused: Counter[EndpointState] = Counter({"paused": 1})
            groups[group] = groups.get(group, Counter()) + paused
        return groups

    def unwell(self, state: EndpointState) -> Collection[str]:
        """Return the ids of those that are in a state other than ``ok``."""
        self._core.flush_urgent()
        return self._core.paused if state == "paused" else self._core.engine.shown.unwell(state)

    async def each_endpoint(self) -> AsyncIterator[Endpoint]:
        """Yield what is watched, some at a time: others have their turn in between."""
        for number, endpoint in enumerate(self.endpoints(), 1):
            yield endpoint
            if number % _ENDPOINTS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def view(self, id: str) -> EndpointView | None:  # noqa: A002 - as it is called everywhere
        """Return one endpoint as it is now; ``None``: there is none."""
        self._core.flush_urgent()
        endpoint = self._core.endpoints.get(id)
        return None if endpoint is None else self._view(endpoint)

    def incidents(self) -> list[Incident]:
        """Return the incidents that are not over, oldest first."""
        self._core.flush_urgent()
        return self._core.engine.incidents()

    def silences(self) -> list[Silence]:
        return self._core.engine.silences.all(self._core.clock())

    def discovered(self) -> list[Discovered]:
        """Return what programs call and nobody configured."""
        return self._core.intake.discoveries.all()

    def subscribe(self) -> AsyncIterator[UiEvent]:
        return self._core.subscribers.subscribe()

    def status(self) -> dict[str, Any]:
        core, store = self._core, self._core.store
        return {
            "version": __version__,
            "vantage": core.vantage,
            "uptime": core.clock() - core.started_at,
            "endpoints": len(core.endpoints),
            "checks": core.processor.kept,
            "dropped": core.subscribers.dropped,
            "late": core.intake.late,
            **self._counters(),
            "lead": lead_shown(getattr(store, "shared", None)),
            "config": asdict(self._configuration),
            "store": {
                "degraded": getattr(store, "degraded", None),
                "dropped": getattr(store, "dropped", 0) + core.processor.dropped,
                "maintenance_failures": getattr(store, "maintenance_failures", 0),
            },
        }

    def _observers(self, id_: str) -> Iterator[ObserverView]:
        now, engine = self._core.clock(), self._core.engine
        for vote in engine.votes_on(id_):
            failing = vote.state not in {"ok", "unknown"}
            yield ObserverView(
                id=vote.observer,
                kind=vote.origin,
                domain=vote.domain,
                state=vote.state if engine.counts(id_, vote, now) else "unknown",
                since=vote.since if failing else None,
                kind_of_failure=vote.kind if failing else None,
                at=vote.at,
            )

    def _view(self, endpoint: Endpoint) -> EndpointView:
        id_, engine = endpoint.id, self._core.engine
        incident, paused = engine.incident_of(id_), self._core.paused.get(id_)
        return EndpointView(
            endpoint=endpoint,
            state=self.state(id_),
            since=paused.at if paused else engine.since(id_),
            kind=engine.kind_of(id_),
            last=self._core.last.get(id_),
            incident=None if incident is None else incident.id,
            pattern=None if incident is None else incident.pattern,
            silenced=engine.silences.covers((id_,), self._core.clock()),
            observers=tuple(self._observers(id_)),
            paused=paused,
            recent=self._core.recent.get(id_, b""),
            budget=engine.budget_of(id_, self._core.clock()),
        )
