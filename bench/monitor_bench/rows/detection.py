"""How long until an endpoint that refuses is called down."""

import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import until
from monitor_bench.row import Found, Goal, Row
from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor.model import Endpoint
from ringback.monitor.schedule import Schedule, Streaks

SEED = 3
TRIALS = 20_000
INTERVAL = 30.0
REAL, REAL_INTERVAL, REAL_RETRY = 16, 3.0, 0.5
CALLS = 12


def measure(bench):
    """Simulated with the default intervals, real with a tenth of them, and by calls alone."""
    delays = [simulated(f"e{number}", random.Random(SEED + number)) for number in range(TRIALS)]
    real = in_real_time()
    calls = by_calls()
    lines = [
        _line(f"every {INTERVAL:g} s, simulated time", delays),
        _line(f"every {REAL_INTERVAL:g} s, retry {REAL_RETRY:g} s, the program", real),
    ]
    return Found(
        goals=(
            Goal(
                text=f"mean delay at every {INTERVAL:g} s, 3 in a row",
                measured=round(statistics.fmean(delays), 2),
                limit=25,
                unit="s",
            ),
            Goal(text="failed calls of a program until down", measured=calls, limit=3),
        ),
        lines=lines,
    )


def _line(name, delays):
    delays = sorted(delays)
    return {
        "": name,
        "outages": len(delays),
        "mean, s": statistics.fmean(delays),
        "median, s": delays[len(delays) // 2],
        "95 %, s": delays[int(len(delays) * 0.95)],
        "most, s": delays[-1],
    }


def simulated(id_, chance):
    """Return the seconds from an outage's beginning, at any instant, until an incident is opened.

    Args:
        id_: The endpoint's id, which gives its phase.
        chance: For the instant.
    """
    endpoint = Endpoint(id=id_, name=id_, url="tcp://a:1", type="tcp", every=INTERVAL)
    start = 1_763_726_400.0
    watched = WatchedEndpoint(id=id_, every=INTERVAL)
    schedule, streaks, engine = Schedule([endpoint], start), Streaks(), Engine([watched])
    begins = start + 4 * INTERVAL + chance.random() * INTERVAL
    while True:
        at = schedule.next_at()
        schedule.due(at)
        up, ended = at < begins, at + 0.001
        check = Check(at=ended, endpoint=id_, up=up, kind=None if up else "tcp.refused")
        if any(change.what == "opened" for change in engine.see(check)):
            return ended - begins
        streaks.see(check, watched)
        if streaks.is_unsettled(id_):
            schedule.retry(id_, at, ended)


def in_real_time():
    """Return the delays of ports that are closed at random instants."""
    chance = random.Random(SEED)
    with contextlib.ExitStack() as stack:
        ports = [
            stack.enter_context(socket.create_server((f"127.0.{number}.1", 0), backlog=64))
            for number in range(1, REAL + 2)
        ]
        urls = ["tcp://{}:{}".format(*port.getsockname()) for port in ports]
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        habits = {"every": REAL_INTERVAL, "retry_every": REAL_RETRY, "timeout": 1}
        monitor = stack.enter_context(Monitor(folder, endpoints(urls, **habits)))
        until(lambda: all(endpoint["state"] == "ok" for endpoint in monitor.get("/endpoints")))
        closed = {}
        for number in range(REAL):  # the last one stays well: it is no network that is down
            time.sleep(chance.random() * REAL_INTERVAL / 2)
            ports[number].close()
            closed[f"e{number}"] = time.time()
        until(lambda: len(_down(monitor)) == REAL)
        return [at - closed[id_] for id_, at in _down(monitor).items()]


def _down(monitor):
    """Return endpoint to when it was called down: its state has been so since then."""
    return {
        endpoint["id"]: _seconds(endpoint["since"])
        for endpoint in monitor.get("/endpoints")
        if endpoint["state"] == "down"
    }


def _seconds(moment):
    from datetime import datetime  # noqa: PLC0415

    return datetime.fromisoformat(moment).timestamp()


_PROGRAM = """
import sys, ringback
session = ringback.Session(policy=ringback.Policy(attempts=1))
for line in sys.stdin:
    try:
        session.get(line.strip())
        print("well", flush=True)
    except OSError:
        print("failed", flush=True)
"""


def by_calls():
    """Return how many calls of a program fail until the endpoint is called down without a probe."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        service = stack.enter_context(_service())
        url = f"http://127.0.0.1:{service.getsockname()[1]}/"
        monitor = stack.enter_context(Monitor(folder, endpoints([url], every=3600)))
        until(lambda: monitor.get("/endpoints")[0]["state"] == "ok")
        program = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                env=os.environ | {"RINGBACK_URL": monitor.url},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(program.stdin.close)
        _refuse(service)
        for number in range(1, CALLS + 1):
            program.stdin.write(url + "\n")
            program.stdin.flush()
            assert program.stdout.readline() == "failed\n"
            with contextlib.suppress(TimeoutError):
                until(lambda: monitor.get("/endpoints")[0]["state"] == "down", 4)
                return number
    return None


@contextlib.contextmanager
def _service():
    """A service that keeps its connections when it listens no more: no probe notices."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listening.accept()[0])
                    kept[-1].recv(4096)
                    kept[-1].sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening
    for sock in kept:
        sock.close()


def _refuse(service):
    """Listen no more; ``shutdown`` wakes who accepts."""
    service.shutdown(socket.SHUT_RDWR)


ROWS = (Row("detection", "how long until a refused endpoint is down", measure),)
