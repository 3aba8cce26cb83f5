"""A prober that is not well: one incident about no endpoint."""

import pytest

from ringback.incident.engine import Engine
from ringback.incident.model import WatchedEndpoint
from ringback.incident.prober import ProberTick, ProberWatch
from ringback.incident.silences import Silence

T = 1_790_000_000.0


def tick(at, checks=10, lag=0.0, **discarded):
    return ProberTick(at=T + at, checks=checks, discarded=discarded, lag=lag)


def seen(*ticks):
    watch = ProberWatch()
    return [watch.see(ticked) for ticked in ticks]


def test_three_ticks_running_are_sick_and_say_so_with_numbers():
    watch = ProberWatch()
    ticks = [tick(0, lag=0.2), tick(1, lag=0.4), tick(2, 20, lag=0.9), tick(3, lag=0.3)]
    discarded = [{}, {"lag": 4}, {"lag": 5, "ports": 1}, {"lag": 1}]
    states = [
        watch.see(ProberTick(at=one.at, checks=one.checks, discarded=causes, lag=one.lag))
        for one, causes in zip(ticks, discarded, strict=True)
    ]

    assert states == [None, None, None, "sick"]
    assert watch.evidence == (
        "11 of 40 results were discarded since 14:13:21 UTC",
        "by cause: lag 10, ports 1",
        "the event loop was up to 900 ms late",
    )
    assert watch.advice[0].startswith("Give this machine more CPU")
    assert len(watch.advice) == 2


def test_a_tick_without_a_check_is_none_of_either_kind():
    sick = [tick(n, 1, lag=0.5, ports=1) if n % 60 == 0 else tick(n, 0) for n in range(121)]

    assert seen(*sick)[-1] == "sick"
    assert "well" not in seen(*sick, *[tick(n, 0) for n in range(121, 300)])


@pytest.mark.parametrize(
    ("after", "states"),
    [
        ([tick(3), tick(4), tick(5)], [None, None, "well"]),
        ([tick(3, 0), tick(4, 0), tick(5, 0), tick(6, 1)], [None, None, None, "well"]),
        ([tick(3), tick(4, lag=1), tick(5, ports=1), tick(6), tick(7)], [None] * 5),
    ],
)
def test_three_ticks_that_discard_nothing_and_one_check_that_counts_are_well(after, states):
    sick = [tick(n, ports=1) for n in range(3)]

    assert seen(*sick, *after)[3:] == states


def slow(at, **given):
    return ProberTick(at=T + at, checks=given.pop("checks", 10), **given)


@pytest.mark.parametrize("checks", [10, 0])
@pytest.mark.parametrize(
    ("given", "evidence", "advice"),
    [
        (
            {"lag": 0.61, "busy": ", 0.55 s of CPU for what shop answered"},
            "the event loop was up to 610 ms late, 0.55 s of CPU for what shop answered",
            "Give this machine more CPU",
        ),
        ({"storage": 2.5}, "the store took up to 2500 ms for a batch", "See what is slow or full"),
        (
            {"storage_problem": "database is locked"},
            "the store fails since 14:13:21 UTC: database is locked",
            "See what is slow or full",
        ),
    ],
)
def test_a_late_loop_and_a_slow_store_are_sick_though_nothing_is_discarded(
    checks, given, evidence, advice
):
    watch = ProberWatch()
    bad = [slow(n, checks=checks, **given) for n in (1, 2, 3)]
    assert [watch.see(ticked) for ticked in (tick(0), *bad)] == [None, None, None, "sick"]
    assert (watch.blind, watch.evidence) == (False, (evidence,))
    assert watch.advice[0].startswith(advice)
    good = [slow(n, checks=checks, lag=0.1, storage=0.3) for n in (4, 5, 6)]
    assert [watch.see(ticked) for ticked in good] == [None, None, "well"]


def test_it_is_one_incident_about_no_endpoint():
    engine = Engine([WatchedEndpoint(id="e")])
    (opened,) = engine.sick(T, ("3 of 3 results",), ("act",))
    assert engine.sick(T + 1, ("4 of 4 results",)) == []
    (incident,) = engine.incidents()
    assert (incident.id, incident.pattern) == ("20260921T141320Z-prober_sick", "prober_sick")
    assert (incident.members, incident.severity) == ((), "page")
    assert (incident.evidence, incident.advice) == (("3 of 3 results",), ("act",))
    assert (opened.what, opened.endpoint, opened.told) == ("opened", None, True)
    assert engine.tick(T + 10) == []
    assert engine.needs_diagnosis() == []
    assert engine.state_of("e") == "unknown"

    (closed,) = engine.well_again(T + 30)
    assert (closed.what, closed.told) == ("closed", True)
    assert closed.incident.timeline[-1].text == "the monitor is well again, after 30 s"
    assert engine.well_again(T + 31) == []
    assert engine.incidents() == []


def test_to_be_slow_is_a_warning_that_pages_once_results_are_discarded():
    engine = Engine([WatchedEndpoint(id="e")])
    engine.sick(T, ("the store took up to 2500 ms",), blind=False)
    (incident,) = engine.incidents()
    assert (incident.severity, incident.summary) == (
        "warn",
        "The monitor is not well: what it sees comes late, or is not kept.",
    )
    assert engine.sick(T + 1, ("3000 ms",), blind=False) == []
    (raised,) = engine.sick(T + 2, ("3 of 3 results",), ("act",), blind=True)
    assert (raised.what, raised.incident.severity, raised.told) == ("raised", "page", True)
    assert (raised.incident.id, raised.incident.evidence) == (incident.id, ("3 of 3 results",))
    assert "nobody is watched" in raised.incident.summary
    assert engine.sick(T + 3, ("9",), blind=False) == []
    (closed,) = engine.well_again(T + 9)
    assert closed.incident.id == incident.id


def test_it_goes_on_after_a_restart():
    before = Engine([WatchedEndpoint(id="e")])
    before.sick(T, ("numbers",))
    after = Engine([WatchedEndpoint(id="e")])
    assert after.load({}, before.incidents(), before.dump_shared(), T + 5) == []

    assert after.sick(T + 6, ("numbers",)) == []
    (closed,) = after.well_again(T + 9)
    assert closed.incident.id == before.incidents()[0].id


def test_only_a_silence_of_everything_covers_it():
    def opened(*endpoints):
        engine = Engine([WatchedEndpoint(id="e")])
        engine.silences.add(Silence(id="s", endpoints=endpoints, begins=T - 1, ends=T + 60))
        (change,) = engine.sick(T, ("numbers",))
        reminders = [change.told for at in (30, 61) for change in engine.tick(T + at)]
        return change.told, reminders

    assert opened("e") == (True, [])
    assert opened("*") == (False, [True])  # told when the silence is over
