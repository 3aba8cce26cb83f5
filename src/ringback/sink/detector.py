"""Counting the failures of each endpoint, and saying so when there are too many in a row."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from ringback.event import Event
from ringback.failure import Failure
from ringback.sink.background import CallQueue
from ringback.sink.formatting import endpoint_of_target

_OURS = {"config", "client"}
"""Layers whose failures say nothing about the endpoint."""

_REFUSED = "client.circuit_open"
"""Of our own making, but for what the endpoint did."""

_OF_PROCESS = {"_streaks", "_lock", "tally"}


@dataclass(frozen=True, slots=True)
class Alert:
    """An endpoint fails.

    Attributes:
        endpoint: ``scheme://host:port``.
        count: How many calls failed in a row.
        kinds: Kind → how many of them.
        since: When the first of them failed, in seconds since 1970 UTC.
        at: When the last of them failed.
        failure: The last of them, without the exception.
    """

    endpoint: str
    count: int
    kinds: Mapping[str, int]
    since: float
    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class Recovery:
    """An endpoint that an alert was raised for works again.

    Attributes:
        alert: The alert.
        at: When, in seconds since 1970 UTC.
    """

    alert: Alert
    at: float


@dataclass(slots=True)
class _Streak:
    since: float
    kinds: Counter[str] = field(default_factory=Counter)
    successes: int = 0
    alert: Alert | None = None


class Detector:
    """Raises one alert after so many consecutive failed calls to an endpoint.

    A call counts once, when it is given up, however many attempts it took: retries that help
    are no outage. Failures of our own (configuration, exhausted pool) are not counted. An
    endpoint that works costs no memory; of those that fail the most recent are kept.

    Thread-safe. The callbacks are called by another thread, in order; a call does not wait long
    for one that takes its time.

    Attributes:
        tally: What became of the callbacks.
    """

    inline = True

    def __init__(
        self,
        on_alert: Callable[[Alert], None] | None = None,
        on_recovery: Callable[[Recovery], None] | None = None,
        *,
        alert_after: int = 3,
        recover_after: int = 2,
        endpoints: int = 4096,
    ) -> None:
        """Count for these callbacks.

        Args:
            on_alert: Called once per outage.
            on_recovery: Called once when it is over.
            alert_after: How many failed calls in a row raise the alert.
            recover_after: How many successful calls in a row end it.
            endpoints: How many failing endpoints are remembered.

        Raises:
            ValueError: If a number is below 1.
        """
        if min(alert_after, recover_after, endpoints) < 1:
            raise ValueError("alert_after, recover_after and endpoints must be at least 1")
        self._on_alert = on_alert
        self._on_recovery = on_recovery
        self._alert_after = alert_after
        self._recover_after = recover_after
        self._limit = endpoints
        self._streaks: OrderedDict[str, _Streak] = OrderedDict()
        self._lock = Lock()
        self._callbacks = CallQueue("the callback for an alert or a recovery")
        self.tally = self._callbacks.tally

    @property
    def wants_success(self) -> bool:
        """Whether there is an endpoint that fails, and so a success to count."""
        return bool(self._streaks)

    def __call__(self, event: Event) -> None:
        """Count an event.

        Args:
            event: What happened.
        """
        if event.what != "attempt" or event.outcome == "retry":
            return
        endpoint = endpoint_of_target(event.target)
        if event.failure is None:
            recovery = self._succeeded(endpoint, event.at)
            if recovery and self._on_recovery:
                self._callbacks.post(self._on_recovery, recovery)
        elif event.failure.layer not in _OURS or event.failure.kind == _REFUSED:
            alert = self._failed(endpoint, event.at, event.failure)
            if alert and self._on_alert:
                self._callbacks.post(self._on_alert, alert)

    def __getstate__(self) -> dict[str, object]:
        """Leave the lock and the counts behind: they belong to this process."""
        return {name: value for name, value in vars(self).items() if name not in _OF_PROCESS}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._streaks, self._lock = OrderedDict(), Lock()
        self.tally = self._callbacks.tally

    def _failed(self, endpoint: str, at: float, failure: Failure) -> Alert | None:
        with self._lock:
            streak = self._streaks.setdefault(endpoint, _Streak(since=at))
            self._streaks.move_to_end(endpoint)
            if len(self._streaks) > self._limit:
                self._streaks.popitem(last=False)
            streak.successes = 0
            streak.kinds[failure.kind] += 1
            count = streak.kinds.total()
            if streak.alert or count < self._alert_after:
                return None
            failure = replace(failure, cause=None)  # it would keep the call's frames alive
            streak.alert = Alert(endpoint, count, dict(streak.kinds), streak.since, at, failure)
            return streak.alert

    def _succeeded(self, endpoint: str, at: float) -> Recovery | None:
        with self._lock:
            streak = self._streaks.get(endpoint)
            if streak is None:
                return None
            streak.successes += 1
            if streak.alert and streak.successes < self._recover_after:
                return None
            del self._streaks[endpoint]
            return Recovery(streak.alert, at) if streak.alert else None
