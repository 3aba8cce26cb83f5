"""Error budgets: what a target allows, how fast it is used up, and the incident about it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incident.test_engine import run

from ringback.incident.detector.error_budget import ErrorBudgetDetector
from ringback.incident.engine import Engine
from ringback.incident.model import Check, WatchedEndpoint
from ringback.incident.slo import BUDGET_SECONDS, BURN_RULES, WINDOWS, BadTime

SHOP = WatchedEndpoint(id="shop", name="Shop", host="shop.test", slo=0.99, latency=False)
HOUR = 3600
T = 1_790_000_000 // HOUR * HOUR


def check(at, up):
    return Check(at=at, endpoint="shop", up=up, kind=None if up else "tcp.refused")


def bad_time(checks, every=30.0):
    time = BadTime(every)
    for at, up in checks:
        time.add(at, up=up)
    return time


def every_thirty(seconds, *, bad=lambda at: False, since=T):
    return [(since + at, not bad(at)) for at in range(0, int(seconds), 30)]


def test_the_rules_are_those_of_the_workbook():
    used = [rule.rate * rule.long / BUDGET_SECONDS for rule in BURN_RULES]

    assert used == pytest.approx([0.02, 0.05, 0.1])
    assert [rule.long / rule.short for rule in BURN_RULES] == [12, 12, 12]
    assert [rule.severity for rule in BURN_RULES] == ["page", "page", "warn"]


def test_checks_that_come_faster_while_it_fails_count_by_their_time():
    slow = [(T + at, at >= 300) for at in range(0, 600, 60)]
    fast = [(T + at, False) for at in range(0, 300, 5)]
    fast += [(T + at, True) for at in range(300, 600, 60)]

    assert bad_time(fast).seconds(HOUR, T + 600) == bad_time(slow).seconds(HOUR, T + 600) == 300


CHECKS = st.lists(
    st.tuples(st.floats(0, 40 * 86_400), st.booleans()), max_size=60
).map(lambda made: sorted((T + at, up) for at, up in made))  # fmt: skip


@given(CHECKS, st.sampled_from([5.0, 30.0, 60.0, 300.0, 7200.0]))
def test_a_window_never_holds_more_than_its_time_or_than_a_larger_one(checks, every):
    time, now = bad_time(checks, every), (checks[-1][0] if checks else T)
    seconds = [time.seconds(window, now) for window in (300, 1800, HOUR, 6 * HOUR)]

    assert all(0 <= bad <= window for bad, window in zip(seconds, WINDOWS.values(), strict=False))
    assert seconds == sorted(seconds)
    assert time.seconds(3 * 86_400, now) <= time.seconds(BUDGET_SECONDS, now) + 1e-6
    if all(up for _, up in checks):
        assert time.seconds(BUDGET_SECONDS, now) == 0.0
        assert time.budget(0.999, now).left == 1.0


@given(CHECKS)
def test_what_is_kept_is_what_was_known(checks):
    time, now = bad_time(checks), (checks[-1][0] if checks else T)
    again = BadTime(30.0)
    again.load(json.loads(json.dumps(time.dump())))

    assert again.budget(0.99, now) == time.budget(0.99, now)
    assert len(again.dump()[0]) <= 6 * 60 + 2


def changes_of(engine, checks):
    return run(engine, [check(at, up) for at, up in checks])


def test_the_incident_of_an_error_budget_begins_and_ends():
    engine = Engine([replace(SHOP, slo=0.999)])
    # One check of twenty fails: there is no outage.
    failing = every_thirty(HOUR, bad=lambda at: at % 600 == 0, since=T + HOUR)
    opened = changes_of(engine, every_thirty(HOUR) + failing)

    (incident,) = [c.incident for c in opened if c.incident.pattern == "error_budget"]
    assert (incident.severity, incident.members) == ("page", ("shop",))
    assert incident.kind is not None
    assert "times what 99.9 % allows" in incident.summary
    assert "of the budget of 30 days is left" in incident.summary
    assert engine.budget_of("shop", T + 2 * HOUR).burn["1h"] == pytest.approx(50, rel=0.05)

    ended = changes_of(engine, every_thirty(7 * HOUR, since=T + 2 * HOUR))
    assert [c.what for c in ended if c.incident.pattern == "error_budget"] == ["closed"]


def test_it_ends_also_where_no_check_comes():
    detector = ErrorBudgetDetector(SHOP)
    signals = [detector.see(check(at, False), "ok") for at, _ in every_thirty(HOUR)]

    (begun,) = filter(None, signals)
    assert begun.active
    kept = ErrorBudgetDetector(SHOP)
    kept.load(json.loads(json.dumps(detector.dump())))
    assert kept.due == T + HOUR
    assert kept.tick(T + HOUR + 30) is None
    assert kept.tick(T + 8 * HOUR).active is False


def test_a_slow_burn_is_a_warning():
    detector = ErrorBudgetDetector(SHOP)
    # 2 % of the checks fail for three days: twice what a target of 99 % allows.
    checks = every_thirty(3 * 86_400, bad=lambda at: at % 1500 == 0)
    signals = [s for at, up in checks if (s := detector.see(check(at, up), "ok"))]

    assert [(s.active, s.severity) for s in signals] == [(True, "warn")]


def test_an_outage_says_it_already():
    engine = Engine([SHOP])
    changes = changes_of(engine, every_thirty(2 * HOUR, bad=lambda at: at >= HOUR))

    assert {c.incident.pattern for c in changes} == {"service_outage"}


def test_without_a_target_there_is_no_budget():
    engine = Engine([WatchedEndpoint(id="shop")])

    assert engine.budget_of("shop", T) is None
    assert engine.budget_of("none", T) is None
