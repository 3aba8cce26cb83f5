"""ringback under aiohttp: every session, also one that is open already."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

from ringback.client.install.patch import Patches, Settings, inside, is_inside
from ringback.retry import Timeout

Function = Callable[..., Any]


def put_under(library: ModuleType, settings: Settings, patches: Patches) -> None:
    """Put ringback under aiohttp; one older than 3.12 has no middlewares and is left alone.

    Args:
        library: aiohttp.
        settings: How it is to behave.
        patches: Where to note what is replaced.
    """
    if hasattr(library, "ClientMiddlewareType"):
        patches.wrap(
            library.ClientSession,
            "_request",
            lambda original: _request(library, original, settings),
        )


def _request(library: ModuleType, original: Function, settings: Settings) -> Function:
    from ringback.client.aiohttp import Middleware  # noqa: PLC0415 - needs aiohttp

    sinks, untimed = [settings.listeners], Timeout(connect=None, read=None)
    ours = Middleware(settings.policy, sinks=sinks)
    patient = Middleware(replace(settings.policy, timeout=untimed), sinks=sinks)
    ours.minds_end = patient.minds_end = False  # the program takes what aiohttp takes

    async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
        theirs = options.pop("middlewares", None)
        if theirs is None:
            theirs = self._middlewares
        if is_inside() or any(isinstance(one, Middleware) for one in theirs):
            return await original(self, method, url, **options, middlewares=theirs)
        timed = options.get("timeout", self._timeout) is not library.client.DEFAULT_TIMEOUT
        with inside():
            return await original(
                self, method, url, **options, middlewares=(patient if timed else ours, *theirs)
            )

    # What asks whether it is a coroutine function is told so after functools.wraps too.
    assert asyncio.iscoroutinefunction(request)
    return request
