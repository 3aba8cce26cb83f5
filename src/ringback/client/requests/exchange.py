"""One call through the adapter: its attempts, their routes, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from requests import PreparedRequest
from requests.utils import select_proxy

from ringback.client.body import Body
from ringback.client.call import Ended, Failed
from ringback.client.drive_sync import by_routes
from ringback.client.http import HttpExchange, is_bad
from ringback.client.origin import origin_of
from ringback.client.propagation import passing_on
from ringback.client.requests.failures import failure_of, target_of_request
from ringback.client.requests.fast import Unconnected
from ringback.client.urllib3.pools import IS_URLLIB3
from ringback.client.wire import forget_exchange, last_exchange, with_variable
from ringback.values import dataclass, replace

if TYPE_CHECKING:
    from ringback.client.call import Clock
    from ringback.client.proxies import Proxies
    from ringback.client.routes import Route, RouteSelector
    from ringback.failure import Failure, Target
    from ringback.retry import Policy, Timeout


_MAX_DEPTH = 10

Send = Callable[..., requests.Response | Unconnected]


@dataclass(slots=True)
class DeferredError(Failed[requests.Response]):
    """An attempt of which requests has not made an exception: its error is the socket's.

    What urllib3 and requests make of a connection that is refused (three exceptions, each with a
    context, and their text) costs more than the attempt, and is thrown away where the attempt is
    repeated. So it is made only of the one that the call ends with (``finish``). The failure is
    named from the socket's error alone, which is done only where that leaves nothing open.
    """

    raise_error: Callable[[], object] = lambda: None  # Raises what requests raises


class RequestsExchange(HttpExchange):
    """A request and how it is sent."""

    __slots__ = ("_attempts", "_body", "_last", "_options", "_send", "request")

    def __init__(
        self,
        request: PreparedRequest,
        options: dict[str, Any],
        send: Send,
        policy: Policy,
        clock: Clock,
        last: Send | None = None,
    ) -> None:
        super().__init__(request.method or "", policy, clock)
        self.request = request
        self._attempts = 0
        self._last = last or send
        self._options = options
        self._send = send
        self._body = None if request.body is None else Body(request.body)

    def attempt(self, limits: Timeout) -> requests.Response | Failed[requests.Response]:
        """Make one attempt."""
        forget_exchange()
        try:
            if self._body:
                self._body.rewind()
            response = self._exchange(limits)
        except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
            return self.caught(error)
        if isinstance(response, Failed) or not is_bad(response.status_code, self._policy):
            return response
        return self.bad_status(response, response.status_code, response.reason, response.close)

    def finish(self, ended: Ended[requests.Response]) -> None:
        """Let a call that was given up end with the exception that requests raises."""
        deferred = ended.decisive
        if not isinstance(deferred, DeferredError):
            return
        try:
            deferred.raise_error()
        except Exception as error:  # noqa: BLE001 - this is what it is called for
            failure = _completed_failure(deferred, error)
            ended.decisive = Failed(failure, deferred.repeatable, error)
            ended.failures = tuple(
                failure if earlier is deferred.failure else earlier for earlier in ended.failures
            )
            del failure, ended  # as in ``drive``

    def _exchange(self, limits: Timeout) -> requests.Response | Failed[requests.Response]:
        options, began = self._options, self._clock.monotonic()
        timeout = options["timeout"]
        if timeout is None:
            # The deadline is kept below, and a body that is read later has its whole timeout.
            limits = self._policy.timeout if options["stream"] and IS_URLLIB3 else limits
            timeout = limits.connect, limits.read
        self._attempts += 1
        send = self._send if self._attempts < self._policy.attempts else self._last
        with passing_on(self.request.headers, self.request.url or "", self._policy):
            response = send(self.request, **{**options, "timeout": timeout})
        if isinstance(response, Unconnected):
            return self._deferred(response)
        # Session.send measures until here, bodies and waits included; see Session.
        vars(response)["headers_after"] = timedelta(seconds=self._clock.monotonic() - began)
        if not options["stream"] and not response.is_redirect:
            _read_body(response)
        return response

    def _deferred(self, end: Unconnected) -> requests.Response | DeferredError:
        failure = self._failure_of(end.error)
        if failure is None or failure.confidence < 1.0:
            return end.raise_error()  # what wraps it may say more
        return DeferredError(failure, self._repeatable(), end.error, raise_error=end.raise_error)

    def _failure_of(self, error: Exception) -> Failure | None:
        failure = failure_of(error, self.target, last_exchange())
        verify = self._options["verify"]
        return with_variable(failure, verify, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

    def _is_replayable(self) -> bool:
        return self._body is None or self._body.replayable

    def _find_target(self) -> Target:
        return target_of_request(self.request, self._options["proxies"])


def _completed_failure(deferred: DeferredError, error: Exception) -> Failure:
    """What ``classify`` says of an exception that was raised over what it knows already."""
    known, names, inner = deferred.failure, list[str](), error
    while inner is not deferred.error:
        names.append(type(inner).__name__)
        below = inner.__cause__ or inner.__context__
        if not isinstance(below, Exception) or len(names) == _MAX_DEPTH:
            return failure_of(error, known.target, last_exchange()) or known
        inner = below
    return replace(known, evidence=(*known.evidence, *reversed(names)), cause=error)


def _read_body(response: requests.Response) -> None:
    try:
        _ = response.content
    except BaseException:
        response.close()
        raise


_PROXY_HEADER = "Proxy-Authorization"


class OwnProxies(dict[str, str]):
    """The proxies that a request asks for itself; they go before a list of the session's."""

    def copy(self) -> OwnProxies:
        """Return the same: requests copies them for a redirect."""
        return OwnProxies(self)


def circuit_key_of(url: str, proxies: Any, listed: Proxies | None) -> str:
    """Return what a circuit stands for: an origin, or an origin through proxies."""
    origin = origin_of(url)
    if listed is not None and not isinstance(proxies, OwnProxies):
        return f"{origin} through a list" if listed.candidates(url) else origin
    proxy = select_proxy(url, dict(proxies)) if proxies else None
    return f"{origin} through {origin_of(proxy)}" if proxy else origin


class RoutedRequestsExchange(RequestsExchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ("_asked", "candidates", "routes")

    def __init__(self, *call: Any, routes: RouteSelector, listed: bool) -> None:
        super().__init__(*call)
        self._asked = self._options
        self.routes = routes
        asked = self._options["proxies"]
        self.candidates: tuple[str, ...] | None = None
        if not listed or isinstance(asked, OwnProxies):
            proxy = select_proxy(self.request.url or "", asked)
            self.candidates = (proxy,) if proxy else ()

    def attempt(self, limits: Timeout) -> requests.Response | Failed[requests.Response]:
        """Make one attempt, and what the policy allows right after a failure."""
        return by_routes(super().attempt, self, limits)

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""
        proxy = route.choice.url
        verify = self._asked["verify"] if route.verify else False
        proxies = {"all": proxy} if proxy else {}
        self._options = {**self._asked, "verify": verify, "proxies": proxies}
        self._target = None
        if proxy is None and route.choice.passed_by:
            self.request.headers.pop(_PROXY_HEADER, None)
