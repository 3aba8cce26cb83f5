"""The tables of a configuration as models that pydantic checks; the last one is the whole file."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ringback.monitor.config.settings import DAY
from ringback.monitor.config.values import (
    HTTPURL,
    Clock,
    Count,
    Day,
    Duration,
    JSONText,
    KOfN,
    Moment,
    Patterns,
    Port,
    Proxy,
    Statuses,
    Texts,
    Zone,
)
from ringback.monitor.web.settings import Scope

try:
    from pydantic import BaseModel, ConfigDict
except ImportError as error:
    raise ImportError("the monitor needs pydantic: pip install 'ringback[monitor]'") from error


class Shape(BaseModel):
    """A table of the configuration: no key but those it knows, and never changed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        serialize_by_alias=False,
        regex_engine="python-re",
    )

    def given(self) -> dict[str, Any]:
        """Return what was written, by the names of the fields; what was left out is not in it."""
        return {name: getattr(self, name) for name in self.model_fields_set}


Days = Annotated[int, Field(ge=0, le=3650)]


class ExpectShape(Shape):
    """What an answer must be like for the endpoint to be well."""

    status: Statuses = ()
    """HTTP statuses that are well: 204, "200-299", "2xx", or a list. Left out: below 400."""
    contains: Texts = ()
    """Text, or texts, that must be in the body; of tcp: in the first answer."""
    matches: Patterns = ()
    """Regular expression, or several, that the body must match."""
    json_: dict[str, JSONText] = Field(default_factory=dict, alias="json")
    """Place in a JSON body to the value that must be there: { "status" = "up" }."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP header to the text that it must contain."""
    latency: Duration | None = None
    """How long it may take."""
    certificate_days: float | None = Field(default=None, ge=0)
    """Days that the certificate must still last; with fewer the endpoint is down."""
    answers: Texts = ()
    """Address or text, or several, that must be in the answer of a nameserver."""

    @field_validator("json_")
    @classmethod
    def _paths(cls, paths: dict[str, str]) -> dict[str, str]:
        from ringback.monitor.probe.http.judge import steps_of  # noqa: PLC0415 - few need it

        for path in paths:
            steps_of(path)
        return paths


class CheckDefaults(Shape):
    """How endpoints are watched."""

    every: Duration = 30.0
    """Time between two checks; of a heartbeat, between two reports."""
    timeout: Duration = 10.0
    """Time for one check, at most ``every``."""
    retry_every: Duration = 5.0
    """Time until the next check while it is not sure whether the endpoint is down."""
    threshold: Count = 3
    """How many failures in a row mean that it is down."""
    retries: int = Field(default=2, ge=0, le=999)
    """The same, said differently: how many failures are checked again first."""
    recovery: Count = 2
    """How many successes in a row mean that it is well again."""
    of_last: KOfN = (6, 10)
    """[k, n]: also down when k of the last n checks failed; false: not."""
    watch_latency: bool = True
    """Whether a lasting rise of its latency is an incident."""
    certificate_days: tuple[Days, ...] = (30, 14, 7, 1)
    """Days before the end of its certificate at which to tell."""
    expect: ExpectShape = Field(default_factory=ExpectShape)
    """What its answer must be like."""
    method: str = Field(default="GET", pattern=r"^[A-Z]+$")
    """HTTP method."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP headers that are sent."""
    body: str = ""
    """What is sent after the HTTP headers."""
    redirects: bool = True
    """Whether HTTP redirects are followed."""
    fresh_after: int = Field(default=10, ge=1, le=100_000)
    """HTTP checks on one connection, which is kept for 5 minutes at most; 1: a new one for each.
    Left out: 10, or those of 30 s where that is more."""
    proxy: Proxy = ""
    """HTTP proxy: "http://…", "socks5://…", "socks5h://…", or "environment"; "none": directly."""
    nameserver: str = ""
    """Address of the nameserver to ask, with or without port; left out: the system's."""
    verify: bool = True
    """Whether its certificate must be valid."""
    ca: str = ""
    """PEM file of your own authority; left out: the system's."""
    client_certificate: str = ""
    """PEM file with the certificate, and the key, to show."""
    ip: Literal[4, 6] | None = None
    """Only this version of IP."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels for filters, routes and metrics."""
    mine: bool = False
    """Whether other ports of its host may be tried when it has moved."""
    public: bool = False
    """Whether it is on the public status page."""
    parents: Texts = ()
    """Names of endpoints without which these cannot be reached."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if {"threshold", "retries"} <= self.model_fields_set:
            raise ValueError("threshold and retries say the same; give one of them")
        return self


class DefaultsShape(CheckDefaults):
    """What holds for every endpoint that does not say otherwise."""


class GroupShape(CheckDefaults):
    """What holds for every endpoint of a group that does not say otherwise."""


class EndpointShape(CheckDefaults):
    """One endpoint."""

    name: str = Field(default="", max_length=200)
    """What people call it; its id is made of it. Left out: its URL."""
    url: str = ""
    """https://…, tcp://host:port, tls://host:port, dns://name, icmp://host, or host:port."""
    type: Literal["http", "tcp", "tls", "dns", "icmp", "heartbeat"] | None = None
    """Which probe; left out: as the URL says."""
    group: str = ""
    """Name of its group."""
    send: str = ""
    """What is sent first over tcp; the answer is in expect.contains."""
    starttls: Literal["smtp", "imap", "pop3", "ftp", "nntp", "sieve", "postgres", "ldap"] | None = (
        None
    )
    """What is spoken over tls before TLS begins."""
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA"] | None = (
        None
    )
    """Which DNS record is asked for; left out: the addresses."""
    ports: tuple[Port, ...] = ()
    """Ports where it may have moved to."""
    grace: Duration = 60.0
    """How late a heartbeat may be."""


