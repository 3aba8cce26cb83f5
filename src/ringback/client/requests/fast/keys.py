"""Finding the pool of connections that a request belongs to."""

import os
from operator import attrgetter
from typing import Any, NamedTuple

from requests import PreparedRequest, adapters
from requests.adapters import HTTPAdapter
from urllib3._collections import RecentlyUsedContainer
from urllib3.poolmanager import PoolManager

from ringback.client.requests.fast.watch import Watch

WATCH = Watch(
    {
        adapters: "select_proxy _urllib3_request_context urlparse",
        HTTPAdapter: "get_connection_with_tls_context build_connection_pool_key_attributes"
        " request_url",
        PreparedRequest: "path_url",
        PoolManager: "connection_from_host connection_from_context connection_from_pool_key"
        " _merge_pool_kwargs",
    }
)

_ORIGINS = 256
_ASKED = attrgetter(
    "connection_from_host",
    "connection_from_context",
    "connection_from_pool_key",
    "_merge_pool_kwargs",
)
_ASKED_AT_FIRST = _ASKED(PoolManager)


Trust = bool | tuple[str, bool]
"""Whether certificates are verified; or the authorities, and whether that is a directory."""


class _Kept(NamedTuple):
    manager: Any
    settings: dict[str, Any]
    key: Any


class PoolKeys:
    """The keys under which an adapter's pool manager keeps its pools."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[str, Trust], _Kept] = {}

    def find(self, manager: Any, origin: str, trust: Trust) -> Any:
        """Return the pool for an origin; ``None`` where the manager has to be asked.

        Args:
            manager: The adapter's.
            origin: Scheme, host and port.
            trust: Whether and how certificates are verified.
        """
        kept = self._known.get((origin, trust))
        if kept is None or kept.manager is not manager:
            return None
        if kept.settings != manager.connection_pool_kw or _ASKED(type(manager)) != _ASKED_AT_FIRST:
            return None
        pools = manager.pools
        with pools.lock:
            # The one that was used last need not be moved to the end.
            last = next(reversed(vars(pools)["_container"].items()), None)
        if last is not None and last[0] is kept.key:
            return last[1]
        return pools.get(kept.key)

    def note(self, manager: Any, origin: str, trust: Trust, pool: Any) -> None:
        """Remember under which key a pool is kept.

        Args:
            manager: The adapter's.
            origin: Scheme, host and port.
            trust: Whether and how certificates are verified.
            pool: What the manager returned.
        """
        if type(manager.pools) is not RecentlyUsedContainer:
            return
        with manager.pools.lock:
            pools = vars(manager.pools)["_container"]
            keys = [key for key, one in pools.items() if one is pool]
        if len(keys) == 1:
            if len(self._known) >= _ORIGINS:
                self._known.clear()
            settings = dict(manager.connection_pool_kw)
            self._known[origin, trust] = _Kept(manager, settings, keys[0])


def trust(verify: object) -> Trust | None:
    """Return what of ``verify`` a pool depends on; ``None`` where requests itself must see to it.

    Args:
        verify: As in requests.
    """
    if type(verify) is str:
        return verify, os.path.isdir(verify)  # noqa: PTH112 - what requests does
    return verify if type(verify) is bool else None


def usual(adapter: HTTPAdapter) -> bool:
    """Return whether an adapter finds its pools as requests' own does.

    Args:
        adapter: It may be of a class of the user's.
    """
    kind = type(adapter)
    return (
        kind.build_connection_pool_key_attributes is _KEY_ATTRIBUTES
        and "build_connection_pool_key_attributes" not in vars(adapter)
        and WATCH.holds()
    )


_KEY_ATTRIBUTES = getattr(HTTPAdapter, "build_connection_pool_key_attributes", None)
