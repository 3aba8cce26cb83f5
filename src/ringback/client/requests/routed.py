"""A call whose attempts may take different ways: through proxies, or around what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.utils import select_proxy

from ringback.client.call import Failed
from ringback.client.origin import origin_of
from ringback.client.requests.exchange import Exchange

if TYPE_CHECKING:
    import requests

    from ringback.client.proxies import Proxies
    from ringback.client.ways import Way, Ways
    from ringback.retry import Timeout

_TO_PROXY = "Proxy-Authorization"


class OwnProxies(dict[str, str]):
    """The proxies that a request asks for itself; they go before a list of the session's."""

    def copy(self) -> OwnProxies:
        """Return the same: requests copies them for a redirect."""
        return OwnProxies(self)


def circuit_of(url: str, proxies: Any, listed: Proxies | None) -> str:
    """Return what a circuit stands for: an origin, or an origin through proxies.

    Args:
        url: What is called.
        proxies: As requests gives them to an adapter.
        listed: The list to choose from.
    """
    origin = origin_of(url)
    if listed is not None and not isinstance(proxies, OwnProxies):
        return f"{origin} through a list" if listed.candidates(url) else origin
    proxy = select_proxy(url, dict(proxies)) if proxies else None
    return f"{origin} through {origin_of(proxy)}" if proxy else origin


class RoutedExchange(Exchange):
    """An exchange that asks for its way before each attempt, and for one around a failure.

    Args:
        *call: As ``Exchange`` takes them.
        ways: Knows them.
        listed: The proxies to choose from are those that ``ways`` knows, unless the request asks
            for others; else they are those that requests chose.
    """

    __slots__ = ("_asked", "_candidates", "_ways")

    def __init__(self, *call: Any, ways: Ways, listed: bool) -> None:
        super().__init__(*call)
        self._asked = self._options
        self._ways = ways
        asked = self._options["proxies"]
        self._candidates: tuple[str, ...] | None = None
        if not listed or isinstance(asked, OwnProxies):
            proxy = select_proxy(self._request.url or "", asked)
            self._candidates = (proxy,) if proxy else ()

    def attempt(self, limits: Timeout) -> requests.Response | Failed[requests.Response]:
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
        proxy = way.choice.url
        verify = self._asked["verify"] if way.verify else False
        proxies = {"all": proxy} if proxy else {}
        self._options = {**self._asked, "verify": verify, "proxies": proxies}
        self._target = None
        if proxy is None and way.choice.passed_by:
            self._request.headers.pop(_TO_PROXY, None)
