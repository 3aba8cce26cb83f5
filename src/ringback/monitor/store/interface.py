"""What a store must do, and what can be wrong with one; SQLite does it for one machine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from ringback.incident.model import Check, Incident, IncidentState, Notice, Transition

Step = Literal["5m", "1h", "1d"]  # Width of a bucket of a rollup


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreBatch:
    """What is kept in one transaction: all of it, or nothing."""

    checks: Sequence[Check] = ()  # In the order they ended
    transitions: Sequence[Transition] = ()  # Of endpoints
    incidents: Sequence[Incident] = ()  # Those that changed, as they are now
    notices: Sequence[Notice] = ()  # To be sent; one whose id is there already is left as it is
    # Name to a JSON value that is kept as the newest: what is known of an endpoint (`case:…`), when
    # the next checks are due (`runner`) …
    states: Mapping[str, Any] = field(default_factory=dict)
    # Whether it must survive the loss of power, as transitions, incidents and notices always do
    durable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupBucket:
    """The checks of an endpoint in one span of time."""

    at: float  # Its beginning, in seconds since 1970 UTC
    count: int  # Checks whose outcome is known
    bad: int  # Those of them that failed
    unknown: int = 0  # Checks that say nothing, because the prober was sick
    p50: float | None = None  # Median of the seconds they took; `None`: none succeeded
    p95: float | None = None  # 95th percentile
    p99: float | None = None  # 99th percentile
    timings: Mapping[str, float] = field(default_factory=dict)  # Phase to its median seconds
    kinds: Mapping[str, int] = field(default_factory=dict)  # Kind of failure to how many


class SpanCounts(NamedTuple):
    """The same as it is written: histograms as bytes (``merged_seconds``), for many to be read."""

    at: float  # Its beginning, in seconds since 1970 UTC
    width: float  # Its seconds
    known: int  # Checks whose outcome is known
    bad: int  # Those of them that failed
    unknown: int  # Checks that say nothing
    histograms: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """What a phase of the successful checks took, in seconds."""

    p50: float  # Median
    p95: float  # 95th percentile
    p99: float  # 99th percentile


@dataclass(slots=True, kw_only=True)  # not frozen: thousands are made for a page
class DayCount:
    """How many checks of an endpoint there were on a day."""

    at: float  # When it began, in seconds since 1970 UTC
    count: int  # Those that say something
    bad: int  # Those of them that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A notice that waits to be sent."""

    notice: Notice  # What is to be sent
    attempts: int  # How often it was tried
    due: float  # When it is to be looked at next, in seconds since 1970 UTC
    error: str = ""  # Why it failed last; `""`: it was not tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """What became of a notice."""

    id: str
    incident: str  # Id of the incident that it is about
    channel: str  # Name of the notifier
    what: str  # What happened to the incident
    at: float  # When that was; of an escalation, when it is to be sent
    ended: float | None  # When it was sent or given up; `None`: it waits
    attempts: int  # How often it was tried
    error: str  # Why it was given up, or failed last; `""`: it did not

    @property
    def outcome(self) -> Literal["waiting", "sent", "given_up"]:
        if self.ended is None:
            return "waiting"
        return "given_up" if self.error else "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What the lead has kept since it was looked at last."""

    states: Mapping[str, Any]  # Those of many that are new
    changed: set[str]  # Names of the others that are
    checks: Sequence[Check]  # The newest of each endpoint that was checked


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents are asked for; what is left out holds for all."""

    states: tuple[IncidentState, ...] = ()
    endpoint: str | None = None  # Id of one that must be a member
    before: float | None = None  # Opened before this time

    def takes(self, incident: Incident) -> bool:
        return (
            (not self.states or incident.state in self.states)
            and (self.endpoint is None or self.endpoint in incident.members)
            and (self.before is None or incident.opened_at < self.before)
        )


EVERY_INCIDENT = IncidentFilter()


_HOUR = 3600.0
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRetention:
    """How long what is kept, in seconds; incidents, transitions and the days' rollup for ever."""

    checks: float = 48 * _HOUR  # Every check
    # Failed checks with their details, a bounded number of each endpoint and hour
    failed: float = 400 * _DAY
    five_minutes: float = 7 * _DAY  # The rollup of five minutes
    hours: float = 400 * _DAY  # The rollup of hours
    notices: float = 90 * _DAY  # Notices that were sent or given up, so that none is sent twice


