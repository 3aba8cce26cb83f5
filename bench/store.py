"""What it costs to keep checks, to seal and roll them up, and to read 90 days; JSON.

    python bench/store.py [--endpoints N] [--hours H] [--every S] [--engine sqlite|postgres|both]

Checks of as many endpoints are kept in batches of 500, with five phases and a certificate each,
for some hours of simulated time, with ``maintain`` once a simulated second, as the monitor does,
and the state of every endpoint once a simulated minute. The engines take turns with each batch. CPU
is this process's; disk writes are what the kernel counts for it (``/proc/self/io``): SQLite's log,
and what is taken from it into the file. PostgreSQL is a cluster of its own with the server's
defaults, which syncs each commit; ``wal_bytes_per_check`` is what its log grows by, full pages
included.
"""

import argparse
import contextlib
import json
import random
import resource
import runpy
import statistics
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

from ringback.incident.model import CertificateSeen, Change, Check, Incident, Notice
from ringback.monitor.store import relational
from ringback.monitor.store.interface import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore

START = 1_763_726_400.0
BATCH = 500
DAY = 86400.0
GOALS = {"cpu_us_per_check": 5.0, "read_90_days_ms": 5.0, "longest_maintain_ms": 100.0}
CERTIFICATES = [
    CertificateSeen(not_after=START + n * DAY, issuer="Authority", key=f"{n:064x}")
    for n in range(20)
]


def looked(chance, at, number):
    """One check as a probe of an HTTPS endpoint gives it; one in a hundred fails."""
    id_ = f"endpoint-{number}"
    if chance.random() < 0.01:
        return Check(at=at, endpoint=id_, up=False, kind="tcp.refused", seconds=0.001,
                     vantage="here", address=f"192.0.2.{number % 250}",
                     detail="connection refused")  # fmt: skip
    spread = chance.lognormvariate(0, 0.2)
    timings = {"dns": 0.001 * spread, "connect": 0.01 * spread, "tls": 0.02 * spread}
    timings |= {"first_byte": 0.05 * spread, "transfer": 0.0004 * spread}
    return Check(at=at, endpoint=id_, up=True, seconds=0.08 * spread, timings=timings,
                 vantage="here", status=200, address=f"192.0.2.{number % 250}",
                 certificate=CERTIFICATES[number % 20])  # fmt: skip


class SQLiteUnderTest:
    """A file in a temporary folder."""

    def __init__(self, folder):
        self.goals = GOALS
        self.store = SQLiteStore(Path(folder) / "ringback.db")

    def size(self):
        return sum(path.stat().st_size for path in self.store.path.parent.iterdir())

    def counted(self):
        """Bytes written so far, and what they are called."""
        return "written_bytes_per_check", written()


