"""Each installed client calling an endpoint of the lab, as a program would.

A client is called with its own defaults, apart from the timeout; proxies of the environment are
left out. What it raises is what it raises; where it has no exception for a status, it returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import json
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ringback.testing.lab.resolver import resolving

if TYPE_CHECKING:
    from ringback.testing.lab.fault import Endpoint, Provocation


__all__ = ["CLIENTS", "Client", "NotOfferedError", "installed"]


UPLOAD = 16 * 1024 * 1024
"""Bytes sent where a fault is met by an upload."""


class NotOfferedError(Exception):
    """Raised where a client cannot do what a fault is met by; the text says what."""


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One call of an endpoint."""

    endpoint: Endpoint  # Whom to call
    provoke: Provocation = "get"  # What meets the fault
    timeout: float = 1.0  # Seconds, for the connection and for each read

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "POST" if self.provoke == "upload" else "GET"

    @property
    def body(self) -> bytes | None:
        """What to send."""
        return bytes(UPLOAD) if self.provoke == "upload" else None

    @property
    def times(self) -> range:
        """How often to call."""
        return range(2 if self.provoke == "twice" else 1)

    @property
    def proxy(self) -> str | None:
        """URL of the proxy for this call."""
        return self.endpoint.proxies.get(urlsplit(self.endpoint.url).scheme)

    @property
    def certificate(self) -> str | None:
        """File with the certificate and key to present."""
        return self.endpoint.client_certificate if self.provoke == "client_certificate" else None

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings of the client's side."""
        context = ssl.create_default_context(cafile=self.endpoint.verify)
        if self.provoke == "crl":
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if self.certificate:
            context.load_cert_chain(self.certificate)
        return context

    def read(self, body: bytes) -> bytes:
        """Return a body, read as the fault wants it."""
        if self.provoke == "json":
            json.loads(body)
        return body


@contextlib.contextmanager
def reaching(endpoint: Endpoint) -> Iterator[None]:
    """Let names of the lab be resolved by the lab's server while the context is open."""
    if endpoint.nameserver and not endpoint.namespace:
        with resolving(endpoint.nameserver):
            yield
    else:
        yield


def call_urllib(call: ClientCall) -> bytes:
    """Call with ``urllib.request``."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(call.endpoint.proxies),
        urllib.request.HTTPSHandler(context=call.context()),
    )
    body = b""
    for _ in call.times:
        asked = urllib.request.Request(call.endpoint.url, call.body, method=call.method)
        with opener.open(asked, timeout=call.timeout) as response:
            body = response.read()
    return call.read(body)


def call_socket(call: ClientCall) -> bytes:
    """Call with a bare socket, which knows nothing of HTTP; return what came."""
    parts = urlsplit(call.endpoint.url)
    default = 443 if parts.scheme == "https" else 80
    address = (parts.hostname or "", parts.port or default)
    received = b""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection(address, call.timeout))
        sock = plain
        if parts.scheme == "https":
            sock = stack.enter_context(
                call.context().wrap_socket(plain, server_hostname=address[0])
            )
        body = call.body or b""
        for number in call.times:
            close = "close" if number == call.times[-1] else "keep-alive"
            sock.sendall(
                f"{call.method} {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: {close}\r\n\r\n".encode()
                + body
            )
            received = _receive(sock)
    return received


def _receive(sock: socket.socket) -> bytes:
    received = bytearray()
    while piece := sock.recv(65536):
        received += piece
        head, found, body = received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0].strip()
        if found and length.isdigit() and len(body) >= int(length):
            break
    return bytes(received)


def call_requests(call: ClientCall) -> bytes:
    """Call with requests."""
    import requests  # noqa: PLC0415 - only where it is installed

    if call.provoke == "crl":
        raise NotOfferedError("requests checks no revocation list")
    with requests.Session() as session:
        session.trust_env = False
        session.verify = call.endpoint.verify or True
        session.cert = call.certificate
        session.proxies.update(call.endpoint.proxies)
        for _ in call.times:
            response = session.request(
                call.method, call.endpoint.url, data=call.body, timeout=call.timeout
            )
            response.raise_for_status()
    if call.provoke == "json":
        response.json()
    return response.content


def call_urllib3(call: ClientCall) -> bytes:
    """Call with urllib3, without its retries; a status is no exception to it."""
    import urllib3  # noqa: PLC0415 - only where it is installed

    options: dict[str, Any] = {
        "ssl_context": call.context(),
        "timeout": call.timeout,
        "retries": urllib3.Retry(connect=0, read=0, other=0, redirect=5),
    }
    with _urllib3_pool(call.proxy, options) as pool:
        for _ in call.times:
            response = pool.request(call.method, call.endpoint.url, body=call.body)
    return call.read(response.data)


def _urllib3_pool(proxy: str | None, options: dict[str, Any]) -> Any:
    import urllib3  # noqa: PLC0415 - only where it is installed

    if proxy is None:
        return urllib3.PoolManager(**options)
    if not proxy.startswith("socks"):
        return urllib3.ProxyManager(proxy, **options)
    try:
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - needs PySocks
    except ImportError as error:
        raise NotOfferedError("urllib3 needs PySocks for this") from error
    return SOCKSProxyManager(proxy, **options)


def call_httpx(call: ClientCall) -> bytes:
    """Call with httpx."""
    import httpx  # noqa: PLC0415 - only where it is installed

    with httpx.Client(**_httpx_options(call)) as client:
        for _ in call.times:
            response = client.request(call.method, call.endpoint.url, content=call.body)
            response.raise_for_status()
    return call.read(response.content)


def call_httpx_async(call: ClientCall) -> bytes:
    """Call with httpx's asynchronous client."""
    import httpx  # noqa: PLC0415 - only where it is installed

    async def go() -> bytes:
        async with httpx.AsyncClient(**_httpx_options(call)) as client:
            for _ in call.times:
                response = await client.request(call.method, call.endpoint.url, content=call.body)
                response.raise_for_status()
            return call.read(response.content)

    return asyncio.run(go())


