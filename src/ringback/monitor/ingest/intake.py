"""Where reported calls go: to the endpoint they were for, or among what was discovered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ringback.client.origin import origin_of
from ringback.monitor.config.naming import slug
from ringback.monitor.model import Discovered, PassiveCheck

if TYPE_CHECKING:
    from ringback.incident.model import Check
    from ringback.monitor.model import Endpoint

_HTTP = ("http://", "https://")


class EndpointIndex:
    """The endpoints by what is called.

    A call of ``scheme://host:port`` is for the HTTP endpoint of that origin; of several, for that
    with the shortest path. A call of another protocol is for the endpoint of that host and port
    that is none of HTTP.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._endpoints = tuple(endpoints)

    @cached_property
    def _ids(self) -> dict[str, str]:
        """Origin, or host and port, to the id of an endpoint.

        Made when a call is reported: of 100,000 endpoints that is a second, which one that takes
        the lead over does not have.
        """
        found: dict[str, str] = {}
        for endpoint in sorted(self._endpoints, key=_path_length):
            if endpoint.type == "http":
                found.setdefault(origin_of(endpoint.url), endpoint.id)
            elif endpoint.type in {"tcp", "tls", "service"}:
                url = endpoint.url if "://" in endpoint.url else f"{endpoint.type}://{endpoint.url}"
                found.setdefault(_host_port(origin_of(url)), endpoint.id)
        return found

    def endpoint_for(self, origin: str) -> str | None:
        """Return the id of the endpoint that a call was for; ``None``: none is configured."""
        origin = origin_of(origin)
        return self._ids.get(origin if origin.startswith(_HTTP) else _host_port(origin))


def _host_port(origin: str) -> str:
    return origin.partition("://")[2]


def _path_length(endpoint: Endpoint) -> int:
    # For 100,000 endpoints a parser of URLs takes a second.
    rest = endpoint.url.partition("://")[2].partition("#")[0]
    return len(rest.partition("/")[2].rstrip("/"))


MAX_DISCOVERED = 1000  # Origins that are remembered; of more, those seen last


class Discoveries:
    """Origins that were called, with counts: bounded, and to be kept by a store as JSON."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Discovered] = OrderedDict()

    def see(self, passive: PassiveCheck) -> None:
        """Note calls of an origin that is not configured."""
        at, failures = passive.check.at, passive.calls if passive.check.up is False else 0
        known = self._seen.pop(passive.origin, None) or Discovered(
            id=self._new_id(passive.origin),
            url=passive.origin,
            first_seen=at,
            last_seen=at,
            calls=0,
            failures=0,
        )
        self._seen[passive.origin] = replace(
            known,
            last_seen=max(known.last_seen, at),
            calls=known.calls + passive.calls,
            failures=known.failures + failures,
        )
        while len(self._seen) > MAX_DISCOVERED:
            self._seen.popitem(last=False)

    def all(self) -> list[Discovered]:
        """Return them, those first that were called last."""
        return list(reversed(self._seen.values()))

    def get(self, id_: str) -> Discovered | None:
        return next((origin for origin in self._seen.values() if origin.id == id_), None)

    def forget(self, origins: Iterable[str]) -> None:
        """Forget origins, because they are watched now."""
        for origin in origins:
            self._seen.pop(origin, None)

    def dump(self) -> list[dict[str, Any]]:
        return [asdict(origin) for origin in self._seen.values()]

    def load(self, kept: Iterable[dict[str, Any]]) -> None:
        self._seen = OrderedDict((origin["url"], Discovered(**origin)) for origin in kept)

    def _new_id(self, origin: str) -> str:
        id_ = slug(origin)
        return id_ if self.get(id_) is None else slug(f"{origin} {len(self._seen)}")


MAX_LATENESS = 30.0
"""Seconds: what ended so long before the newest check of its endpoint says nothing any more."""


class Intake:
    """Sorts what programs report."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        take: Callable[[Check], None],
        newest: Callable[[str], float | None] = lambda _: None,
    ) -> None:
        self.discoveries = Discoveries()  # What is called and not watched
        self.late = 0  # How many checks came too late to say anything
        self._index = EndpointIndex(endpoints)
        self._take, self._newest = take, newest

    def configure(self, endpoints: Iterable[Endpoint]) -> None:
        self._index = EndpointIndex(endpoints)
        known = [origin.url for origin in self.discoveries.all()]
        self.discoveries.forget(url for url in known if self._index.endpoint_for(url))

    def take(self, reported: Iterable[PassiveCheck]) -> int:
        calls = 0
        for passive in reported:
            calls += passive.calls
            endpoint = self._index.endpoint_for(passive.origin)
            if endpoint is None:
                self.discoveries.see(passive)
            else:
                self._checked(endpoint, passive.check)
        return calls

    def _checked(self, endpoint: str, check: Check) -> None:
        newest = self._newest(endpoint)
        if newest is None or check.at >= newest:
            self._take(replace(check, endpoint=endpoint))
        elif (
            check.at >= newest - MAX_LATENESS
        ):  # it was on its way for a moment; time does not run back
            self._take(replace(check, endpoint=endpoint, at=newest))
        else:
            self.late += 1
