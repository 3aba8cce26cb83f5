"""Making a client, and what it loads."""

import subprocess
import sys
from contextlib import nullcontext
from functools import partial
from time import perf_counter

from client_bench.clients import httpx_sync
from client_bench.interleave import Repeated, interleave
from client_bench.row import Goal, Row, over, twice
from client_bench.samples import Samples

MIN_ROUNDS = 15


def _made(make, count=1):
    """What is measured of making a client and closing it."""
    return lambda _bench: nullcontext(Repeated(lambda: make().close(), count))


def _creation(ours, bare):
    return Goal(f"{ours} / {bare}, CPU", 1 / 50, over(ours, bare))


CLIENTS = {
    "httpx.Client()": _made(httpx_sync.bare),
    "httpx.Client(transport=ours)": _made(httpx_sync.ours, 10),
    "httpx2.Client()": _made(httpx_sync.bare2),
    "httpx2.Client(transport=ours)": _made(httpx_sync.ours2, 10),
}
PROGRAM = "import time; a = time.process_time_ns(); {}; print(time.process_time_ns() - a)"
PROGRAMS = {
    "requests": "import requests",
    "ringback and requests": "import ringback, requests",
    "ringback.Session": "from ringback import Session",
}


IMPORTS = twice(PROGRAMS)


def _imports(bench):
    """Fresh interpreters, in random order; the CPU of the import in each."""
    samples = Samples(IMPORTS)
    until, rounds = perf_counter() + bench.seconds, 0
    while rounds < MIN_ROUNDS or perf_counter() < until:
        for name in bench.rng.sample(list(IMPORTS), k=len(IMPORTS)):
            command = [sys.executable, "-c", PROGRAM.format(IMPORTS[name])]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                samples.missing[name] = done.stderr.strip().rpartition("\n")[2]
            else:
                samples.add(name, cpu_all=int(done.stdout))
        rounds += 1
    return samples


ROWS = (
    Row(
        "creation",
        "making and closing a client of httpx",
        partial(interleave, clients=twice(CLIENTS)),
        base="httpx.Client()",
        goals=(
            _creation("httpx.Client(transport=ours)", "httpx.Client()"),
            _creation("httpx2.Client(transport=ours)", "httpx2.Client()"),
        ),
    ),
    Row(
        "import",
        "import in a fresh interpreter",
        _imports,
        base="requests",
        quantity="cpu_all",
        goals=(
            Goal(
                "ringback and requests / requests, CPU",
                1.05,
                over("ringback and requests", "requests", "cpu_all"),
            ),
        ),
    ),
)
