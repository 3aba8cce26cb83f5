"""CPU for each HTTP probe of the whole program, beside its peers at the same rate."""

import contextlib
import statistics
import tempfile
import time

from monitor_bench import peers
from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import cpu, rss
from monitor_bench.row import Found, Goal, Row, spread
from monitor_bench.target import target

ENDPOINTS = 2000
STARTED = 8.0
"""Seconds until a program that was started runs evenly."""
CYCLE = 40.0
"""Seconds in which ringback renews each of its connections once: its window is as long."""


@contextlib.contextmanager
def ringback(urls, every, **more):
    """Run ``ringback up``; gives the process ids.

    Args:
        urls: What it probes.
        every: Seconds between two looks at one.
        **more: Settings of all endpoints.
    """
    timeout = min(every, 10.0)
    habits = endpoints(urls, every=every, timeout=timeout, **more)
    with tempfile.TemporaryDirectory() as folder, Monitor(folder, habits) as monitor:
        yield [monitor.pid]


OURS = "ringback up"  # It keeps its connections, and renews them from time to time
BOTH = "blackbox_exporter and prometheus"
CONTENDERS = {
    OURS: (ringback, True),
    "blackbox_exporter": (peers.alone, peers.BLACKBOX),
    BOTH: (peers.with_prometheus, peers.BLACKBOX and peers.PROMETHEUS),
}


KEPT = "ringback keeps its connections, its peers make new ones"


def at(rate, limit, without=()):
    """Return the row of a rate.

    Args:
        rate: Probes per second.
        limit: Goal for ringback: milliseconds of CPU per probe.
        without: Peers that are left out, for they would need more cores than there are.
    """

    def measure(bench):
        here = {
            name: running
            for name, (running, here) in CONTENDERS.items()
            if here and name not in without
        }
        every = ENDPOINTS / rate
        windows = {name: [] for name in here}
        with target() as site:
            urls = [site.url(number) for number in range(ENDPOINTS)]
            for _ in range(bench.rounds):
                for name, running in here.items():
                    with running(urls, every) as pids:
                        time.sleep(STARTED)
                        seconds = max(bench.seconds, CYCLE) if name == OURS else bench.seconds
                        windows[name].append(_window(site, pids, seconds))
        own = statistics.median(window["cpu_ms"] for window in windows[OURS])
        goal = Goal(text=f"CPU per probe at {rate}/s", measured=own, limit=limit, unit="ms")
        missing = [f"not measured: {name}" for name in CONTENDERS if name not in here]
        return Found(
            goals=(goal,),
            lines=[_line(name, all_, own) for name, all_ in windows.items()],
            notes=(
                *missing,
                f"{ENDPOINTS} endpoints; median [least-most] of {bench.rounds} rounds",
            ),
        )

    return Row(f"cpu-{rate}", f"CPU of the whole program, {rate} HTTP probes/s: {KEPT}", measure)


def _window(site, pids, seconds):
    """Return what a window showed."""
    (count, made), used, began = site.asked(), sum(map(cpu, pids)), time.monotonic()
    time.sleep(seconds)
    (after, made_after), used = site.asked(), sum(map(cpu, pids)) - used
    probes = max(after - count, 1)
    return {
        "rate": probes / (time.monotonic() - began),
        "cpu_ms": used / probes * 1000,
        "fresh": (made_after - made) / probes,
        "rss_mb": sum(rss(pid)[0] for pid in pids),
    }


def _line(name, windows, own):
    median = {key: statistics.median(window[key] for window in windows) for key in windows[0]}
    return {
        "": name,
        "probes/s": median["rate"],
        "CPU ms per probe": spread([window["cpu_ms"] for window in windows]),
        "times ringback's": f"{median['cpu_ms'] / own:.1f}",
        "new connections": f"{median['fresh']:.0%}",
        "RSS MB": median["rss_mb"],
    }


FRESH = "ringback up, fresh_after = 1"


def fresh(rate):
    """Return the row of a rate at which both make a new connection for each probe.

    Args:
        rate: Probes per second.
    """
    here = {FRESH: lambda urls, every: ringback(urls, every, fresh_after=1)}
    if peers.BLACKBOX:
        here["blackbox_exporter"] = peers.alone

    def measure(bench):
        windows = {name: [] for name in here}
        with target() as site:
            urls = [site.url(number) for number in range(ENDPOINTS)]
            for _ in range(bench.rounds):
                for name, running in here.items():
                    with running(urls, ENDPOINTS / rate) as pids:
                        time.sleep(STARTED)
                        windows[name].append(_window(site, pids, bench.seconds))
        own = statistics.median(window["cpu_ms"] for window in windows[FRESH])
        theirs = [window["cpu_ms"] for window in windows.get("blackbox_exporter", ())]
        goal = Goal(
            text=f"blackbox_exporter's CPU per probe over ringback's, both new, {rate}/s",
            measured=statistics.median(theirs) / own if theirs else None,
            limit=4,
            at_least=True,
        )
        return Found(
            goals=(goal,), lines=[_line(name, all_, own) for name, all_ in windows.items()]
        )

    return Row(f"fresh-{rate}", f"{rate} HTTP probes/s, both on new connections", measure)


ROWS = (at(500, 0.25), at(2000, 0.10, without=(BOTH,)), fresh(500), fresh(2000))
