"""The monitor's values: an endpoint as it is configured, and what the monitor shows of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ringback.failure.names import KindName
from ringback.incident.model import Check, EndpointState, Origin, Pattern, WatchedEndpoint
from ringback.incident.slo import ErrorBudget

ProbeType = Literal[
    "http", "tcp", "tls", "dns", "icmp", "udp", "service", "websocket", "grpc", "heartbeat"
]
"""``service``: one with a protocol of its own, which the URL's scheme names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What an answer must be like for the endpoint to be well; empty: anything that works."""

    status: tuple[tuple[int, int], ...] = ()  # Statuses, or ranges as `(200, 299)`; `()`: below 400
    body_contains: tuple[str, ...] = ()  # Texts that must all be in the body
    # Regular expressions that must all match, checked in bounded time
    body_matches: tuple[str, ...] = ()
    # JSON path to the value that must be there, as text
    json: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # Header to the value it must contain
    latency: float | None = None  # Seconds it may take
    certificate_days: float | None = None  # Days the certificate must still last
    answers: tuple[str, ...] = ()  # Addresses or texts that a DNS answer must hold
    send: str = ""  # What is sent first over TCP and UDP
    expect: str = ""  # What the first answer over TCP and UDP must contain
    anonymous: bool = False  # Whether a service must serve who has not logged in


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint that is watched."""

    id: str  # Stable over reloads and restarts: a slug of the name, or of the URL
    name: str  # What people call it
    url: str  # With what it needs to be called; `shown` is what may be shown
    type: ProbeType
    every: float = 30.0  # Seconds between two checks
    timeout: float = 10.0  # Seconds for one
    retry_every: float = 5.0  # Seconds until the next check while it is suspect
    expectations: Expectations = field(default_factory=Expectations)  # What its answer must be like
    # HTTP request headers; secrets among them are never shown
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"  # HTTP method
    nameserver: str = ""  # `address:port` to ask, of a DNS endpoint; `""`: the system's
    verify: bool = True  # Whether its certificate must be valid
    ca: str = ""  # PEM file of an own authority; `""`: the system's
    labels: Mapping[str, str] = field(default_factory=dict)  # For filters, routes and metrics
    mine: bool = False  # Whether other ports of its host may be tried when it moves
    ports: tuple[int, ...] = ()  # Ports where it may have moved to
    public: bool = False  # Whether it stands on the public status page
    # What incidents must know of it
    watched: WatchedEndpoint = field(default_factory=lambda: WatchedEndpoint(id=""))
    # What only one type of probe has; secrets among them are never shown
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedBy:
    """That somebody has an endpoint not checked, and nobody notified of it, until it is resumed."""

    by: str  # Who asked for it
    at: float  # When, in seconds since 1970 UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverView:
    """What one observer says of an endpoint now."""

    id: str
    kind: Origin  # Who it is
    domain: str  # What fails together with it: a place has one vote
    state: EndpointState  # What it says; `unknown`: it is stale, or its own network is at fault
    since: float | None  # When its failures began; `None`: it has none
    kind_of_failure: KindName | None
    at: float | None  # Its newest check


OUTCOMES: dict[bool | None, bytes] = {None: b"?", True: b"+", False: b"-"}
"""What stands for a check that was not counted, that succeeded, that failed."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that say where else to ask."""

MAX_RECENT = 30  # Outcomes of checks that are remembered of an endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """One endpoint as it is now."""

    endpoint: Endpoint  # Its configuration
    state: EndpointState
    since: float | None = None  # Since when, in seconds since 1970 UTC; `None`: not seen yet
    kind: KindName | None = None  # Kind of the failure it has; `None`: it has none
    last: Check | None = None  # The newest check
    incident: str | None = None  # Id of the open incident that it is part of
    pattern: Pattern | None = None  # What sort of incident that is
    silenced: bool = False  # Whether notifications of it are silenced
    observers: tuple[ObserverView, ...] = ()  # Those who have a vote on it
    paused: PausedBy | None = None  # Who has it not checked; `None`: it is
    # The outcomes of its last checks (`OUTCOMES`), a byte each, oldest first
    recent: bytes = b""
    budget: ErrorBudget | None = None  # How it stands to its target; `None`: it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """An endpoint that programs call and that is not in the configuration."""

    id: str  # A slug of its origin
    url: str  # Its origin: `scheme://host:port`
    first_seen: float  # In seconds since 1970 UTC
    last_seen: float  # In seconds since 1970 UTC
    calls: int  # How many were reported
    failures: int  # How many of them failed


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveCheck:
    """A call that a program reported, before it is known which endpoint it was for."""

    origin: str  # `scheme://host:port` that was called
    check: Check  # What came of it; its `endpoint` is `""`
    program: str = ""  # What the program calls itself
    calls: int = 1  # How many calls it stands for; more than one only where they succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class UiEvent:
    """That something changed, for those who follow it live."""

    what: Literal["check", "state", "incident", "config"]  # What sort of thing
    endpoint: str | None = None  # Its id, where it is about one
    incident: str | None = None  # Its id, where it is about one
