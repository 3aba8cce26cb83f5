"""The body of a request, never more of it than agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from ringback.monitor.web.problem import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

FORM = 16 * 1024
"""Bytes of a form, or of a small JSON object, at most."""

_FIELDS = 50


async def body_of(request: Request, most: int = FORM) -> bytes:
    """Return the body of a request.

    Args:
        request: The request.
        most: Bytes at most.

    Raises:
        Problem: There are more.
    """
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > most:
            raise Problem(413, f"the body is larger than {most} bytes")
    return bytes(parts)


async def form_of(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form, each with what was given for it, trimmed.

    Args:
        request: A request of type ``application/x-www-form-urlencoded``.

    Raises:
        Problem: It is no such form.
    """
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sort != "application/x-www-form-urlencoded":
        raise Problem(415, "a form is expected")
    text = (await body_of(request)).decode("utf-8", "replace")
    try:
        fields = parse_qs(text, max_num_fields=_FIELDS)
    except ValueError:
        raise Problem(400, f"a form of at most {_FIELDS} fields is expected") from None
    return {name: [value.strip() for value in values] for name, values in fields.items()}
