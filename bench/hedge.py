"""What a second attempt does to the slowest calls; prints a table and writes JSON.

    python bench/hedge.py [--rate 60] [--seconds 20] [--rounds 3] [--json hedge.json] [NAME ...]

Ten backends on loopback, in a process of their own, answer in about 20 ms (log-normal, sigma 0.3),
and one of them in about 1 s. Which gets a request? By name:

    connections   a balancer deals out connections (layer 4)
    requests      a balancer deals out requests (layer 7)
    addresses     all ten are addresses of one name
    stutter       none is slow, but one answer in fifty is, of whichever backend
    all slower    none is slow, but in the second half of the time all take 0.2 s

Calls come at random instants. Compared are no second attempt, ringback's, and gRPC's hedgingPolicy
(gRFC A6: after a fixed hedgingDelay, maxAttempts 2, no limit while nothing fails) over the same
transport. For each: the median over the rounds of p50, p95 and p99, without the first 100 calls,
and of the requests per call.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import socket
import statistics
import time
from functools import partial
from multiprocessing import Pipe, Process
from pathlib import Path

import httpx
from machine import machine

from ringback import Policy
from ringback.client import hedging
from ringback.client.dial.address import avoided
from ringback.client.dial.resolver import names
from ringback.client.httpx import AsyncTransport

BACKENDS, USUAL, SLOW, SIGMA = 10, 0.02, 1.0, 0.3
ALL_SLOWER, STUTTER = 0.2, 50
LEARNING = 100
RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}"
NAME = "backends.test"
BALANCING = ["connections", "requests", "addresses", "stutter", "all slower"]
WAYS = {
    "none": (None, None),
    "ringback, 0.05": (0.05, None),
    "ringback, 0.15": (0.15, None),
    "gRPC's way, 50 ms": (None, 0.05),
    "gRPC's way, 200 ms": (None, 0.2),
}


class Backends:
    def __init__(self, balancing, seconds):
        self.balancing = balancing
        self.requests = 0
        self._half = time.monotonic() + seconds / 2
        self._chance, self._turn = random.Random(2), itertools.count()

    async def listen(self, told):
        port, servers = 0, BACKENDS if self.balancing == "addresses" else 1
        for number in range(servers):
            connected = partial(self._connected, number)
            server = await asyncio.start_server(connected, f"127.0.0.{number + 1}", port)
            port = server.sockets[0].getsockname()[1]
        told.send(port)
        await asyncio.Event().wait()

    async def _connected(self, address, reader, writer):
        backend = address if self.balancing == "addresses" else next(self._turn) % BACKENDS
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while asked := await reader.readuntil(b"\r\n\r\n"):
                if asked.startswith(b"GET /count"):
                    body = str(self.requests)
                else:
                    self.requests += 1
                    body = "{}"
                    usual = self._usual(backend)
                    await asyncio.sleep(usual * self._chance.lognormvariate(0, SIGMA))
                writer.write(RESPONSE.format(len(body), body).encode())
        writer.close()

    def _usual(self, backend):
        if self.balancing == "all slower":
            return ALL_SLOWER if time.monotonic() > self._half else USUAL
        if self.balancing in {"requests", "stutter"}:
            backend = next(self._turn) % (STUTTER if self.balancing == "stutter" else BACKENDS)
        return SLOW if backend == 0 else USUAL


def server(balancing, seconds, told):
    asyncio.run(Backends(balancing, seconds).listen(told))


@contextlib.contextmanager
def resolving(addresses, chance):
    """The name has all addresses, in another order each time, as of most DNS servers."""
    system = socket.getaddrinfo

    def lookup(host, port, *rest, **more):
        if host != NAME:
            return system(host, port, *rest, **more)
        chance.shuffle(addresses)
        return [info for address in addresses for info in system(address, port, *rest, **more)]

    socket.getaddrinfo = lookup
    try:
        yield
    finally:
        socket.getaddrinfo = system


async def twice(client, url, delay):
    """One call as gRPC hedges it."""
    first = asyncio.create_task(client.get(url))
    running = {first}
    done, _ = await asyncio.wait(running, timeout=delay)
    if not done:
        running.add(asyncio.create_task(client.get(url)))
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in running - done:
        task.cancel()
    await asyncio.wait(running)
    return next(iter(done)).result()


async def calls(url, way, rate, seconds, seed):
    hedge, delay = way
    policy = Policy(attempts=2 if hedge else 1, breaker=None, hedge=hedge)
    chance, took = random.Random(seed), []
    async with httpx.AsyncClient(
        transport=AsyncTransport(policy=policy, sinks=[], trust_env=False), timeout=30
    ) as client:

        async def call():
            start = time.monotonic()
            await (client.get(url) if delay is None else twice(client, url, delay))
            took.append(time.monotonic() - start)

        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < until:
                group.create_task(call())
                await asyncio.sleep(chance.expovariate(rate))
        requests = int((await client.get(url + "count")).text)
    return took, requests


def measure(balancing, way, rate, seconds, seed):
    here, there = Pipe()
    process = Process(target=server, args=(balancing, seconds, there), daemon=True)
    process.start()
    hedging.hedges.renew()
    avoided.reset()
    names.clear()
    try:
        host = NAME if balancing == "addresses" else "127.0.0.1"
        addresses = [f"127.0.0.{number + 1}" for number in range(BACKENDS)]
        with resolving(addresses, random.Random(seed)):
            url = f"http://{host}:{here.recv()}/"
            took, requests = asyncio.run(calls(url, way, rate, seconds, seed))
    finally:
        process.terminate()
        process.join()
    cuts = statistics.quantiles(took[LEARNING:], n=100)
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "load": requests / len(took)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=BALANCING)
    parser.add_argument("--rate", type=float, default=60)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results = {}
    for name in asked.names:
        found = {way: [] for way in WAYS}
        for seed, way in itertools.product(range(asked.rounds), WAYS):
            found[way].append(measure(name, WAYS[way], asked.rate, asked.seconds, seed))
        for way, rounds in found.items():
            median = {key: statistics.median(run[key] for run in rounds) for key in rounds[0]}
            results[f"{name}: {way}"] = {**median, "rounds": rounds}
            cells = [f"{median[key] * 1000:.0f} ms" for key in ("p50", "p95", "p99")]
            print(f"| {name} | {way} | {' | '.join(cells)} | {median['load']:.3f} |", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
