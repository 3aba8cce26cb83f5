"""What a transport of httpx was made with."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from threading import Lock
from typing import Any

_HANDING_OVER = Lock()
_ATTRIBUTES = (
    "_max_connections",
    "_max_keepalive_connections",
    "_keepalive_expiry",
    "_network_backend",
    "_http2",
    "create_connection",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a transport of httpx, and its pool, which makes connections.

    Attributes:
        pool: Of httpcore.
        most: How many connections there may be.
        idle: How many of them may be idle.
        seconds: How long one may be idle; ``None``: for ever.
        http2: HTTP/2 is offered.
        proxy: ``host:port``, where there is a proxy.
    """

    pool: Any
    most: int
    idle: int
    seconds: float | None
    http2: bool
    proxy: str | None

    @classmethod
    def of(cls, transport: Any, known: type) -> Settings | None:
        """Return the settings of a transport, or ``None`` where it is none of httpx's own.

        Args:
            transport: Any transport.
            known: The class of httpx's own.
        """
        pool: Any = getattr(transport, "_pool", None)
        if type(transport) is not known or not all(hasattr(pool, one) for one in _ATTRIBUTES):
            return None
        return cls(
            pool,
            min(pool._max_connections, sys.maxsize),  # noqa: SLF001 - httpx has no other way to ask
            pool._max_keepalive_connections,  # noqa: SLF001 - see above
            pool._keepalive_expiry,  # noqa: SLF001 - see above
            pool._http2,  # noqa: SLF001 - see above
            _written(getattr(pool, "_proxy_url", None)),
        )

    def make(self, origin: Any, backend: Any) -> Any:
        """Return a new connection of httpcore, not connected yet.

        Args:
            origin: Of httpcore.
            backend: The network backend that it connects by.
        """
        with _HANDING_OVER:
            self.pool._network_backend = backend  # noqa: SLF001 - httpx has no way to hand it in
            return self.pool.create_connection(origin)


def _written(url: Any) -> str | None:
    if url is None:
        return None
    host = url.host.decode("ascii", "replace")
    return f"{host}:{url.origin.port}"
