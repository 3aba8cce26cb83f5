# Written by scripts/unasync.py from transport_async.py: change that one and run it.
"""The transport, in threads: connections, attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable
from datetime import timedelta
from time import perf_counter
from typing import Any, ClassVar, Self

from ringback.client.bulkhead import Bulkhead, bulkheads, wait
from ringback.client.call import Clock, Ended
from ringback.client.deadline import within, within_deadline
from ringback.client.drive_sync import by_routes, drive
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
from ringback.client.httpcore.network_sync import (
    SHARES_HTTP_2,
    Backend,
    ended,
    in_time,
    sleep,
    upload_of,
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


class Connections:
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
        self._backends: dict[Any, Backend] = {}

    def handle_request(self, request: Any) -> Any:
        """Send a request once; return the response, its body unread."""
        upload = upload_of(request.stream)
        try:
            response, connection = self._sent(core_request(self._library, request, upload))
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            raise_named(self._library, error, None)
        finally:
            ended(upload)
        extensions = response.extensions
        body = self._library.body(
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

    def close(self) -> None:
        """Close every connection."""
        self._close(self._kept.clear())

    def _sent(self, request: Any) -> tuple[Any, Any]:
        while True:
            connection = self._connection(request)
            try:
                return connection.handle_request(request), connection
            except self._library.httpcore.ConnectionNotAvailable:
                self._done(connection)
            except BaseException:
                self._done(connection)
                raise

    def _connection(self, request: Any) -> Any:
        key = key_of(request)
        if joined := self._kept.join(key):
            return joined
        seconds = within_deadline(pool_timeout(request))
        if not wait(self._places, seconds):
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
            self._close(closing)
        return connection

    def _new(self, origin: Any) -> Any:
        backend = Backend(self._library)
        connection = self._settings.make(origin, backend)
        self._backends[connection] = backend
        return connection

    def _done(self, connection: Any) -> None:
        unused, closing = self._kept.done(connection, self._places.taken - 1)
        if unused:
            self._places.leave()
        if closing:
            self._close(closing)

    def _close(self, connections: list[Any]) -> None:
        for connection in connections:
            backend = self._backends.pop(connection)
            connection.close()
            backend.close()


class BulkheadTransport:
    """Lets so many requests to an origin be in flight, over all transports of the process.

    The place is held until the body is read.
    """

    def __init__(self, inner: Any, library: Library, places: int) -> None:
        self._inner = inner
        self._library = library
        self._places = places

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def handle_request(self, request: Any) -> Any:
        """Send a request once, when it has a place; return the response, its body unread."""
        bulkhead = bulkheads().of(origin_of(str(request.url)), self._places)
        seconds = within_deadline(pool_timeout(request))
        if not wait(bulkhead, seconds):
            text = f"{self._places} calls are in flight, and none ended in {seconds:.3g} s"
            raise self._library.httpx.PoolTimeout(text)
        try:
            response = self._inner.handle_request(request)
        except BaseException:
            bulkhead.leave()
            raise

        def leave() -> None:
            bulkhead.leave()

        response.stream = self._library.body(self._library, response.stream, leave)
        return response


class HttpxExchange(TransportExchange):
    """A request and how it is sent."""

    __slots__ = ()

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response or a ``Failed``."""
        try:
            response = in_time(self._received(limits), self._library, self._counts)
        except Exception as error:
            failed = self.raised(error)
            if failed is None:
                raise
            return failed
        return self._judged(response, response.close)

    def _received(self, limits: Timeout) -> Any:
        began = perf_counter()
        try:
            self._begin(limits)
            response = self._inner.handle_request(self.request)
        finally:
            self.request.extensions = self._extensions
        self._adopted(response, self._library.body)
        if not self._streams:
            _read(response)
            response.elapsed = timedelta(seconds=perf_counter() - began)
        return response


def _read(response: Any) -> None:
    try:
        response.take(response.stream)
    finally:
        response.close()


class RoutedHttpxExchange(HttpxExchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ("_transports", "candidates", "routes")

    def __init__(
        self, *call: Any, transports: Transports, routes: RouteSelector, **who: Any
    ) -> None:
        super().__init__(*call, **who)
        self._transports = transports
        self.routes = routes
        self.candidates: tuple[str, ...] | None = None

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure."""
        return by_routes(super().attempt, self, limits)

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""
        self._go_by(self._transports.by(route.choice.url, verified=route.verify))
        if route.choice.url is None and route.choice.passed_by:
            self.request.headers.pop("Proxy-Authorization", None)


class TransportMixin:
    """Mixed into the transport of httpx by each integration."""

    library: ClassVar[Library]

    def __init__(
        self,
        inner: Any = None,
        *,
        policy: Policy | None = None,
        sinks: Iterable[Sink] | None = None,
        clock: Clock | None = None,
        **options: Any,
    ) -> None:
        """Set up a transport."""
        if inner is not None and options:
            raise TypeError(f"the inner transport has its own {', '.join(options)}")
        self.policy = policy or Policy()
        self.listeners = listeners_for(sinks)
        self.clock = clock or Clock(sleep=sleep)
        self._origins = origins_under(self.policy)
        self._transports: Transports | None = None
        if inner is None:
            known = self.library.httpx.HTTPTransport
            self._transports = Transports(self.library, self._sending, known, options)
        self._inner = self._transports.direct if self._transports else self._sending(inner)

    def handle_request(self, request: Any) -> Any:
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
            end = drive(call.attempt, call, self.policy, guard, self.listeners, self.clock)
        return response_of(self.library, end) if isinstance(end, Ended) else end

    def close(self) -> None:
        """Close every connection."""
        for inner in self._transports.all() if self._transports else [self._inner]:
            inner.close()

    def __enter__(self) -> Self:
        if begin := getattr(self._inner, "__enter__", None):
            begin()
        return self

    def __exit__(self, *error: Any) -> None:
        if end := getattr(self._inner, "__exit__", None):
            end(*error)
        else:
            self.close()

    def _call(self, request: Any, who: Caller, url: str, proxies: Proxies | None) -> HttpxExchange:
        parts = request, self._inner, self.library, self.policy, self.clock
        if self._transports is None or not (proxies or self.policy.insecure_hosts):
            return HttpxExchange(*parts, who=who)
        routes = RouteSelector(url, self.policy, proxies or _NO_PROXIES, self.listeners, self.clock)
        return RoutedHttpxExchange(*parts, transports=self._transports, routes=routes, who=who)

    def _sending(self, inner: Any) -> Any:
        """What sends requests with the settings of a transport, or that transport itself."""
        settings = TransportSettings.of(inner, self.library.httpx.HTTPTransport)
        sending = Connections(self.library, settings) if settings else inner
        places = self.policy.bulkhead
        return BulkheadTransport(sending, self.library, places) if places else sending


_NO_PROXIES = Proxies({})
