"""Worlds of several places, their truth, and whether what was said of one is right.

A place is a vantage in a failure domain and at a site of its own; there are no programs. Each
endpoint is looked at every 30 s, by one place after the other within the interval, as the hub
spreads them. Faults are drawn as in the other worlds, ways from a place to a host more often
(``WEIGHTS``), and a third of these from one place more at the same time.

The rules, by DESIGN ("Votes") and the issue on many places:

- **Partition**: a span of 120 s or more in which each look of some places at an endpoint fails by
  a way that is cut, the networks of these places are in order, the endpoint has no fault and some
  other place *can see* it (as in `score.py`). It is *of most places* where more are cut off than
  can see it, else *of a few*. It counts if it lasts 120 s or more from the first failed look of a
  place that is cut off. It is **told** by the first message of ``network_partition`` that names
  the endpoint, from the begin of the span until 120 s after its end; where an alarm that names it
  stands as it begins, it is counted apart. Time is counted from the begin of the span, and from
  the first failed look. When the incident has the endpoint as its member, before anybody was sent
  a message, is shown beside it (since after first contact).
- **Reached and blamed** ("service outage" where a healthy place reaches it): a message of severity
  ``page`` names an endpoint, first or again, with a pattern that is neither of a path
  (``network_partition``, ``prober_path``, ``callers_only``) nor of a place's own network
  (``own_network_down``, ``prober_sick``, ``vantage_silent``), though the endpoint had no fault in
  the window (as in `score.py`), and a place reached it: nothing was wrong between all the window
  long, and its newest look succeeded. That a place could not know it excuses nothing here.
- **Right** is a world in which every outage and every partition is told, nobody is reached and
  blamed, no endpoint is blamed without a fault in any other way, no own network is falsely said and
  each that is cut is said (but where all that was looked at is at one address or behind one proxy:
  until after first contact these counted as wrong), and every alarm has its end, no sooner than it
  should. A world of which something is wrong counts once.
"""

import random as chance
from dataclasses import dataclass, field, replace
from itertools import pairwise

from judgement_bench.generator import fault_of, observers_of, targets_of
from judgement_bench.score import (
    BLAMES_NOBODY,
    GRACE,
    MIN_OUTAGE,
    OF_A_PATH,
    Miss,
    blames_in,
    by_incident,
    can_see,
    causes,
    quantile,
    scored,
    share,
    standing,
)
from judgement_bench.world import START, World

LOOK_INTERVAL = 30.0

WEIGHTS = {
    "partition": 30, "service": 20, "machine": 10, "link": 8, "uplink": 10, "loss": 3,
    "own resolver": 4, "gone": 4, "flapping": 3, "certificate": 2, "zone": 2, "subnet": 3,
    "resolver": 2, "proxy": 2, "target": 2, "overloaded": 1,
}  # fmt: skip

GOALS = {"right": 0.98, "reached_and_blamed": 0, "partition_p90": 40.0}


def places_world(seed, places):
    """The world of a seed, seen from so many places."""
    random = chance.Random(f"places {places} {seed}")
    until = START + random.choice((3600, 5400, 7200))
    targets = tuple(replace(target, every=LOOK_INTERVAL) for target in targets_of(random, places))
    observers = observers_of(random, targets, places)
    world = World(
        seed=seed,
        until=until,
        targets=targets,
        observers=tuple(observer for observer in observers if observer.kind == "probe"),
        faults=(),
        loss=random.choice((0.0, 10 ** random.uniform(-3, -2))),
        jitter=random.choice((0.0, 0.5, 2.0)),
        spread=True,
    )
    faults = []
    for _ in range(random.choice((1, 1, 2, 2, 3, 4, 5))):
        for fault in fault_of(random, world, faults, WEIGHTS):
            faults.append(fault)
            if fault.what == "partition" and random.random() < 1 / 3:
                faults.append(_also(random, world, fault))
    return replace(world, faults=tuple(sorted(faults, key=lambda fault: fault.begin)))


def _also(random, world, fault):
    domain, _, subject = fault.subject.partition(">")
    other = random.choice([o.domain for o in world.observers if o.domain != domain])
    return replace(fault, subject=f"{other}>{subject}")


