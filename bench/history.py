"""What reports and pages cost where there is a year of history.

    python bench/history.py [--endpoints N] [--detailed N] [--checks-days D] [--runs R]
        [--only report|pages] [--keep FOLDER] [--json FILE]

A store is written directly, as a monitor that had checked for a year every 30 s would have left it:
days of all endpoints, an outage a month with its incident; and of some also hours, a week of five
minutes and every check of the last days. Then ``ringback report`` runs on it, and ``ringback up``,
which is asked for its pages: what a page costs is what the CPU time of the process grows by over
several requests, of all its threads, as the kernel counts it. The endpoints are asked once an hour,
so that checks cost next to nothing beside it.
"""

import argparse
import gzip
import json
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from machine import machine
from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import cpu, rss
from monitor_bench.target import target

from ringback.incident.model import Check, Incident, Transition
from ringback.monitor.store.aggregate import PHASES, Aggregate
from ringback.monitor.store.interface import StoreBatch
from ringback.monitor.store.rows import ORIGINS
from ringback.monitor.store.sqlite import SQLiteStore, schema
from ringback.monitor.store.tables import CHECK_COLUMNS, HOUR, STEP_WIDTH, failed_name, rollup_name

DAY = 24 * HOUR
CHECK_INTERVAL = 30_000_000
DAYS = 365
SAMPLES = 40
"""Spans of each width that are made; the rows take turns with them."""
PAGES = (
    "/",
    "/endpoints/{id}",
    "/endpoints/{id}?window=1h",
    "/endpoints/{id}?window=7d",
    "/endpoints/{id}?window=90d",
    "/incidents",
    "/status",
    "/discovered",
    "/metrics",
    "/api/v1/endpoints",
)
REQUESTS = 10
PUBLIC = 100
"""Endpoints on the public status page, which is made once in 15 s."""


def spans(chance, count, bad=0):
    """Aggregates of so many checks of an HTTPS endpoint, as rows without their key."""
    found = []
    for _ in range(SAMPLES):
        whole = Aggregate()
        level = chance.uniform(0.02, 0.2)
        for n in range(count):
            if n < bad:
                whole.add(Check(at=0.0, endpoint="", up=False, kind="tcp.refused", seconds=0.001))
                continue
            spread = chance.lognormvariate(0, 0.25)
            timings = dict(zip(PHASES, (0.001, 0.01, 0.02, 0.6, 0.0004), strict=True))
            timings = {name: value * spread * level for name, value in timings.items()}
            whole.add(Check(at=0.0, endpoint="", up=True, seconds=level * spread, timings=timings))
        bucket = whole.bucket(0.0)
        times = [bucket.p50, bucket.p95, bucket.p99, *(bucket.timings.get(p) for p in PHASES)]
        kinds = json.dumps(whole.kinds) if whole.kinds else None
        whole_times = [None if t is None else round(t * 1e6) for t in times]
        found.append((whole.count, whole.bad, 0, *whole_times, kinds, whole.encode()))
    return found


