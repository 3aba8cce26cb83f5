"""What the monitor costs, names, misses and loses, beside blackbox_exporter and Prometheus.

    python bench/monitor.py [--rows NAME ...] [--list] [--json FILE] [--markdown] [--check]

Every row runs the whole program, ``ringback up``, unless it says otherwise; targets, receivers and
peers are other processes on loopback, and time is simulated where the row says so. The peers are
Debian's (``apt-get install prometheus-blackbox-exporter prometheus``); one that is not here is
named. The row of the causes needs root, for a network namespace of its own. ``--check`` gives
status 1 where a goal is not met. What the store costs by itself: ``bench/store.py``.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from machine import machine
from monitor_bench.registry import ROWS
from monitor_bench.report import facts, head, markdown, text
from monitor_bench.row import Bench


def arguments(words):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a window (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="in which peers take turns")
    parser.add_argument("--log", type=Path, metavar="FILE", help="outage log for the row noise")
    parser.add_argument("--series", type=Path, nargs="+", default=(), metavar="FILE.csv")
    parser.add_argument("--data", type=Path, metavar="DIR", help="labelled series, for latency-*")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--markdown", action="store_true", help="also print the goals as Markdown")
    parser.add_argument("--check", action="store_true", help="status 1 where a goal is not met")
    return parser.parse_args(words)


def main(words):
    """Measure and report; return the exit status."""
    options = arguments(words)
    if options.list:
        print(*(f"{row.name:16}{row.title}" for row in ROWS.values()), sep="\n")
        return 0
    bench = Bench(
        seconds=options.seconds,
        rounds=options.rounds,
        log=options.log,
        series=tuple(options.series),
        data=options.data,
    )
    report = {"machine": machine(), "seconds": options.seconds, "rows": []}
    print(head(report["machine"]))
    for name in options.rows:
        before = os.getloadavg()[0]
        found = ROWS[name].measure(bench)
        report["rows"].append(facts(ROWS[name], found, (before, os.getloadavg()[0])))
        print(text(report["rows"][-1]), flush=True)
        if options.json:
            options.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if options.markdown:
        print(markdown(report["rows"]))
    unmet = [goal for row in report["rows"] for goal in row["goals"] if not goal["met"]]
    return 1 if options.check and unmet else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
