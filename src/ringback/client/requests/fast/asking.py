"""The head of a request, as http.client and urllib3 send it."""

from typing import Any

from requests.structures import CaseInsensitiveDict
from urllib3.util import SKIP_HEADER

from ringback.client.requests.fast import headers

_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


def asked(connection: Any, method: str, url: str, body: Any, given: Any) -> bytes | None:
    """Return the head of a plain request; ``None``: it is not one.

    Args:
        connection: Where it is sent to.
        method: Of the request.
        url: What the request line asks for.
        body: Of the request.
        given: Its headers.
    """
    if type(given) is not CaseInsensitiveDict:
        return None
    store = vars(given)["_store"]
    first = _first(connection, method, url, "host" in store)
    if first is None or not _framed(method, body, store):
        return None
    lines = [first]
    for name, value in store.values():
        if not headers.plain(name, value) or value == SKIP_HEADER:
            return None
        lines.append(f"{name}: {value}\r\n")
    lines.append("\r\n")
    try:
        return "".join(lines).encode("latin-1")
    except UnicodeEncodeError:
        return None


def _framed(method: str, body: Any, store: Any) -> bool:
    """Does urllib3 add nothing, neither for the length of the body nor of its own?"""
    if "transfer-encoding" in store or "accept-encoding" not in store or "user-agent" not in store:
        return False
    if body is None:
        return method in _BODILESS or "content-length" in store
    return type(body) is bytes and "content-length" in store


def _first(connection: Any, method: str, url: str, named: bool) -> str | None:
    """Return the request line and, unless the request has one, the ``Host`` header."""
    host = connection.host
    text = f"{method}{url}{host}"
    if not method.isalpha() or not text.isascii() or not text.isprintable() or " " in text:
        return None
    if not url.startswith("/") or ":" in host:
        return None
    line = f"{method} {url} HTTP/1.1\r\n"
    if named:
        return line
    if connection.port == connection.default_port:
        return f"{line}Host: {host}\r\n"
    return f"{line}Host: {host}:{connection.port}\r\n"
