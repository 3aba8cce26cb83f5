"""Reading the body of a request, with a bound; what is wrong with a request is a Problem."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.requests import Request


class HTTPProblem(Exception):  # noqa: N818 - RFC 9457's word for it
    """Raised for a request that is answered with an error."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = dict(headers or {})
        self.more = more

    @property
    def title(self) -> str:
        """What sort of problem it is: the status in words, as ``about:blank`` asks for."""
        return HTTPStatus(self.status).phrase


def problem_response(problem: HTTPProblem) -> JSONResponse:
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


MAX_FORM = 16 * 1024  # Bytes of a form, or of a small JSON object, at most

_MAX_FIELDS = 50


async def read_body(request: Request, most: int = MAX_FORM) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > most:
            raise HTTPProblem(413, f"the body is larger than {most} bytes")
    return bytes(parts)


async def read_form(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form, each with what was given for it, trimmed."""
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sort != "application/x-www-form-urlencoded":
        raise HTTPProblem(415, "a form is expected")
    text = (await read_body(request)).decode("utf-8", "replace")
    try:
        fields = parse_qs(text, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise HTTPProblem(400, f"a form of at most {_MAX_FIELDS} fields is expected") from None
    return {name: [value.strip() for value in values] for name, values in fields.items()}
