"""The values from a check to a notice: what was seen, what it means, who is to be notified."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ringback.event import Event
from ringback.failure.names import KindName

Origin = Literal["probe", "call", "heartbeat"]
"""Who looked: the monitor, a program that called anyway, or a job that reports in."""

EndpointState = Literal["unknown", "ok", "suspect", "down", "recovering"]
"""``unknown``: not seen yet, or this host has no network. ``suspect``: failing, not yet often
enough to say so. ``recovering``: down, with a success that must be confirmed."""

Input = Literal["success", "failure", "failed_enough", "recovered", "not_known"]
"""What a check, or what a detector saw, means for the state of an endpoint."""

Pattern = Literal[
    "service_outage",
    "network_partition",
    "own_network_down",
    "dns_failure",
    "port_change",
    "certificate",
    "rejected",
    "latency",
    "flapping",
    "heartbeat_missed",
    "prober_sick",
]
"""What sort of incident it is; ``rejected`` is an authentication or rate-limit change."""

IncidentState = Literal["open", "acknowledged", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    """The certificate that a check saw.

    Attributes:
        not_after: When it ends, in seconds since 1970 UTC.
        issuer: Who issued it.
        key: SHA-256 of the public key, in hexadecimal.
    """

    not_after: float
    issuer: str = ""
    key: str = ""

    @property
    def identity(self) -> str:
        """What tells it from others: a renewed one may have the same key."""
        return f"{self.key} {self.not_after:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One look at one endpoint.

    Attributes:
        at: When it ended, in seconds since 1970 UTC.
        endpoint: The endpoint's id.
        up: Whether it was well; ``None``: unknown, because the prober itself was not.
        kind: Kind of failure (``ringback.failure.KINDS``); ``None`` where it is well.
        seconds: How long it took; ``None``: not known.
        timings: Phase (``dns``, ``connect``, ``tls``, ``first_byte``, ``transfer``) to seconds.
        origin: Who looked.
        vantage: From where.
        status: HTTP status, where there was one.
        address: The address used, where one was.
        certificate: The one that was seen, where one was.
        detail: What failed, in one line without credentials.
    """

    at: float
    endpoint: str
    up: bool | None
    kind: KindName | None = None
    seconds: float | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    origin: Origin = "probe"
    vantage: str = ""
    status: int | None = None
    address: str | None = None
    certificate: CertificateSeen | None = None
    detail: str = ""


CIRCUIT_OPEN = "client.circuit_open"
"""Kind of a call that an open circuit refuses: of the program's own making, for a reason."""

_OWN_LAYERS = frozenset({"config", "client"})
"""Layers of failures that say nothing about the endpoint: they are the program's own."""


def says_something_of_endpoint(event: Event) -> bool:
    """Return whether an event is the end of a call that says something about its endpoint.

    An attempt that another follows is not the end of its call. A call that an open circuit refuses
    stands for what the endpoint did before; any other failure of the program's own does not.
    """
    if event.what != "attempt" or event.origin != "call" or event.outcome == "retry":
        return False
    failure = event.failure
    return failure is None or failure.kind == CIRCUIT_OPEN or failure.layer not in _OWN_LAYERS


