"""What the passing of time costs the event loop, with many endpoints and nothing wrong."""

import statistics
import time

from monitor_bench.row import Found, Goal, Row, spread
from ringback.incident.engine import Engine
from ringback.incident.model import CertificateSeen, Check, WatchedEndpoint
from ringback.monitor.processor import CheckProcessor

ENDPOINTS = 100_000
INTERVAL = 3600.0  # So long that no vote grows stale meanwhile
TICKS = 10
START = 1_763_726_400.0


class _Nowhere:
    """Keeps nothing: what a store costs is another row's."""

    def keep(self, batch):
        pass


class _NoRoutes:
    def wake(self):
        pass

    def notices_for(self, change):
        return []


def measure(bench):
    """Have every endpoint checked once, each with a certificate, and then let seconds pass."""
    engine = Engine(_endpoint(number) for number in range(ENDPOINTS))
    clock = [START]
    processor = CheckProcessor(engine, _Nowhere(), _NoRoutes(), clock=lambda: clock[0])
    seeing = [_milliseconds(_see_all, engine, at) for at in (START, START + INTERVAL)][-1]
    clock[0] += INTERVAL
    processor.tick()  # keeps what all have become
    parts = {
        "tick: what is due": engine.tick,
        "the same, walking over all": lambda now: _walk(engine, now),
        "asks": engine.asks,
        "processor.tick, and what is known of 1 in 60": lambda now: processor.tick(),
    }
    took = {name: [] for name in parts}
    for _ in range(TICKS * bench.rounds):
        clock[0] += 1.0
        for name, part in parts.items():
            took[name].append(_milliseconds(part, clock[0]))
    lines = [{"each second": name, "ms": spread(values)} for name, values in took.items()]
    per_check = seeing / ENDPOINTS * 1000
    goals = (
        Goal(
            text=f"Engine.tick over {ENDPOINTS:,} endpoints",
            measured=statistics.median(took["tick: what is due"]),
            limit=5.0,
            unit="ms",
        ),
        Goal(
            text="the event loop's turn once a second, all that is kept included",
            measured=statistics.median(took["processor.tick, and what is known of 1 in 60"]),
            limit=100.0,
            unit="ms",
        ),
    )
    return Found(goals=goals, lines=lines, notes=(f"Engine.see: {per_check:.1f} µs a check",))


def _endpoint(number):
    return WatchedEndpoint(id=f"e{number}", host=f"h{number}.test", every=INTERVAL)


def _see_all(engine, at):
    seen = CertificateSeen(not_after=START + 90 * 86400, issuer="CA", key="1")
    for number in range(ENDPOINTS):
        check = Check(at=at, endpoint=f"e{number}", up=True, seconds=0.1, certificate=seen)
        engine.see(check)


def _walk(engine, now):
    for tracker in engine._trackers.values():
        tracker.tick(now)


def _milliseconds(call, *given):
    began = time.perf_counter()
    call(*given)
    return (time.perf_counter() - began) * 1000


ROWS = (Row("tick", "the event loop's turn once a second, 100,000 endpoints", measure),)