class PostgresUnderTest:
    """A new database of a server that was started for it."""

    def __init__(self, server):
        self.goals = {"wal_bytes_per_check": 120.0, "read_90_days_ms": 20.0}
        from ringback.monitor.store.postgres.store import PostgresStore  # noqa: PLC0415 - an extra

        server.admin("CREATE DATABASE ringback")
        self._server = server
        self.store = PostgresStore(server.url())

    def size(self):
        return self._server.admin("SELECT pg_database_size('ringback')")[0][0]

    def counted(self):
        """Bytes of log so far, and what they are called."""
        [(count,)] = self._server.admin("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return "wal_bytes_per_check", int(count)


def written():
    """Bytes that this process has had written to the disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("write_bytes")))


def state_of(number):
    """What the engine keeps of one endpoint, in size."""
    vote = {"observer": "probe:here", "state": "up", "failures": 0, "successes": 120, "at": START}
    seen = {"p50": [0.08] * 6, "kind": None, "since": START, "certificate": f"{number:064x}"}
    return {"state": "ok", "votes": [vote], "latency": seen, "endpoint": f"endpoint-{number}"}


def filled(engines, options):
    """Keep the hours, the engines in turn; return the figures of each."""
    chance = random.Random(1)
    took = {name: ([], [], []) for name in engines}
    begun = {name: (engine.counted()[1], engine.size()) for name, engine in engines.items()}
    count, second, turn = 0, START, 0
    step = options.every / options.endpoints
    total = int(options.hours * 3600 / step)
    while count < total:
        checks = [
            looked(chance, START + (count + n) * step, (count + n) % options.endpoints)
            for n in range(BATCH)
        ]
        span = BATCH * step
        some = int(options.endpoints * span / 60)
        states = {f"case:e{n % options.endpoints}": state_of(n) for n in range(turn, turn + some)}
        turn += some
        seconds = [second + n + 1 for n in range(int(checks[-1].at - second))]
        second += len(seconds)
        for name, engine in engines.items():
            measure(engine.store, StoreBatch(checks=checks, states=states), seconds, took[name])
        count += BATCH
    return {name: figures(engines[name], count, begun[name], took[name]) for name in engines}


def measure(store, batch, seconds, took):
    """Keep one batch and let the seconds pass; add what it took."""
    keeping, walls, tidying = took
    wall, cpu = time.perf_counter(), time.process_time()
    store.keep(batch)
    keeping.append((time.process_time() - cpu) / BATCH)
    walls.append((time.perf_counter() - wall) / BATCH)
    for at in seconds:
        cpu = time.process_time()
        store.maintain(at)
        tidying.append(time.process_time() - cpu)


def figures(engine, count, begun, took):
    """What an engine took for so many checks."""
    keeping, walls, tidying = took
    log, bytes_ = engine.counted()
    return {
        "checks": count,
        "cpu_us_per_check": round(statistics.median(keeping) * 1e6, 2),
        "cpu_us_per_check_mean": round(statistics.fmean(keeping) * 1e6, 2),
        "checks_per_second": round(1 / statistics.median(walls)),
        "maintain_us_per_check": round(sum(tidying) / count * 1e6, 2),
        "longest_maintain_ms": round(max(tidying) * 1e3, 1),
        "disk_bytes_per_check": round((engine.size() - begun[1]) / count, 1),
        log: round((bytes_ - begun[0]) / count, 1),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def durable(store):
    """Microseconds of a batch of one check alone, and of one with a notice, which is synced."""
    plain, synced = [], []
    for number in range(50):
        at = START + 100 * DAY + number
        check = Check(at=at, endpoint="endpoint-0", up=True)
        incident = Incident(id=str(number), pattern="service_outage", state="open", kind=None,
                            summary="", members=("endpoint-0",), opened_at=at)  # fmt: skip
        change = Change(at=at, what="opened", incident=incident)
        notice = Notice(id=str(number), channel="c", at=at, change=change)
        for took, batch in (
            (plain, StoreBatch(checks=[check])),
            (synced, StoreBatch(notices=[notice])),
        ):
            begun = time.perf_counter()
            store.keep(batch)
            took.append(time.perf_counter() - begun)
    return {
        "plain_batch_us": round(statistics.median(plain) * 1e6),
        "durable_batch_us": round(statistics.median(synced) * 1e6),
    }


def ninety_days(store):
    """Milliseconds to read 90 days of one endpoint of 20, checked every half an hour."""
    chance = random.Random(2)
    start = START + DAY
    relational.MAINTAIN_SECONDS = 60.0  # all that there is to do at once, and once a day
    for day in range(90):
        at = start + day * DAY
        checks = [looked(chance, at + n * 1800, e) for n in range(48) for e in range(20)]
        store.keep(StoreBatch(checks=checks))
        store.maintain(at + DAY - 1)
    store.maintain(start + 90 * DAY + 100)
    times = []
    for _ in range(15):
        begun = time.perf_counter()
        found = store.buckets("endpoint-7", "1h", start, start + 90 * DAY)
        times.append(time.perf_counter() - begun)
    assert len(found) == 90 * 24
    return {"read_90_days_ms": round(statistics.median(times) * 1e3, 2)}


@contextlib.contextmanager
def opened(which):
    """Give the engines that are asked for, by name."""
    with contextlib.ExitStack() as stack:
        engines = {}
        if which != "postgres":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            engines["sqlite"] = SQLiteUnderTest(folder)
        if which != "sqlite":
            tests = Path(__file__).parents[1] / "tests"
            sys.path.append(str(tests))
            running = runpy.run_path(str(tests / "monitor/store/server.py"))["running_server"]
            engines["postgres"] = PostgresUnderTest(stack.enter_context(running()))
        yield engines
        for engine in engines.values():
            engine.store.close()


def main(words):
    """Print the figures; status 1 where a goal is not met."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoints", type=int, default=2000)
    parser.add_argument("--hours", type=float, default=2.2)
    parser.add_argument("--every", type=float, default=30.0)
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    options = parser.parse_args(words)
    with opened(options.engine) as engines:
        found = filled(engines, options)
        for name, engine in engines.items():
            found[name] |= ninety_days(engine.store) | durable(engine.store)
        met = {
            name: {goal: found[name][goal] <= most for goal, most in engine.goals.items()}
            for name, engine in engines.items()
        }
    print(json.dumps({"machine": machine(), "figures": found, "met": met}, indent=2))
    return 0 if all(all(goals.values()) for goals in met.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
