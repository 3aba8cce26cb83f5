"""Through which proxy a failed call went, as clients leave it in their objects."""

from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import Any

from ringback.failure.target import target_of_url

_MOST_FRAMES = 100


def proxy_of(chain: Iterable[BaseException]) -> str | None:
    """Return ``host:port`` of the proxy that the exceptions or their functions held.

    Args:
        chain: The exceptions, outermost first.
    """
    for exc in chain:
        found = _of_exception(exc) or _of_frames(exc.__traceback__)
        if found:
            return found
    return None


def _of_exception(exc: BaseException) -> str | None:
    held: dict[str, Any] = getattr(exc, "__dict__", None) or {}
    name = type(exc).__name__
    if name == "ClientHttpProxyError":
        return _of_url(getattr(held.get("request_info"), "real_url", None))
    if name == "ClientProxyConnectionError":
        return _pair(held.get("_conn_key"))
    return _of_pool(held.get("pool")) or _of_pool(held.get("_pool"))


def _of_frames(traceback: TracebackType | None) -> str | None:
    for _ in range(_MOST_FRAMES):
        if traceback is None:
            break
        read = _READERS.get(traceback.tb_frame.f_code.co_name)
        found = read(traceback.tb_frame) if read else None
        if found:
            return found
        traceback = traceback.tb_next
    return None


def _urllib3(frame: FrameType) -> str | None:
    return _of_pool(frame.f_locals.get("self"))


def _httpcore(frame: FrameType) -> str | None:
    """A connection of httpcore knows its proxy; so does the pool that a transport of httpx has."""
    held = frame.f_locals.get("self")
    pool = getattr(held, "_pool", None)
    return _pair(getattr(held, "_proxy_origin", None)) or _pair(getattr(pool, "_proxy_url", None))


def _aiohttp(frame: FrameType) -> str | None:
    return _of_url(getattr(frame.f_locals.get("req"), "proxy", None))


def _urllib(frame: FrameType) -> str | None:
    """A request that goes through a proxy keeps the proxy's address as its host."""
    request = frame.f_locals.get("req")
    selector = getattr(request, "selector", None) or ""
    proxied = getattr(request, "_tunnel_host", None) or selector.startswith("http")
    host = getattr(request, "host", None)
    return host if proxied and isinstance(host, str) else None


def _http_client(frame: FrameType) -> str | None:
    return _pair(frame.f_locals.get("self"))


_READERS: dict[str, Callable[[FrameType], str | None]] = {
    "urlopen": _urllib3,
    "handle_request": _httpcore,
    "handle_async_request": _httpcore,
    "_create_proxy_connection": _aiohttp,
    "do_open": _urllib,
    "_tunnel": _http_client,
}


def _of_pool(pool: Any) -> str | None:
    """A pool of urllib3 knows its HTTP proxy; one for SOCKS keeps it for its connections."""
    socks = (getattr(pool, "conn_kw", None) or {}).get("_socks_options") or {}
    if socks.get("proxy_host"):
        return f"{socks['proxy_host']}:{socks.get('proxy_port')}"
    return _pair(getattr(pool, "proxy", None))


def _pair(holder: Any) -> str | None:
    host, port = getattr(holder, "host", None), getattr(holder, "port", None)
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or not host or not isinstance(port, int):
        return None
    return f"{host}:{port}"


def _of_url(url: object) -> str | None:
    return _pair(target_of_url(str(url))) if url else None
