"""Which proxies are set for which URLs: by the program or by the environment, with ``NO_PROXY``."""

import os
import re
import socket
import struct
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from ringback.errors import specialise
from ringback.failure import KINDS, Failure
from ringback.failure.target import without_secrets
from ringback.values import dataclass, field

_PORT = re.compile(r"(.*):([0-9]*)", re.DOTALL)


class Bypass:
    """The hosts of one ``no_proxy`` setting.

    It covers what requests 2.34 and the standard library together cover: ``*``; a name and all
    names below it, with or without a leading dot, with or without a port; an IPv4 address; an
    IPv4 network (``10.0.0.0/8``). Beyond them, as httpx and Go, an address with a port.
    """

    __slots__ = ("_addresses", "_everything", "_names", "_networks", "_suffixes")

    def __init__(self, value: str, of_urllib: str | None = None) -> None:
        second = value if of_urllib is None else of_urllib
        entries = [entry for entry in value.replace(" ", "").split(",") if entry]
        networks = ((entry, _network(entry)) for entry in entries)
        self._networks = [network for _, network in networks if network]
        self._addresses = frozenset(entry for entry in entries if not _network(entry))
        self._names = frozenset(entry.lstrip(".") for entry in entries)
        self._everything = second == "*"
        stripped = (entry.strip() for entry in second.split(","))
        self._suffixes = frozenset(entry.lstrip(".").lower() for entry in stripped if entry)

    def covers(self, host: str, port: int | None = None) -> bool:
        """Return whether a host is called without a proxy."""
        if self._everything:
            return True
        found = _PORT.fullmatch(host)  # urllib takes the end of an IPv6 address for a port
        return (
            self._covers_as_requests(host, port)
            or bool(port and f"[{host}]:{port}" in self._addresses)
            or _ends_in(self._suffixes, host)
            or bool(found and _ends_in(self._suffixes, found[1]))
        )

    def _covers_as_requests(self, host: str, port: int | None) -> bool:
        number = _number(host)
        if number is not None:
            return not self._addresses.isdisjoint((host, f"{host}:{port}")) or any(
                number & mask == network for network, mask in self._networks
            )
        return _ends_in(self._names, host) or bool(port and _ends_in(self._names, f"{host}:{port}"))


@lru_cache(maxsize=64)
def bypass_of(value: str, of_urllib: str | None = None) -> Bypass:
    """Return the hosts of a setting, made once."""
    return Bypass(value, of_urllib)


def _ends_in(names: frozenset[str], host: str) -> bool:
    """Whether a name, or one that it is below, is among the names."""
    if not names:
        return False
    while host not in names:
        dot = host.find(".")
        if dot < 0:
            return False
        host = host[dot + 1 :]
    return True


def _number(address: str) -> int | None:
    """The number of an IPv4 address in any form that the C library takes, as requests does."""
    try:
        packed = socket.inet_aton(address)
    except (OSError, ValueError):
        return None
    return int(struct.unpack("!I", packed)[0])


def _network(entry: str) -> tuple[int, int] | None:
    """The number and the mask of ``address/bits``."""
    address, slash, bits = entry.partition("/")
    number = _number(address) if slash and "/" not in bits else None
    try:
        length = int(bits)
    except ValueError:
        return None
    if number is None or not 1 <= length <= 32:
        return None
    mask = 0xFFFFFFFF ^ (1 << 32 - length) - 1
    return number & mask, mask


SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})

_KIND: Final = "config.proxy_invalid"


def proxy_url(setting: str) -> str:
    """Return the URL of a proxy; without a scheme it is ``http``."""
    url = setting.strip()
    if "://" not in url:
        if "/" in url.rstrip("/"):  # "http:/proxy:3128": a slip that would call the host "http"
            raise _invalid(url, "its scheme is not followed by ://")
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        known = parts.scheme in SCHEMES
        host, _ = parts.hostname, parts.port
    except ValueError:  # whose message may quote what stands where a port should, as a password
        raise _invalid(url, "its host or port cannot be read") from None
    if not known:
        raise _invalid(url, f"its scheme must be one of {', '.join(sorted(SCHEMES))}")
    if not host:
        raise _invalid(url, "it names no host")
    return url


def _invalid(url: str, why: str) -> BaseException:
    _, at, rest = without_secrets(url).rpartition("@")
    message = f"proxy {'…@' if at else ''}{rest}: {why}"
    error = ValueError(message)
    failure = Failure(
        kind=_KIND,
        phase="config",
        delivered=KINDS[_KIND].delivered,
        message=message,
        cause=error,
    )
    return specialise(error, failure)


_NOWHERE = bypass_of("")


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Which proxies are set for which URLs."""

    # The proxies for `scheme://host`, `scheme`, `all://host` or `all`, as in requests; the first of
    # these keys that is there decides
    proxies: Mapping[str, tuple[str, ...]] = field(repr=False)  # with their credentials
    bypass: Bypass = _NOWHERE  # What is called without a proxy

    def candidates(self, url: str) -> tuple[str, ...]:
        """Return the proxies for a URL, in order; none: it is called directly."""
        if not self.proxies:
            return ()
        parts = urlsplit(url)
        host = parts.hostname
        if host is None or self.bypass.covers(host, parts.port):
            return ()
        for key in (f"{parts.scheme}://{host}", parts.scheme, f"all://{host}", "all"):
            if key in self.proxies:
                return self.proxies[key]
        return ()


_ASKS_SYSTEM = sys.platform in {"darwin", "win32"}

_last: tuple[Mapping[object, object], ProxySettings] | None = None


def environment() -> ProxySettings:
    """Return the proxies of the environment, as requests reads it; read again when it changes.

    ``http_proxy``, ``https_proxy`` and ``all_proxy`` name them, ``no_proxy`` the exceptions; the
    lower-case name goes before the others. Where none is set, macOS and Windows have settings
    of their own, which ``of_system`` knows.
    """
    global _last  # noqa: PLW0603 - one process has one environment
    now = getattr(os.environ, "_data", None)  # compared as it is: decoding 300 variables is slow
    if _last is not None and _last[0] == now:
        return _last[1]
    before = now.copy() if isinstance(now, dict) else None
    settings = _read()
    if before is not None and before == now:  # no thread has changed it meanwhile
        _last = before, settings
    return settings


def of_system(url: str) -> tuple[str, ...]:
    """Return the proxy for a URL that macOS or Windows has set, where the environment has none."""
    if not _ASKS_SYSTEM:
        return ()
    from urllib.request import getproxies, getproxies_environment, proxy_bypass  # noqa: PLC0415 - as below

    if getproxies_environment():
        return ()
    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return ()
    found = getproxies()
    proxy = found.get(parts.scheme, found.get("all"))
    return (proxy,) if proxy else ()


def _read() -> ProxySettings:
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return ProxySettings({})
    from urllib.request import getproxies_environment  # noqa: PLC0415 - it loads email and http.client

    found = getproxies_environment()
    of_urllib = found.pop("no", None)
    of_requests = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return ProxySettings(
        {scheme: (url,) for scheme, url in found.items()},
        bypass_of(of_requests, of_urllib or ""),
    )
