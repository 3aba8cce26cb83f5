"""ringback under urllib3, and the wire under it and under requests."""

try:
    import urllib3 as _urllib3  # noqa: F401 - asked for here so that its absence is said clearly
except ImportError as error:
    raise ImportError("ringback's PoolManager needs urllib3: pip install urllib3") from error

from ringback.client.urllib3.connection import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.manager import PoolManager, ProxyManager
from ringback.client.urllib3.pools import Pools, ProxyPools, proxy_pools

__all__ = [
    "HTTPConnection",
    "HTTPSConnection",
    "PoolManager",
    "Pools",
    "ProxyManager",
    "ProxyPools",
    "proxy_pools",
]
