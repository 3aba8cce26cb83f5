"""How many are in which state is counted with every change: it is what counting all would give."""

import random
from collections import Counter

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint

T = 1_790_000_000.0
STATES = ("unknown", "suspect", "partial", "down", "recovering")


def counted_anew(engine, group_of):
    groups, unwell = {}, {state: set() for state in STATES}
    for id_ in engine.watched():
        state = engine.state_of(id_)
        groups.setdefault(group_of[id_], Counter())[state] += 1
        if state != "ok":
            unwell[state].add(id_)
    return groups, unwell


def watched(number, group, **more):
    return WatchedEndpoint(id=f"e{number}", group=group, host=f"h{number % 3}", **more)


def checked(chance, number, end, now):
    up = chance.random() < 0.6
    vantage = "" if end.grace else f"place{number % 2}"
    return Check(
        at=now, endpoint=end.id, up=up, kind=None if up else "tcp.refused",
        origin="heartbeat" if end.grace else "probe", vantage=vantage,
    )  # fmt: skip


def changed(chance, engine, ends, now):
    """Do something at random; return the engine that goes on."""
    at = chance.randrange(len(ends))
    match number := chance.randrange(40):
        case 0:
            engine.forget(ends[at].id, now, "paused")
        case 1:
            engine.watch(ends[at])
        case 2:
            ends[at] = watched(at, chance.choice("abc"), grace=ends[at].grace)
            engine.configure(ends, now)
        case 3:
            kept = {id_: engine.dump_endpoint(id_) for id_ in engine.watched()}
            incidents, shared = engine.incidents(), engine.dump_shared()
            engine = Engine(ends)
            engine.load(kept, incidents, shared, now)
        case _ if number < 10:
            engine.tick(now)
        case _:
            engine.see(checked(chance, number, ends[at], now))
    return engine


def test_what_is_shown_is_what_going_through_all_would_find():
    chance = random.Random(3)
    ends = [watched(n, "ab"[n % 2], grace=5.0 if n % 4 == 0 else None) for n in range(12)]
    engine, now, seen = Engine(ends), T, set()
    for _ in range(1500):
        now += chance.random() * 8
        engine = changed(chance, engine, ends, now)
        groups, unwell = counted_anew(engine, {end.id: end.group for end in ends})
        assert engine.shown.groups == groups
        assert engine.shown.total == sum(groups.values(), Counter())
        assert {state: set(engine.shown.unwell(state)) for state in STATES} == unwell
        seen |= engine.shown.total.keys()
    assert seen == {*STATES, "ok"}
