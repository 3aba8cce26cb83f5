"""ringback under each library: what is put in the place of which of its functions."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import ref

from ringback.client.call import Clock, Ended, KnownCall
from ringback.client.drive_sync import bounded, drive
from ringback.client.http import add_key
from ringback.client.httpcore.pool import TransportSettings
from ringback.client.install.patch import InstallSettings, Patches, inside_call, is_inside_call
from ringback.client.origin import origin_of
from ringback.client.origins import origins_under
from ringback.client.retrying import failed_attempt, raise_ended
from ringback.failure import Target
from ringback.retry import Timeout


class Integrations:
    """Makes the integration of each transport at its first use, and lets it go with the transport.

    Nothing is kept alive by it, and transports are told apart by what they are, not by what they
    say that they equal.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._made: dict[int, tuple[ref[Any], Any]] = {}

    def of(self, transport: Any) -> Any:
        """Return the integration of a transport, the same one each time."""
        key = id(transport)
        known = self._made.get(key)
        if known is None or known[0]() is not transport:
            known = ref(transport, self._forget(key)), self._make(transport)
            self._made[key] = known
        return known[1]

    def _forget(self, key: int) -> Callable[[object], object]:
        made = self._made
        return lambda _: made.pop(key, None)


Function = Callable[..., Any]

_ARGUMENTS = ("stream", "timeout", "verify", "cert", "proxies")
_DEFAULTS = (False, None, True, None, None)


