"""Clients measured request by request, in random order, in one process."""

from contextlib import ExitStack
from functools import partial
from time import perf_counter, perf_counter_ns, process_time_ns, thread_time_ns

from client_bench.samples import Samples

OPENINGS = 8
WARM, MIN_WARM_ROUNDS, WARM_SECONDS = 30, 3, 0.2
MIN_ROUNDS = 8


class NotThereError(Exception):
    """A client that cannot be measured here, and why."""


def interleave(bench, clients, *, batch=1, openings=OPENINGS):
    """Samples of clients: nanoseconds ``cpu`` (this thread), ``cpu_all`` (all threads), ``wall``.

    The clients are opened anew a few times: what one of them owes to the luck of its connection, or
    of where in memory it lies, is not taken for its own. A client that cannot be opened, or whose
    first call fails, is named in ``missing``.

    Args:
        bench: The run.
        clients: Name → a function of the run that returns a context manager of a call.
        batch: Calls that make one sample, for calls of a few microseconds.
        openings: How often the clients are opened.
    """
    samples = Samples(clients)
    for _ in range(openings):
        with ExitStack() as stack:
            calls = opened(bench, clients, stack, samples)
            samplers = {name: _sampler(call, batch) for name, call in calls.items()}
            _turns(bench, samplers, samples, bench.seconds / openings)
    return samples


def _turns(bench, samplers, samples, seconds):
    enough = perf_counter() + WARM_SECONDS
    for done in range(WARM):
        if done >= MIN_WARM_ROUNDS and perf_counter() > enough:
            break
        for sampler in samplers.values():
            sampler()
    names, until, rounds = list(samplers), perf_counter() + seconds, 0
    while rounds < MIN_ROUNDS or perf_counter() < until:
        bench.rng.shuffle(names)
        for name in names:
            cpu, cpu_all, wall = samplers[name]()
            samples.add(name, cpu=cpu, cpu_all=cpu_all, wall=wall)
        rounds += 1


class Repeated:
    """A call that is measured several times at once, each time.

    What comes before it, in another client, then weighs less: that matters where one call takes a
    hundred times as long as the other and leaves the caches to itself.

    Args:
        call: The call.
        count: How often.
    """

    def __init__(self, call, count):
        self._call = call
        self.sample = partial(sample, call, count)

    def __call__(self):
        self._call()


def opened(bench, clients, stack, samples):
    """Name → call, of the clients that could be opened and that work; the others go to missing."""
    calls = {}
    for name, client in clients.items():
        with ExitStack() as own:
            try:
                call = own.enter_context(client(bench))
                call()
            except Exception as error:  # noqa: BLE001 - a peer may raise anything; it is named
                samples.missing[name] = reason(error)
                continue
            calls[name] = call
            stack.push(own.pop_all())
    return calls


def reason(error):
    """Why a client is missing, in a line."""
    if isinstance(error, NotThereError):
        return str(error)
    if isinstance(error, ImportError):
        return f"not there: {error}"
    return f"does not work: {type(error).__name__}: {error}"


def _sampler(call, batch):
    return getattr(call, "sample", None) or partial(sample, call, batch)


def sample(call, batch):
    """Nanoseconds of one call: of this thread, of all threads, of the clock on the wall.

    Args:
        call: What to measure.
        batch: How often it is called; the result is of one.
    """
    if batch == 1:
        wall, every, own = perf_counter_ns(), process_time_ns(), thread_time_ns()
        call()
        return _since(own, every, wall)
    repeat = range(batch)
    wall, every, own = perf_counter_ns(), process_time_ns(), thread_time_ns()
    for _ in repeat:
        call()
    return tuple(seconds / batch for seconds in _since(own, every, wall))


def _since(own, every, wall):
    own = thread_time_ns() - own
    every = process_time_ns() - every
    return own, every, perf_counter_ns() - wall