@dataclass
class PlacesScore:
    """The figures of one world of several places, or of many."""

    worlds: int = 0
    right: int = 0
    one_site: int = 0  # Of these, worlds in which an own network was cut that nobody could know
    partitions: int = 0
    standing: int = 0  # Partitions of what an alarm named already
    never_told: int = 0
    outages: int = 0
    reached_and_blamed: int = 0
    wrong: dict = field(default_factory=dict)  # What was wrong, and in how many worlds
    # Seconds until a partition of most places, or of a few, was told
    most: list = field(default_factory=list)
    most_seen: list = field(default_factory=list)
    most_opened: list = field(default_factory=list)
    few: list = field(default_factory=list)
    few_seen: list = field(default_factory=list)
    few_opened: list = field(default_factory=list)
    misses: list = field(default_factory=list)

    def add(self, other):
        for name, value in vars(other).items():
            if name == "wrong":
                for what, number in value.items():
                    self.wrong[what] = self.wrong.get(what, 0) + number
            else:
                setattr(self, name, getattr(self, name) + value)


def scored_places(world, events, said):
    """The score of one world."""
    base = scored(world, events, said)
    score = PlacesScore(worlds=1, outages=base.outages, misses=[*base.misses])
    _partitions(score, world, events, said)
    _reached(score, world, events, said)
    wrong = {
        "outage never told": base.never_told,
        "partition never told": score.never_told,
        "reached and blamed": score.reached_and_blamed,
        "blamed": base.blaming,
        "own network falsely said": base.own_false,
        "own network not said": base.own_not_said,
        "no end": base.without_end,
        "end without alarm": base.without_alarm,
        "end too early": base.too_early,
    }
    score.wrong = {what: 1 for what, number in wrong.items() if number}
    score.right = int(not score.wrong)
    score.one_site = int(not score.wrong and base.own_at_one_site > 0)
    return score


def partitions_in(world):
    """Endpoint, begin, end, and the places that are cut off and that can see it, of each span."""
    times = {START, world.until}
    times |= {t for f in world.faults for t in (f.begin, f.end) if START < t < world.until}
    times = sorted(times)
    for target in world.targets:
        begin, before = None, None
        for start, end in [*pairwise(times), (world.until, world.until)]:
            now = _sides(world, target.id, (start + end) / 2) if start < end else None
            if now == before:
                continue
            if before is not None:
                yield target.id, begin, start, *before
            begin, before = start, now


def _sides(world, endpoint, at):
    """Who is cut off from an endpoint, and who can see it; ``None``: it is not parted."""
    if world.is_faulty(endpoint, at):
        return None
    cut, see = [], []
    for observer in world.observers:
        if not (world.is_at_work(observer.id, at) and world.is_heard(observer.id, at)):
            continue
        faults = [f for f in world.faults_between(observer.id, endpoint) if f.holds(at)]
        if not faults:
            see.append(observer.id)
        elif all(fault.what == "partition" and fault.is_whole for fault in faults):
            cut.append(observer.id)
    return (tuple(cut), tuple(see)) if cut and see else None


def _partitions(score, world, events, said):
    for endpoint, begin, end, cut, see in partitions_in(world):
        seen = min(
            (
                event.begun
                for event in events
                if event.endpoint == endpoint
                and event.observer in cut
                and begin <= event.begun < end
                and not event.ok
            ),
            default=None,
        )
        if seen is None or end - seen < MIN_OUTAGE:
            continue
        score.partitions += 1
        if _stood(said, endpoint, begin):
            score.standing += 1
            continue
        naming = next(
            (
                naming
                for naming in said.namings
                if begin <= naming.at <= end + GRACE
                and endpoint in naming.members
                and naming.pattern == "network_partition"
            ),
            None,
        )
        if naming is None:
            score.never_told += 1
            detail = f"{endpoint}: {','.join(cut)} cut off, {','.join(see)} not"
            score.misses.append(
                Miss(
                    world.seed,
                    "partition never told",
                    begin - START,
                    causes(world, endpoint, begin, end),
                    f"{detail}, {end - begin:.0f} s",
                )
            )
            continue
        name = "most" if len(cut) > len(see) else "few"
        getattr(score, name).append(naming.at - begin)
        getattr(score, f"{name}_seen").append(naming.at - seen)
        # A member that was in an incident before it was one of a partition is not of this list.
        joined = said.joined.get((naming.incident, endpoint), begin)
        if joined > begin:
            getattr(score, f"{name}_opened").append(joined - begin)


def _stood(said, endpoint, begin):
    return bool(standing(said, endpoint, begin, begin))