class ChannelShape(Shape):
    """What every notifier has."""

    name: str = Field(min_length=1)
    """What routes call it."""
    timeout: Duration = 10.0
    """Time for one attempt."""
    rate: float = Field(default=20.0, gt=0, le=6000)
    """Messages a minute at most; the rest is put together in one."""


class AppriseShape(ChannelShape):
    """People, by any service that apprise knows."""

    type: Literal["apprise"]
    url: str
    """URL of the service, as apprise writes it: "mailto://…", "slack://…", "ntfy://…"."""

    format: Literal["text", "markdown", "html"] = "text"
    """How the text is written; apprise turns it into what the service takes."""

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        scheme, separator, _ = url.partition("://")
        if not separator or not scheme:
            raise ValueError('must be a URL of apprise, as "mailto://…"')
        return url


class WebhookShape(ChannelShape):
    """Programs, by a POST with JSON in it."""

    type: Literal["webhook"]
    url: HTTPURL
    """Where it is posted to."""
    secret: str = ""
    """Key of the signature (HMAC-SHA-256)."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP headers that are sent along."""


class AlertmanagerShape(ChannelShape):
    """Prometheus Alertmanager, by its API v2."""

    type: Literal["alertmanager"]
    url: HTTPURL
    """Where it is: "http://alertmanager:9093"."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP headers that are sent along."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels that each alert gets."""
    refresh: Duration = 60.0
    """Time after which what goes on is sent again; five times that long it is taken for true."""


class CommandShape(ChannelShape):
    """A program of yours, which reads the notice as JSON from its standard input."""

    type: Literal["command"]
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    """The program and its arguments."""
    env: dict[str, str] = Field(default_factory=dict)
    """Variables that it gets beside PATH, HOME and the like."""


NotifierShape = Annotated[
    AppriseShape | WebhookShape | AlertmanagerShape | CommandShape, Field(discriminator="type")
]


class RouteShape(Shape):
    """Which notifiers are told of which endpoints; an empty condition holds for all."""

    notifiers: Texts = Field(min_length=1)
    """Names of those that are told."""
    endpoints: Texts = ()
    """Names or ids of endpoints, or patterns with *."""
    groups: Texts = ()
    """Names of groups."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Label to the value that it must have."""
    patterns: Texts = ()
    """Sorts of incident, or patterns with *: "certificate", "latency"."""
    kinds: Texts = ()
    """Kinds of failure, or patterns with *: "tls.*"."""
    repeat: Duration | None = None
    """Time after which it is told again while it lasts; left out: never."""
    escalate_after: Duration | None = None
    """Time after which ``escalate_to`` are told, unless somebody has taken it."""
    escalate_to: Texts = ()
    """Names of notifiers."""
    stop: bool = False
    """Whether later routes are not asked for what this one matched."""

    @model_validator(mode="after")
    def _escalation(self) -> Self:
        if (self.escalate_after is None) != (not self.escalate_to):
            raise ValueError("escalate_after and escalate_to belong together")
        return self


