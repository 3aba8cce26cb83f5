from datetime import UTC, datetime, time

import pytest

from ringback.monitor.config.settings import MaintenanceWindow, WeeklyWindow


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def window(days, start, stop, zone="UTC"):
    weekly = WeeklyWindow(
        days=frozenset(days),
        start=time.fromisoformat(start),
        stop=time.fromisoformat(stop),
        zone=zone,
    )
    return MaintenanceWindow(name="w", endpoints=("*",), weekly=weekly)


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        ("2026-11-18T12:00", "2026-11-21T23:00", "2026-11-22T01:00"),  # before
        ("2026-11-21T23:00", "2026-11-21T23:00", "2026-11-22T01:00"),  # at its first moment
        ("2026-11-22T00:59", "2026-11-21T23:00", "2026-11-22T01:00"),  # past midnight
        ("2026-11-22T01:00", "2026-11-28T23:00", "2026-11-29T01:00"),  # over: the next
    ],
)
def test_a_weekly_window_goes_overnight_and_comes_back(now, begins, ends):
    silence = window([5], "23:00", "01:00").silence(at(now))

    assert (silence.begins, silence.ends) == (at(begins), at(ends))
    assert silence.reason == "maintenance"


def test_the_wall_clock_is_that_of_the_zone_in_summer_and_winter():
    nightly = window(range(7), "03:30", "04:00", "Europe/Berlin")

    assert nightly.silence(at("2026-10-24T00:00")).begins == at("2026-10-24T01:30")
    assert nightly.silence(at("2026-10-26T00:00")).begins == at("2026-10-26T02:30")


def test_each_time_it_is_another_silence():
    daily = window(range(7), "03:00", "04:00")
    first = daily.silence(at("2026-11-21T03:30"))

    assert first.id != daily.silence(at("2026-11-22T03:30")).id
    assert first == daily.silence(at("2026-11-21T03:59"))
    assert window([], "03:00", "04:00").silence(0) is None


def test_a_window_that_comes_once_is_over_when_it_is_over():
    once = MaintenanceWindow(name="w", endpoints=("a", "b-*"), begins=100.0, ends=200.0)

    assert once.silence(0).begins == 100.0
    assert once.silence(150).covers("b-1", 150)
    assert once.silence(200) is None
