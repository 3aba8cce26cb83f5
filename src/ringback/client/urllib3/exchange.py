"""One call through a pool: its attempts, the routes that they take, and what is said of them."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from time import monotonic
from typing import Any

from urllib3 import HTTPResponse as LibraryResponse
from urllib3 import Retry as LibraryRetry
from urllib3._collections import HTTPHeaderDict  # 1.26 has it nowhere else
from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.util.timeout import Timeout as LibraryTimeout

from ringback.client.body import Body
from ringback.client.call import IDEMPOTENT_METHODS, Clock
from ringback.client.deadline import current_deadline
from ringback.client.drive_sync import by_routes
from ringback.client.http import IDEMPOTENCY_HEADER, HttpExchange, is_bad
from ringback.client.propagation import passing_on
from ringback.client.routes import Route, RouteSelector
from ringback.client.urllib3.response import HTTPResponse, NamedResponse, failure_of
from ringback.client.wire import forget_exchange, last_exchange
from ringback.failure import Failure, Target
from ringback.retry import Policy, Timeout
from ringback.values import replace


class Urllib3Exchange(HttpExchange):
    """A request and how it is sent."""

    __slots__ = ("_body", "_options", "_send")

    responses = frozenset({HTTPResponse, LibraryResponse})  # What becomes a `NamedResponse`

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
            response: Any = self._sent(self._limited(limits))
        except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
            return self.caught(error)
        if type(response) in self.responses:  # a recorder may have one of its own
            response.__class__ = NamedResponse  # urllib3 has no way to say which class it shall be
            response.target = self.target
        if not is_bad(response.status, self._policy):
            return response
        return self.bad_status(response, response.status, response.reason, response.close)

    def _sent(self, options: dict[str, Any]) -> Any:
        if not self._policy.propagate:
            return self._send(**options)
        headers = HTTPHeaderDict(options["headers"])
        with passing_on(headers, self.target.url or "", self._policy):
            return self._send(**{**options, "headers": headers})

    def _limited(self, limits: Timeout) -> dict[str, Any]:
        if "timeout" in self._options:
            return self._options
        if not self._options.get("preload_content", True):
            limits = self._policy.timeout  # the deadline is kept below, and no longer than the call
        return {**self._options, "timeout": _timeout(limits.connect, limits.read)}

    def _failure_of(self, error: Exception) -> Failure | None:
        return failure_of(error, self.target, last_exchange())

    def _is_idempotent(self) -> bool:
        if self.method.upper() in IDEMPOTENT_METHODS:
            return True
        headers: Mapping[str, str] = self._options.get("headers") or {}
        return any(str(name).lower() == IDEMPOTENCY_HEADER.lower() for name in headers)

    def _is_replayable(self) -> bool:
        return self._body is None or self._body.replayable


@lru_cache(maxsize=16)  # urllib3 makes a copy of its own for each request
def _timeout(connect: float | None, read: float | None) -> LibraryTimeout:
    return LibraryTimeout(connect=connect, read=read)


class OnlyRedirects(LibraryRetry):
    """What urllib3 is to do again by itself where ringback does the rest; a redirect copies it."""


def only_redirects(retries: Any, default: Any) -> LibraryRetry:
    """Return what urllib3 is to do again by itself: follow redirects, nothing else."""
    if retries is LibraryRetry.DEFAULT:
        return _as_by_default(retries)
    return _only_redirects(retries, default)


@lru_cache(maxsize=4)  # a program may put another in its place
def _as_by_default(default: Any) -> LibraryRetry:
    return _only_redirects(default, default)


def _only_redirects(retries: Any, default: Any) -> LibraryRetry:
    asked: Any = retries
    if not isinstance(asked, LibraryRetry):
        asked = LibraryRetry.from_int(asked, default=default)
    if asked.total is False:
        only: LibraryRetry = asked.new()
    else:
        counts = [count for count in (asked.total, asked.redirect) if count is not None]
        none: dict[str, Any] = dict.fromkeys(("connect", "read", "status", "other"), 0)
        redirects = min(counts, default=None)
        only = asked.new(total=None, redirect=redirects, status_forcelist=(), **none)
    only.__class__ = OnlyRedirects
    return only


class Bounded(LibraryRetry):
    """A program's own ``Retry`` within the deadline of the call."""

    def sleep(self, response: Any = None) -> None:
        """Wait, but not where the deadline comes before the next attempt: the last one counts."""
        check_deadline(self, response)
        super().sleep(response)

    def __reduce__(self) -> tuple[Any, ...]:
        plain: Any = self.new()
        plain.__class__ = type(self).__bases__[1]
        return as_asked, (plain,)


@cache
def _bounded(asked: Any) -> Any:
    return type(asked.__name__, (Bounded, asked), {})


def as_asked(retries: Any) -> LibraryRetry | None:
    """Return what a program asks urllib3 to try again; ``None`` where it leaves that to ringback.

    It does so with a ``Retry`` of its own. A number is a limit of redirects.
    """
    given = isinstance(retries, LibraryRetry) and retries is not LibraryRetry.DEFAULT
    if not given or isinstance(retries, OnlyRedirects):
        return None
    copy: LibraryRetry = retries.new()
    own: Any = type(retries)
    if not issubclass(own, Bounded):
        copy.__class__ = _bounded(own)
    return copy


def is_repeated(retries: Any) -> bool:
    """Return whether urllib3 itself asks, to try again; what follows a redirect is a new call."""
    history = retries.history if isinstance(retries, Bounded) else ()
    return bool(history) and not history[-1].redirect_location


def check_deadline(retries: Any, response: Any) -> None:
    """Raise the last failure where the deadline comes before what urllib3 would wait is over."""
    at = current_deadline()
    if at is None or monotonic() + _wait(retries, response) < at:
        return
    last = retries.history[-1]
    reason = last.error or ResponseError(f"too many {last.status} error responses")
    held: dict[str, Any] = vars(reason)  # to ask for the pool of some gives a warning
    whose: Any = held.get("pool") or held.get("conn")
    raise MaxRetryError(whose, last.url, reason)


def _wait(retries: Any, response: Any) -> float:
    asked = retries.respect_retry_after_header and response and retries.get_retry_after(response)
    return float(asked or retries.get_backoff_time())


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
