"""Counting the failures of each endpoint, and saying so when there are too many in a row."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from ringback.event import Event
from ringback.event.listen import CallQueue
from ringback.failure import Failure
from ringback.failure.names import KindName
from ringback.incident.model import (
    Check,
    WatchedEndpoint,
    check_of_call,
    says_something_of_endpoint,
)
from ringback.incident.vote import Vote
from ringback.sink.formatting import endpoint_of_target

_OF_PROCESS = {"_failing", "_lock", "tally"}


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
    kinds: Mapping[KindName, int]
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
class _Failing:
    """An endpoint that fails, counted as the monitor counts it."""

    vote: Vote
    since: float
    kinds: Counter[KindName] = field(default_factory=Counter)
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
        self._thresholds = WatchedEndpoint(id="", threshold=alert_after, recovery=recover_after)
        self._limit = endpoints
        self._failing: OrderedDict[str, _Failing] = OrderedDict()
        self._lock = Lock()
        self._callbacks = CallQueue("the callback for an alert or a recovery")
        self.tally = self._callbacks.tally

    @property
    def wants_success(self) -> bool:
        """Whether there is an endpoint that fails, and so a success to count."""
        return bool(self._failing)

    def __call__(self, event: Event) -> None:
        """Count an event.

        Args:
            event: What happened.
        """
        if not says_something_of_endpoint(event):
            return
        check = check_of_call(event, endpoint_of_target(event.target))
        if event.failure is None:
            recovery = self._succeeded(check)
            if recovery and self._on_recovery:
                self._callbacks.post(self._on_recovery, recovery)
        else:
            alert = self._failed(check, event.failure)
            if alert and self._on_alert:
                self._callbacks.post(self._on_alert, alert)

    def __getstate__(self) -> dict[str, object]:
        """Leave the lock and the counts behind: they belong to this process."""
        return {name: value for name, value in vars(self).items() if name not in _OF_PROCESS}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._failing, self._lock = OrderedDict(), Lock()
        self.tally = self._callbacks.tally

    def _failed(self, check: Check, failure: Failure) -> Alert | None:
        with self._lock:
            failing = self._failing.get(check.endpoint)
            if failing is None:
                failing = _Failing(Vote("", "call", ""), since=check.at)
                self._failing[check.endpoint] = failing
            self._failing.move_to_end(check.endpoint)
            if len(self._failing) > self._limit:
                self._failing.popitem(last=False)
            failing.kinds[failure.kind] += 1
            failing.vote.see(check, self._thresholds)
            if failing.alert or failing.vote.state != "down":
                return None
            failing.alert = Alert(
                check.endpoint,
                failing.kinds.total(),
                dict(failing.kinds),
                failing.since,
                check.at,
                replace(failure, cause=None),  # it would keep the call's frames alive
            )
            return failing.alert

    def _succeeded(self, check: Check) -> Recovery | None:
        with self._lock:
            failing = self._failing.get(check.endpoint)
            if failing is None:
                return None
            failing.vote.see(check, self._thresholds)
            if failing.vote.state != "ok":
                return None
            del self._failing[check.endpoint]
            return Recovery(failing.alert, check.at) if failing.alert else None
