"""What agents ask, and what people ask about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from typing_extensions import TypedDict  # pydantic's own: Python 3.11 has less of it

from ringback.diagnosis.record import moment
from ringback.monitor.fleet.agents import TOKEN_SECONDS, AgentRefused, AgentState
from ringback.monitor.fleet.protocol import (
    MAX_SENT_BYTES,
    POLL_SECONDS,
    RESULTS,
    Acknowledged,
    ContentTooLarge,
    Domain,
    Name,
    PlanAnswer,
    Results,
    decompressed,
)
from ringback.monitor.record import moment_or_none
from ringback.monitor.web.access import asked_from
from ringback.monitor.web.api.operation import APICall, operation
from ringback.monitor.web.api.shape import Moment  # noqa: TC001 - read when the program runs
from ringback.monitor.web.audit import audit
from ringback.monitor.web.request import HTTPProblem, read_body

if TYPE_CHECKING:
    from ringback.monitor.fleet.agents import Agent
    from ringback.monitor.fleet.hub import Fleet

# The annotations are read when the program runs: pydantic writes the schemas from them.


class AgentShape(TypedDict):
    """One agent; ``health`` is what it said of itself last."""

    id: str
    name: str
    domain: str
    state: AgentState
    added_at: Moment
    seen: Moment | None
    health: dict[str, Any]


class AgentAsked(TypedDict):
    """An agent to be awaited; without a domain its name is one."""

    name: Name
    domain: Domain | None


class AgentAwaited(TypedDict):
    """With this token an agent may come, once, until then."""

    id: str
    name: str
    domain: str
    token: str
    expires_at: Moment


class Enrolment(TypedDict):
    """How an agent comes: its token, and the Ed25519 public key by which it is known then."""

    token: Annotated[str, Field(min_length=16, max_length=200)]
    key: Annotated[str, Field(max_length=100)]


class Enrolled(TypedDict):
    """Who an agent is; ``now`` is the hub's clock."""

    id: str
    name: str
    domain: str
    now: float


class PlanQuery(TypedDict, total=False):
    """Which plan is known, how long to wait for another one, and whether the way has TLS."""

    since: Annotated[str, Field(max_length=64)]
    wait: Annotated[float, Field(ge=0, le=POLL_SECONDS, allow_inf_nan=False)]
    secure: bool


def fleet_of(call: APICall) -> Fleet:
    fleet = call.site.fleet
    if fleet is None:
        raise HTTPProblem(404, "this monitor has no agents")
    return fleet


def _problem(refused: AgentRefused) -> HTTPProblem:
    return HTTPProblem(refused.status, refused.detail, reason=refused.reason)


@operation("GET /agents", "read", "Agents that check for this monitor", answer=list[AgentShape])
async def list_agents(call: APICall) -> list[AgentShape]:
    fleet = fleet_of(call)
    return [_shape(fleet, agent) for agent in fleet.registry.shown()]


def _shape(fleet: Fleet, agent: Agent) -> AgentShape:
    return {
        "id": agent.id,
        "name": agent.vantage,
        "domain": agent.domain,
        "state": fleet.state_of(agent),
        "added_at": moment(agent.added_at),
        "seen": moment_or_none(agent.seen),
        "health": agent.health,
    }


@operation(
    "POST /agents",
    "admin",
    "Await an agent, or one that is there already with a new key",
    body=AgentAsked,
    body_needed=True,
    answer=AgentAwaited,
    status=201,
)
async def add_agent(call: APICall) -> AgentAwaited:
    asked: AgentAsked = call.body
    audit(call.request, f"the agent {asked['name']}")
    try:
        agent, token = fleet_of(call).add(asked["name"], asked["domain"] or asked["name"])
    except AgentRefused as refused:
        raise _problem(refused) from None
    return {
        "id": agent.id,
        "name": agent.vantage,
        "domain": agent.domain,
        "token": token,
        "expires_at": moment(call.site.clock() + TOKEN_SECONDS),
    }


@operation(
    "DELETE /agents/{name}", "admin", "Remove an agent: its key is void at once", answer=None
)
async def remove_agent(call: APICall) -> None:
    if not fleet_of(call).remove(call.path["name"]):
        raise HTTPProblem(404, "there is no such agent")


