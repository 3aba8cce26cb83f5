"""How many messages an outage log makes of its changes of status."""

import itertools
import json
import random

from monitor_bench.row import Found, Row
from ringback.incident.replay import replay
from ringback.monitor.notify.dispatcher import GROUP_WAIT, notice_groups
from ringback.monitor.notify.routing import Routing
from ringback.monitor.store import Queued

SEED = 7
ENDPOINTS, PER_HOST = 24, 4
INTERVAL = 60.0
HOURS = 24


def measure(bench):
    """Replay the log through the engine, the routes and what puts messages together."""
    lines = bench.log.read_text("utf-8").splitlines() if bench.log else list(made_up())
    checks = [json.loads(line) for line in lines if line.strip()]
    changed = flips(checks)
    notices, incidents = [], 0
    routing = Routing(("people",), ())
    for change in replay(lines, every=INTERVAL, remind_every=0):
        incidents += change.what == "opened"
        if change.notify:
            notices += routing.notices(change)
    messages = sent(notices)
    return Found(
        lines=[
            {
                "checks": len(checks),
                "endpoints": len({check["endpoint"] for check in checks}),
                "changes of status": changed,
                "incidents": incidents,
                "notices": len(notices),
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
        if check["up"] is not None:
            count += last.setdefault(check["endpoint"], check["up"]) != check["up"]
            last[check["endpoint"]] = check["up"]
    return count


def sent(notices):
    """Return how many messages these are, once what belongs together is put together.

    Args:
        notices: In order.
    """
    waiting, count = {}, 0
    for notice in notices:
        incident = notice.change.incident.id
        for known in [one for one, all_ in waiting.items() if _ready(all_) <= notice.at]:
            del waiting[known]
            count += 1
        waiting.setdefault(incident, []).append(notice)
    return count + len(waiting)


def _ready(notices):
    (group,) = notice_groups(
        [Queued(notice=notice, attempts=0, due=notice.at) for notice in notices]
    )
    return GROUP_WAIT.due_at(group)


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
