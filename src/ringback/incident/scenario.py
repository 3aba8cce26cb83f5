"""Scenarios: what observers saw, and what people should have been told, a JSON object a line.

The form is neutral: it names endpoints, observers, events and expectations, and none of ringback's
own rules, so that other judges can be held to it as well. docs/how-to/replay-a-log.md describes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ringback.failure.kind import kind_from
from ringback.failure.kinds import KINDS
from ringback.incident.expectation import Expectation, expectation_from
from ringback.incident.model import (
    CONTROL_PREFIX,
    CertificateSeen,
    Check,
    Origin,
    WatchedEndpoint,
)
from ringback.incident.replay import LineInvalid, json_object, seconds_from

if TYPE_CHECKING:
    from ringback.failure.names import KindName

_DIAGNOSIS = "diagnosis"  # The observer whose events say where the fault lies
_WHERE = "where:"
_JOB = "job"
_LOOPBACK = "127.0.0.1"

_CERTIFICATE_LIFE = 365 * 86400.0
"""Seconds that a certificate lasts from the start: a scenario does not say until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFound:
    """That a diagnosis of an endpoint said where the fault lies."""

    at: float
    endpoint: str
    where: str  # As a verdict says it: `this host`, `their service` …


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What observers saw between two times, and what should have come of it."""

    name: str
    start: float  # In seconds since 1970 UTC, as all times but those of expectations
    until: float
    watched: tuple[WatchedEndpoint, ...]
    events: tuple[Check | FaultFound, ...]  # In order of time
    expectations: tuple[Expectation, ...]  # Their times count from the start


def scenarios_of(
    lines: Iterable[str], known: Mapping[str, WatchedEndpoint] | None = None
) -> Iterator[Scenario]:
    """Yield the scenarios of a file.

    ``known`` has endpoints by id as a configuration has them; a scenario has the last word on what
    it says of its endpoints itself.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _scenario(json_object(line), known or {})
        except KeyError as error:
            raise LineInvalid(
                f"line {number} is no scenario: {error.args[0]!r} is missing"
            ) from None
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise LineInvalid(f"line {number} is no scenario: {error}") from None


def _scenario(entry: Mapping[str, Any], known: Mapping[str, WatchedEndpoint]) -> Scenario:
    endpoints = {_text(given, "id"): given for given in _objects(entry, "endpoints")}
    observers = {_text(given, "id"): given for given in _objects(entry, "observers")}
    start = seconds_from(entry["start"])
    reader = _EventReader(start, endpoints, observers)
    events = sorted(map(reader.event, _objects(entry, "events")), key=lambda event: event.at)
    last = max((event.at for event in events), default=start)
    return Scenario(
        name=_text(entry, "name"),
        start=start,
        until=max(last, seconds_from(entry.get("until", start))),
        watched=tuple(_watched(given, known) for given in endpoints.values()),
        events=tuple(events),
        expectations=tuple(map(expectation_from, _objects(entry, "expect"))),
    )


def _watched(given: Mapping[str, Any], known: Mapping[str, WatchedEndpoint]) -> WatchedEndpoint:
    id_ = _text(given, "id")
    fields: dict[str, Any] = {
        name: read(given[name]) for name, read in _WATCHED_FIELDS.items() if name in given
    }
    if given.get(_JOB):  # when its reports are due is not said, so none is missed
        fields["grace"] = math.inf
    return replace(known.get(id_) or WatchedEndpoint(id=id_, name=id_), **fields)


_WATCHED_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "host": str,
    "every": float,
    "resolver": str,
    "proxy": str,
    "parents": lambda given: tuple(map(str, given)),
}
"""What a scenario and the engine call alike, and how it is read."""


class _EventReader:
    """Reads the events of one scenario."""

    def __init__(
        self,
        start: float,
        endpoints: Mapping[str, Mapping[str, Any]],
        observers: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._endpoints = endpoints
        self._origins = {id_: _origin(id_, _text(of, "kind")) for id_, of in observers.items()}
        self._domains = {id_: str(of.get("domain") or "") for id_, of in observers.items()}
        self._not_after = start + _CERTIFICATE_LIFE

    def event(self, given: Mapping[str, Any]) -> Check | FaultFound:
        at, id_, observer = seconds_from(given["at"]), _text(given, "endpoint"), given["observer"]
        endpoint = self._endpoints.get(id_, {})
        if not endpoint and not id_.startswith(CONTROL_PREFIX):
            raise ValueError(f"an event is about {id_!r}, which is none of its endpoints")
        kind, ok = given.get("kind"), given["ok"]
        if observer == _DIAGNOSIS:
            return FaultFound(at=at, endpoint=id_, where=_where(kind))
        if not (ok is None or isinstance(ok, bool)):
            raise ValueError(f"'ok' is {ok!r}, none of true, false and null")
        name, status = (None, None) if ok or kind is None else _kind(str(kind))
        return Check(
            at=at,
            endpoint=id_,
            up=ok,
            kind=name,
            status=status,
            origin="heartbeat" if endpoint.get(_JOB) else self._origins.get(observer, "probe"),
            vantage=str(observer),
            domain=self._domains.get(observer, ""),
            address=_LOOPBACK if endpoint.get("here") else endpoint.get("address"),
            certificate=self._certificate(endpoint),
        )

    def _certificate(self, endpoint: Mapping[str, Any]) -> CertificateSeen | None:
        if "cert" not in endpoint:
            return None
        return CertificateSeen(not_after=self._not_after, key=_text(endpoint, "cert"))


def _origin(observer: str, kind: str) -> Origin:
    if kind not in _ORIGINS:
        raise ValueError(f"observer {observer!r} is a {kind!r}, none of {', '.join(_ORIGINS)}")
    return _ORIGINS[kind]


_ORIGINS: Mapping[str, Origin] = {"probe": "probe", "call": "call", _JOB: "heartbeat"}


def _where(kind: object) -> str:
    if not isinstance(kind, str) or not kind.startswith(_WHERE):
        raise ValueError(f"a diagnosis says {kind!r}, not where the fault lies ('{_WHERE}…')")
    return kind.removeprefix(_WHERE)


def _kind(text: str) -> tuple[KindName, int | None]:
    """Return a kind, and the status that ``http.error.404`` has behind it."""
    before, _, last = text.rpartition(".")
    name, status = (before, int(last)) if last.isdecimal() else (text, None)
    if name not in KINDS:
        raise ValueError(f"there is no kind of failure {text!r}")
    return kind_from(name), status


def _objects(entry: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    given = entry[name]
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise TypeError(f"{name!r} is not a list of JSON objects")
    return given


def _text(entry: Mapping[str, Any], name: str) -> str:
    if not isinstance(entry[name], str):
        raise TypeError(f"{name!r} is {entry[name]!r}, not a text")
    return str(entry[name])
