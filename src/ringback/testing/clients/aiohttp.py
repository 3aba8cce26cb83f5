"""Calls with aiohttp."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.testing.clients.call import Call


def call_aiohttp(call: Call) -> bytes:
    """Call with aiohttp."""
    import aiohttp  # noqa: PLC0415 - only where it is installed

    limits = aiohttp.ClientTimeout(sock_connect=call.timeout, sock_read=call.timeout)

    async def go() -> bytes:
        # Its other resolver (c-ares) asks no server of the lab.
        connector = aiohttp.TCPConnector(ssl=call.context(), resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector, timeout=limits) as session:
            for _ in call.times:
                # It warns of a large body that is bytes.
                body = io.BytesIO(call.body) if call.body else None
                async with session.request(
                    call.method, call.endpoint.url, data=body, proxy=call.proxy
                ) as response:
                    response.raise_for_status()
                    received = await response.read()
                    if call.provoke == "json":
                        await response.json()
            return received

    return asyncio.run(go())
