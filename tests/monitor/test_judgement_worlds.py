"""The worlds of `bench/judgement.py` and its scoring: what scores well has to be right."""

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from nightly import THOROUGH, rest_nightly

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from judgement_bench.generator import lossy_world, world_of
from judgement_bench.loop import Loop, Naming, Said, header_of
from judgement_bench.places import partitions_in, places_world, scored_places
from judgement_bench.product import Product
from judgement_bench.score import Score, outages_in, scored
from judgement_bench.world import START, Fault

sys.path.pop()  # it has a `monitor`, as the tests have

from ringback.incident.scenario import scenarios_of
from ringback.monitor.config.settings import MonitorConfig
from ringback.monitor.simulation import scenario_outcome

SHORT = [seed for seed in range(80) if world_of(seed).until < START + 5401]
SEEDS = SHORT[: 20 if THOROUGH else 8]


class Silent:
    """A judge that says nothing."""

    def __init__(self, world):
        self.world, self.now = world, START
        self.namings = []

    def take(self, event):
        pass

    def advance(self, at):
        self.now = at

    def said(self):
        ended = {naming.incident for naming in self.namings if naming.what == "end"}
        begun = {naming.incident for naming in self.namings}
        namings = tuple(sorted(self.namings, key=lambda naming: naming.at))
        return Said(namings, frozenset(begun - ended))

    def say(self, at, incident, what, members, pattern="service_outage"):
        self.namings.append(
            Naming(
                at=at,
                receiver="somebody",
                message=len(self.namings),
                incident=incident,
                what=what,
                pattern=pattern,
                members=tuple(members),
                severity="page",
                opened_at=at,
            )
        )


class Alarmist(Silent):
    """It blames each endpoint that fails once, and the own network too; nothing ever ends."""

    def take(self, event):
        if not event.ok and event.endpoint in self.world.target:
            self.say(event.at, f"{event.endpoint} {event.at}", "begin", [event.endpoint])
            self.say(event.at, f"own {event.at}", "begin", [event.endpoint], "own_network_down")


class Oracle(Silent):
    """It knows the truth."""

    def said(self):
        for number, outage in enumerate(outages_in(self.world, [])):
            self.say(outage.begin + 1, f"o{number}", "begin", [outage.endpoint])
            if outage.end < self.world.until:
                self.say(outage.end + 1, f"o{number}", "end", [outage.endpoint])
        for number, fault in enumerate(self.world.own_network_faults):
            self.say(fault.begin + 1, f"n{number}", "begin", self.world.target, "own_network_down")
            if fault.end < self.world.until:
                self.say(fault.end + 1, f"n{number}", "end", self.world.target, "own_network_down")
        return super().said()


@cache
def looks_in(world):
    """What is reported in a world: these judges ask for nothing, so all are given the same."""
    loop = Loop(world, Silent(world))
    loop.run()
    return loop.events


def judged(judge):
    total = Score()
    for world in map(world_of, SEEDS):
        judging = judge(world)
        for event in looks_in(world):
            judging.take(event)
        total.add(scored(world, looks_in(world), judging.said()))
    return total


def test_a_world_is_that_of_its_seed():
    assert [world_of(seed) for seed in SEEDS] == [world_of(seed) for seed in SEEDS]
    assert len({world_of(seed) for seed in SEEDS}) == len(SEEDS)
    assert lossy_world(3) == lossy_world(3)


@pytest.mark.nightly
def test_who_judges_well_scores_well_and_nobody_else():
    oracle, silent, alarmist = map(judged, (Oracle, Silent, Alarmist))

    assert oracle.outages > 2
    assert oracle.own_cuts > 1
    assert (oracle.never_told, oracle.own_false, oracle.own_not_said) == (0, 0, 0)
    assert (oracle.blaming, oracle.blamed, oracle.unknowable) == (0, 0, 0)
    assert (oracle.without_end, oracle.without_alarm, oracle.too_early) == (0, 0, 0)
    assert (silent.never_told, silent.own_not_said) == (oracle.outages, oracle.own_cuts)
    assert silent.messages == alarmist.never_told == 0
    assert min(alarmist.own_false, alarmist.blaming) > 100
    assert alarmist.without_end > 20


def parted(places):
    """A world in which so many of three places are cut off from a host, and nothing else is."""
    world = next(w for w in (places_world(seed, 3) for seed in range(100)) if len(w.targets) == 1)
    host = world.targets[0].machine.name
    cuts = (
        Fault("partition", f"{place}>{host}", START + 600, START + 1200, mode="silent")
        for place in "ABC"[:places]
    )
    return replace(world, faults=tuple(cuts), loss=0.0)


def said_of(world, pattern):
    judging = Silent(world)
    if pattern:
        judging.say(START + 650, "i", "begin", [world.targets[0].id], pattern)
        judging.say(START + 1210, "i", "end", [world.targets[0].id], pattern)
    return scored_places(world, looks_in(world), judging.said())


@pytest.mark.parametrize(("places", "name"), [(1, "few"), (2, "most")])
def test_a_partition_is_what_some_places_reach_and_no_outage(places, name):
    world = parted(places)
    ((_, begin, end, cut, see),) = partitions_in(world)
    assert (begin, end, {*cut} | {*see}) == (START + 600, START + 1200, {*"ABC"})
    assert len(cut) == places

    right, wrong, silent = (
        said_of(world, pattern) for pattern in ("network_partition", "service_outage", None)
    )
    assert (right.right, right.partitions, getattr(right, name)) == (1, 1, [50.0])
    assert (wrong.right, wrong.reached_and_blamed, wrong.never_told) == (0, 1, 1)
    assert (silent.right, silent.never_told) == (0, 1)


def test_what_no_place_reaches_is_no_partition():
    assert [*partitions_in(parted(3))] == []


@pytest.mark.parametrize("seed", rest_nightly([75, 23, 13, 15], gate=2))
def test_the_product_says_the_same_in_the_loop_and_from_a_dump(seed):
    """Where it asks for nothing: answers are among the events of the dump."""
    world = world_of(seed)
    loop = Loop(world, Product(world))
    said = loop.run()
    line = json.dumps({**header_of(world), "events": [e.neutral() for e in loop.events]})
    outcome = scenario_outcome(next(scenarios_of([line])), MonitorConfig())

    assert len({naming.message for naming in said.namings}) > 1
    assert [sent.at for sent in outcome.sent if sent.at <= world.until] == sorted(
        {(n.message, n.at): n.at for n in said.namings if n.at <= world.until}.values()
    )
