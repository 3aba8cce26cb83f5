"""What each way of retrying makes of an outage; prints a table and writes JSON.

    python bench/storm.py [--clients 10000] [--rate 5] [--json storm.json] [NAME ...]
    python bench/storm.py --restarts [--clients 25] [--rate 40] [NAME ...]
    python bench/storm.py --failures [NAME ...]

Each of the clients calls a service at random instants; the service has a capacity and a queue, is
down for 60 s and comes back. With `--restarts` it is down for 0.3 to 20 s, and the question is what
becomes of the calls that were begun meanwhile. With `--failures` it is up, and answers a share of
the requests with 503, one by one: over clients and capacities. Simulated time, so the machine does
not matter; ringback's rows run the product's own policy, budget, circuit breaker and line of
waiters. See `docs/benchmarks.md` for what it shows.
"""

import argparse
import json
import math
import sys
from pathlib import Path

from machine import machine
from storm_bench.peers import CLIENTS
from storm_bench.simulation import simulate

BEFORE, OUTAGE, AFTER = 5, 60, 30
TIMEOUT, QUEUE, LATENCY, SPARE = 1.0, 2.0, 0.02, 1.4
"""A client's patience; seconds of work that fit the queue; of one answer; capacity over demand."""


def outage(make_client, mode, clients, rate, *, synchronised=False):
    demand = clients * rate
    service = {
        "capacity": demand * SPARE, "mode": mode, "down": BEFORE, "up": BEFORE + OUTAGE,
        "timeout": TIMEOUT, "queue": QUEUE, "latency": LATENCY, "errors": 0.0,
    }  # fmt: skip
    seconds = BEFORE + OUTAGE + AFTER
    calls, load = simulate(
        make_client,
        clients=clients,
        rate=rate,
        seconds=seconds,
        service=service,
        synchronised=synchronised,
    )
    down = range(BEFORE, BEFORE + OUTAGE)
    after = range(BEFORE + OUTAGE, seconds)
    return {
        "load_in_outage": sum(load.get(s, 0) for s in down) / sum(calls[s][0] for s in down),
        "peak_after": max(load.get(s, 0) for s in after) / demand,
        "seconds_to_99": recovered(calls, after),
    }


def recovered(calls, after):
    """Seconds after the outage from which on 99 % of the calls of every second succeed."""
    bad = [s for s in after[:-TAIL] if calls[s][1] < 0.99 * calls[s][0]]
    if not bad:
        return 0
    return None if bad[-1] == after[-TAIL] - 1 else bad[-1] + 1 - after[0]


TAIL = 5
"""The last seconds are not judged: their retries may lie behind the end."""


def transient(make_client, errors, clients, rate):
    service = {
        "capacity": clients * rate * SPARE, "mode": "refuse", "down": 1e9, "up": 1e9,
        "timeout": TIMEOUT, "queue": QUEUE, "latency": LATENCY, "errors": errors,
    }  # fmt: skip
    calls, _ = simulate(make_client, clients=clients, rate=rate, seconds=60, service=service)
    begun = sum(count for count, _ in calls.values())
    return 1 - sum(good for _, good in calls.values()) / begun


def restart(make_client, down, clients, rate):
    """What becomes of calls begun while a service is restarted, and of those after it."""
    demand = clients * rate
    service = {
        "capacity": demand * SPARE, "mode": "refuse", "down": BEFORE, "up": BEFORE + down,
        "timeout": TIMEOUT, "queue": QUEUE, "latency": LATENCY, "errors": 0.0,
    }  # fmt: skip
    calls, load = simulate(
        make_client,
        clients=clients,
        rate=rate,
        seconds=math.ceil(BEFORE + down) + AFTER,
        service=service,
        slot=lambda at: "before" if at < BEFORE else "in" if at < BEFORE + down else "after",
    )
    begun, through = calls["in"]
    return {
        "seconds": down,
        "through": through / begun,
        "failed_afterwards": calls["after"][0] - calls["after"][1],
        "load": load.get("in", 0) / begun,
        "peak_after": max(load.get(s, 0) for s in load if isinstance(s, int)) / demand,
    }


SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
WORLDS = ((1, 10.0), (1, 1.4), (100, 10.0), (100, 2.0), (100, 1.4), (100, 1.2))
"""Clients, and capacity over demand; 10: there is no limit."""
CALLS = 20_000


