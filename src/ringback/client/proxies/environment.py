"""The proxies that the environment names."""

import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from ringback.client.proxies.bypass import bypass_of
from ringback.client.proxies.settings import Settings

_ASKS_SYSTEM = sys.platform in {"darwin", "win32"}

_last: tuple[Mapping[object, object], Settings] | None = None


def environment() -> Settings:
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
    """Return the proxy for a URL that macOS or Windows has set, where the environment has none.

    Args:
        url: What is called.
    """
    if not _ASKS_SYSTEM or getproxies_environment():
        return ()
    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return ()
    found = getproxies()
    proxy = found.get(parts.scheme, found.get("all"))
    return (proxy,) if proxy else ()


def _read() -> Settings:
    found = getproxies_environment()
    of_urllib = found.pop("no", None)
    of_requests = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return Settings(
        {scheme: (url,) for scheme, url in found.items()},
        bypass_of(of_requests, of_urllib or ""),
    )