class YearOfHistory:
    """Writes the database.

    Args:
        path: The file.
        count: Endpoints: ``e0``, ``e1`` …
        detailed: The first so many have hours, five minutes and checks too.
        checks_days: Days of single checks.
    """

    def __init__(self, path, count, detailed, checks_days):
        self.path, self.count, self.detailed = path, count, detailed
        self.checks_days = checks_days
        self.chance = random.Random(1)
        self.now = int(time.time() * 1e6)
        self.until = self.now // STEP_WIDTH["5m"] * STEP_WIDTH["5m"]
        self.first = self.now // DAY * DAY - DAYS * DAY
        self.bad_days = {self.first + n * DAY for n in range(5, DAYS, 30)}

    def write(self):
        """Write all of it."""
        self._few()
        self.file = sqlite3.connect(self.path, isolation_level=None)
        self.file.execute("PRAGMA synchronous = OFF")
        self.file.execute("BEGIN")
        words = [(n + 2, f"e{n}") for n in range(self.count)]
        self.file.execute("INSERT INTO word VALUES (1, 'tcp.refused')")
        self.file.executemany("INSERT INTO word VALUES (?, ?)", words)
        marks = {step: self.until // width * width for step, width in STEP_WIDTH.items()}
        self.file.executemany("INSERT INTO progress VALUES (?, ?, 0)", list(marks.items()))
        self._rollup("1d", self.first, marks["1d"], range(self.count))
        self._rollup("1h", self.first, marks["1h"], range(self.detailed))
        self._rollup("1h", marks["1d"], marks["1h"], range(self.detailed, self.count))
        self._rollup("5m", self.until - 7 * DAY, marks["5m"], range(self.detailed))
        self._rollup("5m", marks["1h"], marks["5m"], range(self.detailed, self.count))
        self._checks()
        self.file.execute("COMMIT")
        self.file.close()

    def _few(self):
        store = SQLiteStore(self.path)
        transitions, incidents = [], []
        for n in range(self.count):
            id_ = f"e{n}"
            transitions.append(Transition(at=self.first / 1e6, endpoint=id_, before="unknown",
                                          after="ok", kind=None))  # fmt: skip
            for day in self.bad_days:
                at = day / 1e6 + 3600
                for before, after, more in (("ok", "suspect", 0), ("suspect", "down", 10),
                                            ("down", "recovering", 600),
                                            ("recovering", "ok", 630)):  # fmt: skip
                    transitions.append(Transition(at=at + more, endpoint=id_, before=before,
                                                  after=after, kind="tcp.refused"))  # fmt: skip
                incidents.append(
                    Incident(id=f"i{n}-{day // DAY}", pattern="service_outage", state="closed",
                             members=(id_,), kind="tcp.refused", opened_at=at + 10,
                             closed_at=at + 630, summary=f"Nothing listens on {id_}"),
                )  # fmt: skip
        store.keep(StoreBatch(transitions=transitions, incidents=incidents))
        store.close()

    def _rollup(self, step, begin, end, numbers):
        width = STEP_WIDTH[step]
        good, ill = (
            spans(self.chance, width // CHECK_INTERVAL, bad)
            for bad in (0, 20 if step != "5m" else width // CHECK_INTERVAL)
        )
        by_endpoint = step != "5m"
        at = begin // width * width
        names = {}
        for span in range(at, end, width):
            names.setdefault(rollup_name(step, span), []).append(span)
        for name, own in names.items():
            table = schema.rollup_table(name)
            self._create(table)
            places = ", ".join("?" * len(table.c))
            self.file.executemany(
                f"INSERT INTO {name} VALUES ({places})",
                (
                    ((n + 2, span) if by_endpoint else (span, n + 2))
                    + (ill if self._is_bad(span, step) else good)[(span // width + n) % SAMPLES]
                    for n, span in (
                        ((n, span) for n in numbers for span in own)
                        if by_endpoint
                        else ((n, span) for span in own for n in numbers)
                    )
                ),
            )

    def _is_bad(self, span, step):
        day = span // DAY * DAY
        if day not in self.bad_days:
            return False
        return step == "1d" or span // HOUR * HOUR == day + HOUR

    def _create(self, table):
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - once for a few tables
        from sqlalchemy.schema import CreateIndex, CreateTable  # noqa: PLC0415 - as above

        statement = str(CreateTable(table, if_not_exists=True).compile(dialect=sqlite.dialect()))
        self.file.execute(statement)
        for index in table.indexes:
            self.file.execute(
                str(CreateIndex(index, if_not_exists=True).compile(dialect=sqlite.dialect()))
            )

    def _checks(self):
        begin = (self.until - self.checks_days * DAY) // HOUR * HOUR
        for hour in range(begin, self.now, HOUR):
            sealed = hour + 2 * HOUR <= self.now
            table = schema.sealed_table(hour) if sealed else schema.open_table(hour)
            self._create(table)
            names = ", ".join([*CHECK_COLUMNS, "number"])
            places = ", ".join("?" * (len(CHECK_COLUMNS) + 1))
            every = range(hour, min(hour + HOUR, self.now), CHECK_INTERVAL)
            pairs = (
                ((n, at) for n in range(self.detailed) for at in every)
                if sealed
                else ((n, at) for at in every for n in range(self.count))
            )
            rows = ((*self._check(n, at), number) for number, (n, at) in enumerate(pairs, 1))
            self.file.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)
            state = (hour, hour, 2 if sealed else 0, 0, 0)
            self.file.execute("INSERT INTO hour VALUES (?, ?, ?, ?, ?)", state)
        for day in self.bad_days:
            table = schema.failed_table(failed_name(day))
            self._create(table)
            names = ", ".join([*CHECK_COLUMNS, "number"])
            places = ", ".join("?" * (len(CHECK_COLUMNS) + 1))
            rows = (
                (*self._check(n, day + HOUR + k * CHECK_INTERVAL, up=0), k)
                for n in range(self.count)
                for k in range(20)
            )
            self.file.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)

    def _check(self, n, at, up=1):
        took = (80_000, 1000, 10_000, 20_000, 50_000, 400)
        kind, detail = (None, None) if up else (1, "connection refused")
        origin = ORIGINS.index("probe")
        return (n + 2, at, up, kind, *took, 200 if up else None, None, None, origin, None,
                detail, None)  # fmt: skip


def report(path, months, runs):
    """CPU and seconds of ``ringback report`` over all endpoints; as CSV."""
    command = [sys.executable, "-m", "ringback", "report", "--csv", "--db", str(path)]
    command += ["--months", str(months)]
    seconds, used, lines = [], [], 0
    for _ in range(runs):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.monotonic() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        lines = done.stdout.count(b"\n") - 1
    return {"months": months, "rows": lines, "seconds": _spread(seconds), "cpu": _spread(used)}


def _spread(values):
    return [round(value, 3) for value in (min(values), statistics.median(values), max(values))]


def pages(folder, count, runs):
    """What each page costs the whole process, in ms of CPU, and its bytes."""
    found = []
    with target() as site:
        habits = endpoints([site.url(n) for n in range(count)], every=3600, timeout=10)
        habits = habits.replace("[[endpoint]]", "[[endpoint]]\npublic = true", PUBLIC)
        habits += "[web]\nstatus_page = true\n"
        with Monitor(folder, habits) as monitor:
            settle(monitor)
            found += [page(monitor, path.format(id="e0"), runs) for path in PAGES]
            found.append({"page": "resident MB", "cpu_ms": round(rss(monitor.pid)[0], 1)})
    return found


def settle(monitor):
    """Wait until it does nothing for a second."""
    used = cpu(monitor.pid)
    for _ in range(120):
        time.sleep(1)
        used, before = cpu(monitor.pid), used
        if used - before < 0.03:
            return


def page(monitor, path, runs):
    """Ask for a page; what it costs is what is beyond an idle process."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(
        monitor.url + path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"}
    )
    took, size, plain, status = [], 0, 0, 0
    for turn in range(runs + 1):
        used, began = cpu(monitor.pid), time.monotonic()
        for _ in range(REQUESTS):
            try:
                with opener.open(asked, timeout=120) as answer:
                    body, status = answer.read(), answer.status
                    packed = answer.headers.get("content-encoding") == "gzip"
            except urllib.error.HTTPError as error:
                body, packed, status = error.read(), False, error.code
            if time.monotonic() - began > 20 and _ == 0:
                break
        asked_times = _ + 1
        size, plain = len(body), len(gzip.decompress(body)) if packed else len(body)
        if turn:
            took.append((cpu(monitor.pid) - used) / asked_times * 1000)
    return {"page": path, "status": status, "cpu_ms": _spread(took), "bytes": size, "plain": plain}


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoints", type=int, default=1000)
    parser.add_argument("--detailed", type=int, default=5)
    parser.add_argument("--checks-days", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("report", "pages"))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write it there, or use it")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        path = folder / "ringback.db"
        if not path.exists():
            YearOfHistory(path, options.endpoints, options.detailed, options.checks_days).write()
        found = {
            "machine": machine(),
            "endpoints": options.endpoints,
            "mb": path.stat().st_size >> 20,
        }
        if options.only != "pages":
            found["report"] = [report(path, months, options.runs) for months in (1, 12)]
        if options.only != "report":
            found["pages"] = pages(folder, options.endpoints, options.runs)
    print(json.dumps(found, indent=1))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
