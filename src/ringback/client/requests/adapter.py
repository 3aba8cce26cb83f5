"""The transport adapter: attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url

from ringback.client.call import AttemptMaker, Clock, Ended, KnownCall, attempt_event, refusal
from ringback.client.drive_sync import bounded, drive
from ringback.client.http import add_key
from ringback.client.origin import origin_of
from ringback.client.origins import PLAYED, origins_under
from ringback.client.requests.exchange import (
    RequestsExchange,
    RoutedRequestsExchange,
    Send,
    circuit_key_of,
)
from ringback.client.requests.failures import refusal_error_at_once, response_or_raise
from ringback.client.requests.fast import FastAdapter, FastPools
from ringback.client.requests.response import Response
from ringback.client.trust import Trust, TrustLike, ssl_context
from ringback.client.urllib3 import proxy_pools
from ringback.errors import RingbackError
from ringback.event import Listeners, Sink
from ringback.failure import Failure
from ringback.failure.target import target_of_url
from ringback.retry import GiveUp, Policy
from ringback.sink.listening import listeners_for
from ringback.values import replace

if TYPE_CHECKING:
    from ringback.client.proxies import Proxies, ProxiesLike


def listed_proxies(proxies: "ProxiesLike") -> "Proxies":
    """Return the proxies to choose among; what does that is loaded where somebody asks for it."""
    from ringback.client.proxies import Proxies  # noqa: PLC0415 - see above

    return Proxies.of(proxies)


class Adapter(FastAdapter):
    """A transport adapter, to mount on a session one has.

    It gives default timeouts and a deadline, tries again what may be sent again as far as the
    retry budget allows, refuses calls to an endpoint whose circuit is open, sends an event of each
    attempt to the sinks, and raises what requests raises, specialised (see ``ringback.errors``).
    urllib3's own retries are off unless asked for. A response whose status is still one of
    those worth another attempt is returned in the end, as requests does.
    """

    # What pickling keeps; requests declares it as this.
    __attrs__ = [*HTTPAdapter.__attrs__, "policy", "listeners", "clock", "trust", "proxies"]  # noqa: RUF012 - see above

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        sinks: Iterable[Sink] | Listeners | None = None,
        clock: Clock | None = None,
        trust: TrustLike | None = None,
        proxies: "ProxiesLike | None" = None,
        **pool: Any,
    ) -> None:
        """Set up an adapter.

        Args:
            policy: Limits of each call; the default is ``Policy()``.
            sinks: Receive the event of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
            trust: Whom to trust in place of certifi's bundle: ``"system"``, ``"certifi"``, a PEM
                file, several of these, or a ``Trust``. A bundle given with a call goes before it.
            proxies: Proxies to choose among by their health, or ``Proxies``, in place of those
                that the session and the environment name; the default is to do as requests does.
            **pool: ``pool_connections``, ``pool_maxsize``, ``pool_block``, as in requests, and
                ``max_retries``: urllib3 does the retrying then, within the deadline, and a call is
                one attempt.
        """
        self.policy = policy or Policy()
        if pool.setdefault("max_retries", 0):
            self.policy = replace(self.policy, attempts=1)
        self.listeners = listeners_for(sinks)
        self.clock = clock or Clock()
        self.trust = None if trust is None else Trust.of(trust)
        if self.trust:
            ssl_context(self.trust)  # a file that cannot be used is said now
        self.proxies = None if proxies is None else listed_proxies(proxies)
        self._origins = origins_under(self.policy)
        super().__init__(**pool)
        if pool["max_retries"]:
            from ringback.client.urllib3.exchange import as_asked  # noqa: PLC0415 - few ask for it

            self.max_retries = as_asked(self.max_retries) or self.max_retries

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled adapter; circuits and budgets are those of this process."""
        super().__setstate__(state)  # type: ignore[misc]  # the stubs leave it out
        self._origins = origins_under(self.policy)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """Make the pools, as in requests.

        Args:
            connections: As in requests.
            maxsize: As in requests.
            block: As in requests.
            **options: As in requests.
        """
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager = FastPools(**self._pool_options(), **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools for a proxy, as in requests.

        Args:
            proxy: Its URL.
            **options: As in requests.
        """
        if proxy not in self.proxy_manager:
            username, password = get_auth_from_url(proxy)
            with suppress(ImportError):  # requests says what SOCKS needs
                self.proxy_manager[proxy] = proxy_pools(
                    proxy,
                    username=username,
                    password=password,
                    headers=self.proxy_headers(proxy),
                    **self._pool_options(),
                    **options,
                )
        return super().proxy_manager_for(proxy, **options)

    def _pool_options(self) -> dict[str, Any]:
        held = vars(self)  # what requests' own init_poolmanager was given
        return {
            "num_pools": held["_pool_connections"],
            "maxsize": held["_pool_maxsize"],
            "block": held["_pool_block"],
            "limits": self.policy.timeout,
            "trust": self.trust,
        }

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request, as often as it needs and may; return the response.

        Args:
            request: What to send.
            stream: Leave the body unread; otherwise it is read here, so that a body that
                breaks off is a failed attempt.
            timeout: Seconds for each attempt, as in requests; the default is the policy's,
                shortened to what the deadline leaves. ``(None, None)``: no limit but the deadline.
            verify: As in requests.
            cert: As in requests.
            proxies: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        options = {
            "stream": stream,
            "timeout": timeout,
            "verify": verify,
            "cert": cert,
            "proxies": proxies,
        }
        return self._driven(request, options, self.send_once, super().send)

    def _driven(
        self, request: PreparedRequest, options: dict[str, Any], send: Send, last: Send
    ) -> requests.Response:
        """Make the attempts, the last one that the policy allows in another way."""
        url, proxies = request.url or "", options["proxies"]
        add_key(request.headers, request.method or "", url, self.policy.idempotency_key)
        call = self._call(request, options, send, self.policy, self.clock, last)
        played = PLAYED if send == last else ""
        guard = self._origins.guard(circuit_key_of(url, proxies, self.proxies) + played)
        attempt: AttemptMaker[requests.Response] = call.attempt
        if self.policy.bulkhead or self.policy.rate:
            error = requests.ConnectionError
            attempt = bounded(attempt, call, origin_of(url), self.policy, error, self.clock)
        end = drive(attempt, call, self.policy, guard, self.listeners, self.clock)
        if not isinstance(end, Ended):
            return end
        call.finish(end)
        try:
            return response_or_raise(end, request)
        finally:
            del end  # as in ``drive``

    def _call(
        self, request: PreparedRequest, options: dict[str, Any], *rest: Any
    ) -> RequestsExchange:
        policy = self.policy
        if self.proxies is None and not (policy.insecure_hosts or policy.direct_hosts):
            return RequestsExchange(request, options, *rest)
        from ringback.client.routes import UNLISTED_PROXIES, RouteSelector  # noqa: PLC0415 - few ask for it

        routes = RouteSelector(
            request.url or "", policy, self.proxies or UNLISTED_PROXIES, self.listeners, self.clock
        )
        return RoutedRequestsExchange(
            request, options, *rest, routes=routes, listed=self.proxies is not None
        )

    def refuses(self, origin: str) -> tuple[Failure | None, float] | None:
        """Return why the circuit breaker refuses a direct call now, as ``Guard.refuses`` does.

        Args:
            origin: ``scheme://host:port``.
        """
        guard = self._origins.known(origin)
        if guard is None or (why := guard.refuses(now := self.clock.monotonic())) is None:
            return None
        waits = guard.may_wait(now, self.policy.patience_named, self.policy.waiting)
        return None if waits else why

    def refusal(
        self, method: str, url: str, opened_by: Failure | None, left: float
    ) -> RingbackError:
        """Return the exception for a call that the circuit breaker refuses; publish its event.

        Nothing of the request needs to be known yet.

        Args:
            method: HTTP method.
            url: Of the request.
            opened_by: As ``refuses`` returned it.
            left: As ``refuses`` returned it.
        """
        target = target_of_url(url)
        failure = refusal(target, opened_by, left)
        if self.listeners.wants_refusals:
            call, decision = KnownCall(target, method.upper()), GiveUp(1, failure, "circuit_open")
            at = self.clock.time()
            self.listeners(attempt_event(call, self.policy, decision, at, 0.0, failure))
        return refusal_error_at_once(failure)

    def build_response(self, req: PreparedRequest, resp: Any) -> requests.Response:
        """Return the response of requests, as one whose body says what went wrong.

        Args:
            req: As in requests.
            resp: As in requests.
        """
        response = super().build_response(req, resp)
        response.__class__ = Response  # requests has no way to say which class it shall be
        return response
