"""What ringback's clients cost beside the libraries' own and their peers.

    python bench/client.py [--rows NAME ...] [--seconds S] [--json FILE] [--check]

Prints the table, and the goals as met or not met. CPU per call is measured by
``time.thread_time_ns``; the clients of a row take turns request by request, in random order, in one
process; the server is another process on loopback. Every such row also measures the plain library
twice: where the two differ by more than 2 % the row is void, and so is the run (status 1).

The first run makes an environment with the peers under ``~/.cache/ringback-bench`` by pip
(``--env`` names another directory; ``--no-peers`` measures what is installed beside this
interpreter). ``--python python3.13`` measures another Python.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from client_bench.environment import default_directory, prepared, variables
from client_bench.registry import ROWS
from client_bench.report import facts, markdown, table
from client_bench.row import Bench
from client_bench.run import measured
from client_bench.site import served
from machine import machine

TRIES = 3


def arguments(words):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--seconds", type=float, default=6.0, help="for each row (%(default)s)")
    parser.add_argument("--tries", type=int, default=TRIES, help="for a void row (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--markdown", action="store_true", help="also print the goals as Markdown")
    parser.add_argument("--check", action="store_true", help="status 1 where a goal is not met")
    parser.add_argument("--env", type=Path, default=default_directory(), metavar="DIR")
    parser.add_argument("--no-peers", action="store_true", help="install nothing")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to measure")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main(words):
    """Measure in the environment of the peers; return the exit status."""
    options = arguments(words)
    if options.list:
        print(*(f"{row.name:16}{row.title}" for row in ROWS.values()), sep="\n")
        return 0
    if options.inside:
        return inside(options)
    python = options.python
    if not options.no_peers:
        python = prepared("peers", options.env, options.python)
        prepared("niquests", options.env, options.python)
    with tempfile.TemporaryDirectory() as home:
        command = [python, __file__, *words, "--inside", "--env", str(options.env)]
        return subprocess.run(command, check=False, env=variables(home)).returncode


def inside(options):
    """Measure here and report; return the exit status."""
    with served() as site:
        bench = Bench(site, options.seconds, options.env)
        results = [measured(ROWS[name], bench, options.tries) for name in options.rows]
    void = [result.row.name for result in results if result.void]
    rows = [facts(result) for result in results]
    report = {"machine": machine(), "seconds": options.seconds, "void": void, "rows": rows}
    print(table(report))
    if options.markdown:
        print("", markdown(report), sep="\n")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    if void:
        print(
            f"void, the same differs from the same, or a client broke: {', '.join(void)}",
            file=sys.stderr,
        )
    unmet = [goal for row in rows for goal in row["goals"] if not goal["met"]]
    return 1 if void or (options.check and unmet) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
