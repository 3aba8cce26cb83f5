"""aiohttp and the asynchronous clients of httpx, one call at a time."""

from functools import partial

from client_bench.clients import asynchronous as to
from client_bench.clients.asynchronous import aiohttp_client, httpx_client
from client_bench.interleave_async import interleave_async
from client_bench.row import Goal, Row, over, twice

AIOHTTP = {
    "aiohttp": aiohttp_client(to.aiohttp),
    "aiohttp + ringback": aiohttp_client(to.aiohttp_ours),
}
HTTPX = {"httpx": httpx_client(to.httpx), "httpx + ringback": httpx_client(to.httpx_ours)}
PEERS = {
    **twice({"aiohttp": aiohttp_client(to.aiohttp)}),
    "aiohttp + ringback": aiohttp_client(to.aiohttp_ours),
    "aiohttp-retry": aiohttp_client(to.aiohttp_retry),
    **HTTPX,
    "httpx + httpx-retries": httpx_client(to.httpx_retries),
    "httpx2": httpx_client(to.httpx2),
    "httpx2 + ringback": httpx_client(to.httpx2_ours),
    "pyreqwest": to.pyreqwest,
}
ROWS = (
    Row(
        "aiohttp",
        "GET over a kept connection with aiohttp",
        partial(interleave_async, clients=twice(AIOHTTP)),
        base="aiohttp",
        goals=(
            Goal("aiohttp + ringback / aiohttp, CPU", 1.08, over("aiohttp + ringback", "aiohttp")),
        ),
    ),
    Row(
        "httpx-async",
        "GET over a kept connection with asynchronous httpx",
        partial(interleave_async, clients=twice(HTTPX)),
        base="httpx",
    ),
    Row(
        "peers-async",
        "GET over a kept connection, everybody who is asynchronous",
        partial(interleave_async, clients=PEERS),
        base="aiohttp",
        quantity="cpu_all",
    ),
)
