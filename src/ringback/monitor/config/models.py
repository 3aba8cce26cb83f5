"""The tables of a configuration as models that pydantic checks; the last one is the whole file."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from ringback.monitor.config.naming import endpoint_id
from ringback.monitor.config.settings import DAY
from ringback.monitor.config.values import (
    HTTPURL,
    Clock,
    Count,
    Day,
    Duration,
    JSONText,
    Moment,
    Patterns,
    Port,
    PostgresURL,
    Proxy,
    Severities,
    Statuses,
    Texts,
    Zone,
    known_method,
)
from ringback.monitor.web.settings import Role

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
    """What a response must be like for the endpoint to be up."""

    status: Statuses = ()
    """HTTP statuses that mean up: 204, "200-299", "2xx", or a list. Left out: below 400."""
    contains: Texts = ()
    """Text, or texts, that the body must contain; with tcp and udp: the first data received."""
    matches: Patterns = ()
    """Regular expression, or several, that the body must match."""
    json_: dict[str, JSONText] = Field(default_factory=dict, alias="json")
    """Path in a JSON body to the value that it must have: { "status" = "up" }."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP header to the text that it must contain."""
    latency: Duration | None = None
    """Longest time that a check may take."""
    certificate_days: float | None = Field(default=None, ge=0)
    """Days that the certificate must still be valid; with fewer the endpoint is down."""
    answers: Texts = ()
    """Address or text, or several, that the DNS response must contain."""
    anonymous: bool = False
    """Whether postgres, mysql, redis or mqtt must serve without a login; default: one that wants
    a login is up."""

    @field_validator("json_")
    @classmethod
    def _paths(cls, paths: dict[str, str]) -> dict[str, str]:
        from ringback.monitor.probe.http.judge import steps_of  # noqa: PLC0415 - few need it

        for path in paths:
            steps_of(path)
        return paths


class RequestShape(Shape):
    """How one check is made."""

    timeout: Duration = 10.0
    """Time for one check, at most ``every``."""
    expect: ExpectShape = Field(default_factory=ExpectShape)
    """What its response must be like."""
    method: Annotated[str, Field(pattern=r"^[A-Z]+$"), AfterValidator(known_method)] = "GET"
    """HTTP method."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP headers that are sent."""
    body: str = ""
    """Body of the HTTP request."""
    redirects: bool = True
    """Whether HTTP redirects are followed."""
    proxy: Proxy = ""
    """HTTP proxy: "http://…", "socks5://…", "socks5h://…", or "environment"; "none": directly."""
    nameserver: str = ""
    """Address of the nameserver to query, with or without port; default: the system's."""
    verify: bool = True
    """Whether its certificate must be valid."""
    ca: str = ""
    """PEM file of your own certificate authority; default: the system's."""
    client_certificate: str = ""
    """PEM file with the client certificate and its key."""
    ip: Literal[4, 6] | None = None
    """Only this version of IP."""


