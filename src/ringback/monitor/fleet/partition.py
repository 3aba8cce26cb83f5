"""Why an endpoint is reached from one place and not from another: both diagnose it.

The hub diagnoses each incident that opens. Of a network partition one agent of the other side does
as well: one that does not get through where the hub does, or the other way round. What differs
between the two reports, and which difference explains it, becomes evidence of the incident.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ringback.incident.vote import BROKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringback.incident.model import Incident
    from ringback.monitor.core import MonitorCore
    from ringback.monitor.fleet.agents import Agent

_MAX_REPORTS: Final = 100
_MAX_ADVICE: Final = 2
_MAX_LINE: Final = 300


class Partitions:
    """The partitions that are open, and what was found out about each."""

    def __init__(self, core: MonitorCore) -> None:
        self._core = core
        self._asked: dict[str, Agent] = {}  # Incident's id to who was asked
        self._reports: dict[str, Mapping[str, Any]] = {}

    def wanted(self, agents: list[Agent]) -> Iterator[tuple[Agent, dict[str, str]]]:
        """Yield what is to be diagnosed now, and by whom."""
        opened = self._opened()
        self._asked = {id_: agent for id_, agent in self._asked.items() if id_ in opened}
        self._reports = {id_: known for id_, known in self._reports.items() if id_ in opened}
        for id_, incident in opened.items():
            if id_ in self._asked or len(self._asked) >= _MAX_REPORTS:
                continue
            for endpoint in incident.members:
                agent = self._other_side(endpoint, agents)
                if agent is not None:
                    self._asked[id_] = agent
                    yield agent, {"incident": id_, "endpoint": endpoint}
                    break

    def _opened(self) -> dict[str, Incident]:
        return {
            incident.id: incident
            for incident in self._core.engine.incidents()
            if incident.pattern == "network_partition"
        }

    def _other_side(self, endpoint: str, agents: Iterable[Agent]) -> Agent | None:
        votes = {vote.observer: vote for vote in self._core.engine.votes_on(endpoint)}
        here = votes.get(f"probe:{self._core.vantage}")
        fails_here = here is not None and here.state in BROKEN
        for agent in agents:
            vote = votes.get(f"probe:{agent.vantage}")
            if vote is None or vote.state not in {*BROKEN, "ok"}:
                continue
            if (vote.state in BROKEN) != fails_here:
                return agent
        return None

    def take(self, agent: Agent, incident: str, report: Mapping[str, Any]) -> None:
        """Take the report of an agent; one that was not asked for says nothing."""
        if self._asked.get(incident) is agent:
            self._reports[incident] = report

    def compared(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield of each incident with reports of both sides what differs, and what to do, once."""
        opened = self._opened()
        for id_ in [known for known in self._reports if known in opened]:
            here = opened[id_].diagnosis
            if here is None:
                continue
            found = _comparison(here, self._core.vantage, self._reports.pop(id_), self._asked[id_])
            if found is not None:
                yield id_, *found


def _comparison(
    here: Mapping[str, Any], vantage: str, there: Mapping[str, Any], agent: Agent
) -> tuple[str, tuple[str, ...]] | None:
    """Return in one line what explains the difference, and what to do; ``None``: cannot be said."""
    # Loaded with the first partition: it takes the stages' values.
    from ringback.diagnosis.compare import NotComparable, compare  # noqa: PLC0415 - see above
    from ringback.diagnosis.record import RecordError, diagnosis_from  # noqa: PLC0415 - see above
    from ringback.monitor.fleet.protocol import line  # noqa: PLC0415 - pydantic

    try:
        reports = [diagnosis_from(json.dumps(dict(report))) for report in (here, there)]
        found = compare(reports, (vantage, agent.vantage))
    except (RecordError, NotComparable):
        return None
    told = found.explanations[0].summary if found.explanations else found.summary
    advice = tuple(line(step)[:_MAX_LINE] for step in found.advice[:_MAX_ADVICE])
    return line(told)[:_MAX_LINE], advice
