"""What reading a configuration gives: frozen values, or the list of all its problems.

Nothing here takes pydantic: a running monitor holds these values and does without it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ringback.incident.silences import MAINTENANCE_PREFIX, Silence
from ringback.monitor.model import Endpoint
from ringback.monitor.notify.settings import NotifierSettings, RouteSettings
from ringback.monitor.web.settings import WebSettings, is_loopback_host


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One thing that is wrong."""

    file: Path  # Where it stands
    line: int = 0  # Counted from 1; 0: the whole file
    column: int = 0  # Counted from 1, in characters; 0: the whole file
    path: str = ""  # Key path, as `endpoint[2].expect.status`; `""`: the whole file.
    message: str  # What is wrong, in one line, without secrets
    hint: str = ""  # What was probably meant; `""`: not known

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        return f"{place}: {self.message}" + (f"; did you mean {self.hint!r}?" if self.hint else "")


class ConfigInvalid(Exception):  # noqa: N818 - named for the state of the file
    """Raised for a configuration that cannot be used."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        # All of them, by file and line
        self.problems = sorted(problems, key=lambda p: (str(p.file), p.line, p.column, p.message))
        super().__init__("\n".join(map(str, self.problems)))


EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyWindow:
    """A span of time on certain days of each week; one that ends before it begins is overnight."""

    days: frozenset[int] = EVERY_DAY  # Days on which it begins, Monday is 0
    start: time  # Wall clock at its beginning
    stop: time  # Wall clock at its end
    zone: str = "UTC"  # IANA name of the time zone

    def span(self, now: float) -> tuple[float, float] | None:
        """Return the span that holds now, or else the next; ``None``: no day is given."""
        today = datetime.fromtimestamp(now, ZoneInfo(self.zone)).date()
        for ahead in range(-1, 9):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days and self._of(day)[1] > now:
                return self._of(day)
        return None

    def _of(self, day: date) -> tuple[float, float]:
        last = day if self.start < self.stop else day + timedelta(days=1)
        zone = ZoneInfo(self.zone)
        begins = datetime.combine(day, self.start, zone).timestamp()
        return begins, datetime.combine(last, self.stop, zone).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """A time in which nobody is notified of what begins."""

    name: str  # What people call it
    endpoints: tuple[str, ...]  # Ids of the endpoints it is for, or patterns with `*`
    begins: float | None = None  # In seconds since 1970 UTC; only of one that comes once
    ends: float | None = None  # In seconds since 1970 UTC; only of one that comes once
    weekly: WeeklyWindow | None = None  # When it comes back; `None`: it comes once

    def silence(self, now: float) -> Silence | None:
        """Return the silence that holds now, or else the next; ``None``: it is over for good."""
        span = self.weekly.span(now) if self.weekly else self._once(now)
        if span is None:
            return None
        return Silence(
            id=f"{MAINTENANCE_PREFIX}{self.name}:{span[0]:.0f}",
            endpoints=self.endpoints,
            begins=span[0],
            ends=span[1],
            by=self.name,
            reason="maintenance",
        )

    def _once(self, now: float) -> tuple[float, float] | None:
        if self.begins is None or self.ends is None or self.ends <= now:
            return None
        return self.begins, self.ends


DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Seconds that records are kept; rollups of a day, transitions and incidents: for ever."""

    checks: float = 7 * DAY  # Each check as it was
    five_minutes: float = 30 * DAY  # Rollups of five minutes
    hours: float = 400 * DAY  # Rollups of an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMansSwitch:
    """What is called while the monitor is well, so that somebody notices when it is not."""

    url: str = field(repr=False)  # Whoever knows it may call it
    every: float  # Seconds between two calls


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeModule:
    """How ``/probe`` checks a target."""

    endpoint: Endpoint  # Everything but whom to check
    scheme: str  # Of a target that has none
    query: str = ""  # DNS name to query, where the target is the nameserver; `""`: it is the name


MIN_COMPARED_HOSTS = 3
"""Distinct hosts with which a failing network of one's own can be told by them alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorConfig:
    """A whole configuration, without a problem in it."""

    endpoints: tuple[Endpoint, ...] = ()  # In the order they stand in the files
    notifiers: tuple[NotifierSettings, ...] = ()  # In the order they stand in the files
    routes: tuple[RouteSettings, ...] = ()  # In the order they are asked
    maintenance: tuple[MaintenanceWindow, ...] = ()  # Times in which notifications are muted
    retention: Retention = field(default_factory=Retention)  # How long what is kept
    vantage: str = ""  # What this place of observation is called
    agents_only: bool = False  # Whether only agents check, and this place nothing itself
    # What is checked only to know of this vantage's own network, as an endpoint each
    controls: tuple[Endpoint, ...] = ()
    dead_mans_switch: DeadMansSwitch | None = None  # `None`: nobody waits for a call
    # How `/probe` checks a target, by the name of the module
    probe_modules: Mapping[str, ProbeModule] = field(default_factory=dict)
    web: WebSettings = field(default_factory=WebSettings)  # How the page is served, and to whom
    # The database's file; relative to the configuration's folder, or to the current one
    store: Path = Path("ringback.db")
    # Of a PostgreSQL that data is kept in instead; `""`: in the file
    store_url: str = field(default="", repr=False)
    files: tuple[Path, ...] = ()  # Every file that was read, the main one first
    discovered: frozenset[str] = frozenset()  # Ids of the endpoints that target files name
    # Absolute patterns of the files of `include` and of targets, so that a new one is noticed
    patterns: tuple[str, ...] = ()

    @property
    def lack_of_controls(self) -> str:
        """What to say where nothing is there to compare a failure with; ``""``: there is."""
        if self.controls or self.agents_only:
            return ""
        hosts = {endpoint.watched.host for endpoint in self.endpoints} - {""}
        hosts = {host for host in hosts if not is_loopback_host(host)}
        if not 0 < len(hosts) < MIN_COMPARED_HOSTS:
            return ""
        which = "1 host is" if len(hosts) == 1 else f"{len(hosts)} hosts are"
        return (
            f"{which} watched without controls: an outage there and one of this machine's own "
            "network may look the same (see the key controls)"
        )
