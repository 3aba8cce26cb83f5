"""The transport, in tasks: connections, attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable
from datetime import timedelta
from time import perf_counter
from typing import Any, ClassVar, Self

from ringback.client.bulkhead import Bulkhead, async_bulkheads, async_wait
from ringback.client.call import AsyncClock, Ended
from ringback.client.deadline import within, within_deadline
from ringback.client.drive_async import by_routes, drive
from ringback.client.http import add_key
from ringback.client.httpcore.exchange import (
    DEADLINE_EXTENSION,
    Caller,
    TransportExchange,
    caller,
    circuit_of,
    deadline_of,
    response_of,
)
from ringback.client.httpcore.library import Library, raise_named
from ringback.client.httpcore.network_async import (
    SHARES_HTTP_2,
    AsyncBackend,
    async_upload_of,
    ended,
    in_time,
    sleep,
)
from ringback.client.httpcore.pool import (
    KeptConnections,
    TransportSettings,
    core_request,
    key_of,
    pool_timeout,
)
from ringback.client.httpcore.transports import Transports
from ringback.client.origin import origin_of
from ringback.client.origins import origins_under
from ringback.client.proxies import Proxies
from ringback.client.routes import Route, RouteSelector
from ringback.client.wire import last_exchange
from ringback.event import Sink
from ringback.retry import Policy, Timeout
from ringback.sink.listening import listeners_for


class AsyncConnections:
    """Sends requests over connections of httpcore, as httpx's own transport does.

    Who waits for a connection waits in the order they came, and costs the others nothing. The
    settings are those of a transport of httpx, whose pool of httpcore makes the connections.
    """

    def __init__(self, library: Library, settings: TransportSettings) -> None:
        self.proxy = settings.proxy  # `host:port` of the proxy they go through
        shared = SHARES_HTTP_2 and settings.http2
        self.counts = not shared  # The bytes of each request are counted
        self._library = library
        self._settings = settings
        self._places = Bulkhead(settings.most)
        self._kept = KeptConnections(settings.most, settings.idle, settings.seconds, shared=shared)
        self._backends: dict[Any, AsyncBackend] = {}

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request once; return the response, its body unread."""
        upload = async_upload_of(request.stream)
        try:
            response, connection = await self._sent(core_request(self._library, request, upload))
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            raise_named(self._library, error, None)
        finally:
            await ended(upload)
        extensions = response.extensions
        body = self._library.async_body(
            self._library,
            response.stream,
            lambda: self._done(connection),
            extensions["network_stream"],
        )
        return self._library.response(
            status_code=response.status,
            headers=response.headers,
            stream=body,
            extensions=extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._close(self._kept.clear())

    async def _sent(self, request: Any) -> tuple[Any, Any]:
        while True:
            connection = await self._connection(request)
            try:
                return await connection.handle_async_request(request), connection
            except self._library.httpcore.ConnectionNotAvailable:
                await self._done(connection)
            except BaseException:
                await self._done(connection)
                raise

    async def _connection(self, request: Any) -> Any:
        key = key_of(request)
        if joined := self._kept.join(key):
            return joined
        seconds = within_deadline(pool_timeout(request))
        if not await async_wait(self._places, seconds):
            raise self._library.httpcore.PoolTimeout(f"no connection came free in {seconds:.3g} s")
        try:
            connection, closing = self._kept.take(key)
            if wire := last_exchange():
                wire.reused, wire.proxied = connection is not None, self.proxy is not None
            if connection is None:
                connection = self._new(request.url.origin)
                self._kept.add(key, connection)
        except BaseException:
            self._places.leave()
            raise
        if closing:
            await self._close(closing)
        return connection

    def _new(self, origin: Any) -> Any:
        backend = AsyncBackend(self._library)
        connection = self._settings.make(origin, backend)
        self._backends[connection] = backend
        return connection

    async def _done(self, connection: Any) -> None:
        unused, closing = self._kept.done(connection, self._places.taken - 1)
        if unused:
            self._places.leave()
        if closing:
            await self._close(closing)

    async def _close(self, connections: list[Any]) -> None:
        for connection in connections:
            backend = self._backends.pop(connection)
            await connection.aclose()
            await backend.aclose()


class AsyncBulkheadTransport:
    """Lets so many requests to an origin be in flight, over all transports of the event loop.

    The place is held until the body is read.
    """

    def __init__(self, inner: Any, library: Library, places: int) -> None:
        self._inner = inner
        self._library = library
        self._places = places

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request once, when it has a place; return the response, its body unread."""
        bulkhead = async_bulkheads().of(origin_of(str(request.url)), self._places)
        seconds = within_deadline(pool_timeout(request))
        if not await async_wait(bulkhead, seconds):
            text = f"{self._places} calls are in flight, and none ended in {seconds:.3g} s"
            raise self._library.httpx.PoolTimeout(text)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            bulkhead.leave()
            raise

        async def leave() -> None:
            bulkhead.leave()

        response.stream = self._library.async_body(self._library, response.stream, leave)
        return response


class AsyncHttpxExchange(TransportExchange):
    """A request and how it is sent."""

    __slots__ = ()

    async def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response or a ``Failed``."""
        try:
            response = await in_time(self._received(limits), self._library, self._counts)
        except Exception as error:
            failed = self.raised(error)
            if failed is None:
                raise
            return failed
        return self._judged(response, response.aclose)

    async def _received(self, limits: Timeout) -> Any:
        began = perf_counter()
        try:
            self._begin(limits)
            response = await self._inner.handle_async_request(self.request)
        finally:
            self.request.extensions = self._extensions
        self._adopted(response, self._library.async_body)
        if not self._streams:
            await _read(response)
            response.elapsed = timedelta(seconds=perf_counter() - began)
        return response


async def _read(response: Any) -> None:
    try:
        response.take([piece async for piece in response.stream])
    finally:
        await response.aclose()


class AsyncRoutedHttpxExchange(AsyncHttpxExchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ("_transports", "candidates", "routes")

    def __init__(
        self, *call: Any, transports: Transports, routes: RouteSelector, **who: Any
    ) -> None:
        super().__init__(*call, **who)
        self._transports = transports
        self.routes = routes
        self.candidates: tuple[str, ...] | None = None

    async def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure."""
        return await by_routes(super().attempt, self, limits)

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""
        self._go_by(self._transports.by(route.choice.url, verified=route.verify))
        if route.choice.url is None and route.choice.passed_by:
            self.request.headers.pop("Proxy-Authorization", None)


class AsyncTransportMixin:
    """Mixed into the transport of httpx by each integration."""

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
        """Set up a transport."""
        if inner is not None and options:
            raise TypeError(f"the inner transport has its own {', '.join(options)}")
        self.policy = policy or Policy()
        self.listeners = listeners_for(sinks)
        self.clock = clock or AsyncClock(sleep=sleep)
        self._origins = origins_under(self.policy)
        self._transports: Transports | None = None
        if inner is None:
            known = self.library.httpx.AsyncHTTPTransport
            self._transports = Transports(self.library, self._sending, known, options)
        self._inner = self._transports.direct if self._transports else self._sending(inner)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request, as often as it needs and may; return the response.

        Where httpx will read the body at once it is read here, so that a body which breaks off
        is a failed attempt. A response that still says 429, 502, 503 or 504 in the end is
        returned, as httpx does.
        """
        who = caller(self.library.name, following=DEADLINE_EXTENSION in request.extensions)
        url = str(request.url)
        if self.policy.idempotency_key:
            add_key(request.headers, request.method, url, self.policy.idempotency_key)
        proxies = self._transports.proxies if self._transports else None
        candidates = proxies.candidates(url) if proxies else ()
        call = self._call(request, who, url, proxies if candidates else None)
        guard = self._origins.guard(circuit_of(url, candidates, self._inner))
        with within(deadline_of(request, self.policy, redirected=who.redirected)):
            end = await drive(call.attempt, call, self.policy, guard, self.listeners, self.clock)
        return response_of(self.library, end) if isinstance(end, Ended) else end

    async def aclose(self) -> None:
        """Close every connection."""
        for inner in self._transports.all() if self._transports else [self._inner]:
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

    def _call(
        self, request: Any, who: Caller, url: str, proxies: Proxies | None
    ) -> AsyncHttpxExchange:
        parts = request, self._inner, self.library, self.policy, self.clock
        if self._transports is None or not (proxies or self.policy.insecure_hosts):
            return AsyncHttpxExchange(*parts, who=who)
        routes = RouteSelector(url, self.policy, proxies or _NO_PROXIES, self.listeners, self.clock)
        return AsyncRoutedHttpxExchange(*parts, transports=self._transports, routes=routes, who=who)

    def _sending(self, inner: Any) -> Any:
        """What sends requests with the settings of a transport, or that transport itself."""
        settings = TransportSettings.of(inner, self.library.httpx.AsyncHTTPTransport)
        sending = AsyncConnections(self.library, settings) if settings else inner
        places = self.policy.bulkhead
        return AsyncBulkheadTransport(sending, self.library, places) if places else sending


_NO_PROXIES = Proxies({})
