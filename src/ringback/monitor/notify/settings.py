"""Who is notified of what: the configuration of notifiers and routes as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from ringback.incident.model import Incident, Severity

ChannelType = Literal["apprise", "webhook", "alertmanager", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSettings:
    """A configured channel and its receiver."""

    name: str  # What routes call it
    type: ChannelType
    # Where it sends to, with its secrets; `""`: it is a command
    url: str = field(default="", repr=False)
    command: tuple[str, ...] = ()  # The program and its arguments; `()`: it is none
    # Key that a webhook is signed with; `""`: it is not signed
    secret: str = field(default="", repr=False)
    # HTTP request headers that are sent along
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0  # Seconds for one attempt
    rate: float = 20.0  # Messages in any minute, at most; the rest is put together in one
    # What only one type of channel has
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """Who is notified of some incidents; an empty condition holds for all, and all must hold.

    Every condition may have ``*`` and ``?``. An incident goes the way of each of its members; one
    about the monitor itself, which has none, goes every way that takes its pattern and kind.
    """

    notifiers: tuple[str, ...]  # Names of those that are notified
    endpoints: tuple[str, ...] = ()  # Ids of endpoints
    groups: tuple[str, ...] = ()  # Names of groups
    labels: Mapping[str, str] = field(default_factory=dict)  # Label to the value that it must have
    patterns: tuple[str, ...] = ()  # Sorts of incident: `service_outage`, `certificate` …
    kinds: tuple[str, ...] = ()  # Kinds of failure: `tls.*` …
    # How urgent; `()`: `page`, and of the sorts that `patterns` names also `warn`
    severity: tuple[Severity, ...] = ()
    # Seconds until a reminder, while it is open and not acknowledged; `None`: never
    repeat: float | None = None
    # Seconds until `escalate_to` are notified, unless it is acknowledged; `None`: never
    escalate_after: float | None = None
    escalate_to: tuple[str, ...] = ()  # Names of notifiers
    stop: bool = False  # Whether later routes are not asked for what this one matched

    def matches(self, endpoint: str, group: str, labels: Mapping[str, str]) -> bool:
        """Return whether an endpoint's incidents go this way, whatever they are."""
        return (
            _any(self.endpoints, endpoint)
            and _any(self.groups, group)
            and all(fnmatchcase(labels.get(k, ""), v) for k, v in self.labels.items())
        )

    def takes(self, incident: Incident) -> bool:
        """Return whether such incidents go this way, whatever they are about."""
        return (
            incident.severity in self.severities
            and _any(self.patterns, incident.pattern)
            and _any(self.kinds, incident.kind or "")
        )

    @property
    def severities(self) -> tuple[Severity, ...]:
        """How urgent an incident may be to go this way."""
        return self.severity or (("page", "warn") if self.patterns else ("page",))


def route_to_all(notifiers: Iterable[str]) -> RouteSettings:
    """Return what stands for routes where there are none: everybody is notified of everything.

    Also of warnings: there is no other route that they could go, and somebody is to know of them.
    """
    return RouteSettings(notifiers=tuple(notifiers), severity=("page", "warn"))


def _any(patterns: tuple[str, ...], word: str) -> bool:
    return not patterns or any(fnmatchcase(word, pattern) for pattern in patterns)
