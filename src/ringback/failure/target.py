"""Whom a failed call was for, and through which proxy.

An exception may name its URL, host or pool. ``socket``, ``asyncio``, ``urllib`` and some errors of
other clients name no target; the functions that they left still hold it. So it is with proxies.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

from ringback.failure.frames import frames_of
from ringback.failure.model import NO_TARGET, Target

# Whom a failed call was for: URL, host, port, address, proxy.

_DEFAULT_PORT = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
_URL = re.compile(
    r"([A-Za-z][A-Za-z0-9+.\-]{0,20})://([^\s/?#\"'<>\\]{1,300})([^\s?#\"'<>\\]{0,2000})"
)
_CREDENTIALS = re.compile(r"(://)[^\s/?#\"'<>]{1,200}@")
_BARE_CREDENTIALS = re.compile(r"(^|: |['\"])[^\s/:@'\"]{1,100}:(?!//)[^\s'\"]{1,200}@(?=[\w.\[])")
"""Of what has no scheme: where a text begins with them, or quotes them."""
_CUT_CREDENTIALS = re.compile(
    r"(://)[^\s/?#\\\"'<>@:\[\]]{0,200}:([^\s/?#\\@]{0,200})[/?#\\]\S{0,1000}@"
)
"""A password that its own ``/``, ``?`` or ``#`` cuts, so that its beginning stands as the port."""
_NO_PORT = re.compile(
    r"((?:numeric|invalid) port: |integer value as )(['\"])(?!\d{1,5}\2)[^'\"]*\2"
    r"|('[^':]*:)[^']*(?=' is not a valid host or port)",
    re.IGNORECASE,
)
"""The beginning of such a password, as clients quote it."""
_QUERY = re.compile(r"(://[^\s?#\"'<>]{1,2000}|/[^\s?#\"'<>:]{0,500})\?[^\s\"'<>)]{1,4000}")


def host_and_port(target: Target) -> str:
    """Return host and port, or the address of a socket, as people read it; ``""``: not known."""
    host = target.host or target.address or ""
    return f"{host}:{target.port}" if host and target.port else host


def is_of_one_domain(one: str, other: str) -> bool:
    """Whether two names end in the same two labels: ``www.example.com`` and ``example.com``."""
    ends, others = (name.lower().rstrip(".").split(".")[-2:] for name in (one, other))
    return ends == others and not other[-1:].isdigit()


def without_secrets(text: str) -> str:
    """The text with user information and query strings of its URLs cut out."""
    if "@" in text:
        text = _CUT_CREDENTIALS.sub(_unless_a_port, text)
        text = _CREDENTIALS.sub(r"\1", text)
        text = _BARE_CREDENTIALS.sub(r"\1", text)
    if " port" in text or "integer value as" in text:
        text = _NO_PORT.sub(_without_the_port, text)
    if "?" in text:
        text = _QUERY.sub(r"\1", text)
    return text


def url_to_show(url: str) -> str:
    """The same of a text that is a URL as a whole: a blank may stand in the password."""
    return without_secrets("".join(url.split()) if "@" in url else url)


def _unless_a_port(found: re.Match[str]) -> str:
    return found[0] if not found[2] or _port(found[2]) else found[1]


def _without_the_port(found: re.Match[str]) -> str:
    return f"{found[3]}…" if found[3] else f"{found[1]}{found[2]}…{found[2]}"


def target_of_url(url: str) -> Target:
    """The target a URL names; what is malformed stays ``None``. Never raises."""
    if type(url) is not str or len(url) > _MAX_CACHED_URL or "@" in url or "#" in url:
        return _parsed(url)  # no password and no token is kept
    return _parsed_once(url.partition("?")[0] if "?" in url else url)


_MAX_CACHED_URL = 300


def _parsed(url: str) -> Target:
    match = _URL.match(without_secrets(url) if "@" in url else url)
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


_parsed_once = lru_cache(maxsize=512)(_parsed)