class CheckDefaults(RequestShape):
    """How endpoints are monitored."""

    every: Duration = 30.0
    """Time between two checks; of a heartbeat, between two reports."""
    retry_every: Duration = 5.0
    """Time until the next check while a failure is not confirmed yet."""
    threshold: Count = 3
    """Number of failures in a row after which it is down."""
    retries: int = Field(default=2, ge=0, le=999)
    """The same, counted as retries: failures that are checked again first."""
    recovery: Count = 2
    """Number of successes in a row after which it is up again."""
    slo: float | None = Field(default=None, ge=50, lt=100)
    """Percentage of the time in which it is to be well, such as 99.9: notified of when the error
    budget of 30 days is used up too fast."""
    watch_latency: bool = True
    """Whether a lasting rise of its latency opens an incident."""
    certificate_days: tuple[Days, ...] = (30, 14, 7, 1)
    """Days before its certificate expires on which to notify."""
    fresh_after: int = Field(default=10, ge=1, le=100_000)
    """HTTP checks on one connection, which is kept for 5 minutes at most; 1: a new one for each.
    Left out: 10, or those of 30 s where that is more."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels for filters, routes and metrics."""
    mine: bool = False
    """Whether other ports of its host may be tried after a relocation."""
    public: bool = False
    """Whether it is shown on the public status page."""
    parents: Texts = ()
    """Names of endpoints without which these cannot be reached."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if {"threshold", "retries"} <= self.model_fields_set:
            raise ValueError("threshold and retries mean the same: set only one of them")
        return self


class DefaultsShape(CheckDefaults):
    """Defaults for every endpoint."""


class GroupShape(CheckDefaults):
    """Defaults for every endpoint of a group."""


class DialogueShape(Shape):
    """What is said to one sort of server."""

    send: str = ""
    """Sent first over tcp and udp; expect.contains is searched for in what comes back."""
    starttls: Literal["smtp", "imap", "pop3", "ftp", "nntp", "sieve", "postgres", "ldap"] | None = (
        None
    )
    """Protocol in which TLS is requested before it begins."""
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA"] | None = (
        None
    )
    """DNS record type to query; default: the addresses."""


class EndpointShape(CheckDefaults, DialogueShape):
    """One endpoint."""

    name: str = Field(default="", max_length=200)
    """Display name; its id is made of it. Default: its URL."""
    url: str = ""
    """https://…, tcp://host:port, tls://host:port, dns://name, icmp://host, udp://host:port, wss://…,
    grpc://…, a service (postgres://, mysql://, redis://, mongodb://, ldaps://, smtp://, ssh://,
    amqp://, mqtt:// and their kin), or host:port."""
    type: Literal["http", "tcp", "tls", "dns", "icmp", "heartbeat"] | None = None
    """Which probe; default: by the scheme of the URL."""
    group: str = ""
    """Name of its group."""
    ports: tuple[Port, ...] = ()
    """Ports to try after a relocation."""
    grace: Duration = 60.0
    """How late a heartbeat may be."""

    @property
    def id(self) -> str:
        return endpoint_id(self.name, self.url)


class ProbeModuleShape(RequestShape, DialogueShape):
    """How ``/probe?module=NAME`` checks a target."""

    type: Literal["http", "tcp", "tls", "dns", "icmp"]
    """Which probe."""
    query: str = ""
    """DNS name to query; the target is then the nameserver. Left out: the target is the name."""

    @model_validator(mode="after")
    def _whom_to_ask(self) -> Self:
        if self.query and self.nameserver:
            raise ValueError("with query the target is the nameserver: remove nameserver")
        return self


class ChannelShape(Shape):
    """Settings of every notifier."""

    name: str = Field(min_length=1)
    """Name that routes use."""
    timeout: Duration = 10.0
    """Time for one attempt."""
    rate: float = Field(default=20.0, gt=0, le=6000)
    """Most notifications per minute; what is beyond is combined into one."""


class AppriseShape(ChannelShape):
    """Notifications to people, by any service that Apprise supports."""

    type: Literal["apprise"]
    url: str
    """URL of the service in Apprise's form: "mailto://…", "slack://…", "ntfy://…"."""

    format: Literal["text", "markdown", "html"] = "text"
    """Format of the text; Apprise converts it for the service."""

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        scheme, separator, _ = url.partition("://")
        if not separator or not scheme:
            raise ValueError('must be an Apprise URL, such as "mailto://…"')
        return url


class WebhookShape(ChannelShape):
    """Notifications to programs, by a POST request with JSON."""

    type: Literal["webhook"]
    url: HTTPURL
    """URL to send it to."""
    secret: str = ""
    """Key of the signature (HMAC-SHA-256)."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further HTTP headers."""


class AlertmanagerShape(ChannelShape):
    """Prometheus Alertmanager, by its API v2."""

    type: Literal["alertmanager"]
    url: HTTPURL
    """Its URL: "http://alertmanager:9093"."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further HTTP headers."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels to add to each alert."""
    refresh: Duration = 60.0
    """Interval at which firing alerts are sent again; each is valid for five times as long."""


class CommandShape(ChannelShape):
    """A program of yours, which reads the notification as JSON from its standard input."""

    type: Literal["command"]
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    """The program and its arguments."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables to set beside PATH, HOME and the like."""


NotifierShape = Annotated[
    AppriseShape | WebhookShape | AlertmanagerShape | CommandShape, Field(discriminator="type")
]


