"""What arrives twice, and what is given up though nothing arrived, cut by cut.

    python bench/cut.py [DRIVER ...] [--every N] [--json FILE]
    python bench/cut.py psycopg requests --every 1

Real servers on loopback (PostgreSQL, MariaDB, Redis, RabbitMQ, HTTPS, HTTP/2, gRPC, a stand-in for
MongoDB; all with TLS) stand behind a proxy that acts after so many bytes of one direction:

- fin, rst: it ends the connection so.
- silence: it goes silent.
- alert: it damages that byte; whose TLS finds it so ends the connection by a fatal alert.
- close: it ends TLS in order, by close_notify; it speaks TLS itself then, before a port without,
  and counts plain bytes. Not of PostgreSQL and MariaDB, whose TLS begins within their own protocol.

Each call stores an id of its own once, by `ringback.retry(Policy(attempts=3))`, not said
idempotent, and the server is asked how often it has it. Of each driver:

- twice: the id is there more than once. Harm; the goal is 0.
- denied: the failure said `delivered: no` though the id is there. A licence to harm; the goal is 0.
- given up: nothing arrived and it was tried once. Caution; the goal is a tenth at the most.

Drivers and servers that are not installed are left out and named. PostgreSQL and MariaDB need root:
they run as users of their own. Status 1 where something arrived twice or was said not to have.
"""

import argparse
import json
import logging
import sys
import tempfile
import warnings
from contextlib import ExitStack
from pathlib import Path

from cut_bench.drivers import DRIVERS, call
from cut_bench.proxy import CuttingProxy
from cut_bench.servers import SERVERS, Missing, tls_of
from machine import machine

import ringback

POLICY = ringback.Policy(attempts=3, backoff=ringback.Series((0.01, 0.01)), patience=0)


def main():
    arguments = parsed()
    logging.disable(logging.CRITICAL)  # drivers tell of each lost connection
    warnings.simplefilter("ignore")  # and of a certificate that they were told not to verify
    chosen = {name: DRIVERS[name] for name in arguments.driver or DRIVERS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringback-cut-")))
        folder.chmod(0o755)
        servers = started(stack, folder, {driver.server for driver in chosen.values()})
        rows = []
        for name, driver in chosen.items():
            if driver.server in servers and driver.installed:
                rows.append(measured(name, driver, *servers[driver.server], arguments.every))
                print(line_of(rows[-1]), flush=True)
            else:
                print(f"{name:16} left out: it or its server is not installed")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1))
    return 1 if any(row["worst"] for row in rows) or not rows else 0


def parsed():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], epilog=f"drivers: {', '.join(DRIVERS)}"
    )
    parser.add_argument("driver", nargs="*", choices=[[], *DRIVERS])
    parser.add_argument("--every", type=int, default=97, metavar="N", help="bytes between two cuts")
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def started(stack, folder, wanted):
    """Name of each server that could be started to the proxies before it and what counts an id."""
    found = {}
    for name in sorted(wanted):
        try:
            port, plain, count = stack.enter_context(SERVERS[name](folder))
        except Missing as why:
            print(f"{name} is left out: {why}")
        else:
            proxies = {("fin", "rst", "alert", "silence"): CuttingProxy(port)}
            if plain:
                proxies[("close",)] = CuttingProxy(plain, tls_of(folder))
            for proxy in proxies.values():
                stack.enter_context(proxy)
            found[name] = proxies, count
    return found


def measured(name, driver, proxies, count, every):
    """Make a call for each cut of a driver's exchange."""
    keys = (f"{name}{number}" for number in range(1, 1_000_000))

    def store(proxy, plan):
        """Make one call; return its id, its failure and how often it was tried."""
        proxy.begin(plan)
        key = next(keys)
        # A service of its own, so that no circuit opens
        again = ringback.retry(POLICY, target=f"cut://{key}")
        failure, attempts = call(driver, again, proxy.port, key)
        return key, failure, proxy.connections if driver.retries else attempts

    row = {"driver": name, "bytes": {}, "ways": {}, "worst": []}
    for ways, proxy in proxies.items():
        for _ in range(2):  # the first one imports, and asks what is asked once
            failed = store(proxy, None)[1]
        if failed:
            raise SystemExit(f"{name} fails where nothing is cut: {failed}")
        row["ways"] |= {how: dict.fromkeys(SCORES, 0) for how in ways}
        passed = row["bytes"][ways[0]] = dict(proxy.passed)
        for way, total in passed.items():
            for after in range(1, total, every):
                for how in ways if after % (every * 8) == 1 else ways[:3]:
                    key, failure, tried = store(proxy, (way, after, how))
                    score(row, (way, after, how), count(key), tried, failure)
    return row


SCORES = ("cuts", "twice", "denied", "unsent", "given_up")


def score(row, cut, arrived, tried, failure):
    scores = row["ways"][cut[2]]
    denied = failure is not None and failure.delivered == "no" and arrived > 0
    scores["cuts"] += 1
    scores["twice"] += arrived > 1
    scores["denied"] += denied
    if arrived > 1 or denied:
        row["worst"].append([*cut, arrived, failure and failure.kind])
    if failure is not None and not arrived:
        scores["unsent"] += 1
        scores["given_up"] += tried == 1
    elif tried > 1:
        scores["unsent"] += 1


def total(row, score):
    return sum(scores[score] for scores in row["ways"].values())


def line_of(row):
    up, down = row["bytes"]["fin"].values()
    figures = f"{total(row, 'twice')} twice, {total(row, 'denied')} denied"
    caution = f"{total(row, 'given_up')} of {total(row, 'unsent')} unsent given up"
    ways = ", ".join(
        f"{how} {each['given_up']}/{each['unsent']}" for how, each in row["ways"].items()
    )
    where = f"  {row['worst'][:3]}" if row["worst"] else ""
    cuts = f"{total(row, 'cuts'):5} cuts in {up} B up, {down} B down"
    return f"{row['driver']:16}{cuts}: {figures}, {caution} ({ways}){where}"


if __name__ == "__main__":
    sys.exit(main())
