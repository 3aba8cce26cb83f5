"""The connections that a transport keeps: which may serve a request, and which must go."""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from ringback.client.bulkhead import Bulkhead
from ringback.client.original import OriginalMethod
from ringback.client.wire import last_exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.client.admission import Admission
    from ringback.client.httpcore.library import Library
    from ringback.retry import Policy

_HANDING_OVER = Lock()
_ATTRIBUTES = (
    "_max_connections",
    "_max_keepalive_connections",
    "_keepalive_expiry",
    "_network_backend",
    "_http2",
    "create_connection",
)
_BACKENDS = frozenset({"SyncBackend", "AutoBackend", "AnyIOBackend", "TrioBackend"})
"""What connects in httpcore, unless somebody hands in another."""


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """The settings of a transport of httpx, and its pool, which makes connections."""

    transport: Any  # Of httpx
    pool: Any  # Of httpcore
    most: int  # How many connections there may be
    idle: int  # How many of them may be idle
    seconds: float | None  # How long one may be idle; `None`: for ever
    http2: bool  # HTTP/2 is offered
    proxy: str | None  # `host:port`, where there is a proxy

    @classmethod
    def of(cls, transport: Any, known: type) -> TransportSettings | None:
        """Return the settings of a transport, or ``None`` where it is none of httpx's own."""
        pool: Any = getattr(transport, "_pool", None)
        if type(transport) is not known or not all(hasattr(pool, name) for name in _ATTRIBUTES):
            return None
        if type(pool._network_backend).__name__ not in _BACKENDS:  # noqa: SLF001 - see below
            return None  # one of the program's own, or a mock
        return cls(
            transport,
            pool,
            min(pool._max_connections, sys.maxsize),  # noqa: SLF001 - httpx has no other way to ask
            pool._max_keepalive_connections,  # noqa: SLF001 - see above
            pool._keepalive_expiry,  # noqa: SLF001 - see above
            pool._http2,  # noqa: SLF001 - see above
            _written(getattr(pool, "_proxy_url", None)),
        )

    def make(self, origin: Any, backend: Any) -> Any:
        """Return a new connection of httpcore, not connected yet."""
        pool = self.pool
        with _HANDING_OVER:
            own = pool._network_backend  # noqa: SLF001 - httpx has no way to hand it in
            pool._network_backend = backend  # noqa: SLF001 - see above
            try:
                return pool.create_connection(origin)
            finally:
                pool._network_backend = own  # noqa: SLF001 - see above


def _written(url: Any) -> str | None:
    if url is None:
        return None
    host = url.host.decode("ascii", "replace")
    return f"{host}:{url.origin.port}"


Key = tuple[bytes, bytes, int]
"""Scheme, host and port."""


class KeptConnections:
    """Every connection of a transport. No I/O, no waiting; thread-safe.

    Each step takes the same time, however many connections there are. httpcore looks at every
    connection for every request that waits, and asks the kernel about each that is idle.
    """

    def __init__(
        self, most: float, idle: float, seconds: float | None, *, shared: bool = False
    ) -> None:
        self._most = most
        self._most_idle = idle
        self._seconds = seconds
        self._shared = shared
        self._lock = Lock()
        self._users: dict[Any, int] = {}
        self._key_of: dict[Any, Key] = {}
        self._idle: OrderedDict[Any, float] = OrderedDict()  # since when; the longest first
        self._idle_of: dict[Key, deque[Any]] = {}  # the longest first

    def __len__(self) -> int:
        return len(self._key_of)

    def join(self, key: Key) -> Any:
        """Return a connection in use that serves another request as well, or ``None``."""
        if not self._shared:
            return None
        with self._lock:
            for connection in self._users:
                if self._key_of[connection] == key and connection.is_available():
                    self._users[connection] += 1
                    return connection
        return None

    def take(self, key: Key, *, new: bool = False) -> tuple[Any, list[Any]]:
        """Return an idle connection for a request, if one may serve it, and those to close."""
        with self._lock:
            closing = self._expired()
            idle = None if new else self._idle_of.get(key)
            while idle:
                connection = idle.pop()
                del self._idle[connection]
                if not (connection.is_closed() or connection.has_expired()):
                    self._users[connection] = 1
                    return connection, closing
                del self._key_of[connection]
                closing.append(connection)
            if self._idle and len(self._key_of) >= self._most:
                closing.append(self._drop_oldest())
            return None, closing

    def add(self, key: Key, connection: Any) -> None:
        """Add a new connection, in use."""
        with self._lock:
            self._key_of[connection] = key
            self._users[connection] = 1

    def done(self, connection: Any, taken: float = 0) -> tuple[bool, list[Any]]:
        """End a use of a connection; return whether it was the last, and those to close."""
        with self._lock:
            left = self._users[connection] - 1
            if left:
                self._users[connection] = left
                return False, []
            del self._users[connection]
            if connection.is_closed() or not connection.is_idle():
                del self._key_of[connection]
                return True, [connection]
            self._idle[connection] = monotonic()
            self._idle_of.setdefault(self._key_of[connection], deque()).append(connection)
            closing = self._expired()
            if len(self._idle) - max(0, taken - len(self._users)) > self._most_idle:
                closing.append(self._drop_oldest())
            return True, closing

    def clear(self) -> list[Any]:
        """Forget every connection; return them, to be closed."""
        with self._lock:
            every = list(self._key_of)
            self._key_of.clear()
            self._idle.clear()
            self._idle_of.clear()
            return every

    def _expired(self) -> list[Any]:
        if self._seconds is None or not self._idle:
            return []
        closing, until = [], monotonic() - self._seconds
        while self._idle and next(iter(self._idle.values())) < until:
            closing.append(self._drop_oldest())
        return closing

    def _drop_oldest(self) -> Any:
        connection, _ = self._idle.popitem(last=False)
        key = self._key_of.pop(connection)
        idle = self._idle_of[key]
        idle.popleft()
        if not idle:
            del self._idle_of[key]
        return connection


