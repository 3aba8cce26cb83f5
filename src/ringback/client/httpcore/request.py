"""A request of httpx as one of httpcore."""

from functools import lru_cache
from typing import Any

from ringback.client.httpcore.kept import Key
from ringback.client.httpcore.library import Library

_SCHEMES = frozenset({"http", "https", "ws", "wss"})
_MISSING = "Request URL is missing an 'http://' or 'https://' protocol."


def core_request(library: Library, request: Any, content: Any) -> Any:
    """Return the request for httpcore.

    It is what httpcore's constructors would make of it: they check once more what httpx has
    checked, and find out the origin each time that somebody asks.

    Args:
        library: Whose.
        request: Of httpx.
        content: Its body.

    Raises:
        httpcore.UnsupportedProtocol: It goes to no HTTP URL; the words are httpcore's.
    """
    core, url, extensions = library.httpcore, request.url, request.extensions
    scheme = url.scheme
    if scheme not in _SCHEMES:
        text = f"Request URL has an unsupported protocol '{scheme}://'." if scheme else _MISSING
        raise core.UnsupportedProtocol(text)
    made, where = core.Request.__new__(core.Request), _url_class(core)
    to = where.__new__(where)
    to.scheme, to.host, to.port = url.raw_scheme, url.raw_host, url.port
    to.target = extensions.get("target", url.raw_path)
    to.origin = _origin(core, to.scheme, to.host, to.port)
    made.method = request.method.encode("ascii")
    made.url = to
    made.headers = request.headers.raw
    made.stream = content
    made.extensions = extensions
    return made


@lru_cache(maxsize=4)
def _url_class(core: Any) -> Any:
    return type("URL", (core.URL,), {"origin": None})


@lru_cache(maxsize=1024)
def _origin(core: Any, scheme: bytes, host: bytes, port: int | None) -> Any:
    return core.URL(scheme=scheme, host=host, port=port).origin


def key_of(request: Any) -> Key:
    """Return what tells whose connection a request needs.

    Args:
        request: Of httpcore.
    """
    origin = request.url.origin
    return origin.scheme, origin.host, origin.port


def pool_timeout(request: Any) -> float | None:
    """Return how long a request may wait for a connection, in seconds.

    Args:
        request: Of httpx or httpcore.
    """
    timeouts: dict[str, float | None] = request.extensions.get("timeout") or {}
    return timeouts.get("pool")
