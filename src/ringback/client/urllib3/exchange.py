"""One call through a pool: its attempts, the routes that they take, and what is said of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from urllib3 import Retry as LibraryRetry
from urllib3.util.timeout import Timeout as LibraryTimeout

from ringback.client.body import Body
from ringback.client.call import IDEMPOTENT_METHODS, Clock
from ringback.client.drive_sync import by_routes
from ringback.client.http import IDEMPOTENCY_HEADER, HttpExchange, is_bad
from ringback.client.routes import Route, RouteSelector
from ringback.client.urllib3.response import NamedResponse, failure_of
from ringback.client.wire import forget_exchange, last_exchange
from ringback.failure import Failure, Target
from ringback.retry import Policy, Timeout


class Urllib3Exchange(HttpExchange):
    """A request and how it is sent."""

    __slots__ = ("_body", "_options", "_send")

    def __init__(
        self,
        method: str,
        target: Target,
        send: Callable[..., Any],
        options: dict[str, Any],
        policy: Policy,
        clock: Clock,
    ) -> None:
        super().__init__(method, policy, clock)
        self._target = target
        self._send = send
        self._options = options
        body = options.get("body")
        self._body = None if body is None else Body(body)

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response, or how it failed."""
        forget_exchange()
        try:
            if self._body:
                self._body.rewind()
            response = self._send(**self._limited(limits))
        except Exception as error:
            if (failed := self.raised(error)) is None:
                raise
            return failed
        response.__class__ = NamedResponse  # urllib3 has no way to say which class it shall be
        response.target = self.target
        if not is_bad(response.status, self._policy):
            return response
        return self.bad_status(response, response.status, response.reason, response.close)

    def _limited(self, limits: Timeout) -> dict[str, Any]:
        if "timeout" in self._options:
            return self._options
        if not self._options.get("preload_content", True):
            limits = self._policy.timeout  # the deadline is kept below, and no longer than the call
        timeout = LibraryTimeout(connect=limits.connect, read=limits.read)
        return {**self._options, "timeout": timeout}

    def _failure_of(self, error: Exception) -> Failure | None:
        return failure_of(error, self.target, last_exchange())

    def _is_idempotent(self) -> bool:
        headers: Mapping[str, str] = self._options.get("headers") or {}
        keyed = any(str(name).lower() == IDEMPOTENCY_HEADER.lower() for name in headers)
        return keyed or self.method.upper() in IDEMPOTENT_METHODS

    def _is_replayable(self) -> bool:
        return self._body is None or self._body.replayable


def only_redirects(retries: Any, default: Any) -> LibraryRetry:
    """Return what urllib3 is to do again by itself: follow redirects, nothing else."""
    asked: Any = retries
    if not isinstance(asked, LibraryRetry):
        asked = LibraryRetry.from_int(asked, default=default)
    if asked.total is not False:
        counts = [count for count in (asked.total, asked.redirect) if count is not None]
        none: dict[str, Any] = dict.fromkeys(("connect", "read", "status", "other"), 0)
        redirects = min(counts, default=None)
        asked = asked.new(total=None, redirect=redirects, status_forcelist=(), **none)
    only: LibraryRetry = asked
    return only


_PROXY_HEADER = "proxy-authorization"


class RoutedUrllib3Exchange(Urllib3Exchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ("_around", "_asked", "candidates", "routes")

    def __init__(
        self, *call: Any, routes: RouteSelector, send: Callable[..., Any], proxy: str | None
    ) -> None:
        super().__init__(*call)
        self._asked = self._send, self._options, self.target
        self.routes = routes
        self._around = send
        self.candidates: tuple[str, ...] | None = (proxy,) if proxy else ()

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure."""
        return by_routes(super().attempt, self, limits)

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""
        self._send, self._options, self._target = self._asked
        direct = bool(route.choice.passed_by)
        if direct:
            self._target = replace(self.target, proxy=None)
            self._options = {
                **self._options,
                "headers": _without_proxy_header(self._options.get("headers")),
            }
        if direct or not route.verify:
            self._send = self._around(self.method, direct=direct, verify=route.verify)


def _without_proxy_header(headers: Any) -> Any:
    """Headers without what is for the proxy alone."""
    kept = headers.copy() if headers else headers
    for name in headers or ():
        if str(name).lower() == _PROXY_HEADER:
            del kept[name]
    return kept
