"""One call through a transport: what threads and tasks do alike."""

import sys
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from math import inf
from time import monotonic
from types import FrameType
from typing import Any, ClassVar, NamedTuple

from ringback.client.body import REPLAYABLE_TYPES, Body
from ringback.client.call import AsyncClock, Clock, Ended
from ringback.client.deadline import current_deadline, remaining
from ringback.client.dial.address import HostPort, avoided
from ringback.client.http import HttpExchange, add_key, is_bad
from ringback.client.httpcore.library import Library, failure_of, target_of
from ringback.client.httpcore.pool import LimitedTransport, PooledConnections, TransportSettings
from ringback.client.httpcore.transports import CA_VARIABLES, Transports
from ringback.client.origin import origin_of
from ringback.client.origins import origins_under
from ringback.client.proxies import Proxies
from ringback.client.raising import error_of, raise_prepared
from ringback.client.routes import Route, RouteSelector
from ringback.client.wire import Wire, begin_exchange, with_variable
from ringback.event import Sink
from ringback.failure import Failure, Target
from ringback.retry import OriginState, Policy, Timeout
from ringback.sink.listening import listeners_for


class Content:
    """Remembers where the content of a request starts."""

    __slots__ = ("_again", "_body", "_stream")

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._body: Body | None = None
        self._again = _repeats(stream)
        held = getattr(stream, "_stream", None)
        if not self._again and _is_file(held) and hasattr(stream, "__iter__"):
            self._body = Body(held)
            self._again = self._body.replayable

    def replayable(self, *, untouched: bool) -> bool:
        """Can it be sent again as it was sent first?"""
        return (
            self._again or untouched or getattr(self._stream, "_is_stream_consumed", None) is False
        )

    def rewind(self) -> None:
        """Go back to where the content starts; the first time it is there already."""
        if self._body:
            self._body.rewind()


def _repeats(stream: Any) -> bool:
    """Whether iterating again gives the same again, as far as httpx' own streams are concerned."""
    fields = getattr(stream, "fields", None)
    if fields is None:
        return _is_fixed(getattr(stream, "_stream", None))
    files = [field.file for field in fields if hasattr(field, "file")]
    # httpx rewinds the files of a form itself, to their very beginning.
    return all(_is_fixed(file) or Body(file).replayable for file in files)


def _is_fixed(held: Any) -> bool:
    return isinstance(held, (Sequence, *REPLAYABLE_TYPES)) and not _is_file(held)


def _is_file(held: Any) -> bool:
    return hasattr(held, "read")


_MAX_FRAMES = 24
"""Functions to look at: httpx has five between, a wrapper around our transport some more."""


class Caller(NamedTuple):
    """What is known of who calls."""

    streams: bool  # The body is left to the caller; so it is where nothing is known
    redirected: bool  # The request follows a redirect, so that it belongs to a call under way


_UNKNOWN = Caller(True, False)


