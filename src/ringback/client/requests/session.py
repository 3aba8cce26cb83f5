"""The session: requests' own, with ringback's adapters mounted."""

from collections.abc import Callable, Iterable
from typing import Any

import requests
from requests import PreparedRequest, Request

from ringback.client.clock import Clock
from ringback.client.requests.adapter import Adapter
from ringback.client.requests.naming import Naming
from ringback.event import Listeners, Sink
from ringback.retry import Policy
from ringback.sink import Alert, Detector, LogSink, Recovery


class Session(requests.Session):
    """A ``requests.Session`` that gets the call through, or says precisely why not.

    What it raises is what requests would raise, and also the built-in and ringback's own
    exception that say the same; ``.failure`` is the reason.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        sinks: Iterable[Sink] | None = None,
        on_alert: Callable[[Alert], None] | None = None,
        on_recovery: Callable[[Recovery], None] | None = None,
        alert_after: int = 3,
        clock: Clock | None = None,
    ) -> None:
        """Set up a session.

        Args:
            policy: Limits of each call; the default is ``Policy()``.
            sinks: Told of every attempt; the default is the log.
            on_alert: Called when calls to an endpoint have failed ``alert_after`` times in a row.
            on_recovery: Called when it works again, after two successful calls.
            alert_after: How many failed calls in a row; a call counts once, however many
                attempts it took.
            clock: Time and chance; the default is the real ones.
        """
        super().__init__()
        heard: list[Sink] = [LogSink()] if sinks is None else list(sinks)
        if on_alert or on_recovery:
            heard.append(Detector(on_alert, on_recovery, alert_after=alert_after))
        listeners = Listeners(heard)
        for prefix in ("https://", "http://"):
            self.mount(prefix, Adapter(policy, sinks=[listeners], clock=clock))

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Prepare a request, as in requests.

        Args:
            request: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        with Naming(request.url):
            return super().prepare_request(request)

    def send(self, request: PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request, as in requests.

        Args:
            request: As in requests.
            **kwargs: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        with Naming(request.url):
            return _with_time_to_headers(super().send(request, **kwargs))


def _with_time_to_headers(response: requests.Response) -> requests.Response:
    """Let ``elapsed`` be what requests documents: until the headers, without waits or body."""
    for one in (*response.history, response):
        one.elapsed = vars(one).get("headers_after", one.elapsed)
    return response
