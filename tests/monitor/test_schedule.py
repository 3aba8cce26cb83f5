from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor.schedule import FIRST_CHECKS_PER_SECOND, Schedule, Streaks

START = 1_700_000_000.0


@dataclass(frozen=True)
class Timed:
    id: str
    every: float = 30.0
    retry_every: float = 5.0


def many(count, **given):
    return [Timed(f"endpoint-{number}", **given) for number in range(count)]


def looks(schedule, since, until):
    """Every look in a time, by a loop that wakes exactly when it must."""
    found, now = [], since
    while (at := schedule.next_at()) is not None and max(at, now) <= until:
        now = max(at, now)
        found += [(now, id_) for id_ in schedule.due(now)]
    return found


intervals = st.floats(1.0, 3600.0)
ids = st.text(min_size=1, max_size=20)
times = st.floats(1.0e9, 2.0e9)


@given(ids, intervals, times)
def test_looks_are_one_interval_apart_for_ever(id_, every, now):
    schedule = Schedule([Timed(id_, every)], now)
    at = [when for when, _ in looks(schedule, now, now + 40 * every)]

    assert at[0] <= now + 1 / FIRST_CHECKS_PER_SECOND + 0.001
    later = at[1:]
    assert 0.4999 * every <= later[0] - at[0] <= 1.5001 * every
    assert all(abs(when - later[0] - k * every) < 1e-4 for k, when in enumerate(later))


@given(ids, intervals, times, st.floats(0.0, 10_000.0))
def test_another_start_finds_the_same_times(id_, every, now, later):
    first, last = sorted(
        looks(Schedule([Timed(id_, every)], at), at, at + 3 * every)[-1][0] % every
        for at in (now, now + later)
    )
    assert min(last - first, first + every - last) < 0.01


@given(ids, intervals, times, st.floats(0.0, 5.0))
def test_what_was_missed_is_not_made_up_for(id_, every, now, intervals_missed):
    schedule = Schedule([Timed(id_, every)], now)
    looks(schedule, now, now + 2 * every)
    late = now + (2 + intervals_missed) * every

    was_due = schedule.at(id_) <= late

    assert schedule.due(late) == [id_] * was_due
    assert schedule.due(late) == []
    assert late < schedule.at(id_) <= late + 1.5001 * every
    assert not was_due or schedule.at(id_) >= late + 0.4999 * every


def test_a_start_has_no_ramp_and_is_no_burst():
    schedule = Schedule(many(2000), START)

    first = [at for at, _ in looks(schedule, START, START + 2000 / FIRST_CHECKS_PER_SECOND)]

    assert len(first) >= 2000
    busiest = max(sum(low <= at < low + 0.1 for at in first) for low in first[::50])
    assert busiest < 0.1 * FIRST_CHECKS_PER_SECOND * 2


def test_a_reload_keeps_what_stays_and_drops_what_goes():
    schedule = Schedule(many(10), START)
    looks(schedule, START, START + 20)
    kept = schedule.at("endpoint-1")

    schedule.configure([Timed("endpoint-1"), Timed("endpoint-2", 7.0), Timed("new")], START + 20)

    assert schedule.at("endpoint-1") == kept
    assert schedule.at("endpoint-2") <= START + 20 + 7
    found = {id_ for _, id_ in looks(schedule, START + 20, START + 60)}
    assert found == {"endpoint-1", "endpoint-2", "new"}


def test_a_suspect_is_looked_at_again_soon_and_then_as_usual():
    schedule = Schedule([Timed("a")], START)
    looks(schedule, START, START + 100)
    began = START + 100

    schedule.retry("a", began, began + 1.0)
    assert schedule.at("a") == began + 5.0
    schedule.retry("a", began, began + 9.0)
    assert schedule.at("a") == began + 5.0

    assert schedule.due(began + 5.0) == ["a"]
    assert schedule.at("a") >= began + 20.0


def test_the_schedule_follows_a_clock_that_was_set():
    schedule = Schedule(many(50), START)
    looks(schedule, START, START + 60)

    schedule.move(START - 86_400)

    found = looks(schedule, START - 86_400, START - 86_400 + 29.999)
    assert len({id_ for _, id_ in found}) == 50


def test_places_take_turns_at_an_endpoint():
    places = [Schedule([Timed("a")], START) for _ in range(3)]
    for rank, schedule in enumerate(places):
        schedule.configure([Timed("a")], START, turn=rank / 3)
        schedule.move(START)

    at = sorted(schedule.at("a") for schedule in places)

    assert [later - earlier for earlier, later in pairwise(at)] == pytest.approx([10.0, 10.0])


@given(st.lists(st.sampled_from([True, False, None]), max_size=60))
def test_what_is_suspect_here_is_so_for_the_engine(found):
    watched = WatchedEndpoint(id="a", host="127.0.0.1")
    streaks, engine = Streaks(), Engine([watched])
    for number, up in enumerate(found):
        kind = None if up else "tcp.refused"
        check = Check(at=START + 5 * number, endpoint="a", up=up, kind=kind, address="127.0.0.1")
        streaks.see(check, watched)
        engine.see(check)
        streaks = Streaks(streaks.dump())  # and it survives a restart
        votes = [vote for vote in engine.votes_on("a") if vote.origin == "probe"]
        assert streaks.is_unsettled("a") == any(vote.wants_retry for vote in votes)
