"""What the web page needs of the running monitor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ringback.incident.model import Check, Incident
    from ringback.incident.silences import Silence
    from ringback.monitor.model import Discovered, EndpointView, PassiveCheck, UiEvent
    from ringback.monitor.store.interface import Store


class Service(Protocol):
    """The running monitor: what it shows, and what people may ask of it."""

    @property
    def store(self) -> Store:
        """Where it keeps what it knows."""

    @property
    def started_at(self) -> float:
        """When it started, in seconds since 1970 UTC."""

    def views(self) -> list[EndpointView]:
        """Return every endpoint as it is now, in the order of the configuration."""

    def view(self, id: str) -> EndpointView | None:  # noqa: A002 - the name of the running monitor's own
        """Return one endpoint as it is now."""

    def discovered(self) -> list[Discovered]:
        """Return what programs call and nobody configured."""

    def adopt(self, discovered_id: str, who: str) -> bool:
        """Watch a discovered endpoint from now on; return whether there is one."""

    def incidents(self) -> list[Incident]:
        """Return those that are not over."""

    def acknowledge(self, incident_id: str, who: str) -> bool:
        """Note that somebody takes an incident; return whether there is one."""

    def silence(self, endpoints: tuple[str, ...], seconds: float, who: str, reason: str) -> str:
        """Tell nobody of these endpoints for a while; return the silence's id."""

    def unsilence(self, silence_id: str) -> bool:
        """End a silence; return whether there is one."""

    def silences(self) -> list[Silence]:
        """Return those that are not over."""

    def ingest(self, checks: Iterable[PassiveCheck]) -> int:
        """Take in what programs report; return how many were taken."""

    def beat(self, endpoint_id: str, *, up: bool, detail: str) -> bool:
        """Take in a heartbeat; return whether there is such an endpoint."""

    def subscribe(self) -> AsyncIterator[UiEvent]:
        """Yield what changes, from now on."""

    def status(self) -> dict[str, Any]:
        """Return how the monitor itself is."""

    async def probe(self, module: str, target: str) -> Check:
        """Return what a look at a target sees now."""
