"""What failing endpoints may have in common, and whether that is the cause.

What endpoints have in common is a *key*: the host, the address, the /24 (IPv6: /48) around it, the
proxy, the resolver, the registrable domain of the name, the certificate. A key may be the cause of
some kinds only (a dead host causes no 500, a dead resolver no refused connection), and
only if it is **pure**: of the endpoints that carry it and were checked since it began, nearly all
fail with such a kind: 0.8 and two at least, all of an address, all and three at least of a subnet.
Sites of strangers behind one address of a CDN are told apart
by the third one that answers. That two endpoints fail with the same kind joins nothing; on one host
the same HTTP status may, if nearly all of that host answer with it.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ringback.incident.pattern import RESOLVER_KINDS, is_of_reach

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from ringback.failure.names import KindName
    from ringback.incident.lifecycle import CorrelationKey, IncidentRegistry
    from ringback.incident.model import Incident
    from ringback.incident.tracker import EndpointTracker

MIN_JOIN_WINDOW: Final = 120.0
"""Seconds after an incident's newest member within which another joins it for the same cause, at
least: where checks are rarer, two intervals and a timeout."""

UNITED_SHARE: Final = 0.8  # Share of a pure key's carriers whose outages are one
MAX_CARRIERS_SEEN: Final = 64
"""Carriers of a key that are looked through: in an outage of thousands each asks."""

_PURITY: Final[Mapping[str, tuple[float, int]]] = {"address": (1.0, 2), "subnet": (1.0, 3)}
"""Key to the share of its carriers that must fail, and how many at least; else 0.8, and 2."""


def _is_of_resolver(kind: KindName | None) -> bool:
    return kind in RESOLVER_KINDS


def _is_of_names(kind: KindName | None) -> bool:
    return kind is not None and kind.startswith("dns.")


def _is_of_certificates(kind: KindName | None) -> bool:
    return kind is not None and kind.startswith("tls.cert.")


_CAUSES: Final[Mapping[str, Callable[[KindName | None], bool]]] = {
    "host": is_of_reach,
    "address": is_of_reach,
    "subnet": is_of_reach,
    "proxy": is_of_reach,
    "resolver": _is_of_resolver,
    "zone": _is_of_names,
    "certificate": _is_of_certificates,
}
"""Key to whether it can be the cause of a kind."""


def correlation_keys_of(tracker: EndpointTracker) -> Iterator[CorrelationKey]:
    """Yield what an endpoint may have in common with others that fail."""
    host = tracker.watched.host
    if host:
        yield "host", host
    if tracker.address is not None:
        yield "address", tracker.address
        if subnet := _subnet(tracker.address):
            yield "subnet", subnet
    if tracker.watched.proxy:
        yield "proxy", tracker.watched.proxy
    if tracker.certificate is not None:
        yield "certificate", tracker.certificate
    if host and not _is_address(host):
        yield "resolver", tracker.watched.resolver
        if zone := registrable_domain(host):
            yield "zone", zone


@lru_cache(4096)
def _subnet(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))


@lru_cache(4096)
def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(4096)
def registrable_domain(host: str) -> str:
    """Return the part of a name that somebody registered, by the Public Suffix List.

    Without that list (the extra ``monitor`` has it) the last two labels.
    """
    name = host.rstrip(".").lower()
    labels = name.split(".")
    if len(labels) < 2:
        return ""
    try:
        return str(_public_suffixes().privatesuffix(name) or "")
    except ImportError:
        return ".".join(labels[-2:])


@lru_cache(1)
def _public_suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - read when it is asked for

    return PublicSuffixList()


def is_recent(
    incident: Incident,
    now: float,
    window: float,
    whats: Collection[str] = ("opened", "joined", "reopened"),
) -> bool:
    """Return whether an incident's newest member joined it within a window of seconds."""
    joined = next(
        (entry.at for entry in reversed(incident.timeline) if entry.what in whats),
        incident.opened_at,
    )
    return now - joined <= window


def gives_one_answer(key: str, tracker: EndpointTracker, other: EndpointTracker) -> bool:
    """Return whether services of a host fail alike: with a status, or with a certificate."""
    kind = tracker.kind
    if key != "host" or kind is None or kind != other.kind:
        return False
    if kind.startswith("http.error"):
        return tracker.status is not None and tracker.status == other.status
    return kind.startswith("tls.cert.")


def may_have_one_cause(kind: KindName | None, other: KindName | None) -> bool:
    """Return whether something that endpoints have in common can cause both of these kinds."""
    return kind == other or any(causes(kind) and causes(other) for causes in _CAUSES.values())


def join_window(tracker: EndpointTracker) -> float:
    return max(MIN_JOIN_WINDOW, 2 * tracker.watched.every + tracker.watched.timeout)


