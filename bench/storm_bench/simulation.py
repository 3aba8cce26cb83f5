"""One run: so many clients, one service, and the calls that each makes."""

import heapq
import random as chance

from ringback.failure import Failure
from storm_bench.service import SERVED, TIMED_OUT, Service

REFUSED = Failure("tcp.refused", phase="connect", delivered="no")
SILENT = Failure("http.response.timed_out", phase="wait", delivered="maybe")
FAILURES = {"refused": REFUSED, TIMED_OUT: SILENT}
CALL, SEND, OVER = 0, 1, 2


def simulate(  # noqa: C901, PLR0915 - one loop over millions of events
    make_client, *, clients, rate, seconds, service, seed=1, synchronised=False
):
    """Second → [calls begun, of them succeeded in the end]; the service counts the load.

    Each client calls ``rate`` times a second on average, whether or not its earlier calls are over:
    at random instants, or all of them at the same ones.
    """
    random = chance.Random(seed)
    service = Service(random=random.random, **service)
    every = [make_client() for _ in range(clients)]
    calls = {}

    def pause():
        return 1 / rate if synchronised else random.expovariate(rate)

    events = [(pause(), index, CALL, every[index], None, 0, "") for index in range(clients)]
    heapq.heapify(events)
    number = clients
    push, pop = heapq.heappush, heapq.heappop
    while events:
        now, _, what, client, run, begun, end = pop(events)
        number += 1
        if what == CALL:
            if now >= seconds:
                continue
            push(events, (now + pause(), number, CALL, client, None, 0, ""))
            number += 1
            begun = int(now)
            calls.setdefault(begun, [0, 0])[0] += 1
            run = client.start(now)
            what = SEND
        if what == SEND:
            if client.begin(run, now):
                over, end = service.request(now)
                push(events, (over, number, OVER, client, run, begun, end))
        elif end == SERVED:
            client.succeeded(run, now)
            calls[begun][1] += 1
        else:
            delay = client.failed(run, FAILURES[end], now, random.random)
            if delay is not None:
                push(events, (now + delay, number, SEND, client, run, begun, ""))
    return calls, service.arrivals
