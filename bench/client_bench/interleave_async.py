"""The same for asynchronous clients: one call at a time, in one event loop."""

import asyncio
from contextlib import AsyncExitStack
from time import perf_counter, perf_counter_ns, process_time_ns, thread_time_ns

from client_bench.interleave import MIN_ROUNDS, OPENINGS, WARM, reason
from client_bench.samples import Samples


def interleave_async(bench, clients):
    """Samples as `interleave` gives them.

    Args:
        bench: The run.
        clients: Name → a function of the run that returns an asynchronous context manager.
    """
    samples = Samples(clients)
    for _ in range(OPENINGS):
        asyncio.run(_interleave(bench, clients, samples))
    return samples


async def _interleave(bench, clients, samples):
    async with AsyncExitStack() as stack:
        calls = await _opened(bench, clients, stack, samples)
        for call in [*calls.values()] * WARM:
            await call()
        names, until, rounds = list(calls), perf_counter() + bench.seconds / OPENINGS, 0
        while rounds < MIN_ROUNDS or perf_counter() < until:
            bench.rng.shuffle(names)
            for name in names:
                samples.add(name, **await _sample(calls[name]))
            rounds += 1


async def _opened(bench, clients, stack, samples):
    calls = {}
    for name, client in clients.items():
        async with AsyncExitStack() as own:
            try:
                call = await own.enter_async_context(client(bench))
                await call()
            except Exception as error:  # noqa: BLE001 - a peer may raise anything; it is named
                samples.missing[name] = reason(error)
                continue
            calls[name] = call
            stack.push_async_exit(own.pop_all())
    return calls


async def _sample(call):
    wall, every, own = perf_counter_ns(), process_time_ns(), thread_time_ns()
    await call()
    own = thread_time_ns() - own
    every = process_time_ns() - every
    return {"cpu": own, "cpu_all": every, "wall": perf_counter_ns() - wall}
