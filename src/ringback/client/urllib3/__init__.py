"""ringback under urllib3, and the wire under it and under requests."""

from typing import TYPE_CHECKING

try:
    import urllib3 as _urllib3  # noqa: F401 - asked for here so that its absence is said clearly
except ImportError as error:
    raise ImportError("ringback's PoolManager needs urllib3: pip install urllib3") from error

from ringback.client.urllib3.connection import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.pools import Pools, ProxyPools, proxy_pools

if TYPE_CHECKING:
    from ringback.client.urllib3.manager import PoolManager, ProxyManager

__all__ = [
    "HTTPConnection",
    "HTTPSConnection",
    "PoolManager",
    "Pools",
    "ProxyManager",
    "ProxyPools",
    "proxy_pools",
]

if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name not in {"PoolManager", "ProxyManager"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ringback.client.urllib3 import manager  # noqa: PLC0415 - a Session needs the wire alone

        return getattr(manager, name)
