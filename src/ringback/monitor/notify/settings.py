"""Who is notified of what: the configuration of notifiers and routes as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

ChannelType = Literal["apprise", "webhook", "alertmanager", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSettings:
    """A configured channel and its receiver.

    Attributes:
        name: What routes call it.
        type: Which channel.
        url: Where it sends to, with its secrets; ``""``: it is a command.
        command: The program and its arguments; ``()``: it is none.
        secret: Key that a webhook is signed with; ``""``: it is not signed.
        headers: HTTP request headers that are sent along.
        timeout: Seconds for one attempt.
        rate: Messages in any minute, at most; the rest is put together in one.
        options: What only one type of channel has.
    """

    name: str
    type: ChannelType
    url: str = field(default="", repr=False)
    command: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    rate: float = 20.0
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """Who is notified of some incidents; an empty condition holds for all, and all must hold.

    Every condition may have ``*`` and ``?``. An incident goes the way of each of its members.

    Attributes:
        notifiers: Names of those that are notified.
        endpoints: Ids of endpoints.
        groups: Names of groups.
        labels: Label to the value that it must have.
        patterns: Sorts of incident: ``service_outage``, ``certificate`` …
        kinds: Kinds of failure: ``tls.*`` …
        repeat: Seconds until a reminder, while it is open and not acknowledged;
            ``None``: never.
        escalate_after: Seconds until ``escalate_to`` are notified, unless it is acknowledged;
            ``None``: never.
        escalate_to: Names of notifiers.
        stop: Whether later routes are not asked for what this one matched.
    """

    notifiers: tuple[str, ...]
    endpoints: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    repeat: float | None = None
    escalate_after: float | None = None
    escalate_to: tuple[str, ...] = ()
    stop: bool = False

    def matches(self, endpoint: str, group: str, labels: Mapping[str, str]) -> bool:
        """Return whether an endpoint's incidents go this way, whatever they are."""
        return (
            _any(self.endpoints, endpoint)
            and _any(self.groups, group)
            and all(fnmatchcase(labels.get(k, ""), v) for k, v in self.labels.items())
        )

    def takes(self, pattern: str, kind: str | None) -> bool:
        """Return whether such incidents go this way, whatever they are about."""
        return _any(self.patterns, pattern) and _any(self.kinds, kind or "")


def _any(patterns: tuple[str, ...], word: str) -> bool:
    return not patterns or any(fnmatchcase(word, pattern) for pattern in patterns)
