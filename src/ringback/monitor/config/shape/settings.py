"""The whole file, and the sections of which there is one."""

from typing import Annotated

from pydantic import Field

from ringback.monitor.config.loaded import DAY
from ringback.monitor.config.shape.base import Shape
from ringback.monitor.config.shape.endpoint import DefaultsShape, EndpointShape, GroupShape
from ringback.monitor.config.shape.kind import HTTPURL, Duration, Texts
from ringback.monitor.config.shape.maintenance import MaintenanceShape
from ringback.monitor.config.shape.notifying import NotifierShape, RouteShape
from ringback.monitor.web.settings import Scope

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


MANY = ("endpoint", "notifier", "route", "maintenance", "token")
"""Sections of which there may be many: ``[[endpoint]]``."""
