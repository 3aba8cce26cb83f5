"""Whether endpoints that do not answer delay those that do."""

import contextlib
import itertools
import socket
import tempfile
import time

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.row import Found, Goal, Row
from monitor_bench.target import target

ENDPOINTS = 1000
INTERVAL = 4.0
TIMEOUT = 3.9
STARTED = 14.0
WATCHED = 16.0


@contextlib.contextmanager
def black_hole():
    """A port whose accept queue is full: the kernel drops every further SYN."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def measure(bench):
    """Write down when each endpoint is asked, alone and beside as many black holes."""
    lines = [_line("alone", 0), _line(f"beside {ENDPOINTS} black holes", ENDPOINTS)]
    goal = Goal(
        text="most by which an endpoint is asked too late or too early",
        measured=lines[-1]["most, s"],
        limit=1.0,
        unit="s",
    )
    note = (
        f"every {INTERVAL:g} s, timeout {TIMEOUT:g} s; against the interval since it was asked last"
    )
    return Found(goals=(goal,), lines=lines, notes=(note,))


def _line(name, dark):
    with target() as site, black_hole() as hole, tempfile.TemporaryDirectory() as folder:
        urls = [site.url(number) for number in range(ENDPOINTS)]
        urls += [f"http://127.0.0.1:{hole}/?{number}" for number in range(dark)]
        with Monitor(folder, endpoints(urls, every=INTERVAL, timeout=TIMEOUT)) as monitor:
            time.sleep(STARTED)
            site.listen()
            time.sleep(WATCHED)
            heard = site.told()
            lag = monitor.get("/status")["lag"]
    late = sorted(
        abs(then[0] - one[0] - INTERVAL)
        for times in heard.values()
        for one, then in itertools.pairwise(times)
    )
    return {
        "": name,
        "asked": len(late),
        "never asked": ENDPOINTS - len(heard),
        "median, s": late[len(late) // 2],
        "99 %, s": late[int(len(late) * 0.99)],
        "most, s": late[-1],
        "loop late at most, s": float(lag),
    }


ROWS = (Row("delays", "1,000 endpoints beside 1,000 that never answer", measure),)
