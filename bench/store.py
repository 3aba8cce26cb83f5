"""What it costs to keep checks in SQLite, to seal and roll them up, and to read 90 days; JSON.

    python bench/store.py [--endpoints N] [--hours H] [--every S]

Checks of as many endpoints are kept in batches of 500, with five phases and a certificate each,
for some hours of simulated time, with ``maintain`` once a simulated second, as the monitor does.
CPU is this process's; disk writes are what the kernel counts for it (``/proc/self/io``), the
write-ahead log and what is taken from it into the file.
"""

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

from ringback.incident.model import CertificateSeen, Change, Check, Incident, Notice
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


def written():
    """Bytes that this process has had written to the disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("write_bytes")))


def filled(store, options):
    """Keep the hours; return the figures."""
    chance = random.Random(1)
    keeping, tidying = [], []
    count, before = 0, written()
    step = options.every / options.endpoints
    total = int(options.hours * 3600 / step)
    second = START
    while count < total:
        checks = [
            looked(chance, START + (count + n) * step, (count + n) % options.endpoints)
            for n in range(BATCH)
        ]
        begun = time.process_time()
        store.keep(StoreBatch(checks=checks))
        keeping.append((time.process_time() - begun) / BATCH)
        count += BATCH
        while second < checks[-1].at:
            second += 1.0
            begun = time.process_time()
            store.maintain(second)
            tidying.append(time.process_time() - begun)
    size = sum(path.stat().st_size for path in store.path.parent.iterdir())
    return {
        "checks": count,
        "cpu_us_per_check": round(statistics.median(keeping) * 1e6, 2),
        "cpu_us_per_check_mean": round(statistics.fmean(keeping) * 1e6, 2),
        "checks_per_second": round(1 / statistics.fmean(keeping)),
        "maintain_us_per_check": round(sum(tidying) / count * 1e6, 2),
        "longest_maintain_ms": round(max(tidying) * 1e3, 1),
        "disk_bytes_per_check": round(size / count, 1),
        "written_bytes_per_check": round((written() - before) / count, 1),
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
    for hour in range(90 * 24):
        at = start + hour * 3600
        store.keep(
            StoreBatch(
                checks=[looked(chance, at + n * 1800, e) for n in range(2) for e in range(20)]
            )
        )
        store.maintain(at + 3599)
    for n in range(2000):  # each does little: until all is rolled up, as it is within an hour
        store.maintain(start + 90 * DAY + n)
    times = []
    for _ in range(15):
        begun = time.perf_counter()
        found = store.buckets("endpoint-7", "1h", start, start + 90 * DAY)
        times.append(time.perf_counter() - begun)
    assert len(found) == 90 * 24
    return {"read_90_days_ms": round(statistics.median(times) * 1e3, 2)}


def main(words):
    """Print the figures; status 1 where a goal is not met."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoints", type=int, default=2000)
    parser.add_argument("--hours", type=float, default=2.2)
    parser.add_argument("--every", type=float, default=30.0)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        store = SQLiteStore(Path(folder) / "ringback.db")
        figures = {"open_ms": round((time.perf_counter() - begun) * 1e3)}
        figures |= filled(store, options) | ninety_days(store) | durable(store)
        store.close()
    met = {name: figures[name] <= goal for name, goal in GOALS.items()}
    print(json.dumps({"machine": machine(), "figures": figures, "met": met}, indent=2))
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
