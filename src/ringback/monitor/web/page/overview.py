"""The overview: every endpoint, and what is wrong now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ringback.monitor.web.page.page import page, turned_away
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.monitor.model import View


async def overview(request: Request) -> Response:
    """Return the overview.

    Args:
        request: The request; ``q`` and ``state`` choose endpoints where no script runs.
    """
    if (login := turned_away(request, "read")) is not None:
        return login
    service = site_of(request).service
    views = service.views()
    text, state = request.query_params.get("q", "")[:200], request.query_params.get("state", "")
    wanted = [one for one in views if _is_wanted(one, text, state)]
    return await page(
        request,
        "overview.html",
        groups=_groups(wanted),
        total=len(views),
        shown=len(wanted),
        counts=Counter(one.state for one in views),
        incidents=service.incidents(),
        names={one.endpoint.id: one.endpoint.name for one in views},
        q=text,
        state=state,
    )


def _is_wanted(view: View, text: str, state: str) -> bool:
    words = f"{view.endpoint.name} {view.endpoint.url} {view.endpoint.watched.group}".lower()
    return text.lower() in words and (not state or view.state == state)


def _groups(views: Iterable[View]) -> dict[str, list[View]]:
    groups: dict[str, list[View]] = {}
    for one in views:
        groups.setdefault(one.endpoint.watched.group, []).append(one)
    return groups
