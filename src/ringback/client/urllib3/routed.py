"""A call whose attempts may take a way around what failed, where the policy names the host."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ringback.client.call import Failed
from ringback.client.urllib3.exchange import Exchange
from ringback.client.ways import Way, Ways
from ringback.retry import Timeout

_TO_PROXY = "proxy-authorization"


class RoutedExchange(Exchange):
    """An exchange that asks for its way before each attempt, and for one around a failure.

    Args:
        *call: As ``Exchange`` takes them.
        ways: Knows the way.
        send: Returns what sends the request by a way around, see ``Detours.send``.
        proxy: URL of the pool's proxy.
    """

    __slots__ = ("_around", "_asked", "_candidates", "_ways")

    def __init__(self, *call: Any, ways: Ways, send: Callable[..., Any], proxy: str | None) -> None:
        super().__init__(*call)
        self._asked = self._send, self._options, self.target
        self._ways = ways
        self._around = send
        self._candidates = (proxy,) if proxy else ()

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure.

        Args:
            limits: The timeouts, unless the caller has chosen some.
        """
        self._take(self._ways.begin(self, self._candidates))
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
        self._send, self._options, self.target = self._asked
        direct = bool(way.choice.passed_by)
        if direct:
            self.target = replace(self.target, proxy=None)
            self._options = {**self._options, "headers": _past_proxy(self._options.get("headers"))}
        if direct or not way.verify:
            self._send = self._around(self.method, direct=direct, verify=way.verify)


def _past_proxy(headers: Any) -> Any:
    """Headers without what is for the proxy alone."""
    kept = headers.copy() if headers else headers
    for name in headers or ():
        if str(name).lower() == _TO_PROXY:
            del kept[name]
    return kept
