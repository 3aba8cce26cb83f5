"""ringback under each library: what is put in the place of which of its functions."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from time import monotonic
from types import ModuleType
from typing import Any
from weakref import ref

from ringback.client.call import Clock, Ended
from ringback.client.deadline import within
from ringback.client.drive_sync import bounded, drive
from ringback.client.http import add_key
from ringback.client.httpcore.pool import TransportSettings
from ringback.client.install.patch import InstallSettings, Patches, inside_call, is_inside_call
from ringback.client.install.replaced import (
    ReplacedTransport,
    patch_adapter_choice,
    patch_transport_choice,
    patch_verbs,
)
from ringback.client.origin import origin_of
from ringback.client.original import OriginalMethod
from ringback.client.origins import origins_under
from ringback.retry import Timeout


class Integrations:
    """Makes the integration of each transport at its first use, and lets it go with the transport.

    Nothing is kept alive by it, and transports are told apart by what they are, not by what they
    say that they equal.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._made: dict[int, tuple[ref[Any], Any, Any]] = {}

    def of(self, transport: Any) -> Any:
        """Return the integration of a transport, the same one each time."""
        key, pool = id(transport), getattr(transport, "_pool", None)
        known = self._made.get(key)
        if known is None or known[0]() is not transport or known[1] is not pool:
            known = ref(transport, self._forget(key)), pool, self._make(transport)
            self._made[key] = known
        return known[2]

    def forget(self, transport: Any) -> Any:
        """Let go of the integration of a transport; return it, or ``None`` where there is none."""
        known = self._made.pop(id(transport), None)
        return known[2] if known and known[0]() is transport else None

    def _forget(self, key: int) -> Callable[[object], object]:
        made = self._made
        return lambda _: made.pop(key, None)


Function = Callable[..., Any]

_ARGUMENTS = ("stream", "timeout", "verify", "cert", "proxies")
_DEFAULTS = (False, None, True, None, None)


