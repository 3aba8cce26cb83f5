"""One request through the middleware: its attempts, the way each takes, and how its body ends.

A body that ends with its connection: over TLS, asyncio does not say whether it was cut. Its TLS
protocol reports a connection that is closed below TLS as an ordinary end (CPython 3.11 to 3.13,
``asyncio.sslproto``). What is left of the TLS session tells the two apart: once the peer has said
``close_notify`` a further read raises ``SSLZeroReturnError``; without it TLS goes on waiting.
"""

import ssl
import sys
from collections.abc import Coroutine
from copy import copy
from dataclasses import replace
from math import inf
from time import monotonic
from types import FrameType
from typing import Any

import aiohttp
from aiohttp import (
    ClientHandlerType,
    ClientPayloadError,
    ClientRequest,
    ClientResponse,
    ClientTimeout,
    hdrs,
)
from aiohttp.helpers import TimerNoop

from ringback.client.call import AsyncClock, Failed
from ringback.client.deadline import current_deadline
from ringback.client.drive_async import by_routes
from ringback.client.http import HttpExchange, is_bad
from ringback.client.propagation import passing_on
from ringback.client.raising import raise_prepared
from ringback.client.routes import Route, RouteSelector
from ringback.client.tasks import TaskTimeout
from ringback.client.wire import failure_of_exchange
from ringback.errors import specialise
from ringback.failure import Failure, Target
from ringback.failure.target import target_of_url
from ringback.retry import Policy, Timeout

_CARRIED = "_ringback_carried"
_READING = "Timeout on reading data from socket"
_OF_ONE_EXCHANGE = ("response", "_continue", "_ClientRequest__writer")
"""Attributes of a request that say how it is being sent."""
_BODILESS = frozenset({204, 304})
_SESSIONS = "aiohttp.client"
_MAX_FRAMES = 50  # Between a request and its session there are middlewares and retries


class CallResponse(ClientResponse):
    """A response whose body is read by the deadline of its call; what goes wrong is named."""

    deadline: float = inf  # On `time.monotonic()`
    reused = False  # It comes over a connection that had carried another one

    def start(self, connection: Any) -> Coroutine[Any, Any, ClientResponse]:
        """Receive the headers, as in aiohttp, which does not tell what a connection has carried."""
        carried = getattr(connection.protocol, "__dict__", {})
        self.reused = _CARRIED in carried
        carried[_CARRIED] = True
        return super().start(connection)

    def read(self) -> Coroutine[Any, Any, bytes]:
        """Read the body, as in aiohttp; ``text`` and ``json`` do so too."""
        content = self.content
        if self._body is not None or (content.is_eof() and content.exception() is None):
            return self._whole()  # nothing is waited for, and nothing goes wrong
        return self._read_in_time()

    async def _read_in_time(self) -> bytes:
        try:
            with TaskTimeout(self.deadline):
                return await self._whole()
        except Exception as error:
            if _is_ours(error):
                error = _timed_out(error, aiohttp.SocketTimeoutError(_READING))
            target = target_of_url(str(self.url))
            failure = failure_of_exchange(error, target, own=aiohttp.ClientError)
            if failure is None:
                raise
            raise_prepared(specialise(error, failure))

    def _whole(self) -> Coroutine[Any, Any, bytes]:
        return super().read()


class EndingResponse(CallResponse):
    """A response whose body has no end but that of its TLS connection."""

    secure: ssl.SSLObject  # The TLS session

    def read(self) -> Coroutine[Any, Any, bytes]:
        """Read the body, as in aiohttp; ``text`` and ``json`` do so too."""
        return self._whole() if self._body is not None else self._read_in_time()

    async def _whole(self) -> bytes:
        body = await super()._whole()
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
        if type(response) is CallResponse and _ends_with_connection(response):
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
        response.__class__ = EndingResponse  # what it is shows only with its headers
        vars(response)["secure"] = secure


class AiohttpExchange(HttpExchange):
    """A request and the handler that sends it."""

    __slots__ = ("_first", "_handler", "_read", "_sent", "_unlimited", "request")

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
        self._unlimited = is_unlimited(request)

    def failed_first(self, outcome: Failed[ClientResponse]) -> None:
        """Take note how the first attempt failed, which was made already.

        Nobody else gives it a name, see ``HttpExchange.caught``.
        """
        self._first, self._sent = outcome, True

    def take_first(self) -> Failed[ClientResponse] | None:
        """Return how the first attempt failed, once; ``None``: it was not made yet."""
        made, self._first = self._first, None
        return made

    async def attempt(self, limits: Timeout) -> ClientResponse | Failed[ClientResponse]:
        """Make one attempt."""
        try:
            response = await self._exchange(limits)
        except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
            return self.caught(error)
        return self.failed_by(response) if is_bad(response.status, self._policy) else response

    def another(self) -> "AiohttpExchange | None":
        """Return an exchange over another connection, which the connector chooses."""
        response = vars(self.request).get("response")
        if self.request.body != b"" or response is None or response.status is not None:
            return None
        second = copy(self)
        second.request, second._sent = copy(self.request), False  # noqa: SLF001 - of this class
        for name in _OF_ONE_EXCHANGE:
            vars(second.request).pop(name, None)
        second.request.headers = self.request.headers.copy()
        return second

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
        patience = inf
        if not self._unlimited:
            patience = (limits.connect or inf) + (limits.read or inf)
        with (
            TaskTimeout(min(monotonic() + patience, current_deadline() or inf)),
            passing_on(self.request.headers, str(self.request.url), self._policy),
        ):
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
            return _timed_out(error, aiohttp.ConnectionTimeoutError(said))
        return _timed_out(error, aiohttp.SocketTimeoutError(_READING))

    def _failure_of(self, error: Exception) -> Failure | None:
        direct = self.request.proxy is None
        return failure_of_exchange(error, self.target, own=aiohttp.ClientError, direct=direct)

    def _is_replayable(self) -> bool:
        body = self.request.body
        return body == b"" or not _is_spent(body)

    def _find_target(self) -> Target:
        target, proxy = target_of_url(str(self.request.url)), self.request.proxy
        return target if proxy is None else replace(target, proxy=f"{proxy.host}:{proxy.port}")


def is_unlimited(request: ClientRequest) -> bool:
    """Return whether the program wants no timeout of whatever sort, for its session or this call.

    aiohttp has one of five minutes for the whole call unless another is given, and hands on what
    counts it; where that counts nothing, its session is asked for the others.
    """
    if type(getattr(request, "_timer", None)) is not TimerNoop:
        return False
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the way to see who calls
    for _ in range(_MAX_FRAMES):
        if frame is None:
            break
        if frame.f_code.co_name == "_request" and frame.f_globals.get("__name__") == _SESSIONS:
            asked: Any = frame.f_locals.get("real_timeout")
            return asked in {ClientTimeout(), ClientTimeout(total=0)}
        frame = frame.f_back
    return False


def _timed_out(error: Exception, named: Exception) -> Exception:
    named.__cause__ = error
    return named.with_traceback(error.__traceback__)


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
