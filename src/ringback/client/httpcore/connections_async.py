"""The transport of httpx that a door has of its own, for tasks."""

from typing import Any

from ringback.client.bulkhead import Bulkhead
from ringback.client.deadline import patience
from ringback.client.httpcore.backend_async import AsyncBackend
from ringback.client.httpcore.kept import Kept
from ringback.client.httpcore.library import Library
from ringback.client.httpcore.naming import raise_named
from ringback.client.httpcore.request import core_request, key_of, pool_timeout
from ringback.client.httpcore.settings import Settings
from ringback.client.httpcore.turn_async import wait
from ringback.client.httpcore.upload import Upload
from ringback.client.wire import last


class AsyncConnections:
    """Sends requests over connections of httpcore, as httpx's own transport does.

    Who waits for a connection waits in the order they came, and costs the others nothing. The
    settings are those of a transport of httpx, whose pool of httpcore makes the connections.

    Args:
        library: Of the door.
        settings: What the transport of httpx was made with.

    Attributes:
        proxy: ``host:port`` of the proxy they go through.
        counts: The bytes of each request are counted.
    """

    def __init__(self, library: Library, settings: Settings) -> None:
        self.proxy = settings.proxy
        self.counts = not settings.http2  # requests of tasks share connections of HTTP/2
        self._library = library
        self._settings = settings
        self._places = Bulkhead(settings.most)
        self._kept = Kept(settings.most, settings.idle, settings.seconds, shared=settings.http2)
        self._backends: dict[Any, AsyncBackend] = {}

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request once; return the response, its body unread.

        Args:
            request: Of httpx.
        """
        upload = Upload(request.stream)
        try:
            response, connection = await self._sent(core_request(self._library, request, upload))
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            raise_named(self._library, error, None)
        finally:
            await upload.aclose()
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
        seconds = patience(pool_timeout(request))
        if not await wait(self._places, seconds):
            raise self._library.httpcore.PoolTimeout(f"no connection came free in {seconds:.3g} s")
        try:
            connection, closing = self._kept.take(key)
            if wire := last():
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
