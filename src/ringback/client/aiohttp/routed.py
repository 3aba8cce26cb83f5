"""A request whose attempts may take a way around what failed, where the policy names the host."""

from typing import Any

from aiohttp import ClientRequest, ClientResponse, hdrs

from ringback.client.aiohttp.exchange import Exchange
from ringback.client.call import Failed
from ringback.client.ways import Way, Ways
from ringback.retry import Timeout


class RoutedExchange(Exchange):
    """An exchange that asks for its way before each attempt, and for one around a failure.

    The connector keeps connections by how they were asked for, so that one which was not verified
    serves only requests that need not be.

    Args:
        request: What to send.
        *call: As ``Exchange`` takes them.
        ways: Knows the way.
        **options: As ``Exchange`` takes them.
    """

    __slots__ = ("_asked", "_to_proxy", "_verified", "_ways")

    def __init__(self, request: ClientRequest, *call: Any, ways: Ways, **options: Any) -> None:
        super().__init__(request, *call, **options)
        self._ways = ways
        self._asked = request.proxy, request.proxy_auth, request.proxy_headers
        self._to_proxy = request.headers.get(hdrs.PROXY_AUTHORIZATION)
        self._verified = request.ssl

    async def attempt(self, limits: Timeout) -> ClientResponse | Failed[ClientResponse]:
        """Make one attempt, and what the policy allows right after a failure.

        Args:
            limits: The timeouts; connect and read together are for the headers.
        """
        proxy = self._asked[0]
        self._take(self._ways.begin(self, () if proxy is None else (str(proxy),)))
        while True:
            end = await super().attempt(limits)
            if not isinstance(end, Failed):
                self._ways.succeeded()
                return end
            if not end.repeatable.replayable:
                self._ways.failed(end.failure)
                return end
            around = self._ways.around(self, end.failure)
            if around is None:
                return end
            self._take(around)

    def _take(self, way: Way) -> None:
        request, direct = self.request, bool(way.choice.passed_by)
        request.update_proxy(*((None, None, None) if direct else self._asked))
        request._ssl = self._verified if way.verify else False  # noqa: SLF001 - it can only be read
        request.headers.popall(hdrs.PROXY_AUTHORIZATION, None)
        if self._to_proxy is not None and not direct:
            request.headers[hdrs.PROXY_AUTHORIZATION] = self._to_proxy
        self._target = None