class WeeklyShape(Shape):
    """A span of time on certain days of each week."""

    days: tuple[Day, ...] = tuple(range(7))
    """Days on which it begins: ["mon", "sun"]; left out: every day."""
    from_: Clock = Field(alias="from")
    """When it begins: "22:00"."""
    to: Clock
    """When it ends; before ``from``: on the next day."""
    zone: Zone = "UTC"
    """Time zone: "Europe/Berlin"."""


class MaintenanceShape(Shape):
    """A time in which nobody is told of what begins; either once or weekly."""

    name: str = "maintenance"
    """What people call it."""
    endpoints: Texts = ()
    """Names or ids of endpoints, or patterns with *; left out with ``groups``: all."""
    groups: Texts = ()
    """Names of groups."""
    begins: Moment | None = None
    """When it begins, of one that comes once: 2026-12-01T22:00:00Z."""
    ends: Moment | None = None
    """When it ends, of one that comes once."""
    weekly: WeeklyShape | None = None
    """When it comes back every week."""

    @model_validator(mode="after")
    def _when(self) -> Self:
        if (self.begins is None) != (self.ends is None):
            raise ValueError("begins and ends belong together")
        if (self.weekly is None) == (self.begins is None):
            raise ValueError("either begins and ends, or weekly, says when")
        if self.begins is not None and self.ends is not None and self.ends <= self.begins:
            raise ValueError("ends must be later than begins")
        return self


Digest = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class TokenShape(Shape):
    """Who may use the API, and for what."""

    name: str = Field(min_length=1)
    """Whom it was given to."""
    token: str = ""
    """The secret, as ${NAME} of the environment."""
    sha256: Digest | None = None
    """Or else the SHA-256 of the secret, in hexadecimal."""
    scopes: tuple[Scope, ...] = ("read",)
    """read: see everything. write: also acknowledge and silence. push: only send events."""


class RetentionShape(Shape):
    """How long what is kept; rollups of a day, changes of state and incidents are for ever."""

    checks: Duration = 7 * DAY
    """Each check."""
    five_minutes: Duration = 30 * DAY
    """Rollups of five minutes."""
    hours: Duration = 400 * DAY
    """Rollups of an hour."""


class WebShape(Shape):
    """How the page is served."""

    host: str = "127.0.0.1"
    """Address to listen on; another than loopback needs a [[token]]."""
    port: int = Field(default=8480, ge=0, le=65535)
    """Port to listen on."""
    base_url: HTTPURL | None = None
    """Where people reach the page, for links in notices."""
    status_page: bool = False
    """Whether /status and the badges of public endpoints are for everybody."""
    title: str = "Status"
    """Title of the public status page."""


class StoreShape(Shape):
    """Where it is kept."""

    path: str = Field(default="ringback.db", min_length=1)
    """The database's file; relative to the folder of this file."""


class ProbeAllowShape(Shape):
    """What /probe may be asked for."""

    targets: Texts = ()
    """[scheme://]host[:port], where the host may hold *."""


class IncludedShape(Shape):
    """A file that ``include`` names."""

    endpoint: tuple[EndpointShape, ...] = ()
    """What is watched."""
    group: dict[str, GroupShape] = Field(default_factory=dict)
    """What holds for the endpoints of a group."""
    notifier: tuple[NotifierShape, ...] = ()
    """Ways to tell people and programs."""
    route: tuple[RouteShape, ...] = ()
    """Which notifiers are told of which endpoints; without any, all are told of all."""
    maintenance: tuple[MaintenanceShape, ...] = ()
    """Times in which nobody is told."""
    token: tuple[TokenShape, ...] = ()
    """Who may use the API."""


class FileShape(IncludedShape):
    """The main file."""

    vantage: str = ""
    """What this place of observation is called; left out: the machine's name."""
    include: tuple[str, ...] = ()
    """Patterns of further files, relative to this one: ["conf.d/*.toml"]."""
    defaults: DefaultsShape = Field(default_factory=DefaultsShape)
    """What holds for all endpoints."""
    retention: RetentionShape = Field(default_factory=RetentionShape)
    """How long what is kept."""
    web: WebShape = Field(default_factory=WebShape)
    """How the page is served."""
    store: StoreShape = Field(default_factory=StoreShape)
    """Where it is kept."""
    probe_allow: ProbeAllowShape = Field(default_factory=ProbeAllowShape)
    """What /probe may be asked for."""


ARRAY_SECTIONS = ("endpoint", "notifier", "route", "maintenance", "token")
"""Sections of which there may be many: ``[[endpoint]]``."""
