"""An adapter that finds the connection and builds the response faster than requests' own."""

from functools import partial
from operator import attrgetter
from typing import Any

import requests
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from ringback.client.requests.fast import direct, handover, keys, reply, switch
from ringback.client.requests.fast.address import Address, address
from ringback.client.requests.fast.keys import PoolKeys
from ringback.client.requests.fast.reach import Unconnected, Unreached


class FastAdapter(HTTPAdapter):
    """An ``HTTPAdapter`` that does the same in less time."""

    _pool_keys: PoolKeys

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request, as in requests.

        Args:
            request: As in requests.
            stream: As in requests.
            timeout: As in requests.
            verify: As in requests.
            cert: As in requests.
            proxies: As in requests.
        """
        response: requests.Response = self._sent(request, stream, timeout, verify, cert, proxies)
        return response

    def send_once(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response | Unconnected:
        """Send a request; leave what requests raises where nobody could be connected to.

        Args:
            request: As in requests.
            stream: As in requests.
            timeout: As in requests.
            verify: As in requests.
            cert: As in requests.
            proxies: As in requests.
        """
        options = stream, timeout, verify, cert, proxies
        end = self._sent(request, *options, ahead=True)
        if isinstance(end, Unreached):
            return Unconnected(end.error, partial(self._tell, end, request, *options))
        response: requests.Response = end
        return response

    def _sent(self, request: PreparedRequest, *options: Any, ahead: bool = False) -> Any:
        answer = self._answer(request, *options[1:], ahead=ahead) if switch.on else None
        if isinstance(answer, Unreached):
            return answer
        if answer is not None:
            return self.build_response(request, answer)
        try:
            return super().send(request, *options)
        finally:
            handover.drop()

    def _tell(self, unreached: Unreached, request: PreparedRequest, *options: Any) -> Any:
        """Raise what requests raises, for a connection that finds nobody a second time."""
        pool, error = unreached
        connection: Any = pool._get_conn()  # noqa: SLF001 - as urlopen does
        connection.close()
        connection.reached = error
        handover.give(pool, connection, request)
        try:
            return super().send(request, *options)
        finally:
            handover.drop()

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool for a request, as in requests.

        Args:
            request: As in requests.
            verify: As in requests.
            proxies: As in requests.
            cert: As in requests.
        """
        if (pool := handover.pool_for(request)) is not None:
            return pool
        plain = _plain(request, proxies)
        pool = self._known_pool(plain, verify, cert) if plain else None
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            trust = keys.trust(verify) if cert is None else None
            if plain and trust is not None:
                self._keys().note(self.poolmanager, plain.origin, trust, pool)
        return pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """Return what the request line asks for, as in requests.

        Args:
            request: As in requests.
            proxies: As in requests.
        """
        plain = _plain(request, proxies)
        if plain is None or not keys.WATCH.holds():
            return super().request_url(request, proxies)
        return plain.target

    def build_response(self, req: PreparedRequest, resp: Any) -> requests.Response:
        """Return the response of requests, as in requests.

        Args:
            req: As in requests.
            resp: As in requests.
        """
        fast = reply.built(self, req, resp) if switch.on else None
        return super().build_response(req, resp) if fast is None else fast

    def _answer(
        self, request: Any, timeout: Any, verify: Any, cert: Any, proxies: Any, *, ahead: bool
    ) -> Any:
        plain = _plain(request, proxies)
        pool = self._known_pool(plain, verify, cert) if plain else None
        if not plain or pool is None or _SEAMS(type(self)) != _OURS:
            return None
        if not _NAMES.isdisjoint(vars(self)):
            return None
        verified: Any = self.cert_verify
        verified(pool, plain.url, verify, cert)
        return direct.sent(self, request, pool, plain.target, timeout, ahead)

    def _known_pool(self, plain: Address, verify: Any, cert: Any) -> Any:
        trust = keys.trust(verify) if cert is None else None
        if trust is None or not keys.usual(self):
            return None
        return self._keys().find(self.poolmanager, plain.origin, trust)

    def _keys(self) -> PoolKeys:
        known: PoolKeys | None = vars(self).get("_pool_keys")
        if known is None:
            known = self._pool_keys = PoolKeys()
        return known


_NAMES = frozenset(
    {"get_connection_with_tls_context", "request_url", "add_headers", "get_connection"}
)
_SEAMS = attrgetter(*_NAMES)
_OURS = _SEAMS(FastAdapter)


def _plain(request: PreparedRequest, proxies: Any) -> Address | None:
    """Return the address of a request that goes to it directly."""
    if not switch.on or type(request) is not PreparedRequest:
        return None
    plain = address(request.url)
    return None if plain and proxies and select_proxy(plain.url, proxies) else plain
