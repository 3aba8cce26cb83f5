"""aiohttp and the asynchronous clients of httpx, one call at a time."""

from functools import partial

from client_bench.clients import asynchronous as to
from client_bench.clients.asynchronous import aiohttp_door, httpx_door
from client_bench.interleave_async import interleave_async
from client_bench.row import Goal, Row, over, twice

AIOHTTP = {
    "aiohttp": aiohttp_door(to.aiohttp),
    "aiohttp + ringback": aiohttp_door(to.aiohttp_ours),
}
HTTPX = {"httpx": httpx_door(to.httpx), "httpx + ringback": httpx_door(to.httpx_ours)}
PEERS = {
    **twice({"aiohttp": aiohttp_door(to.aiohttp)}),
    "aiohttp + ringback": aiohttp_door(to.aiohttp_ours),
    "aiohttp-retry": aiohttp_door(to.aiohttp_retry),
    **HTTPX,
    "httpx + httpx-retries": httpx_door(to.httpx_retries),
    "httpx2": httpx_door(to.httpx2),
    "httpx2 + ringback": httpx_door(to.httpx2_ours),
    "pyreqwest": to.pyreqwest,
}
ROWS = (
    Row(
        "aiohttp",
        "GET over a kept connection with aiohttp",
        partial(interleave_async, doors=twice(AIOHTTP)),
        base="aiohttp",
        goals=(
            Goal("aiohttp + ringback / aiohttp, CPU", 1.08, over("aiohttp + ringback", "aiohttp")),
        ),
    ),
    Row(
        "httpx-async",
        "GET over a kept connection with asynchronous httpx",
        partial(interleave_async, doors=twice(HTTPX)),
        base="httpx",
    ),
    Row(
        "peers-async",
        "GET over a kept connection, everybody who is asynchronous",
        partial(interleave_async, doors=PEERS),
        base="aiohttp",
        quantity="cpu_all",
    ),
)
