"""Whether a service that refuses at its port answers at another, and the verdict that says so."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.monitor.moved.identity import TRAITS, Recognition, look
from ringback.monitor.moved.place import Place, configured, neighbouring, place_of, recorded
from ringback.monitor.probe.connect import Names

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.moved.identity import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A service at another port.

    Attributes:
        endpoint: Id of the endpoint.
        before: Where it was.
        place: Where it is.
        recognition: By what it was known again.
    """

    endpoint: str
    before: Place
    place: Place
    recognition: Recognition

    @property
    def summary(self) -> str:
        """What happened, in one sentence."""
        return (
            f"Nothing listens at {self.before.shown} any more; the same service answers at "
            f"{self.place.shown}."
        )

    @property
    def matched(self) -> str:
        """How it was known again: ``2 of 3 match: certificate key, answer``."""
        named = ", ".join(TRAITS[name] for name in self.recognition.matched)
        return f"{len(self.recognition.matched)} of {self.recognition.known} match: {named}"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do."""
        return (
            f"If that was meant, let clients and the configuration use {self.place.shown}.",
            f"If not, let the service listen on port {self.before.port} again.",
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
            _reading(self.place, "ok", f"the same service, {self._found}; {self.matched}", None),
        ]

    @property
    def _found(self) -> str:
        source = self.place.source
        return {
            "configured": "at a configured port",
            "neighbouring": "at a neighbouring port",
        }.get(source, f"where its {source} points")


def _reading(place: Place, state: str, result: str, kind: str | None) -> dict[str, Any]:
    return {
        "layer": "service",
        "what": "identity",
        "subject": place.shown,
        "state": "failed" if kind else state,
        "result": result,
        "kind": kind,
        "at": 0.0,
        "seconds": 0.0,
        "facts": {"port": place.port, "scheme": place.scheme, "source": place.source},
    }


Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How hard to search.

    Attributes:
        seconds: For all of it.
        at_once: Connections at the same time.
        most: Places that are looked at.
    """

    seconds: float = 10.0
    at_once: int = 4
    most: int = 32


async def moved(
    endpoint: Endpoint,
    last_good: Identity,
    remembered: Iterable[Place] = (),
    *,
    names: Names | None = None,
    nameservers: Sequence[Address] = (),
    limits: Limits = Limits(),
) -> Moved | None:
    """Return where a service has moved to; ``None``: that cannot be said.

    Only where its port refuses the connection, which says that its host is alive. Looked for is
    where the service itself once pointed (redirects, Alt-Svc), where its DNS records point, at the
    configured ports and, of hosts that are one's own, at ports near by. What answers there must be
    the same service by its certificate's key, its answer or its banner.
    """
    own = place_of(endpoint)
    if own is None or not last_good:
        return None
    search = _Search(endpoint, own, last_good, names or Names(), limits)
    try:
        async with asyncio.timeout(limits.seconds):
            if not await search.refuses():
                return None
            return (
                await search.among(remembered)
                or await search.among(await recorded(own, nameservers))
                or await search.among(configured(endpoint, own))
                or await search.among(neighbouring(endpoint, own))
            )
    except TimeoutError:
        return None


class _Search:
    def __init__(
        self, endpoint: Endpoint, own: Place, last_good: Identity, names: Names, limits: Limits
    ) -> None:
        self._endpoint = endpoint
        self._own = own
        self._last_good = last_good
        self._names = names
        self._left = limits.most
        self._gate = asyncio.Semaphore(limits.at_once)
        self._tried = {(own.scheme, own.host, own.port)}

    async def refuses(self) -> bool:
        """Return whether the host refuses the connection at the usual port."""
        try:
            await look(self._endpoint, self._own, self._names)
        except OSError as error:
            return error.errno == errno.ECONNREFUSED
        except ValueError:  # the host cannot be a name
            return False
        return False

    async def among(self, places: Iterable[Place]) -> Moved | None:
        """Return the first of these places where the service is."""
        found = await asyncio.gather(*(self._at(one) for one in self._new(places)))
        return next((one for one in found if one is not None), None)

    def _new(self, places: Iterable[Place]) -> list[Place]:
        new: list[Place] = []
        for one in places:
            key = (one.scheme, one.host, one.port)
            if key not in self._tried and self._left > 0:
                self._tried.add(key)
                self._left -= 1
                new.append(one)
        return new

    async def _at(self, place: Place) -> Moved | None:
        async with self._gate:
            try:
                seen = await look(self._endpoint, place, self._names)
            except (OSError, ValueError, EOFError):  # closed, or it speaks something else
                return None
        recognition = self._last_good.known_again(seen.identity)
        if not recognition.certain:
            return None
        return Moved(
            endpoint=self._endpoint.id, before=self._own, place=place, recognition=recognition
        )
