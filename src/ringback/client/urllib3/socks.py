"""SOCKS proxies under urllib3, which need PySocks; their handshake fits into the deadline."""

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import socks  # type: ignore[import-untyped]  # it has no types
import urllib3.contrib.socks

from ringback.client.deadline import remaining, seconds_of
from ringback.client.dial import dial, resolve
from ringback.client.dial.address import is_literal
from ringback.client.dial.resolver import soonest
from ringback.client.urllib3.connection import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.manager import PolicedHTTPPool, PolicedHTTPSPool, PoolManager
from ringback.client.urllib3.pools import HTTPConnectionPool, HTTPSConnectionPool, Pools


class _AlreadyConnected(socket.socket):
    def connect(self, _address: Any) -> None:
        """Do nothing: ``dial`` has connected it."""


class Socket(socks.socksocket, _AlreadyConnected):  # type: ignore[misc]  # it has no types
    """A connected socket that PySocks shakes hands over."""

    until: float | None = None  # When the handshake must be over, on `time.monotonic()`.
    # Resolves the destination, once the proxy has answered
    address_of: Callable[[str], str] = staticmethod(str)

    def recv_into(self, *args: Any) -> int:
        """Receive, as a socket does, within what is left for the handshake."""
        if self.until is not None:
            self.settimeout(remaining(self.until))
        received: int = super().recv_into(*args)
        return received

    def _write_SOCKS5_address(self, addr: tuple[str, int], file: Any) -> Any:  # noqa: N802 - PySocks' name
        host, port = addr
        return super()._write_SOCKS5_address((self.address_of(host), port), file)


class SocksConnection(HTTPConnection, urllib3.contrib.socks.SOCKSConnection):
    """A connection through a SOCKS proxy."""

    def _dial(self) -> socket.socket:
        try:
            return self._dialled()
        except OSError as error:  # PySocks wraps what went wrong at the socket
            raise self._unconnected(getattr(error, "socket_err", None) or error) from error

    def _dialled(self) -> socket.socket:
        until = soonest(seconds_of(self.timeout))
        options: dict[str, Any] = dict(self._socks_options)
        sock = self._to_proxy(options, remaining(until))
        try:
            sock.until = until
            sock.settimeout(remaining(until))
            sock.set_proxy(
                options["socks_version"],
                options["proxy_host"],
                options["proxy_port"],
                options["rdns"],
                options["username"],
                options["password"],
            )
            host = self.host.strip("[]")
            if not options["rdns"]:
                if options["socks_version"] == socks.PROXY_TYPE_SOCKS4:
                    host = _address(self.port, until, socket.AF_INET, host)
                sock.address_of = partial(_address, self.port, until, 0)
            sock.connect((host, self.port))
        except BaseException:
            sock.close()
            raise
        sock.until = None
        return sock

    def _to_proxy(self, options: dict[str, Any], limit: float | None) -> Socket:
        host = str(options["proxy_host"]).strip("[]")
        port = options["proxy_port"] or socks.DEFAULT_PORTS[options["socks_version"]]
        try:
            sock = dial(
                host,
                port,
                timeout=limit,
                source_address=self.source_address,
                socket_options=self.socket_options,
            )
        except OSError as error:
            text = f"Error connecting to SOCKS proxy {host}:{port}"
            raise socks.ProxyConnectionError(text, error) from error
        return Socket(sock.family, sock.type, sock.proto, fileno=sock.detach())


def _address(port: int, until: float | None, family: int, host: str) -> str:
    if is_literal(host):
        return host
    found = resolve(host, port, timeout=remaining(until), family=family)
    return str(found[0][4][0])


class SocksHTTPSConnection(SocksConnection, HTTPSConnection):
    """The same over TLS."""


class SocksHTTPConnectionPool(HTTPConnectionPool):
    """A pool of connections through a SOCKS proxy."""

    ConnectionCls: Any = SocksConnection
    indirect = True


class SocksHTTPSConnectionPool(HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls: Any = SocksHTTPSConnection
    indirect = True


class SocksPools(Pools, urllib3.contrib.socks.SOCKSProxyManager):
    """urllib3's ``SOCKSProxyManager``, over connections that keep the deadline."""

    classes = {"http": SocksHTTPConnectionPool, "https": SocksHTTPSConnectionPool}  # noqa: RUF012 - as in urllib3


class PolicedSocksHTTPPool(PolicedHTTPPool, SocksHTTPConnectionPool):
    """A pool whose requests are made under a policy, through a SOCKS proxy."""


class PolicedSocksHTTPSPool(PolicedHTTPSPool, SocksHTTPSConnectionPool):
    """The same over TLS."""


class SOCKSProxyManager(PoolManager, SocksPools):
    """A ``urllib3.contrib.socks.SOCKSProxyManager`` that gets the call through, or says why not.

    Its parameters are those of urllib3's and of ``PoolManager``.
    """

    classes: dict[str, Any] = {"http": PolicedSocksHTTPPool, "https": PolicedSocksHTTPSPool}  # noqa: RUF012 - as in urllib3

    def _proxy_url(self) -> str | None:
        return str(self.proxy_url)
