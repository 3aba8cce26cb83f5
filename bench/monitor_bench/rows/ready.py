"""How long a start takes."""

import statistics
import tempfile
import time

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import cpu, until
from monitor_bench.row import Found, Goal, Row, spread
from monitor_bench.target import target

COUNTS = (5, 2000)


def measure(bench):
    """Start it on a new database, and on that again, until ``/healthz`` answers."""
    lines, goals = [], []
    with target() as site:
        for count in COUNTS:
            new, known, used = [], [], []
            for _ in range(max(bench.rounds, 3)):
                with tempfile.TemporaryDirectory() as folder:
                    urls = [site.url(number) for number in range(count)]
                    monitor = Monitor(folder, endpoints(urls, every=30))
                    for waited in (new, known):
                        seconds, of_cpu = _seconds(monitor)
                        waited.append(seconds)
                        used.append(of_cpu)
            lines.append(
                {
                    "endpoints": count,
                    "new database, s": spread(new, 2),
                    "known database, s": spread(known, 2),
                    "CPU of these, s": spread(used, 2),
                }
            )
            text = f"seconds until /healthz says OK, {count} endpoints, new database"
            goals.append(Goal(text=text, measured=statistics.median(new), limit=2, unit="s"))
    return Found(goals=tuple(goals), lines=lines)


def _seconds(monitor):
    began = time.monotonic()
    monitor.start(wait=False)
    until(monitor.is_ready, pause=0.005)
    took, used = time.monotonic() - began, cpu(monitor.pid)
    monitor.stop()
    return took, used


ROWS = (Row("ready", "from the start of ringback up to its page", measure),)
