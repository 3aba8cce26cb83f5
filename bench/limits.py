"""What each bulkhead makes of an overload; prints a table and writes JSON.

    python bench/limits.py [--workers 8] [--load 3] [--seconds 24] [--json limits.json] [NAME ...]

A server on loopback, in a process of its own, has so many workers, each of which takes 0.1 s for a
request; what comes meanwhile waits there in order of arrival. Calls come at random instants, `load`
times as many as it serves, and each waits 0.5 s at most for a place. In the second third of the
time half of the workers are away. For each third: the part of what the workers can do that was
served, the 99th percentile of the seconds with the server and of the whole call, and the places.
"""

import argparse
import asyncio
import contextlib
import json
import math
import random
import statistics
import sys
import time
from multiprocessing import Pipe, Process
from pathlib import Path

import httpx
from machine import machine

from ringback import Adaptive, Policy
from ringback.client.bulkhead import async_bulkheads
from ringback.client.httpx import AsyncTransport

SECONDS, PLACE_TIMEOUT, ANSWER_TIMEOUT = 0.1, 0.5, 5.0
RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Took: {}\r\n\r\n{{}}"
BULKHEADS = {
    "none": None,
    "fixed, as many as workers": 0,
    "fixed, 100": 100,
    "adaptive": Adaptive(),
}


async def serve(workers, seconds, told):
    free = asyncio.Semaphore(workers)

    async def answer(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                came = time.monotonic()
                async with free:
                    await asyncio.sleep(SECONDS)
                writer.write(RESPONSE.format(time.monotonic() - came).encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
    told.send(server.sockets[0].getsockname()[1])
    await asyncio.sleep(seconds / 3)
    for _ in range(workers // 2):
        await free.acquire()
    await asyncio.sleep(seconds / 3)
    for _ in range(workers // 2):
        free.release()
    await asyncio.Event().wait()


def server(*arguments):
    asyncio.run(serve(*arguments))


async def overload(url, bulkhead, rate, seconds):
    """Return when each call was begun, how long it took, and how long it was with the server."""
    policy = Policy(attempts=1, breaker=None, budget=None, patience=0, bulkhead=bulkhead)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    calls, chance, began = [], random.Random(1), time.monotonic()
    places = []
    async with httpx.AsyncClient(
        transport=AsyncTransport(policy=policy, sinks=[], limits=limits, trust_env=False),
        timeout=httpx.Timeout(ANSWER_TIMEOUT, pool=PLACE_TIMEOUT),
    ) as client:

        async def call():
            start = time.monotonic()
            there = None
            with contextlib.suppress(httpx.HTTPError):
                there = float((await client.get(url)).headers["X-Took"])
            calls.append((start - began, time.monotonic() - start, there))
            if isinstance(bulkhead, Adaptive):
                places.append((start - began, async_bulkheads().of(url, bulkhead).places))

        async with asyncio.TaskGroup() as group:
            while time.monotonic() < began + seconds:
                group.create_task(call())
                await asyncio.sleep(chance.expovariate(rate))
    return calls, places


def third(values, number, seconds):
    """Those of one third of the time, after its first two seconds."""
    start = number * seconds / 3
    return [rest for at, *rest in values if start + 2 <= at < start + seconds / 3]


def p99(seconds):
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else math.inf


def measure(bulkhead, workers, load, seconds):
    here, there = Pipe()
    process = Process(target=server, args=(workers, seconds, there), daemon=True)
    process.start()
    try:
        url = f"http://127.0.0.1:{here.recv()}"
        places = workers if bulkhead == 0 else bulkhead
        calls, limits = asyncio.run(overload(url, places, load * workers / SECONDS, seconds))
    finally:
        process.terminate()
        process.join()
    result = {}
    for number, capacity in enumerate((workers, workers - workers // 2, workers)):
        part = third(calls, number, seconds)
        served = [took for took, there in part if there]
        there = [there for _, there in part if there]
        result[("before", "half away", "back")[number]] = {
            "served": len(served) / (capacity / SECONDS * (seconds / 3 - 2)),
            "p99": p99(served),
            "p99_there": p99(there),
            "places": statistics.median(n for (n,) in third(limits, number, seconds))
            if limits
            else places,
        }
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(BULKHEADS))
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--load", type=float, default=3)
    parser.add_argument("--seconds", type=float, default=24)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results = {}
    print(
        f"{asked.workers} workers, {asked.load} times as many calls as they serve", file=sys.stderr
    )
    for name in asked.names:
        found = measure(BULKHEADS[name], asked.workers, asked.load, asked.seconds)
        results[name] = found
        cells = [
            f"{part['served']:.0%} | {part['p99_there']:.2f} s | {part['p99']:.2f} s"
            f" | {part['places'] or '–'}"
            for part in found.values()
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
