"""The monitor's values: an endpoint as it is configured, and what the monitor shows of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ringback.failure.names import KindName
from ringback.incident.model import Check, EndpointState, WatchedEndpoint

ProbeType = Literal["http", "tcp", "tls", "dns", "icmp", "heartbeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What an answer must be like for the endpoint to be well; empty: anything that works.

    Attributes:
        status: Statuses, or ranges as ``(200, 299)``; ``()``: below 400.
        body_contains: Texts that must all be in the body.
        body_matches: Regular expressions that must all match, checked in bounded time.
        json: JSON path to the value that must be there, as text.
        headers: Header to the value it must contain.
        latency: Seconds it may take.
        certificate_days: Days the certificate must still last.
        answers: Addresses or texts that a DNS answer must hold.
        send: What is sent first over TCP.
        expect: What the first answer over TCP must contain.
    """

    status: tuple[tuple[int, int], ...] = ()
    body_contains: tuple[str, ...] = ()
    body_matches: tuple[str, ...] = ()
    json: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    latency: float | None = None
    certificate_days: float | None = None
    answers: tuple[str, ...] = ()
    send: str = ""
    expect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint that is watched.

    Attributes:
        id: Stable over reloads and restarts: a slug of the name, or of the URL.
        name: What people call it.
        url: With what it needs to be called; ``shown`` is what may be shown.
        type: Which probe.
        every: Seconds between two checks.
        timeout: Seconds for one.
        retry_every: Seconds until the next check while it is suspect.
        expectations: What its answer must be like.
        headers: HTTP request headers; secrets among them are never shown.
        method: HTTP method.
        nameserver: ``address:port`` to ask, of a DNS endpoint; ``""``: the system's.
        verify: Whether its certificate must be valid.
        ca: PEM file of an own authority; ``""``: the system's.
        labels: For filters, routes and metrics.
        mine: Whether other ports of its host may be tried when it moves.
        ports: Ports where it may have moved to.
        public: Whether it stands on the public status page.
        watched: What incidents must know of it.
        options: What only one type of probe has; secrets among them are never shown.
    """

    id: str
    name: str
    url: str
    type: ProbeType
    every: float = 30.0
    timeout: float = 10.0
    retry_every: float = 5.0
    expectations: Expectations = field(default_factory=Expectations)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    nameserver: str = ""
    verify: bool = True
    ca: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    mine: bool = False
    ports: tuple[int, ...] = ()
    public: bool = False
    watched: WatchedEndpoint = field(default_factory=lambda: WatchedEndpoint(id=""))
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """One endpoint as it is now.

    Attributes:
        endpoint: Its configuration.
        state: Its state.
        since: Since when, in seconds since 1970 UTC; ``None``: not seen yet.
        kind: Kind of the failure it has; ``None``: it has none.
        last: The newest check.
        incident: Id of the open incident that it is part of.
        silenced: Whether notifications of it are silenced.
    """

    endpoint: Endpoint
    state: EndpointState
    since: float | None = None
    kind: KindName | None = None
    last: Check | None = None
    incident: str | None = None
    silenced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """An endpoint that programs call and that is not in the configuration.

    Attributes:
        id: A slug of its origin.
        url: Its origin: ``scheme://host:port``.
        first_seen: In seconds since 1970 UTC.
        last_seen: In seconds since 1970 UTC.
        calls: How many were reported.
        failures: How many of them failed.
    """

    id: str
    url: str
    first_seen: float
    last_seen: float
    calls: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveCheck:
    """A call that a program reported, before it is known which endpoint it was for.

    Attributes:
        origin: ``scheme://host:port`` that was called.
        check: What came of it; its ``endpoint`` is ``""``.
        program: What the program calls itself.
        calls: How many calls it stands for; more than one only where they succeeded.
    """

    origin: str
    check: Check
    program: str = ""
    calls: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UiEvent:
    """That something changed, for those who follow it live.

    Attributes:
        what: What sort of thing.
        endpoint: Its id, where it is about one.
        incident: Its id, where it is about one.
    """

    what: Literal["check", "state", "incident", "config"]
    endpoint: str | None = None
    incident: str | None = None
