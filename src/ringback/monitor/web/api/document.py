"""The OpenAPI document, written from the table of operations."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from ringback import __version__
from ringback.monitor.web.api import shape
from ringback.monitor.web.api.table import OPERATIONS

if TYPE_CHECKING:
    from ringback.monitor.web.api.operation import Operation

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SCOPES = {
    "read": "see everything",
    "write": "acknowledge, silence, adopt",
    "push": "send events and heartbeats",
}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        described = _operation(one, schemas)
        paths.setdefault(f"/api/v1{one.path}", {})[one.method.lower()] = described
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
    for one in OPERATIONS:
        if one.answer is not None:
            inputs.append((f"{one.name}.answer", "serialization", one.answers))
        if one.body or one.reads:
            inputs.append((f"{one.name}.body", "validation", one.bodies))
        if one.query is not None:
            inputs.append((f"{one.name}.query", "validation", one.queries))
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


def _operation(one: Operation, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs a token with the scope `{one.scope}`: {_SCOPES[one.scope]}.",
        "security": [{"token": []}],
        "parameters": [*_in_path(one), *_in_query(one, schemas)],
        "responses": {
            str(one.status): _answer(one, schemas),
            "default": {
                "description": "What went wrong",
                "content": {
                    "application/problem+json": {"schema": schemas["problem", "serialization"]}
                },
            },
        },
    }
    if one.body or one.reads:
        schema = schemas[f"{one.name}.body", "validation"]
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": one.body_needed, "content": content}
    return described


def _answer(one: Operation, schemas: _Schemas) -> dict[str, Any]:
    if one.answer is None:
        return {"description": "Done"}
    schema = schemas[f"{one.name}.answer", "serialization"]
    return {"description": one.summary, "content": {"application/json": {"schema": schema}}}


def _in_path(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(one.path)
    ]


def _in_query(one: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    fields = schemas[f"{one.name}.query", "validation"]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields.items()]
