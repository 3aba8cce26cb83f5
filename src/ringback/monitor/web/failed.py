"""Errors as pages for people, and as problems for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.monitor.web.page.page import page
from ringback.monitor.web.problem import Problem, problem_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def answer_problem(request: Request, exc: Exception) -> Response:
    """Return the response to a request that was refused.

    Args:
        request: The request.
        exc: The problem.
    """
    assert isinstance(exc, Problem)
    if "text/html" not in request.headers.get("accept", "") or _is_for_programs(request):
        return problem_response(exc)
    response = await page(request, "problem.html", status=exc.status, problem=exc)
    response.headers.update(exc.headers)
    return response


async def answer_http_error(request: Request, exc: Exception) -> Response:
    """Return the response to a request for which there is no route.

    Args:
        request: The request.
        exc: What Starlette raised.
    """
    status = getattr(exc, "status_code", 500)
    said = {404: "there is no such page", 405: f"{request.method} is not possible here"}
    problem = Problem(
        status,
        said.get(status, getattr(exc, "detail", "")),
        headers=getattr(exc, "headers", None),
    )
    return await answer_problem(request, problem)


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith("/api/")