def check_of_call(event: Event, endpoint: str) -> Check:
    """Return the end of a program's call as the value that is counted: the same as of a probe."""
    failure = event.failure
    return Check(
        at=event.at,
        endpoint=endpoint,
        up=failure is None,
        kind=failure.kind if failure else None,
        seconds=event.timings.get("total"),
        timings=event.timings,
        origin="call",
        vantage=event.vantage,
        status=event.status,
        address=event.target.address,
        detail=failure.message if failure else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a detector saw.

    Attributes:
        at: When it was seen, in seconds since 1970 UTC.
        endpoint: Of which endpoint.
        detector: The detector's name.
        active: Whether it begins; ``False``: it is over.
        since: Since when it holds.
        kind: Kind of failure, where one is behind it.
        evidence: What decided, a line each, three at most.
        means: What it means for the endpoint's state; ``None``: nothing.
        advice: What to do, a line each, two at most.
    """

    at: float
    endpoint: str
    detector: str
    active: bool
    since: float
    kind: KindName | None = None
    evidence: tuple[str, ...] = ()
    means: Input | None = None
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of an incident's timeline."""

    at: float
    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something is wrong with one endpoint or several, for one reason.

    Attributes:
        id: Stable, and the same when events are replayed.
        pattern: What sort it is.
        state: Whether it is over, and whether somebody has taken it.
        kind: Kind of failure.
        summary: One sentence: what, and the cause as far as it is known.
        members: Ids of the endpoints, in the order they joined.
        well: Those of them that are well again; one that goes down anew is not among them.
        opened_at: In seconds since 1970 UTC.
        closed_at: ``None``: it is not over.
        confidence: 0 to 1, of the pattern.
        evidence: What decided, a line each.
        advice: What to do, a line each, as far as it is known without a diagnosis.
        diagnosis: As ``ringback diagnose --json`` gives it; ``None``: not made (yet).
        timeline: What happened, oldest first.
        acknowledged_by: Who took it; ``""``: nobody.
        told_at: When people were last notified that it began or goes on; ``None``: never.
        detector: The detector that sees it while the endpoint may be up; ``""``: it is an outage.
        part_of: Id of the incident that it turned out to be part of, when it was closed; ``""``: it
            ended by itself.
    """

    id: str
    pattern: Pattern
    state: IncidentState
    kind: KindName | None
    summary: str
    members: tuple[str, ...]
    opened_at: float
    closed_at: float | None = None
    confidence: float = 1.0
    evidence: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    diagnosis: Mapping[str, Any] | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    acknowledged_by: str = ""
    well: tuple[str, ...] = ()
    told_at: float | None = None
    detector: str = ""
    part_of: str = ""


What = Literal[
    "opened", "joined", "left", "renamed", "diagnosed", "acknowledged", "reminded", "closed"
]
"""``joined``, ``left``: a member. ``renamed``: it has another pattern. ``reminded``: it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That an incident changed.

    Attributes:
        at: When, in seconds since 1970 UTC.
        what: How.
        incident: As it is now.
        endpoint: The endpoint that it is about, where it is about one.
        told: Whether people are to be notified; not where it is suppressed (maintenance, a
            silence, a parent that is down), but always of the end of what they were notified of.
        again: Whether there is nothing new but that time has passed.
    """

    at: float
    what: What
    incident: Incident
    endpoint: str | None = None
    told: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """That an endpoint is in another state."""

    at: float
    endpoint: str
    before: EndpointState
    after: EndpointState
    kind: KindName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A change of an incident, for one channel.

    Attributes:
        id: Idempotency key: the same change for the same channel has the same.
        channel: Name of the notifier in the configuration.
        at: When the change was.
        change: What happened.
    """

    id: str
    channel: str
    at: float
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedEndpoint:
    """One endpoint, as far as incidents go.

    Attributes:
        id: Its id.
        name: What people call it.
        host: The host it is on, as it was written; ``""``: none.
        threshold: How many failures in a row mean that it is down.
        recovery: How many successes in a row mean that it is well again.
        of_last: ``(k, n)``: also down when ``k`` of the last ``n`` checks failed; ``None``: not.
        latency: Whether a lasting rise of its latency is an incident.
        certificate_days: Days before its certificate's end at which to tell.
        every: Seconds between two checks; of a heartbeat, between two reports.
        grace: Seconds that a heartbeat may be late; ``None``: it is no heartbeat.
        resolver: The nameserver that it is asked of; ``""``: the system's.
        parents: Ids of endpoints without which this one cannot be reached.
        group: Name of its group.
    """

    id: str
    name: str = ""
    host: str = ""
    threshold: int = 3
    recovery: int = 2
    of_last: tuple[int, int] | None = (6, 10)
    latency: bool = True
    certificate_days: tuple[int, ...] = (30, 14, 7, 1)
    every: float = 30.0
    grace: float | None = None
    resolver: str = ""
    parents: tuple[str, ...] = field(default=())
    group: str = ""
