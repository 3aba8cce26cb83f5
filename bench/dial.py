"""What `ringback.client.dial` costs beside the standard library, and what it saves; prints JSON.

    python bench/dial.py

The calls of a pair are interleaved, in an order that changes; microseconds are medians over
rounds. The dead family is dropped by a router between network namespaces (root only); the stuck
names are calls that do not return.
"""

import contextlib
import json
import random
import socket
import statistics
import sys
import threading
import time
import timeit

from machine import machine

from ringback.client.dial import LookupTimedOut, dial, names, resolve
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.fault import missing
from ringback.testing.lab.namespace import run

ROUNDS = 40
CALLS = 100
STUCK = 1000
DEAD_GOAL = 300.0
"""Milliseconds that dead IPv6 may cost."""

ONCE = """
import json, socket, sys, time
from ringback.client.dial import dial
host, port = sys.argv[1], int(sys.argv[2])
socket.getaddrinfo(host, port)
taken = []
for _ in range(3):
    began = time.monotonic()
    dial(host, port, timeout=20).close()
    taken.append(round((time.monotonic() - began) * 1000, 1))
began = time.monotonic()
try:
    socket.create_connection((host, port), 3).close()
finally:
    plain = round((time.monotonic() - began) * 1000)
    print(json.dumps({"first": taken[0], "later": taken[1:], "create_connection": plain}))
"""


def pairs(port, server):
    """Name → ringback's way and the standard library's."""

    def connected(connect):
        def call():
            with connect():
                server.accept()[0].close()

        return call

    found = {
        f"resolve {host}": (
            lambda host=host: resolve(host, 80, timeout=5),
            lambda host=host: socket.getaddrinfo(host, 80, 0, socket.SOCK_STREAM),
        )
        for host in ("127.0.0.1", "localhost")
    }
    for host in ("127.0.0.1", "localhost"):
        found[f"connect {host}"] = (
            connected(lambda host=host: dial(host, port, timeout=5)),
            connected(lambda host=host: socket.create_connection((host, port), timeout=5)),
        )
    return found


def microseconds(ours, plain):
    """Median microseconds of a call of each."""
    times = {ours: [], plain: []}
    for _ in range(ROUNDS):
        for call in random.sample((ours, plain), 2):
            times[call].append(timeit.timeit(call, number=CALLS) / CALLS * 1e6)
    medians = [round(statistics.median(times[call]), 2) for call in (ours, plain)]
    return {"ringback": medians[0], "plain": medians[1]}


def dead_ipv6():
    """Milliseconds to connect to a name whose IPv6 address does not answer."""
    fault = FAULTS["ok:ipv6_dead"]
    if missing(fault.needs):
        return None
    with Lab() as lab:
        met = fault.start(lab)
        done = run(met.namespace, [sys.executable, "-c", ONCE, met.host, str(met.port)])
    found = json.loads(done.stdout)
    return {**found, "goal": DEAD_GOAL, "met": found["first"] <= DEAD_GOAL}


def stuck_names():
    """Milliseconds for another name while ``STUCK`` names do not come back, and the threads."""
    release, system = threading.Event(), socket.getaddrinfo

    def partly_stuck(host, *rest):
        if host.endswith("stuck.test"):
            release.wait()
        return system("127.0.0.1", *rest)

    def ask(number):
        with contextlib.suppress(LookupTimedOut):
            resolve(f"n{number}.stuck.test", 80, timeout=5)

    socket.getaddrinfo = partly_stuck
    asking = [threading.Thread(target=ask, args=(number,)) for number in range(STUCK)]
    for thread in asking:
        thread.start()
    others, most, cpu = [], 0, time.process_time()
    for number in range(200):
        began = time.monotonic()
        resolve(f"n{number}.fine.test", 80, timeout=5)
        others.append((time.monotonic() - began) * 1000)
        most = max(most, lookup_threads())
        time.sleep(0.02)
    cpu = time.process_time() - cpu
    for thread in asking:
        thread.join()
    socket.getaddrinfo = system
    release.set()
    return {
        "names": STUCK,
        "most_threads": most,
        "another_name_ms": {
            "median": round(statistics.median(others), 2),
            "p99": round(sorted(others)[-2], 1),
        },
        "cpu_seconds": round(cpu, 2),
    }


def lookup_threads():
    """How many threads look up names."""
    return sum(thread.name == "ringback-lookup" for thread in threading.enumerate())


def main():
    """Print the figures."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        micros = {name: microseconds(*pair) for name, pair in pairs(port, server).items()}
    names.clear()
    print(
        json.dumps(
            {
                "machine": machine(),
                "rounds": ROUNDS,
                "calls": CALLS,
                "microseconds": micros,
                "dead_ipv6_ms": dead_ipv6(),
                "stuck": stuck_names(),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
