"""What went wrong with a request, as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse


class Problem(Exception):  # noqa: N818 - RFC 9457's word for it
    """Raised for a request that is answered with an error.

    Args:
        status: HTTP status.
        detail: What is wrong with this request, one sentence for people.
        headers: Sent along: ``WWW-Authenticate``, ``Retry-After`` …
        more: Further members of the document.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    @property
    def title(self) -> str:
        """What sort of problem it is: the status in words, as ``about:blank`` asks for."""
        return HTTPStatus(self.status).phrase


def problem_response(problem: Problem) -> JSONResponse:
    """Return a problem as a response.

    Args:
        problem: What went wrong.
    """
    document = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return JSONResponse(
        document,
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )
