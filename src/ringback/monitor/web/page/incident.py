"""The pages of incidents: all of them, and one with its diagnosis."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ringback.diagnosis.model import STAGES
from ringback.diagnosis.record import RecordError, diagnosis_of
from ringback.diagnosis.wording import MARKS, TITLES, label, standing, state_of
from ringback.monitor.web.history import incident_of, incidents_of
from ringback.monitor.web.page.page import page, turned_away
from ringback.monitor.web.problem import Problem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.diagnosis.model import Diagnosis, Reading, State
    from ringback.incident.model import Incident

_PAGE = 50


async def incidents(request: Request) -> Response:
    """Return the list of incidents, and the silences.

    Args:
        request: The request; ``before`` goes on where a list ended.

    Raises:
        Problem: ``before`` is no time.
    """
    if (login := turned_away(request, "read")) is not None:
        return login
    service = site_of(request).service
    before = _time(request.query_params.get("before"))
    found = await incidents_of(service, before=before, most=_PAGE)
    return await page(
        request,
        "incidents.html",
        incidents=found,
        older=found[-1].opened_at if len(found) == _PAGE else None,
        names=_names(request),
        silences=service.silences(),
    )


async def incident(request: Request) -> Response:
    """Return the page of one incident.

    Args:
        request: The request.

    Raises:
        Problem: There is none.
    """
    if (login := turned_away(request, "read")) is not None:
        return login
    service = site_of(request).service
    found = await incident_of(service, request.path_params["id"])
    diagnosis = _diagnosis(found)
    return await page(
        request,
        "incident.html",
        incident=found,
        members=[(id_, service.view(id_)) for id_ in found.members],
        diagnosis=diagnosis,
        standing=standing(diagnosis.verdict) if diagnosis else "",
        stages=_stages(diagnosis) if diagnosis else [],
    )


def _names(request: Request) -> dict[str, str]:
    views = site_of(request).service.views()
    return {one.endpoint.id: one.endpoint.name for one in views}


def _time(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise Problem(400, "before is no time as RFC 3339 has it") from None


def _diagnosis(incident: Incident) -> Diagnosis | None:
    if incident.diagnosis is None:
        return None
    try:
        return diagnosis_of(incident.diagnosis)
    except RecordError:
        return None  # kept by another version


_Read = tuple["Reading", str, bool]
"""A reading, its label, and whether it decided."""


def _stages(diagnosis: Diagnosis) -> list[tuple[str, str, State, list[_Read]]]:
    """Each stage that was read: its title, mark, state and readings."""
    decided = diagnosis.verdict.evidence
    numbered = [
        (one, label(one), number in decided) for number, one in enumerate(diagnosis.readings)
    ]
    stages = []
    for stage in STAGES:
        found = [one for one in numbered if one[0].layer == stage]
        if found:
            state = state_of(one for one, _, _ in found)
            stages.append((TITLES[stage], MARKS[state], state, found))
    return stages