def _reached(score, world, events, said):
    nobody = (*OF_A_PATH, *BLAMES_NOBODY)
    for incident, namings in by_incident(said).items():
        for endpoint, naming, begin in blames_in(world, namings):
            if naming.pattern in nobody:
                continue
            if any(f.overlaps(begin, naming.at) for f in world.faults_of(endpoint)):
                continue
            places = [
                observer.id
                for observer in world.observers
                if _reaches(world, events, observer, endpoint, begin, naming.at)
            ]
            if places:
                score.reached_and_blamed += 1
                detail = f"{incident} {naming.pattern} {naming.kind}: {endpoint} by {places}"
                cause = causes(world, endpoint, begin, naming.at)
                score.misses.append(
                    Miss(world.seed, "reached and blamed", naming.at - START, cause, detail)
                )


def _reaches(world, events, observer, endpoint, begin, until):
    if not can_see(world, observer, endpoint, until):
        return False
    if any(f.overlaps(begin, until) for f in world.faults_between(observer.id, endpoint)):
        return False
    looks = [
        event.ok
        for event in events
        if event.endpoint == endpoint
        and event.observer == observer.id
        and begin <= event.at <= until
    ]
    return bool(looks) and looks[-1]


def figures_of_places(score):
    """A score as figures."""
    found = {
        "worlds": score.worlds,
        "right": share(score.right, score.worlds),
        "wrong": score.wrong,
        "outages": score.outages,
        "partitions": score.partitions,
        "one_site": score.one_site,
        "standing": score.standing,
        "never_told": score.never_told,
        "reached_and_blamed": score.reached_and_blamed,
        "partition_p90": quantile(score.most + score.few, 0.9) or 0.0,
        "within_40_s": share(
            sum(after <= GOALS["partition_p90"] for after in score.most + score.few),
            len(score.most + score.few),
        ),
    }
    for name in ("most", "most_seen", "most_opened", "few", "few_seen", "few_opened"):
        values = getattr(score, name)
        found[name] = {
            "number": len(values),
            **{f"p{at}": quantile(values, at / 100) for at in (50, 90, 100)},
        }
    return found


def met_by_places(found):
    """Which goals are met."""
    return {
        "right": found["right"] >= GOALS["right"],
        "reached_and_blamed": found["reached_and_blamed"] <= GOALS["reached_and_blamed"],
        "partition_p90": found["partition_p90"] <= GOALS["partition_p90"],
    }


def text_of_places(report):
    """All figures for people."""
    found, met = report["all"], report["met"]
    word = {name: "met" if met[name] else "NOT MET" for name in met}
    yield (
        f"{found['worlds']} worlds of {report['places']} places from seed {report['seed']},"
        f" judged by the product in {report['took']:.0f} s"
    )
    yield ""
    yield f"judged right            {found['right']:8.1%}   goal ≥ 98 %  {word['right']}"
    yield (
        f"reached and blamed      {found['reached_and_blamed']:8}   goal 0"
        f"       {word['reached_and_blamed']}"
    )
    yield (
        f"partition told, p90     {found['partition_p90']:6.0f} s   goal ≤ 40 s  "
        f"{word['partition_p90']} ({found['within_40_s']:.0%} within 40 s)"
    )
    yield ""
    for name, title in (("most", "of most places"), ("few", "of a few places")):
        begin, seen, opened = (found[f"{name}{of}"] for of in ("", "_seen", "_opened"))
        if begin["number"]:
            yield (
                f"partitions {title:16} {begin['number']:4}: told after {begin['p50']:.0f} s (p50),"
                f" {begin['p90']:.0f} s (p90), {begin['p100']:.0f} s (all); from the first failed"
                f" look {seen['p50']:.0f}, {seen['p90']:.0f}, {seen['p100']:.0f} s"
            )
        if opened["number"]:
            yield (
                f"  their incidents began {opened['p50']:.0f} s (p50), {opened['p90']:.0f} s (p90),"
                f" {opened['p100']:.0f} s (all) after the cut"
            )
    yield (
        f"partitions: {found['partitions']}, never told {found['never_told']}, of what an alarm"
        f" named already {found['standing']}; outages: {found['outages']}"
    )
    yield (
        f"worlds by what was wrong: {found['wrong'] or 'none'}; right, though an own network was"
        f" cut that nobody could know: {found['one_site']}"
    )
    for miss in report["misses"]:
        said = f"{miss['what']}: {miss['detail']}; {miss['cause']}"
        yield f"  {miss['seed']} {miss['at']:.0f} s {said}"
