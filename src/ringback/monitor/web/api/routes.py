"""The routes of the API, from the table of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from ringback.monitor.web.access import demand
from ringback.monitor.web.api.document import document
from ringback.monitor.web.api.table import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.monitor.web.api.operation import Operation


def api_routes() -> list[Route]:
    """Return the routes of every operation and of the document that describes them."""
    by_path: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        by_path.setdefault(one.path, {})[one.method] = one
    routes = [_route(path, operations) for path, operations in by_path.items()]
    return [Route("/openapi.json", _document), *routes]


def _route(path: str, operations: Mapping[str, Operation]) -> Route:
    async def respond(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await operations[method].respond(request)

    return Route(path, respond, methods=list(operations))


async def _document(request: Request) -> JSONResponse:
    demand(request, "read")
    return JSONResponse(document())
