"""One process with 10,000 endpoints: its pages, its event loop while they are open, its memory.

A hundred of them are public and have a year of history, so that the status page has something to
read. Who asks for pages and follows them is another process than who sees how late the loop is: in
one, each would wait for the others' Python.
"""

import contextlib
import http.client
import multiprocessing
import statistics
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from history import YearOfHistory

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import cpu, rss, thread_cpu, waited
from monitor_bench.row import Found, Goal, Row
from monitor_bench.target import target

ENDPOINTS, CHECK_INTERVAL = 10_000, 30.0
SETTLED = 75.0
"""Seconds until each has been checked twice."""
PUBLIC = 100
PATHS = ("/", "/endpoints/e1", "/incidents", "/metrics", "/api/v1/endpoints", "/status")
FOLLOWERS = 20
ASKED = 5
PULSE = 0.02


def measure(bench):
    """Ask for each page, alone and all at once; see how late the loop answers meanwhile."""
    lines, late = [], {}
    with target() as site, tempfile.TemporaryDirectory() as folder:
        YearOfHistory(Path(folder) / "ringback.db", PUBLIC, 0, 0).write()
        habits = endpoints([site.url(number) for number in range(ENDPOINTS)],
                           every=CHECK_INTERVAL, timeout=10)  # fmt: skip
        habits = habits.replace("[[endpoint]]", "[[endpoint]]\npublic = true", PUBLIC)
        with Monitor(folder, habits + "[web]\nstatus_page = true\n") as monitor:
            time.sleep(SETTLED)
            now, _ = rss(monitor.pid)
            before, began = cpu(monitor.pid), time.monotonic()
            late["nothing open"] = _late(monitor, bench.seconds, ())
            core = (cpu(monitor.pid) - before) / (time.monotonic() - began)
            pages = {path: _asked(monitor, path) for path in PATHS}
            for path in PATHS:
                late[path] = _late(monitor, 3.0, (path,))
            used, idle = thread_cpu(monitor.pid), waited(monitor.pid)
            late["all open"] = _late(monitor, bench.seconds, PATHS, FOLLOWERS)
            used, idle = thread_cpu(monitor.pid) - used, waited(monitor.pid) - idle
            own = monitor.get("/status")["lag"]
            after, _ = rss(monitor.pid)
    for name, took in late.items():
        lines.append({"": name, **_shares(took), **pages.get(name, {})})
    lines += [
        {"": "by its own clock, all of it", "max ms": 1000 * own},
        {"": "all open: CPU s of the loop's thread", "s": round(used, 2)},
        {"": "all open: s that it waited for a processor", "s": round(idle, 2)},
        {"": "RSS MB, after the pages", "s": round(after, 1)},
        {"": "core", "s": round(core, 3)},
    ]
    goals = (
        Goal(text="overview of 10,000", measured=pages["/"]["s"], limit=0.3, unit="s"),
        Goal(text="its bytes", measured=pages["/"]["kB"], limit=150, unit="kB"),
        Goal(text="loop late, all open", measured=1000 * max(late["all open"]), limit=50,
             unit="ms"),
        Goal(text="resident, 10,000 endpoints", measured=now, limit=120, unit="MB"),
        Goal(text="/status, the first time", measured=pages["/status"]["first CPU ms"], limit=60,
             unit="ms"),
    )  # fmt: skip
    note = (
        f"every {CHECK_INTERVAL:.0f} s; pages with gzip, the median of {ASKED}, CPU of the whole"
        f" process beyond what checks take; late: how long /healthz takes, asked each"
        f" {1000 * PULSE:.0f} ms, while the page is asked for again and again, or all are and"
        f" {FOLLOWERS} are followed"
    )
    return Found(goals=goals, lines=lines, notes=(note,))


def _shares(took):
    took = sorted(took)
    shares = {"p50 ms": took[len(took) // 2], "p99 ms": took[int(len(took) * 0.99)]}
    return {name: 1000 * value for name, value in {**shares, "max ms": took[-1]}.items()}


def _get(url, path, connection=None):
    connection = connection or http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/html"})
    return connection.getresponse()


def _asked(monitor, path):
    """Return what a page takes and costs: the first time, and then."""
    took, costs, size = [], [], 0
    began, used = time.monotonic(), cpu(monitor.pid)
    time.sleep(1)
    checks = (cpu(monitor.pid) - used) / (time.monotonic() - began)
    for _ in range(ASKED + 1):
        began, used = time.monotonic(), cpu(monitor.pid)
        size = len(_get(monitor.url, path).read())
        took.append(time.monotonic() - began)
        costs.append(cpu(monitor.pid) - used - checks * took[-1])
    return {
        "s": statistics.median(took[1:]),
        "kB": size / 1000,
        "first CPU ms": 1000 * costs[0],
        "CPU ms": 1000 * sum(costs[1:]) / ASKED,
    }


def _late(monitor, seconds, paths, followers=0):
    """Return how long ``/healthz`` took, each time, while pages are asked for and followed."""
    asking = multiprocessing.get_context("spawn").Process(
        target=_ask_and_follow, args=(monitor.url, seconds, paths, followers), daemon=True
    )
    asking.start()
    took, connection = [], http.client.HTTPConnection(urlsplit(monitor.url).netloc, timeout=120)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        began = time.monotonic()
        _get(monitor.url, "/healthz", connection).read()
        took.append(time.monotonic() - began)
        time.sleep(PULSE)
    asking.join(20)
    return took


def _ask_and_follow(url, seconds, paths, followers):
    ends = time.monotonic() + seconds

    def ask(path):
        while time.monotonic() < ends:
            _get(url, path).read()

    def follow(endpoint):
        stream = _get(url, "/live" if endpoint % 2 else f"/live?endpoint=e{endpoint}")
        stream.fp.raw._sock.settimeout(2)
        with contextlib.suppress(OSError):
            while time.monotonic() < ends:
                stream.read1(65536)

    work = [threading.Thread(target=ask, args=(path,), daemon=True) for path in paths]
    work += [threading.Thread(target=follow, args=(n,), daemon=True) for n in range(followers)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(seconds + 10)


ROWS = (Row("many", "10,000 endpoints on one process", measure),)
