"""The files that pages load: a style, two scripts, an icon."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from ringback.monitor.web.problem import Problem
from ringback.monitor.web.render import DIGESTS

if TYPE_CHECKING:
    from starlette.requests import Request

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_YEAR: Final = "public, max-age=31536000, immutable"


async def static(request: Request) -> Response:
    """Return a file that pages load.

    Args:
        request: The request.

    Raises:
        Problem: There is no such file.
    """
    name = request.path_params["name"]
    if name not in DIGESTS:
        raise Problem(404, "there is no such file")
    content = files("ringback.monitor.web").joinpath("static", name).read_bytes()
    current = request.url.query == DIGESTS[name]
    return Response(
        content,
        media_type=_TYPES[name.rpartition(".")[2]],
        headers={"cache-control": _YEAR if current else "no-cache"},
    )
