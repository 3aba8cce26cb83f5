"""What the store knows, asked for without holding up the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from ringback.monitor.store.interface import EVERY_INCIDENT, IncidentFilter, StoreProblem
from ringback.monitor.web.request import HTTPProblem

if TYPE_CHECKING:
    from ringback.incident.model import Incident
    from ringback.monitor.queries import MonitorQueries

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def query_store(question: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    try:
        return await run_in_threadpool(question, *args, **kwargs)
    except StoreProblem as error:
        raise HTTPProblem(503, f"stored data cannot be read now: {error}") from error


async def find_incident(queries: MonitorQueries, id_: str) -> Incident:
    """Return one incident, open or over."""
    found = next((incident for incident in queries.incidents() if incident.id == id_), None)
    found = found or await query_store(queries.store.incident, id_)
    if found is None:
        raise HTTPProblem(404, "there is no such incident")
    return found


async def find_incidents(
    queries: MonitorQueries, wanted: IncidentFilter = EVERY_INCIDENT, most: int = 100
) -> list[Incident]:
    """Return incidents, newest first: the open ones as they are now, the others from the store."""
    kept = await query_store(queries.store.incidents, wanted, most)
    found = {incident.id: incident for incident in kept}
    for incident in queries.incidents():
        if wanted.takes(incident):
            found[incident.id] = incident
        else:
            found.pop(incident.id, None)
    newest_first = sorted(found.values(), key=lambda incident: incident.opened_at, reverse=True)
    return newest_first[:most]
