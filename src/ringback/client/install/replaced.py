"""Where a mock or a recorder has replaced what ``install`` replaced before it.

``install`` is done as a program starts, and a test puts its mock in place later: over ringback,
which would not be asked any more. So what chooses who sends a request is replaced as well. Where
that is somebody else by now, it is called as often as the policy says; else nothing changes.
"""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any
from weakref import ref

from ringback.client import tasks
from ringback.client.call import IDEMPOTENT_METHODS, AsyncClock, Ended, Failed, KnownCall
from ringback.client.drive_async import drive
from ringback.client.http import failure_of_status, is_bad
from ringback.client.install.patch import InstallSettings, Patches, inside_call, is_inside_call
from ringback.client.origin import origin_of
from ringback.client.original import OriginalMethod
from ringback.client.origins import PLAYED, origins_under
from ringback.client.retrying import failed_attempt, result_or_raise
from ringback.failure.target import target_of_url
from ringback.retry import Repeatable

Function = Callable[..., Any]


def patch_adapter_choice(
    library: ModuleType, patches: Patches, sending: Callable[[Function], Function]
) -> None:
    """Have the adapters that mocks choose for requests, and those whose ``send`` they replace.

    ``sending`` makes of a function that sends once another one that sends as the policy says.
    """
    from ringback.client.requests.adapter import Adapter  # noqa: PLC0415 - needs requests
    from ringback.client.requests.substitute import (  # noqa: PLC0415 - needs requests
        AdapterChoice,
        Substitute,
    )

    stock = library.adapters.HTTPAdapter
    own = OriginalMethod(library, "send")

    def substituted(adapter: Any, mounted: Any) -> Any:
        if not patches.active:
            return adapter
        replaced = isinstance(adapter, stock) and not own.is_in(stock)
        if isinstance(mounted, Adapter) or not (replaced or adapter is not mounted):
            return adapter

        def driven(request: Any, options: dict[str, Any], send: Function, _: Function) -> Any:
            return sending(lambda _, *args, **named: send(*args, **named))(
                mounted, request, **options
            )

        return Substitute(adapter, driven)

    session = library.sessions.Session
    choice: Any = AdapterChoice(substituted, session.get_adapter)  # it is called like a function
    patches.replace(session, "get_adapter", wraps(session.get_adapter)(choice))


class ReplacedTransport:
    """A transport of httpx, a method of which somebody has replaced."""

    proxy = None

    def __init__(self, transport: Any) -> None:
        self._transport: Callable[[], Any] = ref(transport)  # it is in use while this is called

    def handle_request(self, request: Any) -> Any:
        """Send a request once, as it is done by now."""
        with inside_call():
            return self._transport().handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request once, as it is done by now."""
        with inside_call():
            return await self._transport().handle_async_request(request)


def patch_transport_choice(
    client: type, stock: type, method: OriginalMethod, integration_of: Function, patches: Patches
) -> None:
    """Have the transports of httpx whose method mocks replace."""

    def choosing(original: Function) -> Function:
        def choose(self: Any, url: Any) -> Any:
            transport = original(self, url)
            if is_inside_call() or type(transport) is not stock or method.is_in(transport):
                return transport
            return integration_of(transport)

        return choose

    patches.wrap(client, "_transport_for_url", choosing)


_VERBS = ("request", "get", "options", "head", "post", "put", "patch", "delete")


def patch_verbs(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Have the sessions of aiohttp whose ``_request`` mocks replace, with all its middlewares."""
    own, calls = OriginalMethod(library, "_request"), ReplacedCalls(settings)

    def calling(verb: str, original: Function) -> Function:
        def call(self: Any, *args: Any, **options: Any) -> Any:
            if is_inside_call() or own.is_in(self):
                return original(self, *args, **options)
            given = args if verb == "request" else (verb, *args)
            named = {**dict(zip(("method", "url"), given, strict=False)), **options}
            send = partial(original, self, *args, **options)
            made = calls.make(str(named["method"]).upper(), str(named["url"]), send)
            return library.client._RequestContextManager(made)  # noqa: SLF001 - aiohttp has no other

        return call

    for verb in _VERBS:
        patches.wrap(library.ClientSession, verb, partial(calling, verb))


class ReplacedCalls:
    """Calls of sessions of aiohttp, the attempts of which somebody else makes."""

    def __init__(self, settings: InstallSettings) -> None:
        self._policy, self._listeners = settings.policy, settings.listeners
        self._origins, self._clock = origins_under(self._policy), AsyncClock(tasks.sleep)

    async def make(self, method: str, url: str, send: Callable[[], Awaitable[Any]]) -> Any:
        """Make attempts as the policy allows; return the response."""
        call = KnownCall(target_of_url(url), method)
        attempt: Any = partial(self._attempt, call, send)
        guard = self._origins.guard(f"{origin_of(url)}{PLAYED}")
        end = await drive(attempt, call, self._policy, guard, self._listeners, self._clock)
        response = end.decisive and end.decisive.result if isinstance(end, Ended) else None
        return result_or_raise(end) if response is None else response

    async def _attempt(self, call: KnownCall, send: Callable[[], Awaitable[Any]], _: object) -> Any:
        idempotent = call.method in IDEMPOTENT_METHODS
        try:
            with inside_call():
                response = await send()
        except Exception as error:
            if (failed := failed_attempt(error, call.target, idempotent=idempotent)) is None:
                raise
            return failed
        if not is_bad(response.status, self._policy):
            return response
        worthwhile = response.status in self._policy.retry_statuses
        failure = failure_of_status(response.status, response.reason, call.target)
        repeatable = Repeatable(idempotent, worthwhile=worthwhile)

        async def release() -> None:
            response.release()

        return Failed(failure, repeatable, result=response, release=release)
