"""The failure path: nobody listens at the port."""

from contextlib import contextmanager
from functools import partial

from client_bench.clients import refused
from client_bench.clients.refused import client, failing
from client_bench.interleave import Repeated, interleave
from client_bench.interleave_async import interleave_async
from client_bench.row import Goal, Row, over, twice

TENACITY = "requests + tenacity"
TENACITY_LOGGED = "requests + tenacity, logged"
ONCE = "requests, refused once"
OPEN = "ringback.Session, circuit open"
IN_A_ROW = 50
OPEN_IN_A_ROW = f"{OPEN}, {IN_A_ROW} in a row"
CLASSIFY = "ringback.classify of it"


@contextmanager
def _open(bench):
    from ringback import Backoff, Policy, Session  # noqa: PLC0415 - the other rows do not load it
    from ringback.retry import Breaker  # noqa: PLC0415 - the same

    breaker = Breaker(consecutive=1, sustained=0.0, open_for=3600.0, open_cap=3600.0)
    policy = Policy(1, Backoff(0.0, 0.0), budget=None, breaker=breaker)
    with Session(policy=policy) as session:
        failing(session.get, bench.site.refused)
        error = failing(session.get, bench.site.refused)
        if error.failure.kind != "client.circuit_open":
            raise RuntimeError(f"the circuit is not open: {error.failure.kind}")
        yield lambda: failing(session.get, bench.site.refused)


@contextmanager
def _open_in_a_row(bench):
    """What refusals cost where they come: while a circuit is open there is no call between them."""
    with _open(bench) as call:
        yield Repeated(call, IN_A_ROW)


@contextmanager
def _classify(bench):
    from ringback import classify  # noqa: PLC0415 - the other rows do not load it

    with refused.plain() as session:
        error = failing(session.get, bench.site.refused)
    yield lambda: classify(error)


TENACITY_ALONE = {TENACITY: refused.tenacity}
FOUR_TIMES = {**TENACITY_ALONE, "ringback.Session": refused.ringback}
OTHERS = {
    "ringback.Session": refused.ringback,
    TENACITY_LOGGED: refused.tenacity_logged,
    "ringback.Session, logged": refused.ringback_logged,
    "requests + stamina": refused.stamina,
    "requests + backoff": refused.backoff,
    "requests + Retry": refused.urllib3,
}
FOUR = "ringback.Session, refused four times"
FAILING = {
    FOUR: client(refused.ringback),
    ONCE: client(refused.once),
    "ringback.Session, refused once": client(refused.ringback_once),
    OPEN: _open,
    CLASSIFY: _classify,
}
REFUSING = {
    FOUR: client(refused.ringback),
    ONCE: client(refused.once),
    OPEN_IN_A_ROW: _open_in_a_row,
}


def _clients(makes):
    return {name: client(make) for name, make in makes.items()}


def _once(library, bare, with_ours, interleaved=interleave):
    """One attempt that is refused, beside the library alone."""
    ours = f"{library} + ringback"
    return Row(
        f"refused-{library}",
        f"GET that is refused once, with {library}",
        partial(interleaved, clients=twice({library: bare}) | {ours: with_ours}),
        base=library,
        quantity="cpu_all",
        goals=(_goal(ours, library, 1.25),),
    )


def _goal(ours, base, limit):
    # Of all threads: what is told of a failure may be told by another.
    return Goal(f"{ours} / {base}, CPU", limit, over(ours, base, "cpu_all"))


ROWS = (
    Row(
        "refused",
        "GET that is refused four times, without waits",
        partial(interleave, clients=twice(_clients(FOUR_TIMES))),
        base=TENACITY,
        quantity="cpu_all",
        goals=(_goal("ringback.Session", TENACITY, 0.45),),
    ),
    Row(
        "refused-peers",
        "GET that is refused four times, without waits, everybody",
        partial(interleave, clients=twice(_clients(TENACITY_ALONE)) | _clients(OTHERS)),
        base=TENACITY,
        quantity="cpu_all",
    ),
    _once("requests", client(refused.once), client(refused.ringback_once)),
    _once("httpx", client(refused.of_httpx), client(refused.of_httpx_ours)),
    _once("urllib3", client(refused.of_urllib3), client(refused.of_urllib3_ours)),
    _once("aiohttp", refused.of_aiohttp, refused.of_aiohttp_ours, interleave_async),
    Row(
        "failing",
        "GET that fails once, and what is done about it",
        partial(interleave, clients=twice(FAILING)),
        base=ONCE,
        quantity="cpu_all",
        goals=(
            _goal(OPEN, FOUR, 1 / 50),
            _goal(OPEN, ONCE, 1 / 50),
            _goal(CLASSIFY, FOUR, 0.02),
            _goal(CLASSIFY, ONCE, 0.02),
        ),
    ),
    Row(
        "failing-hot",
        "GET that an open circuit refuses, many in a row",
        partial(interleave, clients=twice(REFUSING)),
        base=ONCE,
        quantity="cpu_all",
        goals=(_goal(OPEN_IN_A_ROW, FOUR, 1 / 50), _goal(OPEN_IN_A_ROW, ONCE, 1 / 50)),
    ),
)
