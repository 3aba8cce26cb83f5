"""``[[notifier]]`` and ``[[route]]``."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ringback.monitor.config.shape.base import Shape
from ringback.monitor.config.shape.kind import HTTPURL, Duration, Texts


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