class RouteShape(Shape):
    """Which notifiers are notified of which endpoints; an empty condition matches all."""

    notifiers: Texts = Field(min_length=1)
    """Names of the notifiers."""
    endpoints: Texts = ()
    """Names or ids of endpoints, or globs with *."""
    groups: Texts = ()
    """Names of groups."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Label to the value that it must have."""
    patterns: Texts = ()
    """Incident patterns, or globs with *: "certificate", "latency"."""
    kinds: Texts = ()
    """Kinds of failure, or globs with *: "tls.*"."""
    severity: Severities = ()
    """"page", "warn" or both; default: "page", and what ``patterns`` names also as "warn"."""
    repeat: Duration | None = None
    """Interval at which an open incident is notified again; default: never."""
    escalate_after: Duration | None = None
    """Time after which ``escalate_to`` are notified, unless it was acknowledged."""
    escalate_to: Texts = ()
    """Names of notifiers."""
    stop: bool = False
    """Whether later routes are skipped for what this one matched."""

    @model_validator(mode="after")
    def _escalation(self) -> Self:
        if (self.escalate_after is None) != (not self.escalate_to):
            raise ValueError("escalate_after and escalate_to must be set together")
        return self


class WeeklyShape(Shape):
    """A span of time on certain days of each week."""

    days: tuple[Day, ...] = tuple(range(7))
    """Days on which it begins: ["mon", "sun"]; default: every day."""
    from_: Clock = Field(alias="from")
    """When it begins: "22:00"."""
    to: Clock
    """When it ends; before ``from``: on the next day."""
    zone: Zone = "UTC"
    """Time zone: "Europe/Berlin"."""


class MaintenanceShape(Shape):
    """A time in which notifications of new incidents are muted; either once or weekly."""

    name: str = "maintenance"
    """Display name."""
    endpoints: Texts = ()
    """Names or ids of endpoints, or globs with *; without these and ``groups``: all."""
    groups: Texts = ()
    """Names of groups."""
    begins: Moment | None = None
    """Beginning of a single window: 2026-12-01T22:00:00Z."""
    ends: Moment | None = None
    """End of a single window."""
    weekly: WeeklyShape | None = None
    """When it recurs every week."""

    @model_validator(mode="after")
    def _when(self) -> Self:
        if (self.begins is None) != (self.ends is None):
            raise ValueError("begins and ends must be set together")
        if (self.weekly is None) == (self.begins is None):
            raise ValueError("set either begins and ends, or weekly")
        if self.begins is not None and self.ends is not None and self.ends <= self.begins:
            raise ValueError("ends must be later than begins")
        return self


Digest = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class TokenShape(Shape):
    """Who may use the API, and for what."""

    name: str = Field(min_length=1)
    """Who it was given to."""
    token: str = ""
    """The secret, as ${NAME} of the environment."""
    token_file: str = ""
    """Or else a file that holds only the secret; relative to the folder of this file."""
    sha256: Digest | None = None
    """Or else the SHA-256 of the secret, in hexadecimal."""
    role: Role | None = None
    """view: see everything. act: also acknowledge, write notes, silence, check, pause. administer:
    also adopt endpoints and manage agents."""
    scopes: tuple[Literal["read", "write", "push"], ...] = ("read",)
    """Instead of a role. read: see everything. write: also change everything. push: only send
    events."""


class AuthShape(Shape):
    """Who is logged in by a reverse proxy in front of the page, beside tokens."""

    proxy_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")
    """Header in which the proxy says who asks, such as X-Remote-User."""
    trusted_proxies: Texts = ()
    """Addresses or networks from which it is believed: ["127.0.0.1", "10.0.0.0/24"]."""
    roles: dict[str, Role] = Field(default_factory=dict)
    """Name to role; "*" is everybody else that the proxy names."""


class RetentionShape(Shape):
    """How long data is kept; daily rollups, changes of state and incidents are kept for ever."""

    checks: Duration = 7 * DAY
    """Each check."""
    five_minutes: Duration = 30 * DAY
    """Rollups of five minutes."""
    hours: Duration = 400 * DAY
    """Rollups of an hour."""


