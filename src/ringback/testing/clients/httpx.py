"""Calls with httpx, waiting and asynchronous."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringback.testing.clients.call import Call


def call_httpx(call: Call) -> bytes:
    """Call with httpx."""
    import httpx  # noqa: PLC0415 - only where it is installed

    with httpx.Client(**_httpx_options(call)) as client:
        for _ in call.times:
            response = client.request(call.method, call.endpoint.url, content=call.body)
            response.raise_for_status()
    return call.read(response.content)


def call_httpx_async(call: Call) -> bytes:
    """Call with httpx's asynchronous client."""
    import httpx  # noqa: PLC0415 - only where it is installed

    async def go() -> bytes:
        async with httpx.AsyncClient(**_httpx_options(call)) as client:
            for _ in call.times:
                response = await client.request(call.method, call.endpoint.url, content=call.body)
                response.raise_for_status()
            return call.read(response.content)

    return asyncio.run(go())


def _httpx_options(call: Call) -> dict[str, Any]:
    return {
        "verify": call.context(),
        "timeout": call.timeout,
        "proxy": call.proxy,
        "http2": call.provoke == "http2",
        "follow_redirects": True,
        "trust_env": False,
    }
