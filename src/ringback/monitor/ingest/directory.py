"""Which endpoint a program's call was for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.client.origin import origin_of

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint

_HTTP = ("http://", "https://")


class Directory:
    """The endpoints by what is called.

    A call of ``scheme://host:port`` is for the HTTP endpoint of that origin; of several, for that
    with the shortest path. A call of another protocol is for the TCP or TLS endpoint of that host
    and port.

    Args:
        endpoints: Those that are watched.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._by_origin: dict[str, str] = {}
        self._by_place: dict[str, str] = {}
        for one in sorted(endpoints, key=_path_length):
            if one.type == "http":
                self._by_origin.setdefault(origin_of(one.url), one.id)
            elif one.type in {"tcp", "tls"}:
                url = one.url if "://" in one.url else f"{one.type}://{one.url}"
                self._by_place.setdefault(_place(origin_of(url)), one.id)

    def endpoint_for(self, origin: str) -> str | None:
        """Return the id of the endpoint that a call was for; ``None``: none is configured.

        Args:
            origin: ``scheme://host:port`` that was called.
        """
        origin = origin_of(origin)
        if origin.startswith(_HTTP):
            return self._by_origin.get(origin)
        return self._by_place.get(_place(origin))


def _place(origin: str) -> str:
    return origin.partition("://")[2]


def _path_length(endpoint: Endpoint) -> int:
    parts = urlsplit(endpoint.url)
    return len(parts.path.rstrip("/")) + len(parts.query)