def patch_requests(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under requests."""
    from ringback.client.install.pools import patch_connections  # noqa: PLC0415 - needs urllib3

    adapter, session = library.adapters.HTTPAdapter, library.sessions.Session
    patches.wrap(adapter, "send", lambda original: _adapter_send(original, settings))
    patches.wrap(adapter, "build_response", _build_response)
    patches.wrap(session, "request", _with_timeout_as_asked)
    patches.wrap(session, "prepare_request", _specialised)
    patches.wrap(
        session, "send", lambda original: _with_redirects(_specialised(original), settings)
    )
    patch_connections(settings, patches)
    patch_adapter_choice(library, patches, lambda once: _adapter_send(once, settings))


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

    clock, origins = Clock(), origins_under(settings.policy)
    once = replace(settings.policy, attempts=1)

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside_call() or isinstance(self, Adapter):
            with inside_call():
                return original(self, request, *args, **kwargs)
        options = dict(zip(_ARGUMENTS, _DEFAULTS, strict=True))
        options.update(zip(_ARGUMENTS, args, strict=False))
        options.update(kwargs)

        # What the program has urllib3 retry stays as it is.
        policy = settings.policy if _retries_nothing(self) else once

        def attempt(request: Any, **options: Any) -> Any:
            with inside_call():
                return original(self, request, **options)

        add_key(request.headers, request.method or "", request.url or "", policy.idempotency_key)
        call = RequestsExchange(request, options, attempt, policy, clock)
        guard = origins.guard(circuit_key_of(request.url or "", options["proxies"], None))
        origin, error = origin_of(request.url or ""), requests.ConnectionError
        placed = bounded(call.attempt, call, origin, policy, error, clock)
        end = drive(placed, call, policy, guard, settings.listeners, clock)
        try:
            return response_or_raise(end, request) if isinstance(end, Ended) else end
        finally:
            del end  # as in ``drive``

    return send


def _retries_nothing(adapter: Any) -> bool:
    total = adapter.max_retries.total
    return total is not None and not total


def _build_response(original: Function) -> Function:
    import requests  # noqa: PLC0415 - is there by now

    from ringback.client.requests.response import Response  # noqa: PLC0415 - needs requests

    def build_response(self: Any, request: Any, raw: Any) -> Any:
        response = original(self, request, raw)
        if type(response) is requests.Response:
            response.__class__ = Response
        return response

    return build_response


def _with_timeout_as_asked(original: Function) -> Function:
    from ringback.client.requests.session import say_no_timeout  # noqa: PLC0415 - needs requests

    def request(*args: Any, **kwargs: Any) -> Any:
        say_no_timeout(kwargs)
        return original(*args, **kwargs)

    return request


def _specialised(original: Function) -> Function:
    from ringback.client.requests.failures import specialised_errors  # noqa: PLC0415 - needs requests

    def of_session(self: Any, request: Any, **kwargs: Any) -> Any:
        with specialised_errors(getattr(request, "url", "")):
            return original(self, request, **kwargs)

    return of_session


def _with_redirects(original: Function, settings: InstallSettings) -> Function:
    from ringback.client.requests.session import Session  # noqa: PLC0415 - needs requests

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        if isinstance(self, Session):  # whose policy has a deadline of its own
            return original(self, request, **kwargs)
        with within(monotonic() + settings.policy.deadline):
            return original(self, request, **kwargs)

    return send


def patch_httpx(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under httpx or httpx2."""
    ours = import_module(f"ringback.client.{library.__name__}")
    _patch_transport(library.HTTPTransport, ours.Transport, settings, patches)
    _patch_async_transport(library.AsyncHTTPTransport, ours.AsyncTransport, settings, patches)
    kinds = (
        (library.Client, library.HTTPTransport, ours.Transport, "handle_request"),
        (
            library.AsyncClient,
            library.AsyncHTTPTransport,
            ours.AsyncTransport,
            "handle_async_request",
        ),
    )
    for client, stock, integration, name in kinds:
        made = Integrations(partial(_around_replaced, integration, settings))
        patch_transport_choice(client, stock, OriginalMethod(library, name), made.of, patches)


def _around_replaced(integration: Any, settings: InstallSettings, transport: Any) -> Any:
    inner = ReplacedTransport(transport)
    return integration(inner, policy=settings.policy, sinks=[settings.listeners])


def _patch_transport(
    transport: Any, integration: Any, settings: InstallSettings, patches: Patches
) -> None:
    original = transport.handle_request

    class Once(_OriginalTransport):
        def handle_request(self, request: Any) -> Any:
            with inside_call():
                return original(self.transport(), request)

    integrations = _integrations_of(transport, integration, Once, settings)

    def handle_request(self: Any, request: Any) -> Any:
        if is_inside_call():
            return original(self, request)
        return integrations.of(self).handle_request(request)

    def closing(original: Function) -> Function:
        def close(self: Any, *error: Any) -> None:
            if opened := integrations.forget(self):
                opened.close()
            original(self, *error)

        return close

    patches.wrap(transport, "handle_request", lambda _: handle_request)
    for name in ("close", "__exit__"):
        patches.wrap(transport, name, closing)


def _patch_async_transport(
    transport: Any, integration: Any, settings: InstallSettings, patches: Patches
) -> None:
    original = transport.handle_async_request

    class Once(_OriginalTransport):
        async def handle_async_request(self, request: Any) -> Any:
            with inside_call():
                return await original(self.transport(), request)

    integrations = _integrations_of(transport, integration, Once, settings)

    async def handle_async_request(self: Any, request: Any) -> Any:
        if is_inside_call():
            return await original(self, request)
        return await integrations.of(self).handle_async_request(request)

    def closing(original: Function) -> Function:
        async def close(self: Any, *error: Any) -> None:
            if opened := integrations.forget(self):
                await opened.aclose()
            await original(self, *error)

        return close

    patches.wrap(transport, "handle_async_request", lambda _: handle_async_request)
    for name in ("aclose", "__aexit__"):
        patches.wrap(transport, name, closing)


class _OriginalTransport:
    """The program's own transport, as it was: its pool, its resolver, its proxy."""

    def __init__(self, transport: Any, known: TransportSettings | None) -> None:
        self.transport = ref(transport)  # whose integration this is behind, and goes with it
        self.proxy = known.proxy if known else None

    def close(self) -> None:
        """Nothing is held: the transport closes itself."""

    async def aclose(self) -> None:
        """As ``close``."""


def _integrations_of(
    kind: Any, integration: Any, once: Callable[..., Any], settings: InstallSettings
) -> Integrations:
    def made(transport: Any) -> Any:
        # What this stands in for is called with the transport of httpx below a class of others,
        # and the program's own is not kept alive.
        bare = object.__new__(kind)
        vars(bare).update(vars(transport))
        known = TransportSettings.of(bare, kind)
        if settings.retry and known:
            inner = integration._connections(integration.library, known)  # noqa: SLF001 - one of ours
        else:
            inner = once(transport, known)
        return integration(inner, policy=settings.policy, sinks=[settings.listeners])

    return Integrations(made)


def patch_aiohttp(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under aiohttp; one older than 3.12 has no middlewares and is left alone."""
    if hasattr(library, "ClientMiddlewareType"):
        patches.wrap(
            library.ClientSession,
            "_request",
            lambda original: _session_request(library, original, settings),
        )
        patch_verbs(library, settings, patches)


def _session_request(
    library: ModuleType, original: Function, settings: InstallSettings
) -> Function:
    from ringback.client.aiohttp import Middleware  # noqa: PLC0415 - needs aiohttp

    sinks, untimed = [settings.listeners], Timeout(connect=None, read=None)
    with_timeouts = Middleware(settings.policy, sinks=sinks)
    without_timeouts = Middleware(replace(settings.policy, timeout=untimed), sinks=sinks)
    # Where nothing is tried again, the program takes what aiohttp takes.
    with_timeouts.in_full = without_timeouts.in_full = settings.retry

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

    return request
