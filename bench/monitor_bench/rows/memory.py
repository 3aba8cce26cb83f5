"""Memory with many endpoints."""

import tempfile
import time

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import rss
from monitor_bench.row import Found, Goal, Row
from monitor_bench.target import target

INTERVAL = 2.0
CHECKS = 60


def measure(bench):
    """Check each endpoint as often as in half an hour at every 30 s; see what that took."""
    lines = [_line(1), _line(2000)]
    goal = Goal(
        text="resident memory with 2,000 endpoints",
        measured=lines[-1]["RSS MB"],
        limit=80,
        unit="MB",
    )
    note = f"after {CHECKS} checks of each endpoint, each with a kept connection"
    return Found(goals=(goal,), lines=lines, notes=(note,))


def _line(count):
    with target() as site, tempfile.TemporaryDirectory() as folder:
        urls = [site.url(number) for number in range(count)]
        with Monitor(folder, endpoints(urls, every=INTERVAL, timeout=INTERVAL)) as monitor:
            time.sleep(10 if count == 1 else INTERVAL * (CHECKS + 2))
            now, most = rss(monitor.pid)
    return {"endpoints": count, "RSS MB": round(now, 1), "at most MB": round(most, 1)}


ROWS = (Row("memory", "memory of the whole program", measure),)
