"""How many messages an outage log makes of its changes of status."""

import itertools
import json
import random

from monitor_bench.row import Found, Row
from ringback.incident.replay import checks_of, held_between, is_log_of_changes
from ringback.monitor.config import MonitorConfig
from ringback.monitor.simulation import Simulation

SEED = 7
ENDPOINTS, PER_HOST = 24, 4
INTERVAL = 60.0
HOURS = 24


def measure(bench):
    """Replay the log in a simulation: the engine, the routes and the dispatcher."""
    lines = bench.log.read_text("utf-8").splitlines() if bench.log else list(made_up())
    checks = list(checks_of(lines))
    log = checks
    if is_log_of_changes(checks, lambda _: INTERVAL):
        log = held_between(checks, lambda _: INTERVAL)
    with Simulation(MonitorConfig(), checks[0].at) as simulation:
        changes = list(simulation.replay(log, every=INTERVAL))
    changed, messages = flips(checks), len(simulation.notifications)
    return Found(
        lines=[
            {
                "checks": len(checks),
                "endpoints": len({check.endpoint for check in checks}),
                "changes of status": changed,
                "incidents": sum(change.what == "opened" for change in changes),
                "notices": sum(len(sent.notices) for sent in simulation.notifications),
                "messages": messages,
                "for each change": messages / max(changed, 1),
            }
        ],
        notes=(f"{bench.log or f'made up, seed {SEED}'}; simulated time, one receiver",),
    )


def flips(checks):
    """Return how often an endpoint's status changed from one check to the next.

    Args:
        checks: As in the log.
    """
    last, count = {}, 0
    for check in checks:
        if check.up is not None:
            count += last.setdefault(check.endpoint, check.up) != check.up
            last[check.endpoint] = check.up
    return count


def made_up():
    """Yield a day: outages of endpoints and of whole hosts, lost checks, and one that flaps."""
    chance = random.Random(SEED)
    outages = {number: list(_outages(chance)) for number in range(ENDPOINTS)}
    for host in range(ENDPOINTS // PER_HOST):
        shared = list(_outages(chance, mean=30 * 3600))
        for number in range(host * PER_HOST, (host + 1) * PER_HOST):
            outages[number] += shared
    flapping = chance.randrange(ENDPOINTS)
    start = 1_763_726_400.0
    for step, number in itertools.product(range(int(HOURS * 3600 / INTERVAL)), range(ENDPOINTS)):
        at = step * INTERVAL + number * INTERVAL / ENDPOINTS
        down = next((code for since, until, code in outages[number] if since <= at < until), None)
        if down is None and chance.random() < 0.001:
            down = "http.response.timed_out"
        if number == flapping and 30_000 < at < 50_000 and (step // 3) % 2:
            down = 503
        one = {"at": start + at, "endpoint": f"host{number // PER_HOST}-{number}"}
        yield json.dumps(one | {"up": down is None, "code": down})


def _outages(chance, mean=12 * 3600):
    at = chance.expovariate(1 / mean)
    while at < HOURS * 3600:
        lasts = chance.lognormvariate(6.0, 1.2)
        yield at, at + lasts, chance.choice(["tcp.refused", "tcp.timed_out", 503, 502])
        at += lasts + chance.expovariate(1 / mean)


ROWS = (Row("noise", "messages sent for an outage log", measure),)