class StatusPageShape(Shape):
    """A public status page of its own, at /status/NAME."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    """Name in its address: lower-case letters, digits and hyphens."""
    title: str = "Status"
    """Title of the page."""
    groups: Texts = ()
    """Names of groups whose public endpoints it shows, in this order; default: all."""


class WebShape(Shape):
    """How the web page is served."""

    host: str = "127.0.0.1"
    """Address to listen on; another than loopback needs a [[token]]."""
    port: int = Field(default=8480, ge=0, le=65535)
    """Port to listen on."""
    base_url: HTTPURL | None = None
    """URL of the page for people, for links in notifications."""
    certificate: str = ""
    """PEM file of the certificate with which the page is served over TLS; relative to this file."""
    key: str = ""
    """PEM file of its key, without a password; default: in the file of the certificate."""
    status_page: bool = False
    """Whether /status and the badges of public endpoints are for everybody."""
    title: str = "Status"
    """Title of the public status page."""
    page: tuple[StatusPageShape, ...] = ()
    """Further public status pages: [[web.page]]."""


class DeadMansSwitchShape(Shape):
    """What is called while the monitor is well; a service there raises alarm when no call comes."""

    url: HTTPURL
    """URL to call by GET, of another place than this machine."""
    every: Duration = 60.0
    """Time between two calls."""


class StoreShape(Shape):
    """Where data is stored."""

    path: str = Field(default="ringback.db", min_length=1)
    """The database's file; relative to the folder of this file."""
    url: PostgresURL = ""
    """Of a PostgreSQL (15 or later), instead of a file."""


class DiscoveryShape(Shape):
    """Endpoints out of target files as Prometheus has them (``file_sd``)."""

    files: Texts = Field(min_length=1)
    """Patterns of JSON or YAML files, relative to this one: ["targets/*.json"]."""
    url: str = Field(default="{target}", min_length=1)
    """URL to check; {target} and {LABEL} are replaced: "https://{target}/health"."""
    name: str = ""
    """Display name, with the same; default: the URL."""
    group: str = ""
    """Name of the group with their settings."""


class ProbeAllowShape(Shape):
    """Which targets /probe accepts."""

    targets: Texts = ()
    """[scheme://]host[:port], where the host may hold *."""


class IncludedShape(Shape):
    """A file that ``include`` names."""

    endpoint: tuple[EndpointShape, ...] = ()
    """What is monitored."""
    group: dict[str, GroupShape] = Field(default_factory=dict)
    """Defaults for the endpoints of a group."""
    notifier: tuple[NotifierShape, ...] = ()
    """Channels to people and programs."""
    route: tuple[RouteShape, ...] = ()
    """Which notifiers are notified of which endpoints; without any, all of all."""
    maintenance: tuple[MaintenanceShape, ...] = ()
    """Times in which notifications are muted."""
    token: tuple[TokenShape, ...] = ()
    """Who may use the API."""


class FileShape(IncludedShape):
    """The main file."""

    vantage: str = ""
    """Name of this vantage; default: the machine's name."""
    agents_only: bool = False
    """Whether only agents check, and this machine nothing itself."""
    controls: Texts = ()
    """URLs of targets beyond this network, reached for only to know whether it works:
    ["tcp://192.0.2.1:443", "https://example.com"]."""
    include: tuple[str, ...] = ()
    """Patterns of further files, relative to this one: ["conf.d/*.toml"]."""
    include_outside: bool = False
    """Whether ``include`` may name files that are not below the folder of this one."""
    discovery: tuple[DiscoveryShape, ...] = ()
    """Endpoints out of target files as Prometheus has them (``file_sd``)."""
    defaults: DefaultsShape = Field(default_factory=DefaultsShape)
    """Defaults for all endpoints."""
    retention: RetentionShape = Field(default_factory=RetentionShape)
    """How long what is kept."""
    dead_mans_switch: DeadMansSwitchShape | None = None
    """What is called while the monitor is well."""
    web: WebShape = Field(default_factory=WebShape)
    """How the web page is served."""
    auth: AuthShape = Field(default_factory=AuthShape)
    """Who is logged in by a reverse proxy."""
    store: StoreShape = Field(default_factory=StoreShape)
    """Where data is stored."""
    probe_allow: ProbeAllowShape = Field(default_factory=ProbeAllowShape)
    """Which targets /probe accepts."""
    probe_module: dict[str, ProbeModuleShape] = Field(default_factory=dict)
    """How /probe checks a target, by the name of the module."""


ARRAY_SECTIONS = ("endpoint", "notifier", "route", "maintenance", "token", "discovery")
"""Sections of which there may be many: ``[[endpoint]]``."""