def caller(package: str, *, following: bool) -> Caller:
    """Return what the client wants whose ``send`` is under way above.

    A client reads the body after its transport has returned, so that a body which breaks off
    could not be tried again. Where ``stream=True`` was not asked for, the transport reads it.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the way to see who calls
    client, redirected = f"{package}._client", False
    names = _FOLLOWING if following else _SENDING
    for _ in range(_MAX_FRAMES):
        if frame is None:
            return _UNKNOWN
        name = frame.f_code.co_name
        if name in names and frame.f_globals.get("__name__") == client:
            held = frame.f_locals
            if name == "send":
                return Caller(bool(held.get("stream", True)), redirected)
            redirected = bool(held.get("history"))
        frame = frame.f_back
    return _UNKNOWN


_SENDING = frozenset({"send"})
_FOLLOWING = frozenset({"send", "_send_handling_redirects"})


_TIMEOUTS = ("connect", "read", "write", "pool")


class TransportExchange(HttpExchange):
    """A request and how it is sent."""

    __slots__ = (
        "_apart",
        "_avoids",
        "_content",
        "_counts",
        "_extensions",
        "_inner",
        "_library",
        "_redirected",
        "_streams",
        "_wire",
        "request",
    )

    def __init__(
        self,
        request: Any,
        inner: Any,
        library: Library,
        policy: Policy,
        clock: Clock | AsyncClock,
        *,
        who: Caller,
    ) -> None:
        super().__init__(str(request.method), policy, clock)
        self.request = request
        self._library = library
        self._streams = who.streams
        self._redirected = who.redirected
        self._extensions: dict[str, Any] = request.extensions
        plain = type(request.stream) is library.httpx.ByteStream
        self._content = None if plain else Content(request.stream)
        self._wire: Wire | None = None
        self._apart = False  # It runs beside another one
        self._avoids = ""  # The address which that is with
        self._inner = inner
        self._counts: bool = getattr(inner, "counts", False)

    def _go_by(self, inner: Any) -> None:
        """Let the next attempt be made by another transport."""
        self._inner = inner
        self._counts = getattr(inner, "counts", False)
        self._target = None

    def _begin(self, limits: Timeout) -> None:
        """Prepare the next attempt."""
        if self._content:
            self._content.rewind()
        wire = Wire()
        if self._policy.hedge:
            wire.peer, wire.apart = "", self._apart
            if self._avoids:
                avoided.add(self._host_port(), self._avoids)
        begin_exchange(wire)
        self._wire = wire
        self.request.extensions = self._limited(limits)

    def another(self) -> "TransportExchange | None":
        """Return an exchange over a new connection, to another address if there is one."""
        wire, request = self._wire, self.request
        if self._content or wire is None or wire.received or (self._counts and not wire.sends):
            return None
        extensions = dict(self._extensions)
        sent = self._library.httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
        second = copy(self)
        second._run_apart(sent, wire.peer or "" if self.target.proxy is None else "")  # noqa: SLF001 - of this class
        return second

    def _run_apart(self, request: Any, avoids: str) -> None:
        self.request, self._extensions = request, request.extensions
        self._wire, self._apart, self._avoids = None, True, avoids

    def outpaced(self) -> None:
        """Take note that the other address was quicker after all."""
        avoided.remove(self._host_port(), self._avoids)

    def _host_port(self) -> HostPort:
        url = self.request.url
        return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)

    def _limited(self, limits: Timeout) -> dict[str, Any]:
        """The extensions with no timeout longer than what is left of the deadline.

        Over connections of ours each wait minds the deadline itself, and a body that is read
        after the call has returned has its own timeout.
        """
        asked: dict[str, float | None] = self._extensions.get("timeout") or {}
        left = None if self._counts else remaining(current_deadline())
        if _fit(asked, inf if left is None else left):
            return self._extensions
        wanted = [(name, asked.get(name, getattr(limits, name))) for name in _TIMEOUTS]
        timeouts = {name: _sooner(limit, left) for name, limit in wanted}
        return {**self._extensions, "timeout": timeouts}

    def _find_target(self) -> Target:
        return target_of(self.request.url, getattr(self._inner, "proxy", None))

    def _failure_of(self, error: Exception) -> Failure | None:
        known = self._wire if self._counts else None
        failure = failure_of(error, self.target, known, self._library.httpx.HTTPError)
        failure = with_variable(failure, getattr(self._inner, "authorities", None), *CA_VARIABLES)
        return self._of_url(failure) if failure and failure.kind.startswith("url.") else failure

    def _of_url(self, failure: Failure) -> Failure | None:
        """What is wrong with a URL: the server's failure after a redirect, else the caller's."""
        if self._redirected:
            return replace(failure, kind="http.response.redirect_invalid", phase="wait")
        # What httpx says of another scheme it says by the name of its exception, mostly without
        # having asked a transport.
        return None if failure.kind == "url.scheme_invalid" else failure

    def _judged(self, response: Any, release: Any) -> Any:
        """The response, or how it failed by its status."""
        status = response.status_code
        if not is_bad(status, self._policy):
            return response
        return self.bad_status(response, status, response.reason_phrase, release)

    def _adopted(self, response: Any, wrap: Any) -> Any:
        """The response as one of ours."""
        if type(response) is self._library.httpx.Response:
            response.__class__ = self._library.response
        response.request = self.request
        if self._streams:
            if not isinstance(response.stream, wrap):
                response.stream = wrap(self._library, response.stream)
            response.stream.target = self.target
        return response

    def _is_replayable(self) -> bool:
        wire = self._wire
        unsent = wire is not None and not wire.sends
        return self._content is None or self._content.replayable(untouched=self._counts and unsent)


class RoutedTransportExchange(TransportExchange):
    """An exchange whose attempts take the routes that are selected for them."""

    __slots__ = ("_transports", "candidates", "routes")

    def __init__(
        self, *call: Any, transports: Transports, routes: RouteSelector, **who: Any
    ) -> None:
        super().__init__(*call, **who)
        self._transports = transports
        self.routes = routes
        self.candidates: tuple[str, ...] | None = None

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""
        self._go_by(self._transports.by(route.choice.url, verified=route.verify))
        if route.choice.url is None and route.choice.passed_by:
            self.request.headers.pop("Proxy-Authorization", None)


def _sooner(limit: float | None, left: float | None) -> float | None:
    return min((seconds for seconds in (limit, left) if seconds is not None), default=None)


def _fit(timeouts: dict[str, Any], left: float) -> bool:
    try:
        return len(timeouts) == len(_TIMEOUTS) and max(timeouts.values()) <= left
    except TypeError:  # one of them is none
        return False


DEADLINE_EXTENSION = "ringback.deadline"
"""Extension of a request that httpx hands on to the request which follows a redirect."""


def deadline_of(request: Any, policy: Policy, *, redirected: bool) -> float:
    """Return when a call must have ended, on ``time.monotonic()``; redirects are part of it."""
    known: float | None = request.extensions.get(DEADLINE_EXTENSION) if redirected else None
    if known is None:
        known = request.extensions[DEADLINE_EXTENSION] = monotonic() + policy.deadline
    return known


def circuit_of(url: str, candidates: tuple[str, ...], inner: Any) -> str:
    """Return what a circuit stands for: an origin, or an origin through proxies."""
    origin = origin_of(url)
    if candidates:
        return f"{origin} through {', '.join(map(origin_of, candidates))}"
    proxy = getattr(inner, "proxy", None)
    return f"{origin} through {proxy}" if proxy else origin


def response_of(library: Library, ended: Any) -> Any:
    """Return the response, that which a call was given up with too, or raise how it ended."""
    if not isinstance(ended, Ended):
        return ended
    response: Any = ended.decisive and ended.decisive.result
    if response is None:
        raise_prepared(error_of(ended, partial(_refused, library, ended.decision.failure)))
    if ended.retry_at is not None:
        response.extensions["retry_at"] = ended.retry_at
    return response


def _refused(library: Library, failure: Failure) -> Exception:
    """What httpx raises for what opened the circuit, of all that says that nothing was sent."""
    opened_by, httpx = failure.via or "", library.httpx
    cls = httpx.ConnectTimeout if "timed_out" in opened_by else httpx.ConnectError
    if opened_by.startswith("proxy."):
        cls = httpx.ProxyError
    error: Exception = cls(failure.message)
    return error


class PolicedTransport:
    """What the transports for threads and for tasks have in common: all that does not wait."""

    library: ClassVar[Library]
    _known: ClassVar[str]  # The name of httpx's transport
    _connections: ClassVar[type[PooledConnections]]
    _admitting: ClassVar[type[LimitedTransport]]
    _exchange: ClassVar[type[TransportExchange]]
    _routed: ClassVar[type[RoutedTransportExchange]]
    _hedges: ClassVar[bool]  # Whether a second attempt can be made beside the first

    def __init__(
        self,
        inner: Any,
        policy: Policy | None,
        sinks: Iterable[Sink] | None,
        clock: Clock | AsyncClock,
        options: dict[str, Any],
    ) -> None:
        if isinstance(inner, Policy):
            raise TypeError("what comes first is a transport; a policy is given by name: policy=…")
        if inner is not None and options:
            raise TypeError(f"the inner transport has its own {', '.join(options)}")
        self.policy = policy or Policy()
        self.listeners = listeners_for(sinks)
        self.clock: Any = clock
        self._origins = origins_under(self.policy, hedges=self._hedges)
        self._transports: Transports | None = None
        if inner is None:
            known = getattr(self.library.httpx, self._known)
            self._transports = Transports(self.library, self._sending, known, options)
        self._inner = self._transports.direct if self._transports else self._sending(inner)

    def _begun(self, request: Any, who: Caller) -> tuple[Any, OriginState, float, Any]:
        """The exchange of a call, what is known of its origin, when it must end, its hedging."""
        url = str(request.url)
        if self.policy.idempotency_key:
            add_key(request.headers, request.method, url, self.policy.idempotency_key)
        proxies = self._transports.proxies if self._transports else None
        candidates = proxies.candidates(url) if proxies else ()
        call = self._call(request, who, url, proxies if candidates else None)
        circuit = circuit_of(url, candidates, self._inner)
        deadline = deadline_of(request, self.policy, redirected=who.redirected)
        hedge = self._hedging(call, circuit) if self.policy.hedge else None
        return call, self._origins.guard(circuit), deadline, hedge

    def _hedging(self, call: TransportExchange, circuit: str) -> Any:
        from ringback.client.hedging import hedge_of  # noqa: PLC0415 - threads need no asyncio

        attempt = vars(self._exchange)["attempt"]  # of one route
        return hedge_of(call, self.policy, circuit, partial(partial, attempt), self.clock)

    def _call(
        self, request: Any, who: Caller, url: str, proxies: Proxies | None
    ) -> TransportExchange:
        parts = request, self._inner, self.library, self.policy, self.clock
        if self._transports is None or not (proxies or self.policy.insecure_hosts):
            return self._exchange(*parts, who=who)
        routes = RouteSelector(url, self.policy, proxies or _NO_PROXIES, self.listeners, self.clock)
        return self._routed(*parts, transports=self._transports, routes=routes, who=who)

    def _sending(self, inner: Any) -> Any:
        """What sends requests with the settings of a transport, or that transport itself."""
        settings = TransportSettings.of(inner, getattr(self.library.httpx, self._known))
        sending = self._connections(self.library, settings) if settings else inner
        if self.policy.bulkhead or self.policy.rate:
            return self._admitting(sending, self.library, self.policy, self.clock)
        return sending


_NO_PROXIES = Proxies({})