def _httpx_options(call: ClientCall) -> dict[str, Any]:
    return {
        "verify": call.context(),
        "timeout": call.timeout,
        "proxy": call.proxy,
        "http2": call.provoke == "http2",
        "follow_redirects": True,
        "trust_env": False,
    }


def call_aiohttp(call: ClientCall) -> bytes:
    """Call with aiohttp."""
    import aiohttp  # noqa: PLC0415 - only where it is installed

    limits = aiohttp.ClientTimeout(sock_connect=call.timeout, sock_read=call.timeout)

    async def go() -> bytes:
        # Its other resolver (c-ares) asks no server of the lab.
        connector = aiohttp.TCPConnector(ssl=call.context(), resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector, timeout=limits) as session:
            for _ in call.times:
                # It warns of a large body that is bytes.
                body = io.BytesIO(call.body) if call.body else None
                async with session.request(
                    call.method, call.endpoint.url, data=body, proxy=call.proxy
                ) as response:
                    response.raise_for_status()
                    received = await response.read()
                    if call.provoke == "json":
                        await response.json()
            return received

    return asyncio.run(go())


@dataclass(frozen=True, slots=True)
class Client:
    """A client that endpoints can be called with."""

    module: str  # What must be installed
    # Makes the call; returns the body or raises what the client raises
    function: Callable[[ClientCall], bytes]
    # Kinds of proxy it can go through, by the first letters of their URL
    proxies: tuple[str, ...] = ("http",)
    http2: bool = False  # It speaks HTTP/2

    @property
    def installed(self) -> bool:
        """Whether this machine has it."""
        return importlib.util.find_spec(self.module) is not None

    def __call__(self, endpoint: Endpoint, timeout: float, provoke: Provocation = "get") -> bytes:
        """Call an endpoint once, in the way that meets its fault; return the body."""
        call = ClientCall(endpoint, provoke, timeout)
        if provoke == "http2" and not self.http2:
            raise NotOfferedError(f"{self.module} does not speak HTTP/2")
        if call.proxy and not call.proxy.startswith(self.proxies):
            raise NotOfferedError(f"{self.module} goes through no proxy of this kind")
        with reaching(endpoint):
            return self.function(call)


_ANY = ("http", "socks")
_HTTPX = ("http", "socks5")

CLIENTS: dict[str, Client] = {
    "socket": Client("socket", call_socket, proxies=()),
    "urllib": Client("urllib", call_urllib),
    "urllib3": Client("urllib3", call_urllib3, _ANY),
    "requests": Client("requests", call_requests, _ANY),
    "httpx": Client("httpx", call_httpx, _HTTPX, http2=True),
    "httpx-async": Client("httpx", call_httpx_async, _HTTPX, http2=True),
    "aiohttp": Client("aiohttp", call_aiohttp),
}
"""Name → client; a new one is a function and a line here."""


def installed() -> dict[str, Client]:
    """Return the clients that this machine has."""
    return {name: client for name, client in CLIENTS.items() if client.installed}
