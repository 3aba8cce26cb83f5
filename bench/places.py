"""Worlds of a hub and three agents on hosts of their own, whose ways are cut for real (root).

    python bench/places.py [--worlds 30] [--seed 0] [--every 1] [--json FILE]

Each world is a hub, three agents (processes) and three services in network namespaces that meet at
a router. One thing happens to it, in turn of the kinds in `tests/monitor/places.py`: a service
refuses or its host is off, the way of some places to it is cut or rejected, a place loses its
network, an agent or the hub is cut off. Which places and which service is drawn from the seed. A
world is *right* if what is true is said, with the severity that is asked, nothing else is said of
any service or network until all is mended, and every incident ends then. Status 1 where fewer than
98 % are right, or an outage was said of a service that a place reached.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from machine import machine

# In the place of this folder, which has a `monitor` as well.
sys.path[0] = str(Path(__file__).resolve().parents[1] / "tests")

from monitor.places import KINDS, played  # noqa: E402 - from the tests

GOAL = 0.98


def main(words):
    """Play the worlds and report; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=30, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the first world (%(default)s)")
    parser.add_argument("--every", type=float, default=1.0, help="seconds (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options = parser.parse_args(words)
    began, found = time.monotonic(), []
    names = list(KINDS)
    for seed in range(options.seed, options.seed + options.worlds):
        with tempfile.TemporaryDirectory(prefix="ringback-places-") as folder:
            wait = 100 + 4 * options.every
            outcome = played(
                names[seed % len(names)], seed, Path(folder), every=options.every, wait=wait
            )
        found.append(outcome)
        after = "-" if outcome.seconds is None else f"{outcome.seconds:.1f} s"
        print(f"{seed:4} {outcome.kind:14} {after:>8}  {'; '.join(outcome.wrong)}", flush=True)
    right = sum(not outcome.wrong for outcome in found)
    blamed = sum(
        not KINDS[outcome.kind].blames and any("service_outage" in w for w in outcome.wrong)
        for outcome in found
    )
    took = time.monotonic() - began
    print(f"{right} of {len(found)} right; outages said of what is reached: {blamed}; {took:.0f} s")
    if options.json:
        report = {"machine": machine(), "every": options.every, "worlds": [*map(asdict, found)]}
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0 if right >= GOAL * len(found) and not blamed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
