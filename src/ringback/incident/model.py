"""The values from a check to a notice: what was seen, what it means, who is to be notified."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ringback.event import Event
from ringback.failure.names import KindName

Origin = Literal["probe", "call", "heartbeat", "report"]
"""Who checked: the monitor, a program that called anyway, a job that reports in, or another monitor
that reports of the endpoint."""

EndpointState = Literal["unknown", "ok", "suspect", "partial", "down", "recovering", "paused"]
"""``unknown``: nobody who can judge it has seen it lately. ``suspect``: failing, not yet often
enough to say so. ``partial``: down for some observers and well for others. ``recovering``: down,
with a success that must be confirmed. ``paused``: somebody has it not checked; it is the monitor's
word, and no engine's."""

Meaning = Literal["failure", "success"]
"""What a detector saw means for the endpoint, as its own word."""

Pattern = Literal[
    "service_outage",
    "network_partition",
    "callers_only",
    "prober_path",
    "own_network_down",
    "dns_failure",
    "port_change",
    "certificate",
    "rejected",
    "latency",
    "flapping",
    "error_budget",
    "heartbeat_missed",
    "prober_sick",
    "vantage_silent",
]
"""What sort of incident it is. ``callers_only``: only programs fail, the probes get through;
``prober_path``: only the probe fails. ``vantage_silent``: nothing is heard of a place that checks.
``rejected`` is an authentication or rate-limit change."""

Severity = Literal["page", "warn"]
"""``page``: somebody has to act now. ``warn``: worth knowing; it can wait for the morning."""

IncidentState = Literal["open", "acknowledged", "closed"]