def split_port(authority: str) -> tuple[str, int | None]:
    """Host and port of ``host:port``, ``[v6]:port`` or a bare host."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, _port(rest.removeprefix(":"))
    host, colon, port = authority.rpartition(":")
    if not colon or ":" in host:
        return authority, None
    return host, _port(port)


def bracketed(host: str) -> str:
    """A host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _port(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    return None


def target_of_chain(chain: Iterable[BaseException], known: Target = NO_TARGET) -> Target:
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


# Whom a failed call was for, read from the functions it stood in.
#
# ``socket``, ``asyncio``, ``urllib`` and some errors of other clients name no target; the functions
# they left still hold it.


def target_of_frames(traceback: TracebackType | None) -> Target:
    """Return the target that the functions of a traceback held; the outermost comes first.

    Further in stands the same host with its address, or a proxy, which is not the target.
    """
    found = NO_TARGET
    for frame in frames_of(traceback):
        read = _TARGET_READERS.get(frame.f_code.co_name)
        if read is None:
            continue
        held = read(frame)
        if found.host in {None, held.host}:
            found = fill(found, held)
    return found


def _target_of_socket(frame: FrameType) -> Target:
    """``socket.create_connection`` and its relatives in urllib3 and asyncio."""
    known = frame.f_locals
    host, port = _host_and_port(known.get("address"))
    host, port = host or known.get("host"), port or known.get("port")
    if not isinstance(host, str) or not isinstance(port, int):
        return NO_TARGET
    return Target(host=host, port=port, address=_host_and_port(known.get("sa"))[0])


def _host_and_port(value: object) -> tuple[Any, Any]:
    if isinstance(value, tuple) and len(value) >= 2 and isinstance(value[0], str):
        return value[0], value[1]
    return None, None


def _url_in(local: str, attribute: str = "") -> Callable[[FrameType], Target]:
    def read(frame: FrameType) -> Target:
        held = frame.f_locals.get(local)
        url = getattr(held, attribute, None) if attribute else held
        return target_of_url(str(url)) if url is not None else NO_TARGET

    return read


def _target_of_client(frame: FrameType) -> Target:
    """A botocore client keeps the URL of its service."""
    endpoint = getattr(frame.f_locals.get("self"), "_endpoint", None)
    return target_of_url(str(getattr(endpoint, "host", "")))


def _target_of_connection(frame: FrameType) -> Target:
    """A connection or a pool that keeps its host and port."""
    found = _host_of(frame.f_locals.get("self"))
    return NO_TARGET if found.port is None else found


_TARGET_READERS: dict[str, Callable[[FrameType], Target]] = {
    "create_connection": _target_of_socket,
    "open_connection": _target_of_socket,
    "dial": _target_of_socket,
    "do_open": _url_in("req", "full_url"),
    "http_error_default": _url_in("req", "full_url"),
    "urlopen": _target_of_connection,
    "connect": _target_of_connection,
    "getresponse": _target_of_connection,
    "_make_api_call": _target_of_client,
    "_send_single_request": _url_in("request", "url"),
    "_request": _url_in("url"),
    "_connect_and_send_request": _url_in("url"),
    "iter_content": _url_in("self", "url"),
    "generate": _url_in("self", "url"),
    "json": _url_in("self", "url"),
    "resolve_redirects": _url_in("resp", "url"),
}
"""Function → how to read the target from its locals."""


# Through which proxy a failed call went, as clients leave it in their objects.


def proxy_of(chain: Iterable[BaseException]) -> str | None:
    """Return ``host:port`` of the proxy that the exceptions or their functions held."""
    for exc in chain:
        found = _proxy_of_exception(exc) or _proxy_of_frames(exc.__traceback__)
        if found:
            return found
    return None


def _proxy_of_exception(exc: BaseException) -> str | None:
    held: dict[str, Any] = getattr(exc, "__dict__", None) or {}
    name = type(exc).__name__
    if name == "ClientHttpProxyError":
        return _proxy_of_url(getattr(held.get("request_info"), "real_url", None))
    if name == "ClientProxyConnectionError":
        return _host_port_of(held.get("_conn_key"))
    return _proxy_of_pool(held.get("pool")) or _proxy_of_pool(held.get("_pool"))


def _proxy_of_frames(traceback: TracebackType | None) -> str | None:
    for frame in frames_of(traceback):
        read = _PROXY_READERS.get(frame.f_code.co_name)
        if found := read(frame) if read else None:
            return found
    return None


def _proxy_of_urllib3(frame: FrameType) -> str | None:
    return _proxy_of_pool(frame.f_locals.get("self"))


def _proxy_of_httpcore(frame: FrameType) -> str | None:
    """A connection of httpcore knows its proxy; so does the pool that a transport of httpx has."""
    held = frame.f_locals.get("self")
    pool = getattr(held, "_pool", None)
    return _host_port_of(getattr(held, "_proxy_origin", None)) or _host_port_of(
        getattr(pool, "_proxy_url", None)
    )


def _proxy_of_aiohttp(frame: FrameType) -> str | None:
    return _proxy_of_url(getattr(frame.f_locals.get("req"), "proxy", None))


def _proxy_of_urllib(frame: FrameType) -> str | None:
    """A request that goes through a proxy keeps the proxy's address as its host."""
    request = frame.f_locals.get("req")
    selector = getattr(request, "selector", None) or ""
    proxied = getattr(request, "_tunnel_host", None) or selector.startswith("http")
    host = getattr(request, "host", None)
    return host if proxied and isinstance(host, str) else None


def _proxy_of_http_client(frame: FrameType) -> str | None:
    return _host_port_of(frame.f_locals.get("self"))


_PROXY_READERS: dict[str, Callable[[FrameType], str | None]] = {
    "urlopen": _proxy_of_urllib3,
    "handle_request": _proxy_of_httpcore,
    "handle_async_request": _proxy_of_httpcore,
    "_create_proxy_connection": _proxy_of_aiohttp,
    "do_open": _proxy_of_urllib,
    "_tunnel": _proxy_of_http_client,
}


def _proxy_of_pool(pool: Any) -> str | None:
    """A pool of urllib3 knows its HTTP proxy; one for SOCKS keeps it for its connections."""
    socks = (getattr(pool, "conn_kw", None) or {}).get("_socks_options") or {}
    if socks.get("proxy_host"):
        return f"{socks['proxy_host']}:{socks.get('proxy_port')}"
    return _host_port_of(getattr(pool, "proxy", None))


def _host_port_of(holder: Any) -> str | None:
    host, port = getattr(holder, "host", None), getattr(holder, "port", None)
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or not host or not isinstance(port, int):
        return None
    return f"{host}:{port}"


def _proxy_of_url(url: object) -> str | None:
    return _host_port_of(target_of_url(str(url))) if url else None
