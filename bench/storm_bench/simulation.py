"""One run: so many clients, one service, and the calls that each makes."""

import heapq
import random as chance

from ringback.failure import Failure
from storm_bench.service import FAILED, SERVED, TIMED_OUT, Service

REFUSED = Failure("tcp.refused", phase="connect", delivered="no")
SILENT = Failure("http.response.timed_out", phase="wait", delivered="maybe")
UNAVAILABLE = Failure("http.error.unavailable", phase="wait", delivered="maybe", code="503")
FAILURES = {"refused": REFUSED, TIMED_OUT: SILENT, FAILED: UNAVAILABLE}
CALL, SEND, OVER, ASK = range(4)
WAITS = "waits"
"""What a client says instead of a delay, if the call stands in the line of the origin."""


class Waiter:
    """A call in the line; only the last time that it was told to ask counts."""

    def __init__(self, ask):
        self.asked, self._ask = 0, ask

    def ask_at(self, when):
        self.asked += 1
        self._ask(self, when)


def simulate(  # noqa: C901, PLR0912, PLR0915 - one loop over millions of events
    make_client, *, clients, rate, seconds, service, seed=1, synchronised=False, slot=int
):
    """Second → [calls begun, of them succeeded in the end], and second → requests.

    Another ``slot`` than the second is a function of the time that names it.
    Each client calls ``rate`` times a second on average, whether or not its earlier calls are over:
    at random instants, or all of them at the same ones.
    """
    random = chance.Random(seed)
    service = Service(random=random.random, slot=slot, **service)
    every = [make_client() for _ in range(clients)]
    calls = {}

    def pause():
        return 1 / rate if synchronised else random.expovariate(rate)

    events = [(pause(), index, CALL, every[index], None, 0, "") for index in range(clients)]
    heapq.heapify(events)
    number = clients
    now = 0.0
    push, pop = heapq.heappush, heapq.heappop

    def stand_in_line(client, run, begun):
        nonlocal number

        def ask(waiter, when):
            nonlocal number
            number += 1
            push(events, (when, number, ASK, client, run, begun, (waiter, waiter.asked)))

        waiter = Waiter(ask)
        client.join(run, lambda: waiter.ask_at(now), now, random.random())
        waiter.ask_at(now)

    while events:
        now, _, what, client, run, begun, end = pop(events)
        number += 1
        if what == CALL:
            if now >= seconds:
                continue
            push(events, (now + pause(), number, CALL, client, None, 0, ""))
            number += 1
            begun = slot(now)
            calls.setdefault(begun, [0, 0])[0] += 1
            run = client.start(now)
            what = SEND
        elif what == ASK:
            waiter, asked = end
            if waiter.asked != asked:
                continue
            turn = client.turn(run, now)
            if isinstance(turn, float):
                waiter.ask_at(now + turn)
                continue
            waiter.asked += 1
            if turn not in {"try", "go"}:
                continue
            what = SEND
        if what == SEND:
            if client.begin(run, now):
                over, end = service.request(now)
                push(events, (over, number, OVER, client, run, begun, end))
                continue
            delay = client.refused(run, now)
        elif end == SERVED:
            client.succeeded(run, now)
            calls[begun][1] += 1
            continue
        else:
            delay = client.failed(run, FAILURES[end], now, random.random)
        if delay == WAITS:
            stand_in_line(client, run, begun)
        elif delay is not None:
            push(events, (now + delay, number, SEND, client, run, begun, ""))
    return calls, service.arrivals