class PooledConnections:
    """Sends requests over connections of httpcore, as httpx's own transport does.

    Who waits for a connection waits in the order they came, and costs the others nothing. The
    settings are those of a transport of httpx, whose pool of httpcore makes the connections.
    Where somebody has put something in the place of either, the transport of httpx is called.
    """

    backend: ClassVar[type[Any]]  # Opens the connections
    shares_http_2: ClassVar[bool]  # Whether requests share a connection of HTTP/2
    method: ClassVar[str]  # Of httpx and httpcore, which this stands in for

    def __init__(self, library: Library, settings: TransportSettings) -> None:
        self.proxy = settings.proxy  # `host:port` of the proxy they go through
        shared = self.shares_http_2 and settings.http2
        self._counts = not shared
        self._of_httpx = OriginalMethod(library.httpx, self.method)
        self._of_httpcore = OriginalMethod(library.httpcore, self.method)
        self._library = library
        self._settings = settings
        self._places = Bulkhead(settings.most)
        self._kept = KeptConnections(settings.most, settings.idle, settings.seconds, shared=shared)
        self._backends: dict[Any, Any] = {}

    @property
    def counts(self) -> bool:
        """Whether the bytes of each request are counted."""
        return self._counts and not self._is_replaced()

    def _is_replaced(self) -> bool:
        """Whether a mock or a recorder is in the place of httpx's transport or its pool."""
        settings = self._settings
        pool = settings.transport._pool  # noqa: SLF001 - httpx has no other way to ask
        return not (
            pool is settings.pool
            and self._of_httpcore.is_in(pool)
            and self._of_httpx.is_in(settings.transport)
        )

    def _take(self, request: Any, key: Key) -> tuple[Any, list[Any]]:
        """Return a connection for the place that was waited for, and those to close."""
        try:
            wire = last_exchange()
            connection, closing = self._kept.take(key, new=wire is not None and wire.apart)
            if wire:
                wire.reused, wire.proxied = connection is not None, self.proxy is not None
            if connection is None:
                backend = self.backend(self._library)
                connection = self._settings.make(request.url.origin, backend)
                self._backends[connection] = backend
                self._kept.add(key, connection)
        except BaseException:
            self._places.leave()
            raise
        return connection, closing

    def _taken_back(self, connection: Any) -> list[Any]:
        """End a use of a connection; return those to close."""
        unused, closing = self._kept.done(connection, self._places.taken - 1)
        if unused:
            self._places.leave()
        return closing

    def _made(self, response: Any, wrap: Any, done: Callable[[], Any]) -> Any:
        """The response of httpx for one of httpcore, its body unread."""
        extensions = response.extensions
        return self._library.response(
            status_code=response.status,
            headers=response.headers,
            stream=wrap(self._library, response.stream, done, extensions.get("network_stream")),
            extensions=extensions,
        )


class LimitedTransport:
    """Limits the requests to an origin, over all transports of the same kind.

    A place is held until the body is read.
    """

    def __init__(self, inner: Any, library: Library, policy: Policy, clock: Any) -> None:
        self._inner = inner
        self._library = library
        self._policy = policy
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _note(self, entry: Admission, error: BaseException) -> None:
        if isinstance(error, self._library.httpx.TimeoutException):
            entry.note_timeout()


_SCHEMES = frozenset({"http", "https", "ws", "wss"})
_MISSING = "Request URL is missing an 'http://' or 'https://' protocol."


def core_request(library: Library, request: Any, content: Any) -> Any:
    """Return the request for httpcore.

    It is what httpcore's constructors would make of it: they check once more what httpx has
    checked, and find out the origin each time that somebody asks.
    """
    core, url, extensions = library.httpcore, request.url, request.extensions
    scheme = url.scheme
    if scheme not in _SCHEMES:
        text = f"Request URL has an unsupported protocol '{scheme}://'." if scheme else _MISSING
        raise core.UnsupportedProtocol(text)
    made, where = core.Request.__new__(core.Request), _url_class(core)
    to = where.__new__(where)
    to.scheme, to.host, to.port = url.raw_scheme, url.raw_host, url.port
    to.target = extensions.get("target", url.raw_path)
    to.origin = _origin(core, to.scheme, to.host, to.port)
    made.method = request.method.encode("ascii")
    made.url = to
    made.headers = request.headers.raw
    made.stream = content
    made.extensions = extensions
    return made


@lru_cache(maxsize=4)
def _url_class(core: Any) -> Any:
    return type("URL", (core.URL,), {"origin": None})


@lru_cache(maxsize=1024)
def _origin(core: Any, scheme: bytes, host: bytes, port: int | None) -> Any:
    return core.URL(scheme=scheme, host=host, port=port).origin


def key_of(request: Any) -> Key:
    """Return which connections can serve a request: those of its origin."""
    origin = request.url.origin
    return origin.scheme, origin.host, origin.port


def pool_timeout(request: Any) -> float | None:
    """Return how long a request may wait for a connection, in seconds."""
    timeouts: dict[str, float | None] = request.extensions.get("timeout") or {}
    return timeouts.get("pool")
