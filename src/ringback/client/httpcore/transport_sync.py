# Written by scripts/unasync.py from transport_async.py: change that one and run it.
"""The transport, in threads: connections, attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable
from datetime import timedelta
from time import perf_counter
from typing import Any, Self

from ringback.client.bulkhead import bulkheads, wait
from ringback.client.call import Clock, Ended
from ringback.client.deadline import within, within_deadline
from ringback.client.drive_sync import by_routes, drive
from ringback.client.httpcore.exchange import (
    DEADLINE_EXTENSION,
    PolicedTransport,
    RoutedTransportExchange,
    TransportExchange,
    caller,
    response_of,
)
from ringback.client.httpcore.library import raise_named
from ringback.client.httpcore.network_sync import (
    SHARES_HTTP_2,
    Backend,
    ended,
    in_time,
    sleep,
    upload_of,
)
from ringback.client.httpcore.pool import (
    PlacedTransport,
    PooledConnections,
    core_request,
    key_of,
    pool_timeout,
)
from ringback.client.origin import origin_of
from ringback.event import Sink
from ringback.retry import Policy, Timeout


class Connections(PooledConnections):
    """The connections of one transport."""

    backend = Backend
    shares_http_2 = SHARES_HTTP_2

    def handle_request(self, request: Any) -> Any:
        """Send a request once; return the response, its body unread."""
        upload = upload_of(request.stream)
        try:
            response, connection = self._sent(core_request(self._library, request, upload))
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            raise_named(self._library, error, None)
        finally:
            ended(upload)
        return self._made(response, self._library.body, lambda: self._done(connection))

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
        connection, closing = self._take(request, key)
        if closing:
            self._close(closing)
        return connection

    def _done(self, connection: Any) -> None:
        if closing := self._taken_back(connection):
            self._close(closing)

    def _close(self, connections: list[Any]) -> None:
        for connection in connections:
            backend = self._backends.pop(connection)
            connection.close()
            backend.close()


class BulkheadTransport(PlacedTransport):
    """Lets so many requests to an origin be in flight, over all transports of the process."""

    def handle_request(self, request: Any) -> Any:
        """Send a request once, when it has a place; return the response, its body unread."""
        bulkhead = bulkheads().of(origin_of(str(request.url)), self._places)
        seconds = within_deadline(pool_timeout(request))
        if not wait(bulkhead, seconds):
            raise self._exhausted(seconds)
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


class RoutedHttpxExchange(RoutedTransportExchange, HttpxExchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ()

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure."""
        return by_routes(super().attempt, self, limits)


class TransportMixin(PolicedTransport):
    """Mixed into the transport of httpx by each integration."""

    clock: Clock
    _known = "HTTPTransport"
    _connections = Connections
    _placed = BulkheadTransport
    _exchange = HttpxExchange
    _routed = RoutedHttpxExchange

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
        super().__init__(inner, policy, sinks, clock or Clock(sleep=sleep), options)

    def handle_request(self, request: Any) -> Any:
        """Send a request, as often as it needs and may; return the response.

        Where httpx will read the body at once it is read here, so that a body which breaks off
        is a failed attempt. A response that still says 429, 502, 503 or 504 in the end is
        returned, as httpx does.
        """
        who = caller(self.library.name, following=DEADLINE_EXTENSION in request.extensions)
        call, guard, deadline = self._begun(request, who)
        with within(deadline):
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
