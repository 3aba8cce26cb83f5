"""A thousand tasks that share an asynchronous client of httpx."""

import asyncio
from contextlib import AsyncExitStack
from time import perf_counter_ns, process_time_ns

from client_bench.clients.asynchronous import httpx, httpx_ours
from client_bench.interleave import reason
from client_bench.row import Goal, Row, over
from client_bench.samples import Samples

CALLERS = 1000
TIMEOUT = 120.0
ROUNDS = 3
CLIENTS = {"httpx": httpx, "httpx + ringback": httpx_ours}


def _callers(bench):
    samples = Samples(CLIENTS)
    for _ in range(ROUNDS):
        for name in bench.rng.sample(list(CLIENTS), k=len(CLIENTS)):
            try:
                samples.add(name, **asyncio.run(_once(CLIENTS[name], bench.site.http + "/small")))
            except Exception as error:  # noqa: BLE001 - it is named
                samples.missing[name] = reason(error)
    return samples


async def _once(make, url):
    """Each caller makes one request, all at once, with a client that is new."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(make(timeout=TIMEOUT))
        cpu, began = process_time_ns(), perf_counter_ns()
        walls = await asyncio.gather(*(_wall(client, url) for _ in range(CALLERS)))
        wall, cpu = perf_counter_ns() - began, process_time_ns() - cpu
    return {
        "cpu_all": cpu / CALLERS,
        "rate": CALLERS * 1e9 / wall,
        "p99": sorted(walls)[int(CALLERS * 0.99)],
    }


async def _wall(client, url):
    began = perf_counter_ns()
    response = await client.get(url)
    response.raise_for_status()
    return perf_counter_ns() - began


ROWS = (
    Row(
        "callers",
        "1,000 concurrent callers of asynchronous httpx, a GET each",
        _callers,
        base="httpx",
        quantity="rate",
        goals=(
            Goal(
                "httpx + ringback / httpx, requests per second",
                8.0,
                over("httpx + ringback", "httpx", "rate"),
                at_least=True,
            ),
            Goal(
                "httpx + ringback / httpx, p99",
                0.2,
                over("httpx + ringback", "httpx", "p99"),
            ),
        ),
    ),
)
