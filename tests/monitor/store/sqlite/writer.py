"""A process that keeps batches, and says after each that it was kept; run by the fault tests."""

import sys

from ringback.incident.model import Transition
from ringback.monitor.store.interface import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore
from tests.monitor.store.values import AT, check, notice

ENDPOINTS = 20


def batch(number, at):
    """One check of each endpoint; every third with a change and a notice."""
    checks = [check(at + n / 1000, f"e{n}", up=n % 5 != 0, seconds=0.1) for n in range(ENDPOINTS)]
    states = {"engine": {"batches": number + 1}}
    if number % 3:
        return StoreBatch(checks=checks, states=states)
    change = Transition(at=at, endpoint="e0", before="ok", after="down")
    return StoreBatch(
        checks=checks, states=states, transitions=[change], notices=[notice(f"n{number}", at)]
    )


def main(path, seconds, most):
    store = SQLiteStore(path)
    kept = store.state("engine")
    number = kept["batches"] if kept else 0
    print("ready", flush=True)
    for _ in range(most):
        at = AT + number * seconds
        store.keep(batch(number, at))
        number += 1
        print(number, flush=True)
        store.maintain(at)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