class NoticeStore(Protocol):
    """What notifying needs of a store: what is to be sent, and what is known of it."""

    def keep(self, batch: StoreBatch) -> None:
        """Keep a batch, all or nothing."""

    def state(self, name: str) -> Any:
        """Return what was kept last as this state; ``None``: nothing."""

    def states(self, prefix: str) -> dict[str, Any]:
        """Return what was kept last as every state whose name begins so, by name."""

    def incident(self, id_: str) -> Incident | None:
        """Return one incident."""

    def due(self, now: float, limit: int = 100) -> list[Queued]:
        """Return notices that are to be sent by now, oldest first."""

    def sent(self, id_: str, now: float) -> None:
        """Note that a notice was sent."""

    def postpone(self, id_: str, due: float, error: str) -> None:
        """Note that a notice could not be sent, and when it is to be tried again."""

    def defer(self, ids: Sequence[str], due: float) -> None:
        """Note until when notices wait for others to be sent with; that is no attempt."""

    def give_up(self, id_: str, now: float, error: str) -> None:
        """Note that a notice will not be tried again."""


class Store(NoticeStore, Protocol):
    """Where a monitor keeps what it knows; times are seconds since 1970 UTC.

    Methods block, and any thread may call them: those that write take turns, and none waits for
    long. One process writes at a time.
    """

    def each_state(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Yield what ``states`` returns; of a name that comes again the last one counts."""

    def last_checks(self) -> dict[str, Check]:
        """Return the newest check of each endpoint."""

    def checks(
        self, endpoint: str, since: float, until: float, *, failed: bool = False, limit: int = 1000
    ) -> list[Check]:
        """Return checks of an endpoint, newest first; ``failed``: only those."""

    def buckets(self, endpoint: str, step: Step, since: float, until: float) -> list[RollupBucket]:
        """Return the rollup of an endpoint, oldest first."""

    def day_counts(
        self, endpoints: Sequence[str], since: float, until: float
    ) -> dict[str, list[DayCount]]:
        """Return of each endpoint the days with checks, oldest first: the counts of ``buckets``."""

    def phases(
        self, endpoint: str, step: Step, since: float, until: float
    ) -> dict[str, Percentiles]:
        """Return what each phase of the good checks in these spans took, all taken together."""

    def transitions(self, endpoint: str, since: float, until: float) -> list[Transition]:
        """Return the changes of an endpoint's state, oldest first."""

    def incidents(
        self, wanted: IncidentFilter = EVERY_INCIDENT, limit: int = 100
    ) -> list[Incident]:
        """Return incidents, newest first."""

    def notified(self, incidents: Sequence[str], limit: int = 100) -> list[Notified]:
        """Return what became of the notices of incidents, newest first."""

    def maintain(self, now: float) -> None:
        """Seal, roll up and drop what is old; does a bounded piece of work."""

    def backup(self, path: Path) -> None:
        """Write a copy that is whole, while others write."""

    def close(self) -> None:
        """Let go of the files."""


class StoreProblem(Exception):  # noqa: N818 - named after what happened, as in ringback.errors
    """The store cannot be used as it is; the message is one line and ends with the remedy."""


class StoreTooNew(StoreProblem):
    """A later version of ringback wrote the database."""


class StoreInUse(StoreProblem):
    """Another process writes to the database."""


class StoreCorrupt(StoreProblem):
    """The file is no database, or its content is damaged."""


class StoreUnavailable(StoreProblem):
    """Nothing can be written now, and it may be possible again: disk full, read-only, I/O error."""