def failing(make_client, share, clients, spare, rate=5):
    """What part of the calls gets through where a share of the requests fails, and the load."""
    service = {
        "capacity": clients * rate * spare, "mode": "refuse", "down": 1e9, "up": 1e9,
        "timeout": TIMEOUT, "queue": QUEUE, "latency": LATENCY, "errors": share,
    }  # fmt: skip
    seconds = max(40, CALLS // (clients * rate))
    calls, load = simulate(
        make_client, clients=clients, rate=rate, seconds=seconds, service=service
    )
    settled = range(seconds // 4, seconds)
    begun = sum(calls[s][0] for s in settled if s in calls)
    through = sum(calls[s][1] for s in settled if s in calls)
    return {"through": through / begun, "load": sum(load.get(s, 0) for s in settled) / begun}


def show_failures(chosen):
    print(
        "% of the calls that get through, and requests a call, where a share of the requests fails"
    )
    print(f"{'':44}" + "".join(f"{share:>15.0%}" for share in SHARES))
    results = {}
    for clients, spare in WORLDS:
        for name in chosen:
            rows = [failing(CLIENTS[name], share, clients, spare) for share in SHARES]
            results[f"{clients} x{spare:g} {name}"] = rows
            cells = (f"{100 * row['through']:.1f} {row['load']:.2f}" for row in rows)
            head = f"{clients:>4} clients, capacity x{spare:<3g} {name}"
            print(f"{head:<54.54}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
    return results


def herd(make_client, clients, rate):
    """The worst second after an outage, in capacities, if all call at the same instants."""
    found = outage(make_client, "hang", clients, rate, synchronised=True)
    return found["peak_after"] / SPARE


def measured(name, clients, rate):
    make = CLIENTS[name]
    few = max(200, clients // 10)
    return {
        "refuse": outage(make, "refuse", clients, rate),
        "hang": outage(make, "hang", clients, rate),
        "herd_peak": herd(make, few, rate),
        "failures_at_1_percent": transient(make, 0.01, few, rate),
        "failures_at_10_percent": transient(make, 0.1, few, rate),
    }


RESTARTS = (0.3, 0.6, 1, 2, 5, 8, 10, 20)


def show_restarts(chosen, clients, rate):
    print(
        f"{clients:,} clients, {rate:g} calls/s each: % of the calls begun in an outage of so many"
        " seconds that get through, (failed later), load in it as a multiple of the calls"
    )
    print(f"{'':34}" + "".join(f"{seconds:>20g} s" for seconds in RESTARTS))
    results = {}
    for name in chosen:
        print(f"  {name} …", end="\r", file=sys.stderr, flush=True)
        rows = results[name] = [restart(CLIENTS[name], s, clients, rate) for s in RESTARTS]
        shown = (
            f"{100 * row['through']:.0f} % ({row['failed_afterwards']}) {row['load']:.2f}"
            for row in rows
        )
        print(f"{name:34}" + "".join(f"{cell:>22}" for cell in shown), flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows, by a part of their name")
    parser.add_argument("--restarts", action="store_true", help="outages of 0.3 to 20 s")
    parser.add_argument("--failures", action="store_true", help="up, with requests that fail")
    parser.add_argument("--clients", type=int, help="10000, with --restarts 25")
    parser.add_argument("--rate", type=float, help="calls per second and client: 5, or 40")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = [n for n in CLIENTS if not options.names or any(p in n for p in options.names)]
    if options.failures:
        results = show_failures(chosen)
    elif options.restarts:
        results = show_restarts(chosen, options.clients or 25, options.rate or 40.0)
    else:
        results = show_outages(chosen, options.clients or 10_000, options.rate or 5.0)
    if options.json:
        options.json.write_text(json.dumps({**machine(), "results": results}, indent=1) + "\n")


def show_outages(chosen, clients, rate):
    results = {}
    print(
        f"{clients:,} clients, {rate:g} calls/s each, capacity {SPARE:g} x demand,"
        f" down {OUTAGE} s; load and peaks as multiples of the calls, herd of the capacity"
    )
    heads = (
        "refuse: load",
        "peak",
        "99 % in",
        "hang: load",
        "peak",
        "99 % in",
        "herd",
        "fail@1%",
        "fail@10%",
    )
    print(f"{'':34}" + "".join(f"{head:>14}" for head in heads))
    for name in chosen:
        print(f"  {name} …", end="\r", file=sys.stderr, flush=True)
        row = results[name] = measured(name, clients, rate)
        print(f"{name:34}" + "".join(f"{cell:>14}" for cell in cells(row)), flush=True)
    return results


def cells(row):
    for mode in ("refuse", "hang"):
        yield f"{row[mode]['load_in_outage']:.2f}"
        yield f"{row[mode]['peak_after']:.2f}"
        seconds = row[mode]["seconds_to_99"]
        yield "never" if seconds is None else f"{seconds} s"
    yield f"{row['herd_peak']:.2f}"
    yield f"{row['failures_at_1_percent']:.3%}"
    yield f"{row['failures_at_10_percent']:.3%}"


if __name__ == "__main__":
    main()
