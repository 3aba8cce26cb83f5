"""ringback under httpx and httpx2: every transport of theirs, whoever made it."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import ref

from ringback.client.httpcore.settings import Settings as Made
from ringback.client.install.doors import Doors
from ringback.client.install.patch import Patches, Settings, inside, is_inside

Function = Callable[..., Any]


def put_under(library: ModuleType, settings: Settings, patches: Patches) -> None:
    """Put ringback under httpx or httpx2.

    Args:
        library: Which of them.
        settings: How it is to behave.
        patches: Where to note what is replaced.
    """
    door = import_module(f"ringback.client.{library.__name__}")
    patches.wrap(
        library.HTTPTransport,
        "handle_request",
        lambda original: _handle_request(door.Transport, original, settings),
    )
    patches.wrap(
        library.AsyncHTTPTransport,
        "handle_async_request",
        lambda original: _handle_async_request(door.AsyncTransport, original, settings),
    )


def _handle_request(door: Any, original: Function, settings: Settings) -> Function:
    class Once(_Theirs):
        def handle_request(self, request: Any) -> Any:
            with inside():
                return original(self.transport(), request)

    doors = _doors(door, Once, settings)

    def handle_request(self: Any, request: Any) -> Any:
        if is_inside():
            return original(self, request)
        return doors.of(self).handle_request(request)

    return handle_request


def _handle_async_request(door: Any, original: Function, settings: Settings) -> Function:
    class Once(_Theirs):
        async def handle_async_request(self, request: Any) -> Any:
            with inside():
                return await original(self.transport(), request)

    doors = _doors(door, Once, settings)

    async def handle_async_request(self: Any, request: Any) -> Any:
        if is_inside():
            return await original(self, request)
        return await doors.of(self).handle_async_request(request)

    return handle_async_request


class _Theirs:
    """The program's own transport, as it was: its pool, its resolver, its proxy."""

    def __init__(self, transport: Any) -> None:
        self.transport = ref(transport)  # whose door this is behind, and goes with it
        self.proxy = _proxy_of(transport)


def _doors(door: Any, once: Callable[[Any], Any], settings: Settings) -> Doors:
    sinks = [settings.listeners]
    return Doors(lambda transport: door(once(transport), policy=settings.policy, sinks=sinks))


def _proxy_of(transport: Any) -> str | None:
    known = Made.of(transport, type(transport))
    return known.proxy if known else None
