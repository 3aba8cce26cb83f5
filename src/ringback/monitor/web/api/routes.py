"""The operations of the API: add one here, and it is routed and documented."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import TypeAdapter
from starlette.responses import JSONResponse
from starlette.routing import Route

from ringback import __version__
from ringback.monitor.web.access import require
from ringback.monitor.web.api import shape
from ringback.monitor.web.api.handlers import (
    acknowledge_incident,
    add_silence,
    adopt_discovered,
    end_silence,
    list_buckets,
    list_checks,
    list_discovered,
    list_endpoints,
    list_incidents,
    list_phases,
    list_silences,
    show_endpoint,
    show_incident,
    show_status,
    take_events,
    take_heartbeat,
)
from ringback.monitor.web.api.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="listEndpoints",
        method="GET",
        path="/endpoints",
        scope="read",
        summary="Endpoints as they are now, in the order of the configuration",
        handler=list_endpoints,
        query=shape.EndpointsQuery,
        answer=list[shape.Endpoint],
    ),
    Operation(
        name="showEndpoint",
        method="GET",
        path="/endpoints/{id}",
        scope="read",
        summary="One endpoint as it is now",
        handler=show_endpoint,
        answer=shape.Endpoint,
    ),
    Operation(
        name="listChecks",
        method="GET",
        path="/endpoints/{id}/checks",
        scope="read",
        summary="Checks of an endpoint, newest first",
        handler=list_checks,
        query=shape.ChecksQuery,
        answer=list[shape.Check],
    ),
    Operation(
        name="listBuckets",
        method="GET",
        path="/endpoints/{id}/buckets",
        scope="read",
        summary="Checks of an endpoint, summed up per interval, oldest first",
        handler=list_buckets,
        query=shape.BucketsQuery,
        answer=list[shape.RollupBucket],
    ),
    Operation(
        name="listPhases",
        method="GET",
        path="/endpoints/{id}/phases",
        scope="read",
        summary="Latency of each phase of an endpoint's successful checks, over a period",
        handler=list_phases,
        query=shape.BucketsQuery,
        answer=dict[str, shape.Percentiles],
    ),
    Operation(
        name="listIncidents",
        method="GET",
        path="/incidents",
        scope="read",
        summary="Incidents, newest first",
        handler=list_incidents,
        query=shape.IncidentsQuery,
        answer=list[shape.Incident],
    ),
    Operation(
        name="showIncident",
        method="GET",
        path="/incidents/{id}",
        scope="read",
        summary="One incident, with all readings of its diagnosis",
        handler=show_incident,
        answer=shape.Incident,
    ),
    Operation(
        name="acknowledgeIncident",
        method="POST",
        path="/incidents/{id}/acknowledge",
        scope="write",
        summary="Acknowledge an open incident",
        handler=acknowledge_incident,
        body=shape.Acknowledgement,
        answer=shape.Incident,
    ),
    Operation(
        name="listSilences",
        method="GET",
        path="/silences",
        scope="read",
        summary="Active silences",
        handler=list_silences,
        answer=list[shape.Silence],
    ),
    Operation(
        name="addSilence",
        method="POST",
        path="/silences",
        scope="write",
        summary="Mute notifications of new incidents for a while",
        handler=add_silence,
        body=shape.SilenceAsked,
        body_needed=True,
        answer=shape.Completed,
        status=201,
    ),
    Operation(
        name="endSilence",
        method="DELETE",
        path="/silences/{id}",
        scope="write",
        summary="End a silence",
        handler=end_silence,
        answer=None,
        status=204,
    ),
    Operation(
        name="listDiscovered",
        method="GET",
        path="/discovered",
        scope="read",
        summary="Endpoints that programs call and that are not configured",
        handler=list_discovered,
        answer=list[shape.Discovered],
    ),
    Operation(
        name="adoptDiscovered",
        method="POST",
        path="/discovered/{id}/adopt",
        scope="write",
        summary="Monitor a discovered endpoint",
        handler=adopt_discovered,
        answer=shape.Completed,
    ),
    Operation(
        name="beat",
        method="POST",
        path="/heartbeat/{id}",
        scope="push",
        summary="Report a heartbeat",
        handler=take_heartbeat,
        body=shape.Beat,
        answer=None,
        status=204,
    ),
    Operation(
        name="takeEvents",
        method="POST",
        path="/events",
        scope="push",
        summary="Report the calls of a program",
        handler=take_events,
        reads=shape.Events,
        body_needed=True,
        answer=shape.Taken,
        status=202,
    ),
    Operation(
        name="showStatus",
        method="GET",
        path="/status",
        scope="read",
        summary="Status of the monitor itself",
        handler=show_status,
        answer=shape.Status,
    ),
)
"""Every operation, in the order of the document."""


_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SCOPES = {
    "read": "see everything",
    "write": "acknowledge, silence, adopt",
    "push": "send events and heartbeats",
}


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
                }
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
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs a token with the scope `{scope}`: {_SCOPES[scope]}.",
        "security": [{"token": []}],
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
