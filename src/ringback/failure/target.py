"""Whom a failed call was for: URL, host, port, address, proxy."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ringback.failure.model import NO_TARGET, Target

_DEFAULT_PORT = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
_URL = re.compile(
    r"([A-Za-z][A-Za-z0-9+.\-]{0,20})://([^\s/?#\"'<>\\]{1,300})([^\s?#\"'<>\\]{0,2000})"
)
_CREDENTIALS = re.compile(r"(://)[^\s/?#\"'<>@]{1,200}@")
_QUERY = re.compile(r"(://[^\s?#\"'<>]{1,2000}|/[^\s?#\"'<>:]{0,500})\?[^\s\"'<>)]{1,4000}")


def without_secrets(text: str) -> str:
    """The text with user information and query strings of its URLs cut out."""
    if "@" in text:
        text = _CREDENTIALS.sub(r"\1", text)
    if "?" in text:
        text = _QUERY.sub(r"\1", text)
    return text


def target_of_url(url: str) -> Target:
    """The target a URL names; what is malformed stays ``None``. Never raises."""
    if type(url) is not str or len(url) > _LONG or "@" in url or "#" in url:
        return _read(url)  # no password and no token is kept
    return _remembered(url.partition("?")[0] if "?" in url else url)


_LONG = 300


def _read(url: str) -> Target:
    match = _URL.match(url)
    if match is None:
        return NO_TARGET
    scheme = match[1].lower()
    authority = match[2].rpartition("@")[2]
    host, port = split_port(authority)
    return Target(
        url=f"{scheme}://{authority}{match[3]}",
        scheme=scheme,
        host=host or None,
        port=port or _DEFAULT_PORT.get(scheme),
    )


_remembered = lru_cache(maxsize=512)(_read)


def split_port(authority: str) -> tuple[str, int | None]:
    """Host and port of ``host:port``, ``[v6]:port`` or a bare host."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, _port(rest.removeprefix(":"))
    host, colon, port = authority.rpartition(":")
    if not colon or ":" in host:
        return authority, None
    return host, _port(port)


def _port(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    return None


def target_of(chain: Iterable[BaseException], known: Target = NO_TARGET) -> Target:
    """The target that the exceptions of a chain name; what the caller knows comes first."""
    for exc in chain:
        if known.host:
            break
        known = fill(known, _target_of_one(exc))
    return known


def fill(first: Target, second: Target) -> Target:
    """Return the first target, its gaps filled from the second."""
    if first is NO_TARGET:
        return second
    if second is NO_TARGET:
        return first
    return Target(
        first.url or second.url,
        first.scheme or second.scheme,
        first.host or second.host,
        first.port or second.port,
        first.address or second.address,
        first.proxy or second.proxy,
    )


def with_address(target: Target, address: str) -> Target:
    """Return a target whose address is known now."""
    return Target(target.url, target.scheme, target.host, target.port, address, target.proxy)


_OF_A_PROXY = frozenset({"ClientProxyConnectionError", "ClientHttpProxyError"})
"""What these of aiohttp call their host is the proxy."""


def _target_of_one(exc: BaseException) -> Target:
    try:
        found = _named_by(exc)
    except Exception:  # noqa: BLE001 - a foreign attribute may raise anything
        return NO_TARGET
    if found.host and type(exc).__name__ in _OF_A_PROXY:
        return Target(proxy=f"{found.host}:{found.port}")
    return found


def _named_by(exc: BaseException) -> Target:
    # Only what is stored: properties may warn (urllib3) or raise (httpx).
    held: dict[str, Any] = getattr(exc, "__dict__", None) or {}
    for name in ("request", "_request", "request_info", "response"):
        url = _url_of(held.get(name))
        if url is not None:
            return target_of_url(url)
    options = held.get("kwargs")  # botocore
    url = held.get("url") or (options.get("endpoint_url") if isinstance(options, dict) else None)
    if isinstance(url, str):
        return target_of_url(url)
    return _host_of(held.get("pool") or held.get("conn") or held.get("_conn_key") or exc)


def _host_of(holder: Any) -> Target:
    host = getattr(holder, "host", None)
    if not isinstance(host, str) or not host:
        return NO_TARGET
    port, scheme = getattr(holder, "port", None), getattr(holder, "scheme", None)
    return Target(
        scheme=scheme if isinstance(scheme, str) else None,
        host=host,
        port=port if isinstance(port, int) else None,
    )


def _url_of(holder: Any) -> str | None:
    url = getattr(holder, "real_url", None) or getattr(holder, "url", None)
    return None if url is None else str(url)