@operation(
    "POST /agent/enrol",
    None,
    "Come as a new agent, with a token",
    body=Enrolment,
    body_needed=True,
    answer=Enrolled,
)
async def enrol_agent(call: APICall) -> Enrolled:
    enrolment: Enrolment = call.body
    try:
        agent = fleet_of(call).enrol(enrolment["token"], enrolment["key"])
    except AgentRefused as refused:
        raise _problem(refused) from None
    now = call.site.clock()
    return {"id": agent.id, "name": agent.vantage, "domain": agent.domain, "now": now}


@operation(
    "POST /agent/results",
    None,
    "Report what an agent found; answered when it is kept",
    reads=Results,
    body_needed=True,
    answer=Acknowledged,
)
async def take_results(call: APICall) -> Acknowledged:
    fleet, body = fleet_of(call), await read_body(call.request, MAX_SENT_BYTES)
    agent = _signer(call, body)
    try:
        batch: Results = RESULTS.validate_json(_content(call, body))
        repeated = fleet.take(agent, batch, asked_from(call.request))
        await fleet.kept()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))[:200]
        refused = AgentRefused(400, "malformed", f"not valid at {where}: {first['msg']}"[:300])
        fleet.count_refusal(refused)
        raise _problem(refused) from None
    except AgentRefused as refused:
        raise _problem(refused) from None
    revision = fleet.revision(agent, secure=True)
    commands = fleet.commands_for(agent)
    return {"ack": batch["to"], "repeated": repeated, "plan_revision": revision, **commands}  # type: ignore[typeddict-item]  # of commands


def _content(call: APICall, body: bytes) -> bytes:
    encoding = call.request.headers.get("content-encoding", "identity")
    try:
        if encoding == "gzip":
            return decompressed(body)
    except ContentTooLarge:
        raise AgentRefused(413, "too_large", "the content is too long") from None
    except ValueError as error:
        raise AgentRefused(400, "malformed", str(error)) from None
    if encoding != "identity":
        raise AgentRefused(415, "malformed", "the content may be compressed with gzip only")
    return body


@operation(
    "GET /agent/plan",
    None,
    "What an agent is to check; waits while nothing is new",
    query=PlanQuery,
    answer=PlanAnswer,
)
async def show_plan(call: APICall) -> bytes:
    fleet, agent = fleet_of(call), _signer(call, b"")
    query: PlanQuery = call.query
    known, secure = query.get("since", ""), query.get("secure", True)
    revision = fleet.revision(agent, secure=secure)
    if revision == known:
        await fleet.wait_for_commands(agent, query.get("wait", 0.0))
        _still_enrolled(agent)
        revision = fleet.revision(agent, secure=secure)
    answer = json.dumps({"revision": revision, **fleet.commands_for(agent)})
    plan = b"null" if revision == known else fleet.plan(agent, secure=secure)
    return answer[:-1].encode() + b',"plan":' + plan + b"}"


def _still_enrolled(agent: Agent) -> None:
    if not agent.is_enrolled:
        raise _problem(AgentRefused(403, "removed", f"{agent.vantage} was removed from this hub"))


def _signer(call: APICall, body: bytes) -> Agent:
    """Return the agent that signed a request."""
    from ringback.monitor.fleet.signature import (  # noqa: PLC0415 - cryptography, with the first
        SignatureProblem,
        signed_request,
    )

    fleet, request = fleet_of(call), call.request
    # As it was sent: a proxy in front may have taken the beginning of the path away.
    before = urlsplit(call.site.settings.base_url).path.rstrip("/")
    query = f"?{request.url.query}" if request.url.query else ""
    target = f"{before}{request.url.path}{query}"
    try:
        signed = signed_request(request.method, target, body, request.headers)
    except SignatureProblem as problem:
        refused = AgentRefused(401, "signature", str(problem))
        fleet.count_refusal(refused)
        raise _problem(refused) from None
    try:
        return fleet.authenticate(signed)
    except AgentRefused as refused:
        raise _problem(refused) from None


AGENT_OPERATIONS = (
    list_agents,
    add_agent,
    remove_agent,
    enrol_agent,
    take_results,
    show_plan,
)
"""Every operation of and about agents, in the order of the document."""