def patch_requests(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under requests."""
    adapter, session = library.adapters.HTTPAdapter, library.sessions.Session
    patches.wrap(adapter, "send", lambda original: _adapter_send(original, settings))
    patches.wrap(adapter, "build_response", _build_response)
    patches.wrap(session, "prepare_request", _specialised)
    patches.wrap(session, "send", _specialised)


def _adapter_send(original: Function, settings: InstallSettings) -> Function:
    import requests  # noqa: PLC0415 - is there by now

    from ringback.client.requests.adapter import Adapter  # noqa: PLC0415 - needs requests
    from ringback.client.requests.exchange import (  # noqa: PLC0415 - needs requests
        RequestsExchange,
        circuit_key_of,
    )
    from ringback.client.requests.failures import (  # noqa: PLC0415 - needs requests
        response_or_raise,
    )

    clock, policy = Clock(), settings.policy
    origins = origins_under(policy)

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside_call() or isinstance(self, Adapter):
            with inside_call():
                return original(self, request, *args, **kwargs)
        options = dict(zip(_ARGUMENTS, _DEFAULTS, strict=True))
        options.update(zip(_ARGUMENTS, args, strict=False))
        options.update(kwargs)

        def once(request: Any, **options: Any) -> Any:
            with inside_call():
                return original(self, request, **options)

        add_key(request.headers, request.method or "", request.url or "", policy.idempotency_key)
        call = RequestsExchange(request, options, once, policy, clock)
        guard = origins.guard(circuit_key_of(request.url or "", options["proxies"], None))
        origin, error = origin_of(request.url or ""), requests.ConnectionError
        attempt = bounded(call.attempt, call, origin, policy.bulkhead, error)
        end = drive(attempt, call, policy, guard, settings.listeners, clock)
        return response_or_raise(end, request) if isinstance(end, Ended) else end

    return send


def _build_response(original: Function) -> Function:
    import requests  # noqa: PLC0415 - is there by now

    from ringback.client.requests.response import Response  # noqa: PLC0415 - needs requests

    def build_response(self: Any, request: Any, raw: Any) -> Any:
        response = original(self, request, raw)
        if type(response) is requests.Response:
            response.__class__ = Response
        return response

    return build_response


def _specialised(original: Function) -> Function:
    from ringback.client.requests.failures import specialised_errors  # noqa: PLC0415 - needs requests

    def of_session(self: Any, request: Any, **kwargs: Any) -> Any:
        with specialised_errors(getattr(request, "url", "")):
            return original(self, request, **kwargs)

    return of_session


def patch_urllib3(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under urllib3; its own retries stay as they are, nothing is added to them."""
    pool = library.connectionpool.HTTPConnectionPool
    patches.wrap(pool, "urlopen", lambda original: _urlopen(library, original, settings))


def _urlopen(library: ModuleType, original: Function, settings: InstallSettings) -> Function:
    from ringback.client.urllib3.pools import HTTPConnectionPool  # noqa: PLC0415 - needs urllib3

    clock = Clock()
    policy = replace(settings.policy, attempts=1, budget=None, breaker=None)

    def urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if is_inside_call() or isinstance(self, HTTPConnectionPool):
            return original(self, method, url, *args, **kwargs)
        call = KnownCall(_target_of(self, url), method)

        def attempt(limits: Timeout) -> Any:
            if "timeout" not in kwargs and not _has_timeout(self):
                kwargs["timeout"] = library.Timeout(connect=limits.connect, read=limits.read)
            try:
                with inside_call():
                    return original(self, method, url, *args, **kwargs)
            except Exception as error:
                failed = failed_attempt(error, call.target, idempotent=False)
                if failed is None:
                    raise
                return failed

        error = partial(library.exceptions.EmptyPoolError, self)
        placed = bounded(attempt, call, origin_of(call.target.url or ""), policy.bulkhead, error)
        end = drive(placed, call, policy, None, settings.listeners, clock)
        return raise_ended(end) if isinstance(end, Ended) else end

    return urlopen


def _has_timeout(pool: Any) -> bool:
    # Without one it is None, or a mark that stands for the socket module's default.
    return isinstance(pool.timeout.connect_timeout, int | float)


def _target_of(pool: Any, url: str) -> Target:
    path = url.partition("?")[0]
    port = f":{pool.port}" if pool.port else ""
    shown = f"{pool.scheme}://{pool.host}{port}{path}" if path.startswith("/") else None
    return Target(url=shown, scheme=pool.scheme, host=pool.host, port=pool.port)


def patch_httpx(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under httpx or httpx2."""
    integration = import_module(f"ringback.client.{library.__name__}")
    patches.wrap(
        library.HTTPTransport,
        "handle_request",
        lambda original: _handle_request(integration.Transport, original, settings),
    )
    patches.wrap(
        library.AsyncHTTPTransport,
        "handle_async_request",
        lambda original: _handle_async_request(integration.AsyncTransport, original, settings),
    )


def _handle_request(integration: Any, original: Function, settings: InstallSettings) -> Function:
    class Once(_OriginalTransport):
        def handle_request(self, request: Any) -> Any:
            with inside_call():
                return original(self.transport(), request)

    integrations = _integrations_of(integration, Once, settings)

    def handle_request(self: Any, request: Any) -> Any:
        if is_inside_call():
            return original(self, request)
        return integrations.of(self).handle_request(request)

    return handle_request


def _handle_async_request(
    integration: Any, original: Function, settings: InstallSettings
) -> Function:
    class Once(_OriginalTransport):
        async def handle_async_request(self, request: Any) -> Any:
            with inside_call():
                return await original(self.transport(), request)

    integrations = _integrations_of(integration, Once, settings)

    async def handle_async_request(self: Any, request: Any) -> Any:
        if is_inside_call():
            return await original(self, request)
        return await integrations.of(self).handle_async_request(request)

    return handle_async_request


class _OriginalTransport:
    """The program's own transport, as it was: its pool, its resolver, its proxy."""

    def __init__(self, transport: Any) -> None:
        self.transport = ref(transport)  # whose integration this is behind, and goes with it
        known = TransportSettings.of(transport, type(transport))
        self.proxy = known.proxy if known else None


def _integrations_of(
    integration: Any, once: Callable[[Any], Any], settings: InstallSettings
) -> Integrations:
    sinks = [settings.listeners]
    return Integrations(
        lambda transport: integration(once(transport), policy=settings.policy, sinks=sinks)
    )


def patch_aiohttp(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under aiohttp; one older than 3.12 has no middlewares and is left alone."""
    if hasattr(library, "ClientMiddlewareType"):
        patches.wrap(
            library.ClientSession,
            "_request",
            lambda original: _session_request(library, original, settings),
        )


def _session_request(
    library: ModuleType, original: Function, settings: InstallSettings
) -> Function:
    import asyncio  # noqa: PLC0415 - is there with aiohttp, and costs others 20 ms

    from ringback.client.aiohttp import Middleware  # noqa: PLC0415 - needs aiohttp

    sinks, untimed = [settings.listeners], Timeout(connect=None, read=None)
    with_timeouts = Middleware(settings.policy, sinks=sinks)
    without_timeouts = Middleware(replace(settings.policy, timeout=untimed), sinks=sinks)
    # The program takes what aiohttp takes.
    with_timeouts.minds_end = without_timeouts.minds_end = False

    async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
        theirs = options.pop("middlewares", None)
        if theirs is None:
            theirs = self._middlewares
        if is_inside_call() or any(isinstance(middleware, Middleware) for middleware in theirs):
            return await original(self, method, url, **options, middlewares=theirs)
        timed = options.get("timeout", self._timeout) is not library.client.DEFAULT_TIMEOUT
        middleware = without_timeouts if timed else with_timeouts
        with inside_call():
            return await original(self, method, url, **options, middlewares=(middleware, *theirs))

    # What asks whether it is a coroutine function is told so after functools.wraps too.
    assert asyncio.iscoroutinefunction(request)
    return request
