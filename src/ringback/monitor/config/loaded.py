"""The configuration as the running monitor has it: read, checked, and never changed."""

from dataclasses import dataclass, field
from pathlib import Path

from ringback.monitor.config.window import Window
from ringback.monitor.model import Endpoint
from ringback.monitor.notify.settings import NotifierSettings, RouteSettings
from ringback.monitor.web.settings import Token, WebSettings

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many seconds each sort of record is kept.

    Rollups of a day, transitions and incidents are kept for ever.

    Attributes:
        checks: Each check as it was.
        five_minutes: Rollups of five minutes.
        hours: Rollups of an hour.
    """

    checks: float = 7 * DAY
    five_minutes: float = 30 * DAY
    hours: float = 400 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A whole configuration, without a problem in it.

    Attributes:
        endpoints: In the order they stand in the files.
        notifiers: In the order they stand in the files.
        routes: In the order they are asked.
        maintenance: Times in which nobody is told.
        retention: How long what is kept.
        vantage: What this place of observation is called.
        web: How the page is served, and to whom.
        store: The database's file; relative to the configuration's folder, or to the current one.
        files: Every file that was read, the main one first.
        patterns: Absolute patterns of the files that ``include`` asked for, so that a new one is
            noticed.
    """

    endpoints: tuple[Endpoint, ...] = ()
    notifiers: tuple[NotifierSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    maintenance: tuple[Window, ...] = ()
    retention: Retention = field(default_factory=Retention)
    vantage: str = ""
    web: WebSettings = field(default_factory=WebSettings)
    store: Path = Path("ringback.db")
    files: tuple[Path, ...] = ()
    patterns: tuple[str, ...] = ()

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Who may use the API, and for what."""
        return self.web.tokens

    @property
    def status_page(self) -> bool:
        """Whether the public status page is on."""
        return self.web.status_page
