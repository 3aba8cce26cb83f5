"""What all pages of one monitor share."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from ringback.monitor.commands import MonitorCommands
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.ingest.batch import Inbox
    from ringback.monitor.ingest.shares import ReportShares
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.postgres.lead import Lead
    from ringback.monitor.web.alerts import FiringAlerts
    from ringback.monitor.web.chart import StatusBar
    from ringback.monitor.web.live import LiveUpdates
    from ringback.monitor.web.metrics import LastCertificates
    from ringback.monitor.web.render import Renderer
    from ringback.monitor.web.settings import WebSettings


_FREE_LOGINS = 5  # Wrong tokens of one address before it has to wait
_MAX_LOGIN_WAIT = 300.0  # Seconds
_MAX_ADDRESSES = 10_000  # Addresses that are remembered


class FailedLogins:
    """Wrong tokens by address: from the sixth on each doubles the wait until the next attempt."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()  # How many, until when

    def wait(self, address: str, now: float) -> float:
        """Return how many seconds an address has to wait; 0: none."""
        left = self._seen.get(address, (0, 0.0))[1] - now
        return left if 0 < left <= _MAX_LOGIN_WAIT else 0.0  # a clock that was set holds nobody

    def failed(self, address: str, now: float) -> None:
        count = self._seen.pop(address, (0, 0.0))[0] + 1
        wait = min(2.0 ** min(count - _FREE_LOGINS, 30), _MAX_LOGIN_WAIT)
        self._seen[address] = (count, now + wait if count > _FREE_LOGINS else now)
        if len(self._seen) > _MAX_ADDRESSES:
            self._seen.popitem(last=False)

    def succeeded(self, address: str) -> None:
        self._seen.pop(address, None)


_MAX_ASKED = 20  # Endpoints that are checked at the same time because somebody asks
_ASKED_INTERVAL = 5.0  # Seconds until the same endpoint is checked again for that


class AskedChecks:
    """What people have checked at once: few endpoints at a time, and none again too soon."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}  # By endpoint, for as long as it is not asked for again
        self._under_way = 0

    def wait(self, endpoint: str, now: float) -> float:
        """Return how many seconds to wait until an endpoint may be asked for; 0: none."""
        self._began = {
            id_: at for id_, at in self._began.items() if 0 <= now - at < _ASKED_INTERVAL
        }
        if endpoint in self._began:
            return self._began[endpoint] + _ASKED_INTERVAL - now
        return 1.0 if self._under_way >= _MAX_ASKED else 0.0

    @contextmanager
    def asking(self, endpoint: str, now: float) -> Iterator[None]:
        self._began[endpoint] = now
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


@dataclass(slots=True, kw_only=True)
class Site:
    """One monitor's web page; of all this only the settings change."""

    queries: MonitorQueries  # What the monitor shows
    commands: MonitorCommands  # What it can be asked to do
    settings: WebSettings  # How the page is served
    renderer: Renderer  # Makes pages of templates
    live: LiveUpdates  # Publishes to open pages what changes
    status_page: Cached[str]  # The status pages for everybody
    # Their bars: an endpoint's id to its days
    status_bars: Cached[dict[str, StatusBar]]
    certificates: LastCertificates  # What was seen of certificates
    inbox: Inbox  # Reads what programs report
    shares: ReportShares  # Says whose reports are read
    alerts: FiringAlerts  # Reads what Alertmanager reports
    lead: Lead | None = None  # Who leads on a store that several share; `None`: this process does
    fleet: Fleet | None = None  # The agents that check for this monitor; `None`: there are none
    clock: Callable[[], float] = time.time  # Gives seconds since 1970 UTC
    logins: FailedLogins = field(default_factory=FailedLogins)  # By address
    asked: AskedChecks = field(default_factory=AskedChecks)
    # Cookies of sessions that were ended to when they would have ended, in seconds since 1970 UTC
    ended: dict[str, int] = field(default_factory=dict, repr=False)
    # Signs the cookies of those who have logged in; of this process only
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def stands_by(self) -> bool:
        """Whether nothing is changed here, for another process may lead."""
        return self.lead is not None and self.lead.stands_by

    def serve(self, queries: MonitorQueries, commands: MonitorCommands, fleet: Fleet) -> None:
        """Show and do from now on what these do: this process leads, or no longer does."""
        from ringback.monitor.web.live import LiveUpdates  # noqa: PLC0415 - it imports this

        before, self.live = self.live, LiveUpdates(queries, self.renderer)
        self.queries, self.commands, self.fleet = queries, commands, fleet
        before.close()
        self.status_page.forget()

    def configure(self, settings: WebSettings) -> None:
        """Serve it so from the next request on.

        Streams that are open were granted by the settings before: they end, and whoever may still
        read asks for a new one.
        """
        if settings == self.settings:
            return
        self.settings = settings
        self.status_page.forget()
        self.live.end()


def site_of(connection: HTTPConnection) -> Site:
    site: Site = connection.app.state.site
    return site


_T = TypeVar("_T")


class Cached(Generic[_T]):
    """The newest of some things, each for so long; they are few, by the names of what is served."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._made: dict[str, tuple[float, _T]] = {}
        self._making = asyncio.Lock()

    async def get(self, name: str, make: Callable[[], Awaitable[_T]]) -> _T:
        """Return what is made of a name; only one caller makes it while the others wait."""
        async with self._making:
            known = self._made.get(name)
            if known is None or not 0 <= self._clock() - known[0] < self._seconds:
                known = self._made[name] = (self._clock(), await make())
            return known[1]

    def forget(self) -> None:
        """Make them anew for the next who asks."""
        self._made = {}
