"""What the monitor shows of itself: values for pages, the API and the command line."""

from dataclasses import dataclass
from typing import Literal

from ringback.incident.model import Check, EndpointState
from ringback.monitor.endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One endpoint as it is now.

    Attributes:
        endpoint: Its configuration.
        state: Its state.
        since: Since when, in seconds since 1970 UTC; ``None``: not seen yet.
        kind: Kind of the failure it has; ``None``: it has none.
        last: The newest check.
        incident: Id of the open incident that it is part of.
        silenced: Whether nobody is told of it now.
    """

    endpoint: Endpoint
    state: EndpointState
    since: float | None = None
    kind: str | None = None
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
class Told:
    """That something changed, for those who look at it live.

    Attributes:
        what: What sort of thing.
        endpoint: Its id, where it is about one.
        incident: Its id, where it is about one.
    """

    what: Literal["check", "state", "incident", "config"]
    endpoint: str | None = None
    incident: str | None = None
