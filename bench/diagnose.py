"""What ``ringback diagnose`` says of every world of ``tests/e2e``, beside what other tools say.

    python bench/diagnose.py [--worlds NAME ...] [--jobs N] [--json FILE] [--no-peers] [--check]

Needs root, iproute2, iptables and nftables: each world is a set of network namespaces with one
fault among them, and nothing leaves them. The diagnosis runs as user 65534. Prints how often the
cause, the layer and the place are right, how long it takes, and every world that is missed; then,
of the broken worlds, in how many the text of ``curl -v``, ``nc -zv``, the debug output of
blackbox_exporter and httpx's exception hold the deciding fact, and how many messages that differ
in more than addresses, ports and times they have for all of them (Debian: ``apt-get install curl
netcat-openbsd prometheus-blackbox-exporter``). For ringback the fact is held where the verdict is
right. ``--check`` gives status 1 where a goal is missed.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from diagnose_bench.peers import Blackbox, Curl, Httpx, Netcat, present  # noqa: E402 - path above
from diagnose_bench.report import facts, table  # noqa: E402
from diagnose_bench.run import measured  # noqa: E402
from e2e.worlds import WORLDS  # noqa: E402
from machine import machine  # noqa: E402


def arguments(words):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", nargs="+", default=[""], metavar="NAME", help="parts of names")
    parser.add_argument("--list", action="store_true", help="print the names of the worlds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worlds at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything there")
    parser.add_argument("--no-peers", action="store_true", help="ringback only")
    parser.add_argument("--blackbox", metavar="PROGRAM", help="blackbox_exporter, if not in PATH")
    parser.add_argument("--check", action="store_true", help="status 1 where a goal is not met")
    return parser.parse_args(words)


def main(words):
    """Meet the worlds and report; return the exit status."""
    options = arguments(words)
    chosen = [w for w in WORLDS.values() if any(part in w.name for part in options.worlds)]
    if options.list:
        print(*(f"{world.name:52}{world.note}".rstrip() for world in chosen), sep="\n")
        return 0
    if os.geteuid():
        print("namespaces need root", file=sys.stderr)
        return 2
    peers = [] if options.no_peers else [Curl(), Netcat(), Blackbox(options.blackbox), Httpx()]
    peers, missing = present(peers)
    met = measured(chosen, peers, options.jobs, _progress(len(chosen)))
    report = {"machine": machine(), "jobs": options.jobs, "missing": missing, **facts(met, peers)}
    print(table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 1 if options.check and not all(goal["met"] for goal in report["goals"]) else 0


def _progress(count):
    """Return what shows how far the run is, on a terminal."""
    if not sys.stderr.isatty():
        return lambda _: None
    met = []

    def show(each):
        met.append(each)
        filled = 30 * len(met) // count
        bar = "█" * filled + "·" * (30 - filled)
        end = "\r" if len(met) < count else "\n"
        print(f"  {bar} {len(met)}/{count} {each.world.name:50.50}", end=end, file=sys.stderr)

    return show


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
