"""The stage of TCP: whether each address of the target can be connected to, and who says no."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.context import OpenRoute, together
from ringback.diagnosis.facts import TcpAgainFacts, TcpConnectFacts
from ringback.diagnosis.layer import neighbours, path
from ringback.diagnosis.layer.connect import ConnectResult, attempt_connect, describe_attempt
from ringback.diagnosis.layer.opening import keep_connection
from ringback.diagnosis.layer.proxy_tunnel import authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ringback.diagnosis.context import DiagnosisContext


__all__ = ["read_tcp"]


class AttemptWatch:
    """The first attempts to connect, one for each address."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._made: dict[str, ConnectResult | None] = dict.fromkeys(addresses)
        self._changed = threading.Condition()

    def ended(self, made: ConnectResult) -> None:
        """Note an attempt."""
        with self._changed:
            self._made[made.address] = made
            self._changed.notify_all()

    def wait(self, seconds: float) -> dict[str, ConnectResult | None]:
        """Return the attempts by address, once all have ended or the time is over."""
        self._wait(lambda: all(self._made.values()), seconds)
        return dict(self._made)

    def of(self, address: str, seconds: float) -> ConnectResult | None:
        """Return the attempt at one address; ``None``: it goes on."""
        self._wait(lambda: self._made[address] is not None, seconds)
        return self._made[address]

    def _wait(self, over: Callable[[], bool], seconds: float) -> None:
        ends = time.monotonic() + seconds
        with self._changed:
            while not over() and (left := ends - time.monotonic()) > 0:
                self._changed.wait(left)


LAST_ATTEMPT_END = 4.7
"""Seconds after the first attempt when all others are over."""

_RETRY_INTERVAL = 1.1
"""Seconds between them: each sends its SYN twice, at other moments than the first."""

_FIRST_RETRY = 1.2


def worth_repeating(context: DiagnosisContext, silent: Sequence[str]) -> list[tuple[str, int]]:
    """Return which addresses are to be tried again and how often, and count the attempts."""
    times = 2 if len(silent) == 1 else 1
    firsts = [next((a for a in silent if (":" in a) is six), "") for six in (False, True)]
    chosen: list[tuple[str, int]] = []
    for address in filter(None, firsts):
        allowed = sum(context.may_connect(address, context.asked.port) for _ in range(times))
        if allowed:
            chosen.append((address, allowed))
    return chosen


def again(
    context: DiagnosisContext,
    watch: AttemptWatch,
    address: str,
    count: int,
    use: Callable[[ConnectResult], None],
) -> None:
    """Try an address again and record how many of all attempts opened, the first among them.

    Nothing is recorded, nor waited for, where the first is answered with an error after all.
    """
    began = context.now()
    left = LAST_ATTEMPT_END - _FIRST_RETRY
    port = context.asked.port

    def needless() -> bool:
        first = watch.of(address, 0)
        return first is not None and first.outcome not in {"timeout", "open"}

    def repeat(number: int) -> ConnectResult:
        time.sleep(context.left(number * _RETRY_INTERVAL))
        seconds = context.left(left - number * _RETRY_INTERVAL)
        made = attempt_connect(address, port, seconds, needless=needless)
        use(made)
        return made

    made = together(context, [partial(repeat, number) for number in range(count)])
    first = watch.of(address, context.left(LAST_ATTEMPT_END))
    outcomes = [attempt.outcome for attempt in (first, *made) if attempt is not None]
    opened = outcomes.count("open")
    if needless() and not opened:
        return
    context.record(
        TcpAgainFacts,
        authority(address, port),
        result=f"{opened} of {len(outcomes)} attempts opened",
        since=began,
        facts=TcpAgainFacts(
            address=address,
            port=port,
            attempts=len(outcomes),
            opened=opened,
            outcomes=outcomes,
        ),
    )


MAX_ADDRESSES = 8
"""Addresses that are tried at most."""

CONNECT_TIMEOUT = 3.4
"""Seconds for an answer: a dead host on the own link is known after 3.06 s, and ICMP is often only
sent for the second SYN."""

SILENT_SECONDS = 1.2
"""Seconds without an answer, and with the SYN sent twice, after which others are asked as well."""


def read_tcp(context: DiagnosisContext, addresses: Sequence[str]) -> tuple[OpenRoute, ...]:
    """Connect to every address at once, and return the ways that are open, in their order.

    Where none answers, the same is tried again, and the neighbours and the path are asked beside.
    The first open connection is kept for the next stage; the others are closed.
    """
    targets = list(dict.fromkeys(addresses))[:MAX_ADDRESSES]
    if not targets:
        return ()
    watch = AttemptWatch(targets)
    routes: dict[str, OpenRoute] = {}
    together(
        context,
        [
            *(partial(_connect, context, address, watch, routes) for address in targets),
            partial(_beside, context, watch, routes),
        ],
    )
    return tuple(routes[address] for address in targets if address in routes)


def _connect(
    context: DiagnosisContext, address: str, watch: AttemptWatch, routes: dict[str, OpenRoute]
) -> None:
    port = context.asked.port
    began = context.now()
    if not context.may_connect(address, port):
        return
    made = attempt_connect(address, port, context.left(CONNECT_TIMEOUT))
    record_attempt(context, made, began)
    use_attempt(context, made, routes)
    watch.ended(made)


def record_attempt(context: DiagnosisContext, made: ConnectResult, began: float) -> None:
    """Record an attempt as a reading."""
    context.record(
        TcpConnectFacts,
        authority(made.address, made.port),
        state="ok" if made.outcome == "open" else "failed",
        result=describe_attempt(made),
        kind=made.kind,
        since=began,
        facts=TcpConnectFacts(**made.facts(), proxied=False),
    )


def use_attempt(
    context: DiagnosisContext, made: ConnectResult, routes: dict[str, OpenRoute]
) -> None:
    """Note the way that an attempt found open; its connection is kept where it is the first."""
    if made.sock is None:
        return
    route = OpenRoute(address=made.address, port=made.port, rtt=made.rtt)
    first = not routes
    routes.setdefault(made.address, route)
    if first:
        keep_connection(context, route, None, made.sock)
    else:
        made.close()


def _beside(context: DiagnosisContext, watch: AttemptWatch, routes: dict[str, OpenRoute]) -> None:
    """Ask others where no address has answered well."""
    made = watch.wait(SILENT_SECONDS)
    if routes:
        return
    silent = [address for address, attempt in made.items() if attempt is None]
    tasks = neighbours.neighbour_tasks(context, made)
    for address, count in worth_repeating(context, silent):
        tasks.append(
            partial(
                again, context, watch, address, count, partial(use_attempt, context, routes=routes)
            )
        )
    together(context, [*tasks, *path.path_tasks(context, made)])
