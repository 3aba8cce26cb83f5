"""A call whose attempts may take different ways."""

from typing import Any

from ringback.client.call import Failed
from ringback.client.httpcore.exchange_sync import SyncExchange
from ringback.client.httpcore.routes import Routes
from ringback.client.ways import Way, Ways
from ringback.retry import Timeout


class RoutedExchange(SyncExchange):
    """An exchange that asks for its way before each attempt, and for one around a failure.

    Args:
        *call: As ``Exchange`` takes them.
        routes: The transports.
        ways: Knows the way.
        **who: As ``Exchange`` takes it.
    """

    __slots__ = ("_routes", "_ways")

    def __init__(self, *call: Any, routes: Routes, ways: Ways, **who: Any) -> None:
        super().__init__(*call, **who)
        self._routes = routes
        self._ways = ways

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure.

        Args:
            limits: The timeouts, unless the caller has chosen some.
        """
        self._take(self._ways.begin(self))
        while True:
            end = super().attempt(limits)
            if not isinstance(end, Failed):
                self._ways.succeeded()
                return end
            if not end.repeatable.replayable:
                self._ways.failed(end.failure)
                return end
            around = self._ways.around(self, end.failure)
            if around is None:
                return end
            self._take(around)

    def _take(self, way: Way) -> None:
        self._go_by(self._routes.by(way.choice.url, verified=way.verify))
        if way.choice.url is None and way.choice.passed_by:
            self._request.headers.pop("Proxy-Authorization", None)
