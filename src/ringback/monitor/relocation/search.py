"""Whether a service that refuses at its port answers at another, and the verdict that says so."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.monitor.probe.connect import ProbeResolver
from ringback.monitor.relocation.fingerprint import FEATURES, Recognition, observe
from ringback.monitor.relocation.location import (
    ServiceLocation,
    configured_locations,
    location_of,
    neighbouring_locations,
    recorded_locations,
)

if TYPE_CHECKING:
    from ringback.failure.names import KindName
    from ringback.monitor.model import Endpoint
    from ringback.monitor.relocation.fingerprint import ServiceFingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocation:
    """A service at another port."""

    endpoint: str  # Id of the endpoint
    before: ServiceLocation
    location: ServiceLocation
    recognition: Recognition  # By what it was recognised

    @property
    def summary(self) -> str:
        return (
            f"Nothing listens at {self.before.shown} any more; the same service answers at "
            f"{self.location.shown}."
        )

    @property
    def matched(self) -> str:
        """How it was recognised: ``2 of 3 match: certificate key, answer``."""
        named = ", ".join(FEATURES[name] for name in self.recognition.matched)
        return f"{len(self.recognition.matched)} of {self.recognition.known} match: {named}"

    @property
    def advice(self) -> tuple[str, ...]:
        return (
            f"If this was intended, point clients and the configuration to {self.location.shown}.",
            f"If not, make the service listen on port {self.before.port} again.",
        )

    def into(self, report: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a diagnosis that says so."""
        known = dict(report or {"readings": []})
        readings = [*known.get("readings", ()), *self._readings()]
        verdict = {
            **(known.get("verdict") or {"alternatives": [], "beside": []}),
            "kind": "tcp.refused",
            "cause": "wrong_port",
            "where": "their service",
            "summary": self.summary,
            "confidence": round(self.recognition.confidence, 3),
            "evidence": [len(readings) - 2, len(readings) - 1],
            "advice": list(self.advice),
        }
        return {**known, "readings": readings, "verdict": verdict}

    def _readings(self) -> list[dict[str, Any]]:
        return [
            _reading(self.before, "refused", "refused", "tcp.refused"),
            _reading(self.location, "ok", f"the same service, {self._found}; {self.matched}", None),
        ]

    @property
    def _found(self) -> str:
        source = self.location.source
        return {
            "configured": "at a configured port",
            "neighbouring": "at a neighbouring port",
        }.get(source, f"where its {source} points")


def _reading(
    location: ServiceLocation, state: str, result: str, kind: KindName | None
) -> dict[str, Any]:
    return {
        "layer": "service",
        "what": "identity",
        "subject": location.shown,
        "state": "failed" if kind else state,
        "result": result,
        "kind": kind,
        "at": 0.0,
        "seconds": 0.0,
        "facts": {"port": location.port, "scheme": location.scheme, "source": location.source},
    }


Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """How hard to search."""

    seconds: float = 10.0
    at_once: int = 4  # Connections at the same time
    most: int = 32  # Locations that are tried


async def find_relocation(
    endpoint: Endpoint,
    last_good: ServiceFingerprint,
    remembered: Iterable[ServiceLocation] = (),
    *,
    resolver: ProbeResolver | None = None,
    nameservers: Sequence[Address] = (),
    limits: SearchLimits = SearchLimits(),
) -> Relocation | None:
    """Return where a service has moved to; ``None``: that cannot be said.

    Only where its port refuses the connection, which says that its host is alive. Looked for is
    where the service itself once pointed (redirects, Alt-Svc), where its DNS records point, at the
    configured ports and, of hosts that are one's own, at ports near by. What answers there must be
    the same service by its certificate's key, its answer or its banner.
    """
    own = location_of(endpoint)
    if own is None or not last_good:
        return None
    search = _Search(endpoint, own, last_good, resolver or ProbeResolver(), limits)
    try:
        async with asyncio.timeout(limits.seconds):
            if not await search.refuses():
                return None
            return (
                await search.among(remembered)
                or await search.among(await recorded_locations(own, nameservers))
                or await search.among(configured_locations(endpoint, own))
                or await search.among(neighbouring_locations(endpoint, own))
            )
    except TimeoutError:
        return None


class _Search:
    def __init__(
        self,
        endpoint: Endpoint,
        own: ServiceLocation,
        last_good: ServiceFingerprint,
        resolver: ProbeResolver,
        limits: SearchLimits,
    ) -> None:
        self._endpoint, self._own, self._last_good = endpoint, own, last_good
        self._resolver = resolver
        self._left = limits.most
        self._gate = asyncio.Semaphore(limits.at_once)
        self._tried = {(own.scheme, own.host, own.port)}

    async def refuses(self) -> bool:
        """Return whether the host refuses the connection at the usual port."""
        try:
            await observe(self._endpoint, self._own, self._resolver)
        except OSError as error:
            return error.errno == errno.ECONNREFUSED
        except ValueError:  # the host cannot be a name
            return False
        return False

    async def among(self, locations: Iterable[ServiceLocation]) -> Relocation | None:
        """Return the first of these locations where the service is."""
        found = await asyncio.gather(*(self._at(location) for location in self._new(locations)))
        return next((relocation for relocation in found if relocation is not None), None)

    def _new(self, locations: Iterable[ServiceLocation]) -> list[ServiceLocation]:
        new: list[ServiceLocation] = []
        for location in locations:
            key = (location.scheme, location.host, location.port)
            if key not in self._tried and self._left > 0:
                self._tried.add(key)
                self._left -= 1
                new.append(location)
        return new

    async def _at(self, location: ServiceLocation) -> Relocation | None:
        async with self._gate:
            try:
                seen = await observe(self._endpoint, location, self._resolver)
            except (OSError, ValueError, EOFError):  # closed, or it speaks something else
                return None
        recognition = self._last_good.known_again(seen.fingerprint)
        if not recognition.certain:
            return None
        return Relocation(
            endpoint=self._endpoint.id, before=self._own, location=location, recognition=recognition
        )
