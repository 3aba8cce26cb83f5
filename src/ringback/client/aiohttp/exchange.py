"""One request through the middleware: its attempts, the way each takes, and how its body ends.

A body that ends with its connection: over TLS, asyncio does not say whether it was cut. Its TLS
protocol reports a connection that is closed below TLS as an ordinary end (CPython 3.11 to 3.13,
``asyncio.sslproto``). What is left of the TLS session tells the two apart: once the peer has said
``close_notify`` a further read raises ``SSLZeroReturnError``; without it TLS goes on waiting.
"""

import ssl
from dataclasses import replace
from math import inf
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientPayloadError, ClientRequest, ClientResponse, hdrs

from ringback.client.call import AsyncClock, Failed
from ringback.client.deadline import current_deadline
from ringback.client.drive_async import by_routes
from ringback.client.http import HttpExchange, is_bad
from ringback.client.routes import Route, RouteSelector
from ringback.client.tasks import TaskTimeout
from ringback.client.wire import failure_of_exchange
from ringback.failure import Failure, Target
from ringback.failure.target import target_of_url
from ringback.retry import Policy, Timeout

_BODILESS = frozenset({204, 304})


class EndingResponse(ClientResponse):
    """A response whose body has no end but that of its TLS connection."""

    secure: ssl.SSLObject  # The TLS session

    async def read(self) -> bytes:
        """Read the body, as in aiohttp; ``text`` and ``json`` do so too."""
        body = await super().read()
        try:
            self.secure.read(1)
        except ssl.SSLWantReadError:
            cut = ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol")
            raise ClientPayloadError("Response payload is not completed") from cut
        except ssl.SSLError:  # it has said so
            pass
        return body


def minding_the_end(handler: ClientHandlerType) -> ClientHandlerType:
    """Return a handler whose responses are read to their end, or raise."""

    async def send(request: ClientRequest) -> ClientResponse:
        response = await handler(request)
        if type(response) is ClientResponse and _ends_with_connection(response):
            _mind(response)
        return response

    return send


def _ends_with_connection(response: ClientResponse) -> bool:
    framed = hdrs.CONTENT_LENGTH in response.headers or hdrs.TRANSFER_ENCODING in response.headers
    bodiless = response.method == hdrs.METH_HEAD or response.status in _BODILESS
    return not framed and not bodiless and response.status >= 200


def _mind(response: ClientResponse) -> None:
    connection = response.connection  # none where the body has come with the headers
    transport = connection.transport if connection else None
    secure = transport.get_extra_info("ssl_object") if transport else None
    if isinstance(secure, ssl.SSLObject):
        response.__class__ = EndingResponse  # aiohttp has one class for all responses of a session
        vars(response)["secure"] = secure


class AiohttpExchange(HttpExchange):
    """A request and the handler that sends it."""

    __slots__ = ("_first", "_handler", "_read", "_sent", "request")

    def __init__(
        self,
        request: ClientRequest,
        handler: ClientHandlerType,
        policy: Policy,
        clock: AsyncClock,
        *,
        read: bool,
    ) -> None:
        super().__init__(request.method, policy, clock)
        self.request = request
        self._handler = handler
        self._read = read
        self._first: Failed[ClientResponse] | None = None
        self._sent = False

    def failed_first(self, outcome: Failed[ClientResponse]) -> None:
        """Take the first attempt for made, so that ``attempt`` says how it failed."""
        self._first, self._sent = outcome, True

    async def attempt(self, limits: Timeout) -> ClientResponse | Failed[ClientResponse]:
        """Make one attempt."""
        made, self._first = self._first, None
        if made is not None:
            return made
        try:
            response = await self._exchange(limits)
        except Exception as error:
            failed = self.raised(error)
            if failed is None:
                raise
            return failed
        return self.failed_by(response) if is_bad(response.status, self._policy) else response

    def raised(self, error: Exception) -> Failed[ClientResponse] | None:
        """Return the failed attempt that an exception means; ``None`` where it means none."""
        return super().raised(self._timed_out(error) if _is_ours(error) else error)

    def failed_by(self, response: ClientResponse) -> Failed[ClientResponse]:
        """Return the failed attempt that a response means."""

        async def release() -> None:
            response.release()

        return self.bad_status(response, response.status, response.reason, release)

    async def _exchange(self, limits: Timeout) -> ClientResponse:
        if self._sent:
            await self.request.close()  # lets a body that was begun settle, and rewind
        self._sent = True
        self.request.response = None
        patience = (limits.connect or inf) + (limits.read or inf)
        with TaskTimeout(min(monotonic() + patience, current_deadline() or inf)):
            return await (self._send() if self._read else self._handler(self.request))

    async def _send(self) -> ClientResponse:
        response = await self._handler(self.request)
        try:
            await response.read()
        except BaseException:
            response.close()
            raise
        return response

    def _timed_out(self, error: Exception) -> Exception:
        if vars(self.request).get("response") is None:
            said = f"Connection timeout to host {self.request.url}"
            named: Exception = aiohttp.ConnectionTimeoutError(said)
        else:
            named = aiohttp.SocketTimeoutError("Timeout on reading data from socket")
        named.__cause__ = error
        return named.with_traceback(error.__traceback__)

    def _failure_of(self, error: Exception) -> Failure | None:
        return failure_of_exchange(error, self.target, own=aiohttp.ClientError)

    def _is_replayable(self) -> bool:
        body = self.request.body
        return body == b"" or not _is_spent(body)

    def _find_target(self) -> Target:
        target, proxy = target_of_url(str(self.request.url)), self.request.proxy
        return target if proxy is None else replace(target, proxy=f"{proxy.host}:{proxy.port}")


def _is_ours(error: Exception) -> bool:
    """Whether it was raised by the alarm: aiohttp's own say more."""
    return type(error) is TimeoutError and not error.args


def _is_spent(body: object) -> bool:
    consumed = getattr(body, "consumed", None)
    if consumed is not None:
        return bool(consumed)
    # The first 3.12 rewind nothing, and would send what is left of a file.
    return not isinstance(body, (bytes, aiohttp.BytesPayload))


class RoutedAiohttpExchange(AiohttpExchange):
    """An exchange whose attempts take the routes that are selected for them.

    The connector keeps connections by how they were asked for, so that one which was not verified
    serves only requests that need not be.
    """

    __slots__ = ("_asked", "_to_proxy", "_verified", "candidates", "routes")

    def __init__(
        self, request: ClientRequest, *call: Any, routes: RouteSelector, **options: Any
    ) -> None:
        super().__init__(request, *call, **options)
        self.routes = routes
        self._asked = request.proxy, request.proxy_auth, request.proxy_headers
        proxy = request.proxy
        self.candidates: tuple[str, ...] | None = () if proxy is None else (str(proxy),)
        self._to_proxy = request.headers.get(hdrs.PROXY_AUTHORIZATION)
        self._verified = request.ssl

    async def attempt(self, limits: Timeout) -> ClientResponse | Failed[ClientResponse]:
        """Make one attempt, and what the policy allows right after a failure."""
        return await by_routes(super().attempt, self, limits)

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""
        request, direct = self.request, bool(route.choice.passed_by)
        request.update_proxy(*((None, None, None) if direct else self._asked))
        request._ssl = self._verified if route.verify else False  # noqa: SLF001 - it can only be read
        request.headers.popall(hdrs.PROXY_AUTHORIZATION, None)
        if self._to_proxy is not None and not direct:
            request.headers[hdrs.PROXY_AUTHORIZATION] = self._to_proxy
        self._target = None
