"""What requests reads from the environment for each request, read once for each environment."""

import os
import sys
from typing import Any

import requests
from requests import utils
from requests.utils import get_environ_proxies

from ringback.client.requests.fast.address import Address
from ringback.client.requests.fast.watch import Watch

WATCH = Watch(
    {
        requests.sessions: "get_environ_proxies",
        utils: "get_environ_proxies should_bypass_proxies getproxies proxy_bypass",
    }
)

_UTILS: Any = utils
# Elsewhere the system's settings count as well, and they change without a trace.
_WHOLE = sys.platform not in {"win32", "darwin", "cygwin"}
_HOSTS = 256
_READ = frozenset({"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "REQUEST_METHOD"})


class Environment:
    """What one state of the environment says.

    Attributes:
        proxied: Whether there are proxies, for whatever host.
        bundle: The file of certificate authorities; ``None`` or ``""``: not said.
    """

    __slots__ = ("_names", "_proxies", "_read", "_values", "bundle", "proxied")

    def __init__(self) -> None:
        environ = os.environ
        held = dict(variables(environ) or {})
        self._names = list(held)
        self._read = [name for name in held if _counts(name)]
        self._values = [held.get(name) for name in self._read]
        self.bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
        self.proxied = bool(_UTILS.getproxies())
        self._proxies: dict[str, dict[str, str]] = {}

    def proxies(self, address: Address) -> dict[str, str]:
        """Return the proxies for a URL, as ``requests.utils.get_environ_proxies`` does.

        Args:
            address: The URL; the answer depends on its host and port.
        """
        found = self._proxies.get(address.origin)
        if found is None:
            found = get_environ_proxies(address.url, no_proxy=None)
            if len(self._proxies) >= _HOSTS:
                self._proxies.clear()
            if self.describes(variables(os.environ)):  # not changed meanwhile by another thread
                self._proxies[address.origin] = found
        return dict(found)

    def describes(self, data: dict[bytes, bytes] | None) -> bool:
        """Return whether the variables have these names, and those that requests reads this value.

        In this order, too: of ``HTTP_PROXY`` and ``Http_Proxy`` the later one counts.

        Args:
            data: Every variable, as the system holds it.
        """
        if data is None or [*data] != self._names:
            return False
        return [*map(data.get, self._read)] == self._values


def current() -> Environment | None:
    """Return what the environment says now; ``None``: it has to be read as requests does.

    Every name is compared, and the value of each that requests reads, so that no change is missed,
    however it came about. What is compared are objects: nearly always the same ones.
    """
    global _latest  # noqa: PLW0603 - a cache of one
    data = variables(os.environ)
    if data is None or not WATCH.holds():
        return None
    known = _latest
    if known is not None and known.describes(data):
        return known
    fresh = Environment()
    if not fresh.describes(variables(os.environ)):  # another thread has changed it meanwhile
        return None
    _latest = fresh
    return fresh


def _counts(name: bytes) -> bool:
    text = os.fsdecode(name)
    return text in _READ or text.lower()[-6:] == "_proxy"  # as in urllib.request


def variables(environ: Any) -> dict[bytes, bytes] | None:
    """Return every variable, as the system holds it; ``None``: it has to be asked some other way.

    Args:
        environ: ``os.environ``; it may have been replaced.
    """
    if not _WHOLE or type(environ) is not _KIND:
        return None
    data: Any = vars(environ).get("_data")
    return data if type(data) is dict else None


_KIND = type(os.environ)
_latest: Environment | None = None
