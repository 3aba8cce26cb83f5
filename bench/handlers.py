"""What a web application with few threads makes of a backend that is down; prints a table.

    python bench/handlers.py [--threads 10] [--rate 20] [--down 5 12] [--names NAME ...]
        [--json handlers.json]

Requests come at regular instants to a pool of threads, as those of a WSGI server do. Every other
one calls a backend, and answers with what it got; the others need nothing of it. The backend, on
loopback, refuses connections for a while. For the time that it does: how long the requests that do
not need it took until they were answered, waiting for a thread included; and how long those that
need it took, and what part of them got through.
"""

import argparse
import asyncio
import json
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machine import machine

from ringback import Policy, Session
from ringback.client import origins

POLICIES = {
    "the default": lambda threads: Policy(),
    "patience=0": lambda threads: Policy(patience=0),
    "waiting=a quarter": lambda threads: Policy(waiting=max(1, threads // 4)),
    "deadline=0.5": lambda threads: Policy(deadline=0.5),
}
BEFORE, AFTER = 2.0, 6.0
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Backend(threading.Thread):
    """A server that can be taken down, and comes back at the same port."""

    def __init__(self):
        super().__init__(daemon=True)
        self.loop, self.server, self.port = asyncio.new_event_loop(), None, 0
        self.start()
        self.set(up=True)

    def run(self):
        self.loop.run_forever()

    def set(self, *, up):
        asyncio.run_coroutine_threadsafe(self._set(up), self.loop).result()

    async def _set(self, up):
        if up:
            self.server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]
        else:
            self.server.close()
            await self.server.wait_closed()

    async def _answer(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(RESPONSE)
        writer.close()


def played(policy, threads, rate, down):
    """Return (needs the backend, when it came, seconds until the answer, whether it is one)."""
    origins.forget()
    backend, done, local = Backend(), [], threading.local()

    def handle(needs, came):
        fine = True
        if needs:
            if not hasattr(local, "session"):
                local.session = Session(policy=policy, sinks=[], errors="return")
                local.session.trust_env = False
            fine = bool(local.session.get(f"http://127.0.0.1:{backend.port}/"))
        done.append((needs, came, time.monotonic() - came, fine))

    with ThreadPoolExecutor(threads) as pool:
        began = time.monotonic()
        changes = [(began + BEFORE, False), (began + BEFORE + down, True)]
        for number in range(round((BEFORE + down + AFTER) * rate)):
            at = began + number / rate
            while changes and changes[0][0] <= at:
                time.sleep(max(0.0, changes[0][0] - time.monotonic()))
                backend.set(up=changes.pop(0)[1])
            time.sleep(max(0.0, at - time.monotonic()))
            pool.submit(handle, bool(number % 2), time.monotonic())
    backend.set(up=False)
    return [
        (needs, took, ok) for needs, came, took, ok in done if 0 <= came - began - BEFORE < down
    ]


def summed_up(handled):
    free = sorted(took for needs, took, _ in handled if not needs)
    calling = [(took, ok) for needs, took, ok in handled if needs]
    return {
        "without_p50": statistics.median(free),
        "without_p99": free[int(0.99 * len(free))],
        "with_p50": statistics.median(took for took, _ in calling),
        "with_max": max(took for took, _ in calling),
        "with_through": sum(ok for _, ok in calling) / len(calling),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--threads", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second")
    parser.add_argument("--down", type=float, nargs="+", default=[5.0, 12.0], help="seconds")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--names", nargs="+", default=list(POLICIES), metavar="NAME")
    options = parser.parse_args()
    print(f"{options.threads} threads, {options.rate:g} requests a second")
    print(f"{'':27} without the backend  |  with it")
    print(f"{'down for':27} p50      p99         |  p50      longest  through")
    results = {}
    for down in options.down:
        for name in options.names:
            policy = POLICIES[name](options.threads)
            found = summed_up(played(policy, options.threads, options.rate, down))
            results[f"{name}, {down:g} s"] = found
            free = f"{found['without_p50']:8.3f} s {found['without_p99']:6.3f} s"
            needing = f"{found['with_p50']:6.2f} s {found['with_max']:6.2f} s"
            print(f"{down:3g} s  {name:18} {free}    | {needing} {found['with_through']:7.0%}")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=2))


if __name__ == "__main__":
    main()
