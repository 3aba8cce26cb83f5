"""Every client that endpoints of the lab can be called with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.testing.clients.aiohttp import call_aiohttp
from ringback.testing.clients.call import Call, NotOfferedError, reaching
from ringback.testing.clients.httpx import call_httpx, call_httpx_async
from ringback.testing.clients.requests import call_requests, call_urllib3
from ringback.testing.clients.standard import call_socket, call_urllib

if TYPE_CHECKING:
    from ringback.testing.lab.fault import Endpoint, Provocation


@dataclass(frozen=True, slots=True)
class Client:
    """A client that endpoints can be called with.

    Attributes:
        module: What must be installed.
        function: Makes the call; returns the body or raises what the client raises.
        proxies: Kinds of proxy it can go through, by the first letters of their URL.
        http2: It speaks HTTP/2.
    """

    module: str
    function: Callable[[Call], bytes]
    proxies: tuple[str, ...] = ("http",)
    http2: bool = False

    @property
    def installed(self) -> bool:
        """Whether this machine has it."""
        return importlib.util.find_spec(self.module) is not None

    def __call__(self, endpoint: Endpoint, timeout: float, provoke: Provocation = "get") -> bytes:
        """Call an endpoint once, in the way that meets its fault; return the body.

        Args:
            endpoint: Whom.
            timeout: Seconds, for the connection and for each read.
            provoke: As the fault says.

        Raises:
            NotOfferedError: The client cannot do that.
            Exception: What the client raises.
        """
        call = Call(endpoint, provoke, timeout)
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
