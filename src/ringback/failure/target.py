"""Whom a failed call was for: URL, host, port, address, proxy."""

import re
from collections.abc import Iterable
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
        known = _fill(known, _target_of_one(exc))
    return known


def _fill(first: Target, second: Target) -> Target:
    if first is NO_TARGET:
        return second
    if second is NO_TARGET:
        return first
    names = ("url", "scheme", "host", "port", "address", "proxy")
    return Target(*(getattr(first, name) or getattr(second, name) for name in names))


def _target_of_one(exc: Any) -> Target:
    for attribute in ("request", "request_info", "response"):
        url = _url_of(exc, attribute)
        if url:
            return target_of_url(str(url))
    options = getattr(exc, "kwargs", None)
    if isinstance(options, dict) and isinstance(options.get("endpoint_url"), str):
        return target_of_url(options["endpoint_url"])
    holder = getattr(exc, "pool", None) or getattr(exc, "conn", None) or exc
    host = getattr(holder, "host", None)
    if isinstance(host, str) and host:
        port = getattr(holder, "port", None)
        scheme = getattr(holder, "scheme", None)
        return Target(
            scheme=scheme if isinstance(scheme, str) else None,
            host=host,
            port=port if isinstance(port, int) else None,
        )
    return NO_TARGET


def _url_of(exc: Any, attribute: str) -> object:
    # httpx raises RuntimeError from its `request` property where no request was set.
    try:
        holder = getattr(exc, attribute, None)
    except RuntimeError:
        return None
    if holder is None:
        return None
    return getattr(holder, "real_url", None) or getattr(holder, "url", None)
