"""Latency that has risen for good, and what is not that."""

import json
import math
import random

import pytest
from incident.test_engine import T, check, run

from ringback.incident.detector.latency import (
    MAX_RISEN_VALUES,
    LatencyDetector,
    LatencyLevel,
    latency_alarms,
)
from ringback.incident.engine import Engine
from ringback.incident.model import WatchedEndpoint

SHOP = WatchedEndpoint(id="shop", name="Shop", host="shop.test")


def usual(values, level=0.1, spread=0.05, seed=1):
    chance = random.Random(seed)
    return [round(level * chance.lognormvariate(0, spread), 6) for _ in range(values)]


def ends(series):
    level = LatencyLevel()
    return [at for at, seconds in enumerate(series) if level.add(seconds) is False]


def test_a_rise_is_reported_within_a_few_values_and_so_is_its_end():
    series = usual(100) + usual(20, 0.15) + usual(20)

    assert latency_alarms(series) == [103]
    assert ends(series) == [124]


@pytest.mark.parametrize(("before", "after"), [(0.1, 0.115), (0.0003, 0.0048), (2.0, 2.3)])
def test_less_than_a_fifth_or_five_milliseconds_is_not_reported(before, after):
    assert latency_alarms(usual(100, before) + usual(100, after)) == []


@pytest.mark.parametrize("spread", [0.1, 0.3, 0.8])
def test_noise_is_not_reported(spread):
    assert len(latency_alarms(usual(5_000, spread=spread))) <= 2


@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_a_level_that_wanders_by_itself_is_not_reported(kept):
    chance, wander, series = random.Random(3), 0.0, []
    for _ in range(5_000):
        wander = kept * wander + chance.gauss(0, 0.2 * (1 - kept**2) ** 0.5)
        series.append(0.1 * math.exp(wander))

    assert len(latency_alarms(series)) <= 5
    (alarm,) = [at for at in latency_alarms([*series, *usual(20, 0.5)]) if at >= 5_000]
    assert alarm < 5_010


def test_single_slow_answers_are_not_reported_nor_do_they_hide_a_rise():
    chance = random.Random(2)
    slow = [value * (8 if chance.random() < 0.05 else 1) for value in usual(2000)]

    assert latency_alarms(slow) == []
    (alarm,) = latency_alarms(slow + usual(20, 0.2))
    assert 2000 < alarm < 2010


def test_a_level_that_stays_is_the_usual_one():
    series = usual(100) + usual(MAX_RISEN_VALUES + 100, 0.2) + usual(20, 0.3)

    assert latency_alarms(series) == [103, 703]
    assert ends(series)[0] == 100 + MAX_RISEN_VALUES - 1


def test_it_goes_on_from_what_was_kept_wherever_it_was_cut():
    series = usual(60) + usual(10, 0.15) + usual(12) + usual(4, 0.2) + usual(30, 0.11)
    whole = LatencyLevel()
    expected = [whole.add(seconds) for seconds in series]
    for cut in range(len(series)):
        first, second = LatencyLevel(), LatencyLevel()
        found = [first.add(seconds) for seconds in series[:cut]]
        second.load(json.loads(json.dumps(first.dump())))
        assert found + [second.add(seconds) for seconds in series[cut:]] == expected


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.0003, 0.008, "8 ms instead of 0.3 ms"),
        (0.00004, 0.0095, "9.5 ms instead of 0.04 ms"),
        (0.04, 0.062, "62 ms instead of 40 ms"),
        (0.9, 1.4, "1.4 s instead of 900 ms"),
    ],
)
def test_it_says_by_how_much_and_is_a_warning(before, after, words):
    engine = Engine([SHOP])
    run(engine, [check(i * 30, "shop", True, seconds=before) for i in range(40)])
    changes = run(engine, [check(1200 + i * 30, "shop", True, seconds=after) for i in range(5)])

    (opened,) = changes
    assert opened.incident.summary == f"Shop: {words}."
    assert (opened.incident.pattern, opened.incident.severity) == ("latency", "warn")


def test_what_the_monitor_itself_made_slow_is_not_counted():
    detector = LatencyDetector(SHOP)
    for i in range(200):  # the time of a check that the monitor doubts is not known
        seconds = 0.04 if i < 100 else None
        assert detector.see(check(i * 30, "shop", True, seconds=seconds), "ok") is None
    kept = detector.dump()
    assert detector.see(check(T, "shop", False, "tcp.refused", seconds=9.0), "suspect") is None
    assert detector.see(check(T, "shop", True, seconds=9.0, origin="call"), "ok") is None
    assert detector.dump() == kept
