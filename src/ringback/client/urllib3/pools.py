"""urllib3's pools and pool managers, over connections of ours."""

from collections.abc import Mapping
from typing import Any

import urllib3.connection
import urllib3.connectionpool
import urllib3.poolmanager

from ringback.client.deadline import within_deadline
from ringback.client.original import original_class
from ringback.client.trust import Trust
from ringback.client.urllib3.connection import (
    HTTPConnection,
    HTTPSConnection,
    StockHTTPConnection,
)
from ringback.client.urllib3.response import HTTPResponse
from ringback.client.wire import Wire, begin_exchange, forget_exchange
from ringback.retry import Timeout

IS_URLLIB3 = any(cls.__module__ == "http.client" for cls in StockHTTPConnection.__mro__)
"""Whether the installed urllib3 is urllib3: a package that only replaces it (urllib3-future) has
connections of another make, which are then used as they are."""


def begun(connection: Any, *, proxied: bool) -> Any:
    """Return a connection on which an exchange begins; one of another make counts nothing."""
    if isinstance(connection, HTTPConnection):
        connection.wire = Wire(connection.sock is not None, proxied)
        begin_exchange(connection.wire)
    else:
        forget_exchange()
    return connection


class ConnectionClass:
    """Which class a pool's connections are of: ours, unless others have replaced urllib3's own."""

    def __init__(self, ours: type, pool: Any) -> None:
        self._ours = ours
        self._pool = pool
        self._stock = original_class(pool.ConnectionCls)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        now = self._pool.ConnectionCls
        return self._ours if now is self._stock else now


class HTTPConnectionPool(urllib3.connectionpool.HTTPConnectionPool):
    """A pool whose connections keep the deadline."""

    ConnectionCls: Any = ConnectionClass(HTTPConnection, urllib3.connectionpool.HTTPConnectionPool)
    ResponseCls = HTTPResponse  # of 1.26
    limits: Timeout | None = None  # Timeouts that urllib3 has no word for: `tls`, `write`, `pool`
    indirect = False  # Its connections go through a proxy

    def _get_conn(self, timeout: float | None = None) -> Any:
        """Take a connection, waiting no longer than the deadline; an exchange begins."""
        limits = self.limits
        if self.block:
            own = limits.pool if limits else None
            timeout = within_deadline(own if timeout is None else timeout)
        return begun(super()._get_conn(timeout), proxied=self.indirect or self.proxy is not None)

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        if self.limits is not None:
            connection.tls_timeout = self.limits.tls
            connection.write_timeout = self.limits.write
        return connection


class HTTPSConnectionPool(HTTPConnectionPool, urllib3.connectionpool.HTTPSConnectionPool):
    """The same over TLS."""

    trust: Trust | None = None  # Whom the program trusts; `None`: as urllib3
    ConnectionCls: Any = ConnectionClass(
        HTTPSConnection, urllib3.connectionpool.HTTPSConnectionPool
    )

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        if self.trust is not None:
            connection.trust = self.trust
        return connection


class Pools(urllib3.poolmanager.PoolManager):
    """urllib3's ``PoolManager``, over connections that keep the deadline.

    Args:
        limits: Timeouts that urllib3 has no word for: ``tls``, ``write``, ``pool``.
        trust: Whom the program trusts; ``None``: as urllib3.
        **options: As in urllib3.
    """

    classes: dict[str, Any] = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}  # noqa: RUF012 - as in urllib3

    def __init__(
        self,
        *args: Any,
        limits: Timeout | None = None,
        trust: Trust | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.limits = limits
        self.trust = trust
        if IS_URLLIB3:
            self.pool_classes_by_scheme = self.classes

    def _new_pool(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super()._new_pool(*args, **kwargs)
        pool.limits = self.limits
        pool.trust = self.trust
        return pool


def proxy_pools(
    url: str, *, username: str, password: str, headers: Mapping[str, str], **options: Any
) -> Pools:
    """Return the pool manager for a proxy.

    Args:
        url: Of the proxy: ``http``, ``https``, or a kind of ``socks``.
        username: For SOCKS.
        password: For SOCKS.
        headers: To send to a proxy that speaks HTTP.
        **options: As ``Pools`` takes them.

    Raises:
        ImportError: SOCKS needs PySocks.
    """
    if not url.lower().startswith("socks"):
        return ProxyPools(url, proxy_headers=headers, **options)
    from ringback.client.urllib3.socks import SocksPools  # noqa: PLC0415 - needs PySocks

    return SocksPools(url, username=username, password=password, **options)


class ProxyPools(Pools, urllib3.poolmanager.ProxyManager):
    """urllib3's ``ProxyManager``, over connections that keep the deadline."""
