"""One operation of the API: what it takes, what it answers, who may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from ringback.monitor.web.access import Grant, require
from ringback.monitor.web.beside import computed
from ringback.monitor.web.request import MAX_FORM, HTTPProblem, read_body
from ringback.monitor.web.site import Site, site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.monitor.web.settings import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class APICall:
    """One request for an operation, read and found valid."""

    request: Request
    site: Site  # The monitor's page
    grant: Grant  # Who asks
    path: Mapping[str, str]  # Parameters in the path
    query: Any = None  # The operation's query, or `None`
    body: Any = None  # The operation's body, or `None`


@dataclass(frozen=True, slots=True, kw_only=True)
class APIAnswer:
    """An answer with headers of its own."""

    value: Any
    headers: Mapping[str, str]


MAX_DUMPED_AT_ONCE = 100  # Items of a list that are written as JSON within the event loop
Handler = Callable[[APICall], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What can be asked of the API."""

    name: str  # Its `operationId`
    method: str
    path: str  # Behind `/api/v1`, with parameters in braces
    # What one must be allowed to; `None`: the handler finds out who asks, by signature or token
    scope: Scope | None
    summary: str  # What it does, in one line
    handler: Handler  # Answers it: with a value, or that in JSON
    answer: Any  # Type of the answer; `None`: no content
    status: int = 200  # Status of the answer
    query: Any = None  # Type of the query, every field of it with a default; `None`: none is taken
    body: Any = None  # Type of the body, JSON; `None`: none is taken, or the handler reads it
    reads: Any = None  # Type of the body that the handler reads itself; for the document
    body_needed: bool = False  # Whether the body may not be left out

    @cached_property
    def answers(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.answer)

    @cached_property
    def queries(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.query)

    @cached_property
    def bodies(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.body or self.reads)

    async def respond(self, request: Request) -> Response:
        grant = require(request, self.scope) if self.scope else Grant()
        call = APICall(
            request=request,
            site=site_of(request),
            grant=grant,
            path=request.path_params,
            query=self._query(request) if self.query else None,
            body=await self._body(request) if self.body else None,
        )
        answer = await self.handler(call)
        headers: Mapping[str, str] = {}
        if isinstance(answer, APIAnswer):
            answer, headers = answer.value, answer.headers
        if self.answer is None:
            return Response(status_code=self.status)
        content = answer if isinstance(answer, bytes) else await self._dumped(answer)
        return Response(content, self.status, headers, "application/json")

    async def _dumped(self, answer: Any) -> bytes:
        if isinstance(answer, list) and len(answer) > MAX_DUMPED_AT_ONCE:
            return await computed(self.answers.dump_json, answer)
        return self.answers.dump_json(answer)

    def _query(self, request: Request) -> Any:
        try:
            return self.queries.validate_python(dict(request.query_params))
        except ValidationError as error:
            raise _invalid("the query", error) from None

    async def _body(self, request: Request) -> Any:
        content = await read_body(request, MAX_FORM)
        if not content and not self.body_needed:
            content = b"{}"
        try:
            return self.bodies.validate_json(content)
        except ValidationError as error:
            raise _invalid("the body", error) from None


def operation(
    method_and_path: str, scope: Scope | None, summary: str, *, answer: Any, **more: Any
) -> Callable[[Handler], Operation]:
    """Make an operation of the function that answers it: ``list_checks`` becomes ``listChecks``."""
    method, path = method_and_path.split()

    def made(handler: Handler) -> Operation:
        first, *rest = handler.__name__.split("_")
        return Operation(
            name="".join((first, *map(str.capitalize, rest))),
            method=method,
            path=path,
            scope=scope,
            summary=summary,
            handler=handler,
            answer=answer,
            **{"status": 204 if answer is None else 200, **more},
        )

    return made


def _invalid(what: str, error: ValidationError) -> HTTPProblem:
    errors = [
        {"where": ".".join(str(part) for part in problem["loc"]), "what": problem["msg"]}
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = errors[0]
    place = f" at {first['where']}" if first["where"] else ""
    return HTTPProblem(400, f"{what} is not valid{place}: {first['what']}", errors=errors)
