"""Pools of fast connections."""

from typing import Any

from urllib3 import connectionpool

from ringback.client.requests.fast import handover
from ringback.client.requests.fast.connection import FastHTTPConnection, FastHTTPSConnection
from ringback.client.urllib3.pools import (
    ConnectionClass,
    HTTPConnectionPool,
    HTTPSConnectionPool,
    Pools,
)


class FastHTTPConnectionPool(HTTPConnectionPool):
    """Ours, of fast connections, which may be handed over."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        return handover.take(self) or super()._get_conn(timeout)

    ConnectionCls: Any = ConnectionClass(FastHTTPConnection, connectionpool.HTTPConnectionPool)


class FastHTTPSConnectionPool(HTTPSConnectionPool):
    """The same over TLS."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        return handover.take(self) or super()._get_conn(timeout)

    ConnectionCls: Any = ConnectionClass(FastHTTPSConnection, connectionpool.HTTPSConnectionPool)


# Messages name the class, and programs and people look for the name that they know.
FastHTTPConnectionPool.__name__ = "HTTPConnectionPool"
FastHTTPSConnectionPool.__name__ = "HTTPSConnectionPool"


class FastPools(Pools):
    """Ours, of fast connections."""

    classes: dict[str, Any] = {"http": FastHTTPConnectionPool, "https": FastHTTPSConnectionPool}  # noqa: RUF012 - as in urllib3
