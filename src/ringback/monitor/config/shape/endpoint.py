"""``[[endpoint]]``, and what ``[defaults]`` and ``[group.NAME]`` may say for many of them."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ringback.monitor.config.shape.base import Shape
from ringback.monitor.config.shape.kind import (
    Count,
    Duration,
    JSONText,
    KOfN,
    Patterns,
    Port,
    Proxy,
    Statuses,
    Texts,
)

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
        from ringback.monitor.probe.http.jsonpath import steps_of  # noqa: PLC0415 - few need it

        for path in paths:
            steps_of(path)
        return paths


class HabitsShape(Shape):
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


class DefaultsShape(HabitsShape):
    """What holds for every endpoint that does not say otherwise."""


class GroupShape(HabitsShape):
    """What holds for every endpoint of a group that does not say otherwise."""


class EndpointShape(HabitsShape):
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
