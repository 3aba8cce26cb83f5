"""The transport, in tasks: connections, attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import timedelta
from time import perf_counter
from typing import Any, Self

from ringback.client.admission import async_admission
from ringback.client.bulkhead import async_wait
from ringback.client.call import AsyncClock
from ringback.client.deadline import within, within_deadline
from ringback.client.drive_async import by_routes, drive
from ringback.client.httpcore.exchange import (
    DEADLINE_EXTENSION,
    PolicedTransport,
    RoutedTransportExchange,
    TransportExchange,
    caller,
    response_of,
)
from ringback.client.httpcore.library import raise_named
from ringback.client.httpcore.network_async import (
    HEDGES,
    SHARES_HTTP_2,
    AsyncBackend,
    async_upload_of,
    ended,
    in_time,
    sleep,
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


class AsyncConnections(PooledConnections):
    """The connections of one transport."""

    backend = AsyncBackend
    shares_http_2 = SHARES_HTTP_2
    method = "handle_async_request"

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request once; return the response, its body unread."""
        if self._is_replaced():
            return await self._settings.transport.handle_async_request(request)
        upload = async_upload_of(request.stream)
        try:
            response, connection = await self._sent(core_request(self._library, request, upload))
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            raise_named(self._library, error, None)
        finally:
            await ended(upload)
        return self._made(response, self._library.async_body, lambda: self._done(connection))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._close(self._kept.clear())
        await self._settings.transport.aclose()

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
        wire = last_exchange()
        if not (wire and wire.apart) and (joined := self._kept.join(key)):
            return joined
        seconds = within_deadline(pool_timeout(request))
        if not await async_wait(self._places, seconds):
            raise self._library.httpcore.PoolTimeout(f"no connection came free in {seconds:.3g} s")
        connection, closing = self._take(request, key)
        if closing:
            await self._close(closing)
        return connection

    async def _done(self, connection: Any) -> None:
        if closing := self._taken_back(connection):
            await self._close(closing)

    async def _close(self, connections: list[Any]) -> None:
        for connection in connections:
            backend = self._backends.pop(connection)
            await connection.aclose()
            await backend.aclose()


class AsyncAdmittingTransport(LimitedTransport):
    """Limits the requests to an origin, over all transports of the event loop."""

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request once, when it is admitted; return the response, its body unread."""
        entry = async_admission(origin_of(str(request.url)), self._policy, self._clock)
        if why := await entry.async_enter(pool_timeout(request)):
            raise self._library.httpx.PoolTimeout(why)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            self._note(entry, error)
            entry.leave()
            raise
        entry.note_response(response, response.status_code)

        async def leave() -> None:
            entry.leave()

        response.stream = self._library.async_body(self._library, response.stream, leave)
        return response


class AsyncHttpxExchange(TransportExchange):
    """A request and how it is sent."""

    __slots__ = ()

    async def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response or a ``Failed``."""
        try:
            response = await in_time(self._received(limits), self._library, self._counts)
        except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
            return self.caught(error)
        return self._judged(response, response.aclose)

    async def _received(self, limits: Timeout) -> Any:
        began = perf_counter()
        try:
            self._begin(limits)
            headers, url = self.request.headers, str(self.request.url)
            own = nullcontext() if self._counts else inside_call()
            with passing_on(headers, url, self._policy), own:
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


class AsyncRoutedHttpxExchange(RoutedTransportExchange, AsyncHttpxExchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ()

    async def attempt(self, limits: Timeout) -> Any:
        """Make one attempt, and what the policy allows right after a failure."""
        return await by_routes(super().attempt, self, limits)


class AsyncTransportMixin(PolicedTransport):
    """Mixed into the transport of httpx by each integration."""

    clock: AsyncClock
    _known = "AsyncHTTPTransport"
    _connections = AsyncConnections
    _admitting = AsyncAdmittingTransport
    _exchange = AsyncHttpxExchange
    _routed = AsyncRoutedHttpxExchange
    _hedges = HEDGES

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
        super().__init__(inner, policy, sinks, clock or AsyncClock(sleep=sleep), options)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request, as often as it needs and may; return the response.

        Where httpx will read the body at once it is read here, so that a body which breaks off
        is a failed attempt. A response whose status is still one of those worth another
        attempt is returned in the end, as httpx does.
        """
        who = caller(self.library.name, following=DEADLINE_EXTENSION in request.extensions)
        call, guard, deadline, hedge = self._begun(request, who)
        parts = self.policy, guard, self.listeners, self.clock
        with within(deadline):
            return response_of(self.library, await drive(call.attempt, call, *parts, hedge=hedge))

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
