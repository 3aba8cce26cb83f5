"""Remembers what services are recognised by while they are well; searches for one that refuses."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ringback.monitor.probe.connect import ProbeResolver
from ringback.monitor.relocation.fingerprint import (
    ServiceFingerprint,
    ServiceObservation,
    observe_twice,
)
from ringback.monitor.relocation.location import ServiceLocation, location_of
from ringback.monitor.relocation.search import find_relocation

if TYPE_CHECKING:
    from ringback.failure.names import KindName
    from ringback.incident.model import Check
    from ringback.monitor.model import Endpoint
    from ringback.monitor.relocation.search import Relocation

READ_INTERVAL = 3600.0  # Seconds between two observations of a healthy service

_MAX_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownService:
    """What is known of one endpoint."""

    at: float  # When it was observed last, in seconds since 1970 UTC
    seen: ServiceObservation


class FingerprintMemory:
    """What endpoints were recognised by: bounded, and to be kept by a store as JSON."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, KnownService] = OrderedDict()

    def is_due(self, endpoint: str, now: float) -> bool:
        """Return whether an endpoint that is well is to be observed."""
        known = self._known.get(endpoint)
        return known is None or not known.at <= now < known.at + READ_INTERVAL

    def note(self, endpoint: str, now: float, seen: ServiceObservation) -> None:
        self._known[endpoint] = KnownService(at=now, seen=seen)
        self._known.move_to_end(endpoint)
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)

    def get(self, endpoint: str) -> ServiceObservation | None:
        """Return what an endpoint was recognised by; ``None``: it was never observed."""
        known = self._known.get(endpoint)
        return None if known is None else known.seen

    def keep(self, endpoints: Iterable[str]) -> None:
        wanted = set(endpoints)
        for gone in [id_ for id_ in self._known if id_ not in wanted]:
            del self._known[gone]

    def dump(self, endpoint: str) -> dict[str, Any]:
        known = self._known[endpoint]
        return {
            "at": known.at,
            "seen": {
                "identity": asdict(known.seen.fingerprint),
                "elsewhere": [asdict(location) for location in known.seen.elsewhere],
            },
        }

    def load(self, endpoint: str, kept: Mapping[str, Any]) -> None:
        seen = kept["seen"]
        self.note(
            endpoint,
            kept["at"],
            ServiceObservation(
                fingerprint=ServiceFingerprint(**seen["identity"]),
                elsewhere=tuple(ServiceLocation(**location) for location in seen["elsewhere"]),
            ),
        )


MAX_CONCURRENT = 4  # Observations at the same time
MAX_WAITING = 200  # Observations that wait for their turn; a further one comes with a later check
FIRST_SECONDS = 600.0  # Seconds within which all are observed once


class RelocationWatcher:
    """Observes endpoints beside their checks; to be used in one event loop.

    A service that is well is observed once an hour: those with ports where they may go at once,
    the others for the first time within ten minutes, so that a start is no burst.
    """

    def __init__(
        self,
        resolver: ProbeResolver | None = None,
        clock: Callable[[], float] = time.time,
        keep: Callable[[str, dict[str, Any]], None] = lambda _, __: None,
    ) -> None:
        self.memory = FingerprintMemory()
        self._keep = keep
        self._began = clock()
        self._resolver = resolver or ProbeResolver()
        self._clock = clock
        self._gate = asyncio.Semaphore(MAX_CONCURRENT)
        self._looking: dict[str, asyncio.Task[None]] = {}

    def saw(self, endpoint: Endpoint, check: Check) -> None:
        """Take note of a check; a service that is well is observed once an hour."""
        id_ = endpoint.id
        if not check.up or id_ in self._looking or len(self._looking) >= MAX_WAITING:
            return
        now = self._clock()
        if not (endpoint.mine or endpoint.ports) and now < self._began + _first_wait(id_):
            return
        if self.memory.is_due(id_, now) and location_of(endpoint) is not None:
            task = asyncio.get_running_loop().create_task(self._remember(endpoint))
            self._looking[id_] = task
            task.add_done_callback(lambda _: self._looking.pop(id_, None))

    async def search(self, endpoint: Endpoint, kind: KindName | None) -> Relocation | None:
        """Return where an endpoint has moved to; ``None``: that cannot be said."""
        known = self.memory.get(endpoint.id)
        if kind != "tcp.refused" or known is None:
            return None
        return await find_relocation(
            endpoint, known.fingerprint, known.elsewhere, resolver=self._resolver
        )

    async def settle(self) -> None:
        """Wait until no observation is under way."""
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _remember(self, endpoint: Endpoint) -> None:
        location = location_of(endpoint)
        assert location is not None
        async with self._gate:
            with contextlib.suppress(OSError, ValueError, EOFError):  # the next check says why
                seen = await observe_twice(endpoint, location, self._resolver)
                self.memory.note(endpoint.id, self._clock(), seen)
                self._keep(endpoint.id, self.memory.dump(endpoint.id))


def _first_wait(endpoint: str) -> float:
    """Seconds until an endpoint is observed for the first time."""
    return crc32(endpoint.encode()) / 2**32 * FIRST_SECONDS
