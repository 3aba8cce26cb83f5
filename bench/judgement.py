"""1,000 random worlds, judged by the product and scored against their truth.

    python bench/judgement.py [--worlds 1000] [--seed 0] [--json FILE] [--dump FILE] [--show SEED]
    python bench/judgement.py --places 3 --worlds 300

A world is made from its seed: hosts, services and what they share, one or three vantages, programs
that call, controls; and faults of services, hosts, resolvers, proxies, certificates, of the
vantages' own links, of a path or a program alone, overlapping, with looks lost by chance. It is run
in simulated time in a closed loop: the engine gets the looks that a monitor makes, what it asks to
be looked at is looked at, and the messages go through the dispatcher. Worlds whose only fault is a
lossy own link, and hosts that fail at once by chance, are scored apart.

What each figure means is defined at the head of `judgement_bench/score.py`. `--dump` writes the
worlds in the form of scenarios, with the looks of the loop: `ringback replay --scenarios` judges
them. `--show` tells one world event by event, the truth beside what was said. `--places` draws
worlds of several places instead, each in a failure domain of its own, and scores them by the rules
at the head of `judgement_bench/places.py`. What is interrupted reports what it has. Status 1 where
a goal is not met.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from judgement_bench.generator import coincidence, lossy_world, world_of
from judgement_bench.loop import Loop, header_of
from judgement_bench.places import (
    PlacesScore,
    figures_of_places,
    met_by_places,
    places_world,
    scored_places,
    text_of_places,
)
from judgement_bench.product import Product
from judgement_bench.report import groups_of, met, text
from judgement_bench.score import Score, figures, scored
from judgement_bench.show import told
from machine import machine

HOSTS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50)


def arguments(words):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the first world (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--dump", type=Path, metavar="FILE", help="write the worlds as scenarios")
    parser.add_argument("--show", type=int, metavar="SEED", help="tell one world event by event")
    parser.add_argument("--lossy", action="store_true", help="--show one with a lossy link")
    parser.add_argument("--places", type=int, metavar="N", help="worlds of N places instead")
    parser.add_argument("--trials", type=int, default=2, help="of each chance (%(default)s; 0: no)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (%(default)s)")
    parser.add_argument(
        "--patient",
        action="store_true",
        help="what the engine asks is answered as late as any look; else after 0.3 s",
    )
    return parser.parse_args(words)


def units_of(options):
    """What is to be run: worlds, worlds with a lossy link, and chances."""
    seeds = range(options.seed, options.seed + options.worlds)
    yield from (("random", seed) for seed in seeds)
    yield from (("lossy", seed) for seed in seeds[: options.worlds // 10])
    for hosts in HOSTS:
        for failing in sorted({1, 2, 3, 4, hosts // 2, hosts - 1, hosts}):
            if 0 < failing <= hosts:
                for way in range(4):
                    for trial in range(options.trials):
                        yield "chance", (hosts, failing, trial, way)


def world_for(unit):
    what, which = unit
    if what == "places":
        return places_world(*which)
    if what == "chance":
        hosts, failing, trial, way = which
        return coincidence(hosts, failing, trial, slow=bool(way & 1), controls=bool(way & 2))
    return world_of(which) if what == "random" else lossy_world(which)


def run(task):
    """Run one; what it was, its score, its groups and its lines for the dump."""
    unit, patient, dump = task
    world = world_for(unit)
    loop = Loop(world, Product(world), patient=patient)
    said = loop.run()
    line = None
    if dump and unit[0] == "random":
        events = [event.neutral() for event in loop.events]
        line = json.dumps({**header_of(world), "events": events})
    return unit, scored(world, loop.events, said), groups(unit[0], world), line


def run_places(task):
    """Run one world of several places; its score."""
    world = world_for(("places", task[:2]))
    loop = Loop(world, Product(world), patient=task[2])
    said = loop.run()
    return scored_places(world, loop.events, said)


def measured_places(options):
    """Run all worlds of several places; the report."""
    began = time.monotonic()
    score = PlacesScore()
    seeds = range(options.seed, options.seed + options.worlds)
    with multiprocessing.Pool(options.jobs) as pool, suppress(KeyboardInterrupt):
        tasks = ((seed, options.places, options.patient) for seed in seeds)
        for number, found in enumerate(pool.imap(run_places, tasks, 2), 1):
            score.add(found)
            progress(number, len(seeds), began)
    found = figures_of_places(score)
    return {
        "machine": machine(),
        "places": options.places,
        "seed": options.seed,
        "took": time.monotonic() - began,
        "met": met_by_places(found),
        "all": found,
        "misses": [vars(miss) for miss in score.misses],
    }


def groups(what, world):
    if what == "lossy":
        return ["lossy own link"]
    programs = len(world.probes) < len(world.observers)
    vantages = "1 vantage" if len(world.probes) == 1 else f"{len(world.probes)} vantages"
    return [
        "all",
        f"{vantages}, programs" if programs else vantages,
        "controls" if world.probes[0].controls else "no controls",
    ]


def measured(options):
    """Run all; the report."""
    began = time.monotonic()
    units = list(units_of(options))
    scores, chances = {}, {}
    dump = options.dump.open("w", encoding="utf-8") if options.dump else None
    with multiprocessing.Pool(options.jobs) as pool, suppress(KeyboardInterrupt):
        tasks = ((unit, options.patient, bool(dump)) for unit in units)
        for number, (unit, score, names, line) in enumerate(pool.imap(run, tasks, 2), 1):
            if unit[0] == "chance":
                chances.setdefault((*unit[1][:2], unit[1][3]), Score()).add(score)
            else:
                for name in names:
                    scores.setdefault(name, Score()).add(score)
            if line:
                dump.write(line + "\n")
            progress(number, len(units), began)
    if dump:
        dump.close()
    found = figures(scores["all"])
    return {
        "machine": machine(),
        "judge": "the product",
        "worlds": scores["all"].worlds,
        "seed": options.seed,
        "took": time.monotonic() - began,
        "met": met(found),
        "all": found,
        "groups": groups_of(scores),
        "chance": [chance_of(key, score) for key, score in chances.items()],
        "misses": {name: [vars(m) for m in scores[name].misses] for name in OWN_MISSES & {*scores}},
    }


OWN_MISSES = {"all", "lossy own link"}


def chance_of(key, score):
    hosts, failing, way = key
    return {
        "hosts": hosts,
        "failing": failing,
        "slow": bool(way & 1),
        "controls": bool(way & 2),
        "trials": score.worlds,
        "said": score.own_said,
        "never_told": score.never_told,
        "outages": score.outages,
    }


def progress(number, of, began):
    if sys.stderr.isatty() or number % 50 == 0 or number == of:
        end = "\r" if sys.stderr.isatty() else "\n"
        took = time.monotonic() - began
        print(f"  {number} of {of}, {took:.0f} s", end=end, file=sys.stderr, flush=True)


def main(words):
    """Judge and report; return the exit status."""
    options = arguments(words)
    if options.show is not None:
        if options.places:
            world = places_world(options.show, options.places)
        else:
            world = (lossy_world if options.lossy else world_of)(options.show)
        for line in told(world, Product(world), patient=options.patient):
            print(line)
        return 0
    if options.places:
        report = measured_places(options)
        print("\n".join(text_of_places(report)))
    else:
        report = measured(options)
        print(text(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0 if all(report["met"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
