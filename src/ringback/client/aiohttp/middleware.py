"""The client middleware: attempts, a deadline, events and specialised exceptions.

aiohttp passes each hop of a redirect through the middleware, and a request that failed once more;
all of them share the timer that the session made for the call, which tells what belongs together.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from math import inf
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from ringback.client import tasks
from ringback.client.aiohttp.exchange import (
    AiohttpExchange,
    CallResponse,
    RoutedAiohttpExchange,
    is_unlimited,
    minding_the_end,
)
from ringback.client.aiohttp.resolver import replace_threaded
from ringback.client.call import AsyncAttemptMaker, AsyncClock, Ended, attempt_event
from ringback.client.deadline import current_deadline, within
from ringback.client.drive_async import bounded, drive
from ringback.client.hedging import AsyncHedge, hedge_of
from ringback.client.http import add_key, is_bad
from ringback.client.origins import MAX_ORIGINS, origins_under
from ringback.client.raising import error_of, raise_prepared
from ringback.client.routes import UNLISTED_PROXIES, RouteSelector
from ringback.client.tasks import TaskTimeout
from ringback.event import Sink
from ringback.event.listen import OF_THE_CALL
from ringback.retry import Done, OriginState, Policy
from ringback.sink.listening import listeners_for


@dataclass(slots=True)
class SessionCall:
    """One call of a session."""

    timer: Any  # aiohttp's timer of the call: whose it is
    deadline: float  # When it must have ended, on `time.monotonic()`.
    # What it was given up with: to be raised, not sent, should aiohttp try again
    given_up: BaseException | None = None

    def is_of(self, request: ClientRequest) -> bool:
        """Return whether a request is of this call."""
        return self.timer is not None and self.timer is getattr(request, "_timer", None)


_LAST_CALL: ContextVar[SessionCall | None] = ContextVar("ringback_aiohttp_journey", default=None)
OF_THE_CALL.append(_LAST_CALL)


latest_call = _LAST_CALL.get
"""Returns the journey that was last remembered in this context, of whatever call; or ``None``."""


def remember_call(
    request: ClientRequest, deadline: float, given_up: BaseException | None = None
) -> None:
    """Let what aiohttp does next for the same call know of it."""
    _LAST_CALL.set(SessionCall(getattr(request, "_timer", None), deadline, given_up))


class Middleware:
    """A client middleware for ``aiohttp.ClientSession(middlewares=[...])`` or one request.

    It tries again what may be sent again as far as the retry budget allows, refuses calls to an
    endpoint whose circuit is open, ends each call by its deadline (redirects included), sends the
    sinks an event of each attempt, and raises what aiohttp raises, specialised (see
    ``ringback.errors``). aiohttp sends idempotent requests again by itself, once; a call that was
    given up here is not.

    An attempt gets the policy's connect and read timeout together until the headers are there;
    a shorter ``ClientTimeout`` wins; one of the session or the call that has no timeout at all
    (``total=None``, and no other) is taken at its word, within the deadline. The body is read by
    the caller: what breaks off there is not tried again, unless ``read=True``; but
    ``response.read``, and what is made of it, end by the deadline, and raise what aiohttp raises,
    specialised. A connector whose resolver is aiohttp's ``ThreadedResolver`` is given
    ``DaemonResolver``.

    Attributes:
        in_full: Also what aiohttp does by itself is seen to: how names are looked up, and how a
            body is read. One that ends with its connection, over TLS and without ``close_notify``,
            is cut.
    """

    in_full = True

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        read: bool = False,
        sinks: Iterable[Sink] | None = None,
        clock: AsyncClock | None = None,
    ) -> None:
        """Set up a middleware.

        Args:
            policy: Limits of each call; the default is ``Policy()``.
            read: Read each body inside the attempt, so that one that breaks off is a failed
                attempt. Not for bodies too large to be held.
            sinks: Receive the event of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
        """
        self.policy = policy or Policy()
        self.listeners = listeners_for(sinks)
        self.clock = clock or AsyncClock(tasks.sleep)
        self.read = read
        self._origins = origins_under(self.policy, hedges=True)
        self._routed = bool(self.policy.insecure_hosts or self.policy.direct_hosts)
        policy = self.policy
        limited = policy.bulkhead or policy.rate
        self._driven = bool(self._routed or read or limited or policy.propagate or policy.hedge)
        limits = self.policy.timeout
        self._patience = (limits.connect or inf) + (limits.read or inf)
        self._names: dict[tuple[str, str], str] = {}

    async def __call__(  # noqa: C901, PLR0915 - the path of every call, measured in microseconds
        self, request: ClientRequest, handler: ClientHandlerType
    ) -> ClientResponse:
        """Send a request, as often as it needs and may; return the response.

        Args:
            request: As in aiohttp.
            handler: As in aiohttp.

        Raises:
            ringback.errors.RingbackError: Also the exception that aiohttp itself raises.
        """
        policy, clock = self.policy, self.clock.monotonic
        now = clock()
        real = now if clock is monotonic else monotonic()
        deadline = real + policy.deadline
        if latest_call() is not None or current_deadline() is not None:
            deadline = self._deadline(request, deadline)
        if named := policy.idempotency_key:
            add_key(request.headers, request.method, str(request.url), named)
        url = request.url
        scheme = url.scheme
        if self.in_full:
            replace_threaded(request.session)
            if request.response_class is ClientResponse:
                request.response_class = CallResponse
            if scheme == "https":
                handler = minding_the_end(handler)
        circuit = self._names.get((scheme, url.raw_authority))
        if circuit is None or request.proxy is not None:
            circuit = self._circuit(request)
        guard = self._origins.guard(circuit)
        if self._driven or not guard.is_closed():
            return await self._drive(self._exchange(request, handler), guard, deadline)
        patient = inf if is_unlimited(request) else real + self._patience
        try:  # most calls succeed at once, and need nothing more
            with TaskTimeout(min(patient, deadline), request.loop):
                response = await handler(request)
        except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
            call = self._exchange(request, handler)
            call.failed_first(call.caught(error))
        else:
            status = response.status
            if not is_bad(status, policy):
                ended = clock()
                guard.passed(ended, ended - now)
                if self.listeners.wants_success:
                    self._tell(self._exchange(request, handler), ended - now)
                if status in _REDIRECTS:
                    remember_call(request, deadline)
                return _read_by(deadline, response)
            call = self._exchange(request, handler)
            call.failed_first(call.failed_by(response))
        return await self._drive(call, guard, deadline, began=now)

    def _tell(self, call: AiohttpExchange, seconds: float) -> None:
        self.listeners(attempt_event(call, self.policy, Done(1), self.clock.time(), seconds))

    def _exchange(self, request: ClientRequest, handler: ClientHandlerType) -> AiohttpExchange:
        parts = request, handler, self.policy, self.clock
        if not self._routed:
            return AiohttpExchange(*parts, read=self.read)
        routes = RouteSelector(
            str(request.url), self.policy, UNLISTED_PROXIES, self.listeners, self.clock
        )
        return RoutedAiohttpExchange(*parts, routes=routes, read=self.read)

    def _circuit(self, request: ClientRequest) -> str:
        """What a circuit stands for: an origin, or an origin through a proxy."""
        origin, proxy = self._origin(request.url), request.proxy
        return origin if proxy is None else f"{origin} through {self._origin(proxy)}"

    def _origin(self, url: URL) -> str:
        written = url.scheme, url.raw_authority
        origin = self._names.get(written)
        if origin is None:
            origin = f"{url.scheme}://{url.raw_host}:{url.port}"
            if len(self._names) < MAX_ORIGINS:
                self._names[written] = origin
        return origin

    @staticmethod
    def _deadline(request: ClientRequest, own: float) -> float:
        """Return when the call must have ended; raise where it has been given up already."""
        last, outer, deadline = latest_call(), current_deadline(), own
        if last is not None and last.is_of(request):
            if last.given_up is not None:
                raise_prepared(last.given_up)
            deadline = last.deadline
        return deadline if outer is None or deadline < outer else outer

    async def _drive(
        self, call: AiohttpExchange, guard: OriginState, deadline: float, began: float | None = None
    ) -> ClientResponse:
        origin, full = self._origin(call.request.url), aiohttp.ConnectionTimeoutError
        attempt = bounded(call.attempt, call, origin, self.policy, full, self.clock)
        parts = self.policy, guard, self.listeners, self.clock, began
        hedge = self._hedging(call, origin) if self.policy.hedge else None
        with within(deadline):
            end = await drive(attempt, call, *parts, hedge=hedge, made=call.take_first())
        try:
            return _read_by(deadline, _response_of(end, call.request, deadline))
        finally:
            del end  # as in ``drive``

    def _hedging(self, call: AiohttpExchange, origin: str) -> AsyncHedge[ClientResponse] | None:
        def made(second: Any) -> AsyncAttemptMaker[ClientResponse]:
            attempt = partial(AiohttpExchange.attempt, second)
            full = aiohttp.ConnectionTimeoutError
            return bounded(attempt, second, origin, self.policy, full, self.clock)

        return hedge_of(call, self.policy, self._circuit(call.request), made, self.clock)


def _response_of(
    ended: ClientResponse | Ended[ClientResponse], request: ClientRequest, deadline: float
) -> ClientResponse:
    if not isinstance(ended, Ended):
        remember_call(request, deadline)
        return ended
    if ended.decisive is not None and ended.decisive.result is not None:
        return ended.decisive.result
    refused = partial(aiohttp.ClientConnectionError, ended.decision.failure.message)
    error = error_of(ended, refused)
    remember_call(request, deadline, error)
    try:
        raise_prepared(error)
    finally:
        del error  # as in ``drive``


def _read_by(deadline: float, response: ClientResponse) -> ClientResponse:
    if isinstance(response, CallResponse):
        response.deadline = deadline
    return response


_REDIRECTS = frozenset({301, 302, 303, 307, 308})
