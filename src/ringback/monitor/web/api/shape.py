"""What the API answers, and what it takes: the JSON of each thing, with times in RFC 3339 UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic's own: Python 3.11 has less of it

from ringback.incident.model import EndpointState, IncidentState, Origin, Pattern, Severity

# The annotations are read when the program runs: pydantic writes the schemas from them.

Moment = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-21T12:00:00.000Z"])
]


class Certificate(TypedDict):
    """The certificate that a check saw; ``key`` is the SHA-256 of its public key."""

    not_after: Moment
    issuer: str
    key: str


class Check(TypedDict):
    """One check of one endpoint; ``up`` is null where the monitor itself was unhealthy."""

    at: Moment
    endpoint: str
    up: bool | None
    kind: str | None
    seconds: float | None
    timings: dict[str, float]
    origin: Origin
    vantage: str
    status: int | None
    address: str | None
    certificate: Certificate | None
    detail: str


class Observer(TypedDict):
    """What one observer says of an endpoint now; ``domain`` is what fails together with it."""

    id: str
    kind: Origin
    domain: str
    state: EndpointState
    since: Moment | None
    kind_of_failure: str | None
    at: Moment | None


class EndpointPaused(TypedDict):
    """Who has an endpoint not checked, and since when."""

    by: str
    at: Moment


class Objective(TypedDict):
    """A target in percent, the share left of the error budget of 30 days, burn rates by window."""

    target: float
    budget_left: float
    burn_rates: dict[str, float]


class Endpoint(TypedDict):
    """One endpoint as it is now; ``check`` is the newest, ``last`` when it was."""

    id: str
    name: str
    url: str
    state: EndpointState
    kind: str | None
    since: Moment | None
    last: Moment | None
    type: str
    group: str
    labels: dict[str, str]
    incident: str | None
    silenced: bool
    check: Check | None
    observers: list[Observer]
    paused: EndpointPaused | None
    slo: Objective | None


class RollupBucket(TypedDict):
    """The checks of one span of time; ``p50`` … are seconds, ``timings`` the median per phase."""

    at: Moment
    count: int
    bad: int
    unknown: int
    p50: float | None
    p95: float | None
    p99: float | None
    timings: dict[str, float]
    kinds: dict[str, int]


class TimelineEntry(TypedDict):
    """One line of a timeline."""

    at: Moment
    what: str
    text: str


class Incident(TypedDict):
    """An incident; in a list its ``diagnosis`` comes without readings and the prober's host.

    ``advice`` is what is known without a diagnosis, which has its own.
    """

    id: str
    pattern: Pattern
    severity: Severity
    state: IncidentState
    kind: str | None
    summary: str
    members: list[str]
    opened_at: Moment
    closed_at: Moment | None
    confidence: float
    evidence: list[str]
    advice: list[str]
    diagnosis: Mapping[str, Any] | None
    timeline: list[TimelineEntry]
    acknowledged_by: str


class NoticeShown(TypedDict):
    """What became of a notice of an incident; ``error``: why it was given up, or failed last."""

    channel: str
    what: str
    at: Moment
    ended: Moment | None
    outcome: Literal["waiting", "sent", "given_up"]
    attempts: int
    error: str


class Silence(TypedDict):
    """A period in which notifications of new incidents are muted."""

    id: str
    endpoints: list[str]
    begins: Moment
    ends: Moment
    by: str
    reason: str


class Discovered(TypedDict):
    """An endpoint that programs call and that is not configured."""

    id: str
    url: str
    first_seen: Moment
    last_seen: Moment
    calls: int
    failures: int


class Configuration(TypedDict):
    """The configuration in use; ``error``: why a newer one could not be used.

    ``restart``: what has changed and holds from the next start on. ``paused``: endpoints that were
    discovered and are gone since the start.
    """

    files: list[str]
    loaded_at: Moment | None
    error: str | None
    restart: list[str]
    paused: list[str]


class LeadShown(TypedDict):
    """Who leads on a store that several share; ``role``: of the one that answers."""

    role: Literal["lead", "standby"]
    process: str
    url: str
    epoch: int


class AgentsCounted(TypedDict):
    """What of agents was refused, by the reason, and how many results changed no state.

    ``late``: of what was. ``repeated``: kept before. ``strange``: of what this monitor has not.
    """

    refused: dict[str, int]
    late: int
    repeated: int
    strange: int


class Status(TypedDict):
    """Status of the monitor itself; ``uptime`` and ``lag`` (of its event loop) are seconds."""

    version: str
    vantage: str
    uptime: float
    endpoints: int
    states: dict[EndpointState, int]
    incidents: int
    lag: float
    dropped: int
    lead: LeadShown | None
    agents: AgentsCounted
    degraded: str | None
    config: Configuration


class Completed(TypedDict):
    """That what was asked for was done."""

    id: str


class Taken(TypedDict):
    """How many events were taken."""

    accepted: int


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class _Strict:
    """What is sent may have no member but these."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(_Strict):
    """Who acknowledges an incident; with a token it is the token's name."""

    by: Annotated[str, Field(max_length=100)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAsked(_Strict):
    """What to write into the timeline of an incident; with a token, in its name."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    by: Annotated[str, Field(max_length=100)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked(_Strict):
    """Who pauses an endpoint; with a token it is the token's name."""

    by: Annotated[str, Field(max_length=100)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceAsked(_Strict):
    """Which endpoints to silence (ids, or patterns with ``*``), and for how many seconds."""

    endpoints: Annotated[list[str], Field(min_length=1, max_length=1000)]
    seconds: Annotated[float, Field(gt=0, le=366 * 86400)]
    by: Annotated[str, Field(max_length=100)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat(_Strict):
    """What a job reports of itself."""

    up: bool = True
    detail: Annotated[str, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a program reports of its calls, as ``ringback.report`` sends it.

    ``id`` names the batch, so that one that is sent twice counts once. ``dropped`` is how many
    calls could not be reported.
    """

    version: int
    sent_at: Annotated[float, Field(description="seconds since 1970 UTC")]
    events: Annotated[list[dict[str, Any]], Field(max_length=1000)]
    id: Annotated[str, Field(max_length=64)] = ""
    program: Annotated[str, Field(max_length=100)] = ""
    host: Annotated[str, Field(max_length=255)] = ""
    dropped: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointsQuery(_Strict):
    """Which endpoints."""

    state: Annotated[EndpointState | None, Field(description="only in this state")] = None
    group: Annotated[str | None, Field(description="only of this group")] = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 1000
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksQuery(_Strict):
    """Which checks, newest first."""

    since: Annotated[AwareDatetime | None, Field(description="default: a day before until")] = None
    until: Annotated[AwareDatetime | None, Field(description="default: now")] = None
    failed: Annotated[bool, Field(description="only those that failed")] = False
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketsQuery(_Strict):
    """Which spans of time, oldest first."""

    step: Annotated[Literal["5m", "1h", "1d"], Field(description="width of a span")] = "1h"
    since: Annotated[AwareDatetime | None, Field(description="default: 288 spans before until")] = (
        None
    )
    until: Annotated[AwareDatetime | None, Field(description="default: now")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentsQuery(_Strict):
    """Which incidents, newest first."""

    state: Annotated[IncidentState | None, Field(description="only in this state")] = None
    endpoint: Annotated[str | None, Field(description="only those this one is part of")] = None
    before: Annotated[AwareDatetime | None, Field(description="only opened before")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
