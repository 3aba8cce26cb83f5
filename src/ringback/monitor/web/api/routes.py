"""The routes of the API, and the OpenAPI document, both of the operations there are."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter
from starlette.responses import JSONResponse
from starlette.routing import Route

from ringback import __version__
from ringback.monitor.web.access import require
from ringback.monitor.web.api import shape
from ringback.monitor.web.api.agents import AGENT_OPERATIONS
from ringback.monitor.web.api.handlers import OPERATIONS as OTHERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.monitor.web.api.operation import Operation

OPERATIONS = (*OTHERS, *AGENT_OPERATIONS)

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SCOPES = {
    "read": "see everything",
    "write": "acknowledge, silence, write notes, check now, pause",
    "admin": "adopt, add and remove agents; the configuration calls it the role `administer`",
    "push": "send events and heartbeats",
}


_SIGNED = "Signed by the key of an agent; the first request of one has a token in its content."


@cache
def openapi_document() -> dict[str, Any]:
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        described = _described(operation, schemas)
        paths.setdefault(f"/api/v1{operation.path}", {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ringback",
            "version": __version__,
            "description": "Times are RFC 3339 in UTC, durations seconds. Errors are "
            "application/problem+json (RFC 9457). Further members may be added to what is "
            "answered; what there is keeps its meaning.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the configuration. Where none is configured, "
                    "none is needed, and only this machine is answered.",
                },
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature",
                    "description": "Of an agent: an HTTP message signature (RFC 9421) by its "
                    "Ed25519 key over `@method`, `@path`, `@query` and `content-digest` (RFC "
                    "9530), with `created`, `nonce`, `keyid` and the tag `ringback-agent`.",
                },
            },
        },
    }


_Schemas = dict[tuple[str, Literal["validation", "serialization"]], Any]


def _schemas() -> tuple[_Schemas, dict[str, Any]]:
    inputs: list[tuple[str, Any, TypeAdapter[Any]]] = [
        ("problem", "serialization", TypeAdapter(shape.Problem))
    ]
    for operation in OPERATIONS:
        if operation.answer is not None:
            inputs.append((f"{operation.name}.answer", "serialization", operation.answers))
        if operation.body or operation.reads:
            inputs.append((f"{operation.name}.body", "validation", operation.bodies))
        if operation.query is not None:
            inputs.append((f"{operation.name}.query", "validation", operation.queries))
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    components = dict(definitions["$defs"])
    queries = {schema["$ref"] for (name, _), schema in found.items() if name.endswith(".query")}
    by_name = {
        (name, mode): components[schema["$ref"].rpartition("/")[2]]
        if name.endswith(".query")
        else schema
        for (name, mode), schema in found.items()
    }
    for reference in queries:
        del components[reference.rpartition("/")[2]]
    return by_name, components


def _described(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    scope = operation.scope
    needs = f"Needs a token with the scope `{scope}`: {_SCOPES[scope]}." if scope else _SIGNED
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": needs,
        "security": [{"token" if scope else "signature": []}],
        "parameters": [*_in_path(operation), *_in_query(operation, schemas)],
        "responses": {
            str(operation.status): _answer(operation, schemas),
            "default": {
                "description": "What went wrong",
                "content": {
                    "application/problem+json": {"schema": schemas["problem", "serialization"]}
                },
            },
        },
    }
    if operation.body or operation.reads:
        schema = schemas[f"{operation.name}.body", "validation"]
        content = {"application/json": {"schema": schema}}
        if scope is None:
            described["description"] += " The content may be compressed with gzip."
        described["requestBody"] = {"required": operation.body_needed, "content": content}
    return described


def _answer(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    if operation.answer is None:
        return {"description": "Done"}
    schema = schemas[f"{operation.name}.answer", "serialization"]
    return {"description": operation.summary, "content": {"application/json": {"schema": schema}}}


def _in_path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(operation.path)
    ]


def _in_query(operation: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    fields = schemas[f"{operation.name}.query", "validation"]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields.items()]


def api_routes() -> list[Route]:
    """Return the routes of every operation and of the document that describes them."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [_route(path, operations) for path, operations in by_path.items()]
    return [Route("/openapi.json", _document), *routes]


def _route(path: str, operations: Mapping[str, Operation]) -> Route:
    async def respond(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await operations[method].respond(request)

    return Route(path, respond, methods=list(operations))


async def _document(request: Request) -> JSONResponse:
    require(request, "read")
    return JSONResponse(openapi_document())
