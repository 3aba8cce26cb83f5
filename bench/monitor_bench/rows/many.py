"""One process with 10,000 endpoints: its pages, its event loop while they are open, its memory."""

import contextlib
import http.client
import statistics
import tempfile
import threading
import time
from urllib.parse import urlsplit

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import cpu, rss
from monitor_bench.row import Found, Goal, Row
from monitor_bench.target import target

ENDPOINTS, CHECK_INTERVAL = 10_000, 30.0
SETTLED = 75.0
"""Seconds until each has been checked twice."""
PATHS = ("/", "/endpoints/e1", "/incidents", "/metrics", "/api/v1/endpoints")
FOLLOWERS = 20
ASKED = 5
PULSE = 0.02


def measure(bench):
    """Ask for each page, alone and all at once; see how late the loop answers meanwhile."""
    lines, goals = [], []
    with target() as site, tempfile.TemporaryDirectory() as folder:
        urls = [site.url(number) for number in range(ENDPOINTS)]
        with Monitor(folder, endpoints(urls, every=CHECK_INTERVAL, timeout=10)) as monitor:
            time.sleep(SETTLED)
            now, most = rss(monitor.pid)
            before, began = cpu(monitor.pid), time.monotonic()
            idle = _late(monitor, bench.seconds, ())
            core = (cpu(monitor.pid) - before) / (time.monotonic() - began)
            pages = [_asked(monitor, path) for path in PATHS]
            late = {path: max(_late(monitor, 3.0, (path,))) for path in PATHS}
            whole = _late(monitor, bench.seconds, PATHS, FOLLOWERS)
            after, most_after = rss(monitor.pid)
    for path, (seconds, size) in zip(PATHS, pages, strict=True):
        lines.append({"": path, "s": seconds, "kB": size / 1000, "late ms": 1000 * late[path]})
    lines += [
        {"": "nothing open", "late ms": 1000 * max(idle)},
        {"": "all open", "late ms": 1000 * max(whole), "p99 ms": 1000 * _p99(whole)},
        {"": "RSS MB", "s": round(now, 1), "kB": round(most, 1)},
        {"": "RSS MB after", "s": round(after, 1), "kB": round(most_after, 1)},
        {"": "core", "s": round(core, 3)},
    ]
    goals += [
        Goal(text="overview of 10,000", measured=pages[0][0], limit=0.3, unit="s"),
        Goal(text="its bytes", measured=pages[0][1] / 1000, limit=150, unit="kB"),
        Goal(text="loop late, all open", measured=1000 * max(whole), limit=50, unit="ms"),
        Goal(text="resident, 10,000 endpoints", measured=now, limit=120, unit="MB"),
    ]
    note = (
        f"every {CHECK_INTERVAL:.0f} s; pages with gzip, the median of {ASKED}; late: the slowest"
        f" answer to /healthz, asked each {1000 * PULSE:.0f} ms, while the page is asked for again"
        f" and again, or all are and {FOLLOWERS} are followed"
    )
    return Found(goals=tuple(goals), lines=lines, notes=(note,))


def _get(monitor, path, connection=None):
    connection = connection or http.client.HTTPConnection(urlsplit(monitor.url).netloc, timeout=120)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/html"})
    return connection.getresponse()


def _asked(monitor, path):
    took, size = [], 0
    for _ in range(ASKED + 1):
        began = time.monotonic()
        size = len(_get(monitor, path).read())
        took.append(time.monotonic() - began)
    return statistics.median(took[1:]), size


def _late(monitor, seconds, paths, followers=0):
    """Return how long ``/healthz`` took, each time, while pages are asked for and followed."""
    ends = time.monotonic() + seconds

    def ask(path):
        while time.monotonic() < ends:
            _get(monitor, path).read()

    def follow(endpoint):
        stream = _get(monitor, "/live" if endpoint % 2 else f"/live?endpoint=e{endpoint}")
        stream.fp.raw._sock.settimeout(2)
        with contextlib.suppress(OSError):
            while time.monotonic() < ends:
                stream.read1(65536)

    work = [threading.Thread(target=ask, args=(path,), daemon=True) for path in paths]
    work += [threading.Thread(target=follow, args=(n,), daemon=True) for n in range(followers)]
    for thread in work:
        thread.start()
    took, connection = [], http.client.HTTPConnection(urlsplit(monitor.url).netloc, timeout=120)
    while time.monotonic() < ends:
        began = time.monotonic()
        _get(monitor, "/healthz", connection).read()
        took.append(time.monotonic() - began)
        time.sleep(PULSE)
    for thread in work:
        thread.join(10)
    return took


def _p99(values):
    return sorted(values)[int(len(values) * 0.99)]


ROWS = (Row("many", "10,000 endpoints on one process", measure),)
