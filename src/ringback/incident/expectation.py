"""What a scenario expects of the judgement: one function for each sort of expectation.

A sort is a key that no other has (``incident``, ``messages`` …). Its function reads the
expectation once, so that a mistake in it is found before anything is judged, and returns what says
whether an outcome meets it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringback.incident.model import EndpointState, Incident, Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A notification that was sent."""

    at: float  # In seconds since 1970 UTC
    notifier: str  # Whose it was
    subject: str
    incidents: tuple[str, ...]  # Ids of those that it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioOutcome:
    """What came of a scenario."""

    start: float  # What the times of expectations count from, in seconds since 1970 UTC
    incidents: tuple[Incident, ...]  # As they were at the end, oldest first
    patterns: frozenset[Pattern]  # All that any of them ever had
    # Endpoint to its states: since when, and which; the first one is that at the start
    states: Mapping[str, tuple[tuple[float, EndpointState], ...]]
    sent: tuple[Sent, ...] = ()  # In order of time

    @property
    def whole(self) -> list[Incident]:
        """The incidents without those that turned out to be part of another."""
        return [incident for incident in self.incidents if not incident.part_of]

    def state(self, endpoint: str, at: float) -> EndpointState:
        """Return the state of an endpoint at a time."""
        states = self.states.get(endpoint, ())
        return next((state for since, state in reversed(states) if since <= at), "unknown")


Judge = Callable[[ScenarioOutcome], bool]
"""Returns whether an outcome is as expected."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that is expected."""

    given: Mapping[str, Any]  # As the scenario has it
    is_met_by: Judge


def expectation_from(given: Mapping[str, Any]) -> Expectation:
    """Return an expectation of a scenario; ``ValueError`` names what is not known of it."""
    sorts = [name for name in EXPECTATIONS if name in given]
    if len(sorts) != 1:
        raise ValueError(
            f"there is no expectation of this sort: {', '.join(given) or 'an empty one'}; "
            f"there are {', '.join(EXPECTATIONS)}"
        )
    sort = EXPECTATIONS[sorts[0]]
    for name in sorted(given.keys() - {sorts[0]} - sort.further):
        raise ValueError(f"an expectation of the sort {sorts[0]!r} has no {name!r}")
    return Expectation(given, sort.read(given))


def _incident(given: Mapping[str, Any]) -> Judge:
    """Some incident has this pattern and these members, and was opened and closed then."""
    pattern, members = str(given["incident"]), frozenset(map(str, given["members"]))
    opened, severity = given.get("opened"), given.get("severity")
    is_opened = _always if opened is None else _within(opened, "opened")
    is_closed = _closed(given.get("closed", _ANY))

    def is_meant(incident: Incident, start: float) -> bool:
        found = frozenset(incident.members)
        return (
            incident.pattern == pattern
            and (found >= members if given.get("more") else found == members)
            and is_opened(incident.opened_at - start)
            and is_closed(None if incident.closed_at is None else incident.closed_at - start)
            and severity in {None, incident.severity}
        )

    return lambda outcome: any(is_meant(incident, outcome.start) for incident in outcome.whole)


def _incidents(given: Mapping[str, Any]) -> Judge:
    """There are so many incidents, without those that are part of another."""
    fits = _within(given["incidents"], "incidents")
    return lambda outcome: fits(len(outcome.whole))


def _messages(given: Mapping[str, Any]) -> Judge:
    """The notifier that has most to send sends so many notifications."""
    fits = _within(given["messages"], "messages")

    def is_met(outcome: ScenarioOutcome) -> bool:
        counts = Counter(sent.notifier for sent in outcome.sent)
        return fits(max(counts.values(), default=0))

    return is_met


def _never(given: Mapping[str, Any]) -> Judge:
    """No incident ever has this pattern, not even until it is renamed."""
    return lambda outcome: given["never"] not in outcome.patterns


def _state(given: Mapping[str, Any]) -> Judge:
    """An endpoint is in this state at a time; one that recovers is down until that is confirmed."""
    state, endpoint, at = given["state"], str(given["endpoint"]), _number(given["at"], "at")

    def is_met(outcome: ScenarioOutcome) -> bool:
        found = outcome.state(endpoint, outcome.start + at)
        return state == found or (state == "down" and found == "recovering")

    return is_met


def _alarm_within(given: Mapping[str, Any]) -> Judge:
    """Somebody is notified of every incident within so many seconds."""
    seconds = _number(given["alarm_within"], "alarm_within")

    def is_told(incident: Incident, outcome: ScenarioOutcome) -> bool:
        times = (sent.at for sent in outcome.sent if incident.id in sent.incidents)
        return next(times, math.inf) - incident.opened_at <= seconds

    return lambda outcome: all(is_told(incident, outcome) for incident in outcome.whole)


@dataclass(frozen=True, slots=True)
class ExpectationSort:
    """A sort of expectation."""

    read: Callable[[Mapping[str, Any]], Judge]
    further: frozenset[str] = frozenset()  # Keys that it has beside its own


EXPECTATIONS: Mapping[str, ExpectationSort] = {
    "incident": ExpectationSort(
        _incident, frozenset({"members", "more", "opened", "closed", "severity"})
    ),
    "incidents": ExpectationSort(_incidents),
    "messages": ExpectationSort(_messages),
    "never": ExpectationSort(_never),
    "state": ExpectationSort(_state, frozenset({"endpoint", "at"})),
    "alarm_within": ExpectationSort(_alarm_within),
}
"""Key that names a sort to how it is judged; docs/how-to/replay-a-log.md describes them."""

_ANY = "any"


def _always(_: object) -> bool:
    return True


def _closed(given: Any) -> Callable[[float | None], bool]:
    if given == _ANY:
        return _always
    if given is None:
        return lambda closed: closed is None
    fits = _within(given, "closed")
    return lambda closed: closed is not None and fits(closed)


def _within(given: Any, name: str) -> Callable[[float], bool]:
    """Return what says whether a number is the one given, or within the two."""
    span = given if isinstance(given, list) else [given, given]
    if len(span) != 2:
        raise ValueError(f"{name!r} is {given!r}, neither a number nor the least and the most")
    least, most = (_number(bound, name) for bound in span)
    return lambda number: least <= number <= most


def _number(given: Any, name: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError(f"{name!r} is {given!r}, not a number")
    return float(given)
