"""Requests per second of eight threads that share a session."""

import threading
from contextlib import ExitStack
from time import perf_counter, perf_counter_ns, process_time_ns

from client_bench.clients.sessions import get, pair_and_ours
from client_bench.interleave import opened
from client_bench.row import Goal, Row, over
from client_bench.samples import Samples

THREADS = 8
SLICE = 0.25
MIN_ROUNDS = 8


def _threads(bench):
    """Slices of time, each of one client; the clients take turns in random order."""
    clients = pair_and_ours(get)
    samples = Samples(clients)
    with ExitStack() as stack:
        calls = opened(bench, clients, stack, samples)
        until, rounds = perf_counter() + bench.seconds, 0
        while rounds < MIN_ROUNDS or perf_counter() < until:
            for name in bench.rng.sample(list(calls), k=len(calls)):
                samples.add(name, **_slice(calls[name]))
            rounds += 1
    return samples


def _slice(call):
    walls, together = [], threading.Barrier(THREADS + 1)

    def work():
        together.wait()
        until = perf_counter_ns() + int(SLICE * 1e9)
        began = perf_counter_ns()
        while began < until:
            call()
            ended = perf_counter_ns()
            walls.append(ended - began)
            began = ended

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    together.wait()
    wall, cpu = perf_counter_ns(), process_time_ns()
    for thread in threads:
        thread.join()
    cpu, wall = process_time_ns() - cpu, perf_counter_ns() - wall
    return {
        "cpu_all": cpu / len(walls),
        "rate": len(walls) * 1e9 / wall,
        "p99": sorted(walls)[int(len(walls) * 0.99)],
    }


ROWS = (
    Row(
        "threads",
        "GET over kept connections, 8 threads that share a session",
        _threads,
        base="requests",
        goals=(
            Goal(
                "ringback.Session / requests.Session, requests per second",
                2.5,
                over("ringback.Session", "requests", "rate"),
                at_least=True,
            ),
        ),
        quantity="rate",
        same=(0.90, 1.10),  # the scheduler has a say in threads
    ),
)
