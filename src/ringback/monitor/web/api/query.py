"""What lists can be asked for; every list is bounded."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from ringback.incident.model import EndpointState, IncidentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Which endpoints."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    state: Annotated[EndpointState | None, Field(description="only in this state")] = None
    group: Annotated[str | None, Field(description="only of this group")] = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 1000
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Which checks, newest first."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    since: Annotated[AwareDatetime | None, Field(description="default: a day before until")] = None
    until: Annotated[AwareDatetime | None, Field(description="default: now")] = None
    failed: Annotated[bool, Field(description="only those that failed")] = False
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Which spans of time, oldest first."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    step: Annotated[Literal["5m", "1h", "1d"], Field(description="width of a span")] = "1h"
    since: Annotated[AwareDatetime | None, Field(description="default: 288 spans before until")] = (
        None
    )
    until: Annotated[AwareDatetime | None, Field(description="default: now")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """Which incidents, newest first."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    state: Annotated[IncidentState | None, Field(description="only in this state")] = None
    endpoint: Annotated[str | None, Field(description="only those this one is part of")] = None
    before: Annotated[AwareDatetime | None, Field(description="only opened before")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
