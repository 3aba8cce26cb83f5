"""What ``kill -9`` loses: checks, counters and notices."""

import contextlib
import random
import sqlite3
import tempfile
import time
from collections import Counter

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import until
from monitor_bench.receiver import receiver
from monitor_bench.row import Found, Goal, Row
from monitor_bench.target import target
from ringback.incident.model import WatchedEndpoint
from ringback.incident.tracker import EndpointTracker
from ringback.monitor.store.sqlite import SQLiteStore

SEED = 9
KILLS = 10
ENDPOINTS, HOSTS = 500, 25
SICK = range(ENDPOINTS - 50, ENDPOINTS)
"""Those that fail for a while; the others are always well, and nothing else asks for them."""
OUTBOX_TIMEOUT = 300.0  # An end waits for two minutes before it is sent
NOTIFIER = '[[notifier]]\nname = "hook"\ntype = "webhook"\nurl = "{}"\n'


def measure(bench):
    """Kill it at random instants while some endpoints fall ill and get well; count afterwards."""
    with contextlib.ExitStack() as stack:
        hosts = tuple(f"127.0.{number}.1" for number in range(1, HOSTS + 1))
        site = stack.enter_context(target(hosts))
        received, url = stack.enter_context(receiver())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = [site.url(number, hosts[number % HOSTS]) for number in range(ENDPOINTS)]
        habits = endpoints(urls, every=1, retry_every=0.5, timeout=1)
        monitor = stack.enter_context(Monitor(folder, habits + NOTIFIER.format(url)))
        until(lambda: len(monitor.get("/endpoints")) == ENDPOINTS)
        site.listen()
        began = time.time()
        losses, counters = _killed(site, monitor, began)
        site.sicken([])
        until(lambda: not monitor.get("/incidents?state=open"), 120, pause=0.5)
        notices = _sent(monitor)
        monitor.stop()
    unfinished = [id_ for id_, told in received.told.items() if "closed" not in told]
    missing = [id_ for id_ in notices if id_ not in received.notices]
    twice = [id_ for id_, keys in received.notices.items() if len(keys) > 1]
    again = sum(received.messages.values()) - len(received.messages)
    return Found(
        goals=(
            Goal(text="checks of an endpoint lost by a kill, most", measured=max(losses), limit=1),
            Goal(text="counters of failing endpoints lost", measured=counters, limit=0),
            Goal(text="notices lost", measured=len(missing), limit=0),
            Goal(text="notices doubled, past a receiver that knows keys",
                 measured=len(twice), limit=0),
            Goal(text="alarms without their end", measured=len(unfinished), limit=0),
        ),
        lines=[
            {
                "kills": KILLS,
                "endpoints": ENDPOINTS,
                "checks lost in all": sum(losses),
                "notices": len(notices),
                "messages": len(received.messages),
                "messages that came again": again,
                "incidents": len(received.told),
            }
        ],
        notes=(f"500 probes/s; killed at instants of seed {SEED}; the webhook is another server",),
    )  # fmt: skip


def _killed(site, monitor, began):
    """Return what each kill lost of each endpoint, and how many counters were wrong after it."""
    chance, losses, counters = random.Random(SEED), [], 0
    lost = Counter()
    for _ in range(KILLS):
        site.sicken(chance.sample(SICK, 6))
        time.sleep(3 + chance.random() * 3)
        monitor.kill()
        answered, store = site.told(), SQLiteStore(monitor.database)
        for number in range(ENDPOINTS):
            kept = store.checks(f"e{number}", began, time.time(), limit=10_000)
            if number in SICK:
                counters += _counted(store, f"e{number}") < _failed_last(kept)
            else:
                since = [at for at, _ in answered.get(number, ())]
                losses.append(max(len(since) - len(kept) - lost[number], 0))
                lost[number] += losses[-1]
        store.close()
        monitor.start()
    return losses, counters


def _counted(store, id_):
    """Return how many failures in a row the monitor will know of."""
    case = EndpointTracker(WatchedEndpoint(id=id_))
    if (kept := store.state(f"case:{id_}")) is not None:
        case.load(kept)
    return max((vote.failures for vote in case.votes.values()), default=0)


def _failed_last(checks):
    """Return how many failures in a row were kept."""
    failed = 0
    for check in checks:  # newest first
        if check.up:
            break
        failed += check.up is False
    return failed


def _sent(monitor):
    """Return the notices that there was something to say of, once the outbox is empty."""

    def rows(condition=""):
        with contextlib.closing(sqlite3.connect(monitor.database)) as connection:
            return [one for (one,) in connection.execute(f"SELECT id FROM notice {condition}")]

    until(lambda: not rows("WHERE due IS NOT NULL"), OUTBOX_TIMEOUT, pause=0.5)
    return rows("WHERE error = ''")


ROWS = (Row("restart", "kill -9, ten times, at 500 probes/s", measure),)