class CauseFinder:
    """Finds what the outages of endpoints have for a cause."""

    def __init__(self, trackers: Mapping[str, EndpointTracker], registry: IncidentRegistry) -> None:
        self._trackers, self._registry = trackers, registry

    def of(self, tracker: EndpointTracker) -> Iterator[CorrelationKey]:
        for key in self._registry.keys_of(tracker.id):
            if _CAUSES[key[0]](tracker.kind) or gives_one_answer(key[0], tracker, tracker):
                yield key

    def shared_outage(self, tracker: EndpointTracker, at: float) -> Incident | None:
        """Return the open outage with which an endpoint shares its cause, the oldest."""
        found: dict[str, Incident] = {}
        for key in self.of(tracker):
            alike = self._joinable(key, tracker, at)
            if alike and self._is_pure(key, tracker, self._onset(alike, tracker)):
                found |= {incident.id: incident for incident in alike}
        return min(
            found.values(), key=lambda incident: (incident.opened_at, incident.id), default=None
        )

    def _is_alike(self, incident: Incident, tracker: EndpointTracker) -> bool:
        """Return whether an outage is one that this endpoint may be part of."""
        if incident.detector or incident.observer:
            return False
        partial = tracker.state == "partial"
        if incident.partial is not partial:
            return False
        return not partial or incident.pattern == tracker.judgement.pattern

    def _onset(self, incidents: Iterable[Incident], tracker: EndpointTracker) -> float:
        begun = [tracker.since] + [
            self._trackers[id_].since
            for incident in incidents
            for id_ in self._registry.members_of(incident)[:1]
        ]
        return min((at for at in begun if at is not None), default=0.0)

    def _is_pure(self, key: CorrelationKey, tracker: EndpointTracker, since: float) -> bool:
        share, least = _PURITY.get(key[0], (0.8, 2))
        seen = failing = 0
        for other in self._carriers(key):
            if other.seen is None or other.seen < since:
                continue
            seen += 1
            failing += self._fails_for(key, other, tracker)
        return failing >= least and failing >= share * seen

    def _fails_for(
        self, key: CorrelationKey, other: EndpointTracker, tracker: EndpointTracker
    ) -> bool:
        if not other.is_failing:
            return False
        if _CAUSES[key[0]](tracker.kind):
            return _CAUSES[key[0]](other.kind)
        return gives_one_answer(key[0], tracker, other)

    def _carriers(self, key: CorrelationKey) -> Iterator[EndpointTracker]:
        for id_ in islice(self._registry.carriers(key), MAX_CARRIERS_SEEN):
            if id_ in self._trackers:
                yield self._trackers[id_]

    def _joinable(self, key: CorrelationKey, tracker: EndpointTracker, at: float) -> list[Incident]:
        return [
            incident
            for incident in self._registry.sharing(key)
            if self._is_joinable(key, incident, tracker, at)
        ]

    def _is_joinable(
        self, key: CorrelationKey, incident: Incident, tracker: EndpointTracker, at: float
    ) -> bool:
        if not self._is_alike(incident, tracker):
            return False
        if not is_recent(incident, at, join_window(tracker)):
            return False
        if _CAUSES[key[0]](tracker.kind):
            return _CAUSES[key[0]](incident.kind)
        members = self._registry.members_of(incident)[:1]
        return any(gives_one_answer(key[0], tracker, self._trackers[id_]) for id_ in members)

    def unseen_carriers(self, tracker: EndpointTracker, at: float) -> Iterator[str]:
        """Yield the carriers of a key that other outages share, that were not checked since."""
        for key in self.of(tracker):
            alike = self._joinable(key, tracker, at)
            if key[0] == "resolver" or not alike:
                continue
            since = self._onset(alike, tracker)
            for other in self._carriers(key):
                if other.seen is not None and other.seen < since and other is not tracker:
                    yield other.id

    def one_cause(self, key: CorrelationKey, tracker: EndpointTracker, at: float) -> list[Incident]:
        """Return the outages of the carriers of a key that nearly all of them fail for."""
        carriers = list(self._carriers(key))
        failing = [other for other in carriers if self._fails_for(key, other, tracker)]
        least = _PURITY.get(key[0], (0.8, 2))[1]
        if len(failing) < least or len(failing) < UNITED_SHARE * len(carriers):
            return []
        if not self._is_pure(key, tracker, self._onset((), tracker)):
            return []
        found: dict[str, Incident] = {}
        for other in failing:
            outage = self._registry.outage_of(other.id)
            if outage is None or not self._is_alike(outage, tracker):
                continue
            # One that began long before for another reason is another incident
            if (len(failing) > 2 and outage.kind == tracker.kind) or (
                is_recent(outage, at, join_window(tracker))
                and may_have_one_cause(outage.kind, tracker.kind)
            ):
                found[outage.id] = outage
        members = {id_ for outage in found.values() for id_ in self._registry.members_of(outage)}
        return list(found.values()) if members <= {other.id for other in failing} else []
