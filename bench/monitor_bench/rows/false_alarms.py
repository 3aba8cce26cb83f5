"""How often lost packets alone make an incident."""

import random

from monitor_bench.row import Found, Row
from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint

SEED = 11
LOSS, CORRELATION = 1e-3, 0.5
CHECKS = 1_000_000
INTERVAL = 30.0
YEAR = 365.25 * 86400 / INTERVAL
RULES = {"score of 9 (the default)": {"threshold": 3}, "score of 15": {"threshold": 5}}


def measure(bench):
    """Put the same losses through the engine with each rule."""
    lost = list(losses())
    lines = []
    for name, rule in RULES.items():
        opened = alarms(lost, WatchedEndpoint(id="e", latency=False, **rule))
        lines.append(
            {
                "rule": name,
                "checks": CHECKS,
                "lost": sum(lost),
                "false alarms": opened,
                "per million checks": opened / CHECKS * 1e6,
                "per endpoint and year": opened / CHECKS * YEAR,
            }
        )
    model = (
        f"Gilbert-Elliott: {LOSS:g} of the checks are lost, the correlation of one check and the "
        f"next is {CORRELATION:g}; seed {SEED}, {INTERVAL:g} s between two checks"
    )
    expected = LOSS * (1 - CORRELATION) * (LOSS + CORRELATION * (1 - LOSS)) ** 2
    told = f"of 3 in a row, theory says {expected * (1 - LOSS) * 1e6:.0f} per million checks"
    return Found(lines=lines, notes=(model, told))


def losses():
    """Yield for each check whether it is lost: a chain of two states, bad being lost."""
    chance, lost = random.Random(SEED), False
    for _ in range(CHECKS):
        stays = LOSS + CORRELATION * (1 - LOSS)
        lost = chance.random() < (stays if lost else LOSS * (1 - CORRELATION))
        yield lost


def alarms(lost, watched):
    """Return how many incidents the engine opens.

    Args:
        lost: For each check.
        watched: The endpoint.
    """
    engine, opened, at = Engine([watched]), 0, 1_763_726_400.0
    for is_lost in lost:
        at += INTERVAL
        kind = "tcp.timed_out" if is_lost else None
        changes = engine.see(Check(at=at, endpoint="e", up=not is_lost, kind=kind, seconds=0.01))
        opened += sum(change.what == "opened" for change in changes)
        engine.transitions(), engine.needs_diagnosis()
    return opened


ROWS = (Row("false-alarms", "incidents made by bursts of loss alone", measure),)