CONTROL_PREFIX = "control:"
"""Begins the name of what an observer looks at to know of its own network: a check of it is no
endpoint's. Up: a reply came from beyond this link, of the gateway from the gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    """The certificate that a check saw."""

    not_after: float  # When it ends, in seconds since 1970 UTC
    issuer: str = ""  # Who issued it
    key: str = ""  # SHA-256 of the public key, in hexadecimal
    whose: str = ""  # `the issuer CN=…`, `the redirect target host:port`; `""`: the endpoint's own

    @property
    def identity(self) -> str:
        """What tells it from others: a renewed one may have the same key."""
        return f"{self.key} {self.not_after:.0f}"


def first_to_end(*seen: CertificateSeen | None) -> CertificateSeen | None:
    """Return the certificate that ends first; ``None``: there is none."""
    there = (certificate for certificate in seen if certificate is not None)
    return min(there, key=lambda certificate: certificate.not_after, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one endpoint."""

    at: float  # When it ended, in seconds since 1970 UTC
    endpoint: str  # The endpoint's id
    up: bool | None  # Whether it was well; `None`: unknown, because the prober itself was not
    # Kind of failure (`ringback.failure.KINDS`); `None` where it is well.
    kind: KindName | None = None
    seconds: float | None = None  # How long it took; `None`: not known
    # Phase (`dns`, `connect`, `tls`, `first_byte`, `transfer`) to seconds
    timings: Mapping[str, float] = field(default_factory=dict)
    origin: Origin = "probe"  # Who checked
    vantage: str = ""  # The observer's place: the monitor's, or the host of the program that called
    domain: str = ""  # What fails together with the observer; `""`: nothing but its place
    status: int | None = None  # HTTP status, where there was one
    address: str | None = None  # The address used, where one was
    # When a report ends unless it is repeated; `None`: never, or who checked says by its interval
    until: float | None = None
    certificate: CertificateSeen | None = None
    # Of the others that the answer needs, of issuers and redirect targets, the first to end; it is
    # for the detectors, and not kept with the check
    other_certificate: CertificateSeen | None = None
    # What failed, or where it is up is worth knowing, in one line without credentials
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
    """What a detector saw."""

    at: float  # When it was seen, in seconds since 1970 UTC
    endpoint: str
    detector: str  # The detector's name
    active: bool  # Whether it begins; `False`: it is over
    since: float  # Since when it holds
    kind: KindName | None = None  # Kind of failure, where one is behind it
    evidence: tuple[str, ...] = ()  # What decided, a line each, three at most
    means: Meaning | None = None  # What it means for the endpoint's state; `None`: nothing
    advice: tuple[str, ...] = ()  # What to do, a line each, two at most
    severity: Severity = "warn"  # Of the incident that it opens by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of an incident's timeline."""

    at: float
    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something is wrong with one endpoint or several, for one reason."""

    id: str  # Stable, and the same when events are replayed
    pattern: Pattern  # What sort it is
    state: IncidentState  # Whether it is over, and whether somebody has taken it
    kind: KindName | None  # Kind of failure
    summary: str  # One sentence: what, and the cause as far as it is known
    # Ids of the endpoints, in the order they joined; not who was well when it reopened, began to
    # flap or was worse than it was taken for
    members: tuple[str, ...]
    opened_at: float  # In seconds since 1970 UTC
    closed_at: float | None = None  # `None`: it is not over
    confidence: float = 1.0  # 0 to 1, of the pattern
    severity: Severity = "page"
    partial: bool = False  # Whether it is down for some observers only
    evidence: tuple[str, ...] = ()  # What decided, a line each
    # What to do, a line each, as far as it is known without a diagnosis
    advice: tuple[str, ...] = ()
    # As `ringback diagnose --json` gives it; `None`: not made (yet)
    diagnosis: Mapping[str, Any] | None = None
    timeline: tuple[TimelineEntry, ...] = ()  # What happened, oldest first
    acknowledged_by: str = ""  # Who took it; `""`: nobody
    # Those of them that are well again; one that goes down anew is not among them
    well: tuple[str, ...] = ()
    # When people were last notified that it began or goes on; `None`: never
    told_at: float | None = None
    # The observer that it is about, where it is about one: its network, or it is sick or silent
    observer: str = ""
    # The detector that sees it while the endpoint may be up; `""`: it is an outage
    detector: str = ""
    # Id of the incident that it turned out to be part of, when it was closed; `""`: it ended by
    # itself
    part_of: str = ""


What = Literal[
    "opened",
    "joined",
    "left",
    "renamed",
    "raised",
    "diagnosed",
    "acknowledged",
    "unacknowledged",
    "noted",
    "reminded",
    "reopened",
    "closed",
]
"""``joined``, ``left``: a member. ``renamed``: it has another pattern. ``raised``: it is worse
than it was taken for. ``unacknowledged``: who had taken it has it no more. ``noted``: somebody
wrote something down. ``reminded``: it goes on. ``reopened``: its end was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That an incident changed."""

    at: float  # When, in seconds since 1970 UTC
    what: What  # How
    incident: Incident  # As it is now
    endpoint: str | None = None  # The endpoint that it is about, where it is about one
    # Whether people are to be notified; not where it is suppressed (maintenance, a silence, a
    # parent that is down), but always of the end of what they were notified of
    told: bool = True
    again: bool = False  # Whether there is nothing new but that time has passed


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
    """A change of an incident, for one channel."""

    id: str  # Idempotency key: the same change for the same channel has the same
    channel: str  # Name of the notifier in the configuration
    at: float  # When the change was
    change: Change  # What happened


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedEndpoint:
    """One endpoint, as far as incidents go."""

    id: str
    name: str = ""  # What people call it
    host: str = ""  # The host it is on, as it was written; `""`: none
    threshold: int = 3  # How many failures in a row mean that it is down
    recovery: int = 2  # How many successes in a row mean that it is well again
    latency: bool = True  # Whether a lasting rise of its latency is an incident
    # Days before its certificate's end at which to notify
    certificate_days: tuple[int, ...] = (30, 14, 7, 1)
    every: float = 30.0  # Seconds between two checks; of a heartbeat, between two reports
    timeout: float = 10.0  # Seconds that one check may take
    grace: float | None = None  # Seconds that a heartbeat may be late; `None`: it is no heartbeat
    resolver: str = ""  # The nameserver that it is asked of; `""`: the system's
    # The proxy that it is reached through, without credentials; `""`: none
    proxy: str = field(default="", repr=False)
    # Ids of endpoints without which this one cannot be reached
    parents: tuple[str, ...] = field(default=())
    group: str = ""  # Name of its group
    slo: float | None = None  # Share of the time in which it is to be well; `None`: no target
    certified: bool = True  # Whether a check of it may see a certificate
