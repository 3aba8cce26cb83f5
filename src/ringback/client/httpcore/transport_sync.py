# Written by scripts/unasync.py from transport_async.py: change that one and run it.
"""The transport, in threads: connections, attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import timedelta
from time import perf_counter
from typing import Any, Self

from ringback.client.admission import admission
from ringback.client.bulkhead import wait
from ringback.client.call import Clock
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
    HEDGES,
    SHARES_HTTP_2,
    Backend,
    ended,
    in_time,
    sleep,
    upload_of,
)
from ringback.client.httpcore.pool import (
    LimitedTransport,
    PooledConnections,
    core_request,
    key_of,
    pool_timeout,
)
from ringback.client.install.patch import inside_call
from ringback.client.origin import origin_of
from ringback.client.propagation import passing_on
from ringback.client.wire import last_exchange
from ringback.event import Sink
from ringback.retry import Policy, Timeout


class Connections(PooledConnections):
    """The connections of one transport."""

    backend = Backend
    shares_http_2 = SHARES_HTTP_2
    method = "handle_request"

    def handle_request(self, request: Any) -> Any:
        """Send a request once; return the response, its body unread."""
        if self._is_replaced():
            return self._settings.transport.handle_request(request)
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
        self._settings.transport.close()

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
        wire = last_exchange()
        if not (wire and wire.apart) and (joined := self._kept.join(key)):
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


class AdmittingTransport(LimitedTransport):
    """Limits the requests to an origin, over all transports of the process."""

    def handle_request(self, request: Any) -> Any:
        """Send a request once, when it is admitted; return the response, its body unread."""
        entry = admission(origin_of(str(request.url)), self._policy, self._clock)
        if why := entry.enter(pool_timeout(request)):
            raise self._library.httpx.PoolTimeout(why)
        try:
            response = self._inner.handle_request(request)
        except BaseException as error:
            self._note(entry, error)
            entry.leave()
            raise
        entry.note_response(response, response.status_code)

        def leave() -> None:
            entry.leave()

        response.stream = self._library.body(self._library, response.stream, leave)
        return response


class HttpxExchange(TransportExchange):
    """A request and how it is sent."""

    __slots__ = ()

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response or a ``Failed``."""
        try:
            response = in_time(self._received(limits), self._library, self._counts)
        except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
            return self.caught(error)
        return self._judged(response, response.close)

    def _received(self, limits: Timeout) -> Any:
        began = perf_counter()
        try:
            self._begin(limits)
            headers, url = self.request.headers, str(self.request.url)
            own = nullcontext() if self._counts else inside_call()
            with passing_on(headers, url, self._policy), own:
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
    _admitting = AdmittingTransport
    _exchange = HttpxExchange
    _routed = RoutedHttpxExchange
    _hedges = HEDGES

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
        is a failed attempt. A response whose status is still one of those worth another
        attempt is returned in the end, as httpx does.
        """
        who = caller(self.library.name, following=DEADLINE_EXTENSION in request.extensions)
        call, guard, deadline, hedge = self._begun(request, who)
        parts = self.policy, guard, self.listeners, self.clock
        with within(deadline):
            return response_of(self.library, drive(call.attempt, call, *parts, hedge=hedge))

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
