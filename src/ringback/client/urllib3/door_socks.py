"""urllib3's door through a SOCKS proxy, which needs PySocks."""

from typing import Any

from ringback.client.urllib3.door import PoolManager
from ringback.client.urllib3.policed import PolicedHTTPPool, PolicedHTTPSPool
from ringback.client.urllib3.socks import (
    SocksHTTPConnectionPool,
    SocksHTTPSConnectionPool,
    SocksPools,
)


class PolicedSocksHTTPPool(PolicedHTTPPool, SocksHTTPConnectionPool):
    """A pool whose requests are made under a policy, through a SOCKS proxy."""


class PolicedSocksHTTPSPool(PolicedHTTPSPool, SocksHTTPSConnectionPool):
    """The same over TLS."""


class SOCKSProxyManager(PoolManager, SocksPools):
    """A ``urllib3.contrib.socks.SOCKSProxyManager`` that gets the call through, or says why not.

    Its parameters are those of urllib3's and of ``PoolManager``.
    """

    classes: dict[str, Any] = {"http": PolicedSocksHTTPPool, "https": PolicedSocksHTTPSPool}  # noqa: RUF012 - as in urllib3

    def _proxy_url(self) -> str | None:
        return str(self.proxy_url)
