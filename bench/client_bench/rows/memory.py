"""Memory of sessions that do nothing, and of httpx clients."""

import gc
import tracemalloc
from contextlib import ExitStack

from client_bench.clients.sessions import get, ours, plain
from client_bench.interleave import reason
from client_bench.row import Goal, Row, over, twice
from client_bench.samples import Samples

ROUNDS = 5
MAKES = twice({"requests": plain, "ringback.Session": ours})


def _memory(use, count):
    """A measurement: bytes of a session, of so many, each used once.

    What is made once for all, by the first ten, does not count.
    """

    def measure(bench):
        samples = Samples(MAKES)
        for _ in range(ROUNDS):
            for name, make in MAKES.items():
                try:
                    samples.add(name, bytes=_each(make, lambda s: use(s, bench.site), count))
                except Exception as error:  # noqa: BLE001 - it is named
                    samples.missing[name] = reason(error)
        return samples

    return measure


def _each(make, use, count):
    with ExitStack() as stack:

        def opened(number):
            for _ in range(number):
                use(stack.enter_context(make()))
            gc.collect()

        tracemalloc.start()
        try:
            opened(10)
            before, _ = tracemalloc.get_traced_memory()
            opened(count)
            return (tracemalloc.get_traced_memory()[0] - before) / count
        finally:
            tracemalloc.stop()


def _row(name, title, use, count):
    return Row(
        name,
        f"memory of {title}, by tracemalloc, the mean of {count}",
        _memory(use, count),
        base="requests",
        quantity="bytes",
        goals=(
            Goal(
                "ringback.Session / requests.Session, bytes",
                1.25,
                over("ringback.Session", "requests", "bytes"),
            ),
        ),
    )


ROWS = (
    _row("memory-new", "a session that has not been used", lambda _session, _site: None, 500),
    _row("memory-idle", "a session that holds a connection", get, 300),
)
