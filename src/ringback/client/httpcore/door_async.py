"""The transport: attempts, timeouts, events and specialised exceptions, for tasks."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from ringback.client.call import AsyncClock, Ended
from ringback.client.deadline import within
from ringback.client.drive_async import drive
from ringback.client.http import add_key
from ringback.client.httpcore.bounded_async import AsyncBounded
from ringback.client.httpcore.caller import Caller, caller
from ringback.client.httpcore.connections_async import AsyncConnections
from ringback.client.httpcore.door import DEADLINE, circuit_of, deadline_of, result
from ringback.client.httpcore.exchange_async import AsyncExchange
from ringback.client.httpcore.library import Library
from ringback.client.httpcore.routed_async import AsyncRoutedExchange
from ringback.client.httpcore.routes import Routes
from ringback.client.httpcore.settings import Settings
from ringback.client.origins import origins_under
from ringback.client.proxies import Proxies
from ringback.client.tasks import sleep
from ringback.client.ways import Ways
from ringback.event import Sink
from ringback.retry import Policy
from ringback.sink.listening import listeners_for


class AsyncDoor:
    """Mixed into the transport of httpx by each door."""

    library: ClassVar[Library]

    def __init__(
        self,
        inner: Any = None,
        *,
        policy: Policy | None = None,
        sinks: Iterable[Sink] | None = None,
        clock: AsyncClock | None = None,
        **options: Any,
    ) -> None:
        """Set up a transport.

        Args:
            inner: The transport that sends a request once. httpx's own gives its settings and
                its pool away: our connections take its place.
            policy: Limits of each call; the default is ``Policy()``.
            sinks: Told of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
            **options: ``verify``, ``cert``, ``http2``, ``limits`` and so on, as for httpx's
                ``AsyncHTTPTransport``, where there is no inner one. ``verify`` may be a
                ``ringback.client.trust.Trust``; a context that httpx would make is shared.
                ``proxies`` are proxies to choose among by their health, see
                ``ringback.client.proxies``; without them, and without ``proxy``, those of the
                environment, unless ``trust_env=False``.

        Raises:
            TypeError: There is an inner transport and options for one.
        """
        if inner is not None and options:
            raise TypeError(f"the inner transport has its own {', '.join(options)}")
        self.policy = policy or Policy()
        self.listeners = listeners_for(sinks)
        self.clock = clock or AsyncClock(sleep)
        self._origins = origins_under(self.policy)
        self._routes: Routes | None = None
        if inner is None:
            known = self.library.httpx.AsyncHTTPTransport
            self._routes = Routes(self.library, self._sending, known, options)
        self._inner = self._routes.direct if self._routes else self._sending(inner)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request, as often as it needs and may; return the response.

        Where httpx will read the body at once it is read here, so that a body which breaks off
        is a failed attempt. A response that still says 429, 502, 503 or 504 in the end is
        returned, as httpx does.

        Args:
            request: What to send.

        Raises:
            ringback.errors.RingbackError: Also the exception that httpx itself raises.
        """
        who = caller(self.library.name, following=DEADLINE in request.extensions)
        url = str(request.url)
        if self.policy.idempotency_key:
            add_key(request.headers, request.method, url, self.policy.idempotency_key)
        proxies = self._routes.proxies if self._routes else None
        candidates = proxies.candidates(url) if proxies else ()
        call = self._call(request, who, url, proxies if candidates else None)
        guard = self._origins.guard(circuit_of(url, candidates, self._inner))
        with within(deadline_of(request, self.policy, redirected=who.redirected)):
            end = await drive(call.attempt, call, self.policy, guard, self.listeners, self.clock)
        return result(self.library, end) if isinstance(end, Ended) else end

    async def aclose(self) -> None:
        """Close every connection."""
        for inner in self._routes.all() if self._routes else [self._inner]:
            await inner.aclose()

    async def __aenter__(self) -> Self:
        if begin := getattr(self._inner, "__aenter__", None):
            await begin()
        return self

    async def __aexit__(self, *error: Any) -> None:
        if end := getattr(self._inner, "__aexit__", None):
            await end(*error)
        else:
            await self.aclose()

    def _call(self, request: Any, who: Caller, url: str, proxies: Proxies | None) -> AsyncExchange:
        parts = request, self._inner, self.library, self.policy, self.clock
        if self._routes is None or not (proxies or self.policy.insecure_hosts):
            return AsyncExchange(*parts, who=who)
        ways = Ways(url, self.policy, proxies or _NONE, self.listeners, self.clock)
        return AsyncRoutedExchange(*parts, routes=self._routes, ways=ways, who=who)

    def _sending(self, inner: Any) -> Any:
        """What sends requests with the settings of a transport, or that transport itself."""
        settings = Settings.of(inner, self.library.httpx.AsyncHTTPTransport)
        sending = AsyncConnections(self.library, settings) if settings else inner
        places = self.policy.bulkhead
        return AsyncBounded(sending, self.library, places) if places else sending


_NONE = Proxies({})
