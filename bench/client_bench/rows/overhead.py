"""What a policy adds to a call that succeeds."""

from contextlib import nullcontext

from client_bench.clients.layered import LAYERED, OURS
from client_bench.clients.sessions import client, get, ours, plain
from client_bench.clients.wrapped import PEERS, bare, with_ringback
from client_bench.interleave import interleave
from client_bench.row import AGAIN, Goal, Row, over, twice

BARE = "a bare call"
WRAPS = {**twice({BARE: bare}), "ringback.retry": with_ringback, **PEERS}
CALLS = 50
UNPROTECTED = "the same without breaker, budget and sinks"


def _nothing(wrap):
    return lambda _bench: nullcontext(wrap(lambda: None, OSError))


def _unprotected():
    from ringback import Policy, Session  # noqa: PLC0415 - the other rows do not load it

    return Session(policy=Policy(budget=None, breaker=None), sinks=[])


CLIENTS = {
    "requests": client(plain, get),
    "requests + tenacity": LAYERED["requests + tenacity"],
    **OURS,
    "ringback.Session": client(ours, get),
    UNPROTECTED: client(_unprotected, get),
}


BASES = {
    "ringback.Session": UNPROTECTED,
    "ringback.Session" + AGAIN: UNPROTECTED,
    UNPROTECTED: UNPROTECTED,
    UNPROTECTED + AGAIN: UNPROTECTED,
}
"""Client → what it adds to, where that is not the base of the row."""


def _measured(base, clients, batch=1):
    """A measurement with a column more: nanoseconds ``added``, turn by turn."""

    def measure(bench):
        samples = interleave(bench, clients, batch=batch)
        for name in clients:
            without = samples.column(BASES.get(name, base), "cpu")
            for under, alone in zip(samples.column(name, "cpu"), without, strict=False):
                samples.add(name, added=under - alone)
        return samples

    return measure


def _goal(text, ours):
    statistic = over(ours, "requests + tenacity", "added")
    return Goal(f"added by {text} / by tenacity to requests, CPU", 1 / 8, statistic)


ROWS = (
    Row(
        "overhead",
        "GET over a kept connection, under a policy",
        _measured("requests", twice(CLIENTS)),
        base="requests",
        goals=(
            _goal("breaker, budget and events to ringback.Session", "ringback.Session"),
            _goal("ringback.retry to requests", "requests + ringback.retry"),
        ),
    ),
    Row(
        "overhead-hot",
        "a function that returns at once, under a policy, 50 calls at a time",
        _measured(BARE, {name: _nothing(wrap) for name, wrap in WRAPS.items()}, batch=CALLS),
        base=BARE,
        same=(0.90, 1.10),  # of a call of 50 ns
    ),
)
