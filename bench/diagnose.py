"""What ``ringback diagnose`` says of every world, beside what other tools say.

    python bench/diagnose.py [--worlds NAME ...] [--jobs N] [--json FILE] [--no-peers]
                             [--floor RATE] [--check]

The worlds are those of the tests (``tests/e2e/worlds``) and the corpus, which is larger and only
scored here (``bench/diagnose_bench/worlds``).

Needs root, iproute2, iptables and nftables: each world is a set of network namespaces with one
fault among them, and nothing leaves them. The diagnosis runs as user 65534. Prints how often the
cause, the layer and the place are right, how long it takes, and every world that is missed: it is
visited once more by itself, both results are told, and only what is wrong twice counts. Then,
of the broken worlds, in how many the text of ``curl -v``, ``nc -zv``, the debug output of
blackbox_exporter and httpx's exception hold the deciding fact, and how many messages that differ
in more than addresses, ports and times they have for all of them (Debian: ``apt-get install curl
netcat-openbsd prometheus-blackbox-exporter``). For ringback the fact is held where the verdict is
right. ``--floor`` gives status 1 where the rate of right causes is below it, ``--check`` where a
goal is missed.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from diagnose_bench.peers import Blackbox, Curl, Httpx, Netcat, present  # noqa: E402 - path above
from diagnose_bench.report import facts, rate, table  # noqa: E402
from diagnose_bench.run import measured  # noqa: E402
from diagnose_bench.worlds import WORLDS as CORPUS  # noqa: E402
from e2e.worlds import WORLDS as GATE  # noqa: E402
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
    parser.add_argument("--floor", type=float, metavar="RATE", help="status 1 below it (0 to 1)")
    parser.add_argument("--check", action="store_true", help="status 1 where a goal is not met")
    return parser.parse_args(words)


def main(words):
    """Meet the worlds and report; return the exit status."""
    options = arguments(words)
    worlds = {**GATE, **CORPUS}
    if len(worlds) < len(GATE) + len(CORPUS):
        raise ValueError("two worlds have the same name")
    chosen = [w for w in worlds.values() if any(part in w.name for part in options.worlds)]
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
    below = options.floor is not None and rate(report["figures"]) < options.floor
    missed = options.check and not all(goal["met"] for goal in report["goals"])
    return int(below or missed)


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
