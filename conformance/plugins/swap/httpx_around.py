"""Puts a transport around every transport that a client of httpx uses.

The tests look into ``httpx.HTTPTransport`` (its class, its pool), so that one stays what it is, but
its requests take the way through the other transport.
"""

from collections.abc import Callable
from typing import Any

import httpx

Around = Callable[[Any], Any]


def use(around: Around, around_async: Around) -> None:
    """Swap the transports.

    Args:
        around: Makes a transport around a ``httpx.BaseTransport``.
        around_async: Makes one around a ``httpx.AsyncBaseTransport``.
    """
    _send_through(httpx.HTTPTransport, around)
    _send_through_async(httpx.AsyncHTTPTransport, around_async)
    _wrap_given(httpx.Client, around, httpx.HTTPTransport)
    _wrap_given(httpx.AsyncClient, around_async, httpx.AsyncHTTPTransport)


def _send_through(transport: Any, around: Around) -> None:
    send, end, close = transport.handle_request, transport.__exit__, transport.close

    def handle_request(self: Any, request: httpx.Request) -> Any:
        outer = _outer(self, around)
        return outer.handle_request(request) if outer else send(self, request)

    def __exit__(self: Any, *error: Any) -> None:  # noqa: N807 - it is one
        end(self, *error)
        _close(self)

    def _close(self: Any) -> None:
        if outer := vars(self).get("outer"):
            outer.close()
        close(self)

    transport.handle_request, transport.__exit__, transport.close = handle_request, __exit__, _close


def _send_through_async(transport: Any, around: Around) -> None:
    send, end, close = transport.handle_async_request, transport.__aexit__, transport.aclose

    async def handle_async_request(self: Any, request: httpx.Request) -> Any:
        outer = _outer(self, around)
        return await (outer.handle_async_request(request) if outer else send(self, request))

    async def __aexit__(self: Any, *error: Any) -> None:  # noqa: N807 - it is one
        await end(self, *error)
        await _close(self)

    async def _close(self: Any) -> None:
        if outer := vars(self).get("outer"):
            await outer.aclose()
        await close(self)

    transport.handle_async_request = handle_async_request
    transport.__aexit__, transport.aclose = __aexit__, _close


def _outer(transport: Any, around: Around) -> Any:
    """Return the transport around one of httpx's own; ``None`` where it is the one within."""
    held = vars(transport)
    if "outer" not in held:
        inner = object.__new__(type(transport))
        vars(inner).update(held, outer=None)
        held["outer"] = around(inner)
    return held["outer"]


def _wrap_given(client: Any, around: Around, own: type) -> None:
    made = client._init_transport

    def _init_transport(self: Any, *, transport: Any = None, **options: Any) -> Any:
        known = transport is None or isinstance(transport, own)
        return made(self, transport=transport, **options) if known else around(transport)

    client._init_transport = _init_transport
