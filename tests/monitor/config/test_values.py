from datetime import UTC, date, datetime, time

import pytest

from ringback.monitor.config import values


def test_a_duration_is_seconds():
    written = [30, "500ms", "1h 30m", "1d", "2w", "15"]
    assert [*map(values.duration_of, written)] == [30.0, 0.5, 5400.0, 86400.0, 1209600.0, 15]


@pytest.mark.parametrize(
    "written", [0, -1, True, None, "", "s", "5 minutes", "1y", "-5s", "0s", [], float("nan"), 1e12]
)
def test_what_is_no_duration_is_refused(written):
    with pytest.raises(ValueError, match="a duration above 0"):
        values.duration_of(written)


def test_statuses_are_ranges():
    assert values.statuses_of(204) == ((204, 204),)
    assert values.statuses_of("200-299") == values.statuses_of("2xx") == ((200, 299),)
    assert values.statuses_of("200, 204") == ((200, 200), (204, 204))
    assert values.statuses_of([200, "400 - 404"]) == ((200, 200), (400, 404))


@pytest.mark.parametrize("written", [99, 600, "299-200", "ok", True, {}, [[]], 200.0, "2x"])
def test_what_is_no_status_is_refused(written):
    with pytest.raises(ValueError, match="must be a status"):
        values.statuses_of(written)


def test_a_moment_without_offset_is_utc():
    wanted = datetime(2026, 11, 21, 22, tzinfo=UTC).timestamp()

    assert values.moment_of(datetime(2026, 11, 21, 22)) == wanted  # noqa: DTZ001 - as TOML has it
    assert values.moment_of("2026-11-21T23:00:00+01:00") == wanted
    assert values.moment_of(date(2026, 11, 21)) == wanted - 22 * 3600


def test_day_and_time_of_a_window():
    assert [values.weekday_of(day) for day in ("mon", "Tuesday", "sund")] == [0, 1, 6]
    assert values.clock_of("22:00") == time(22)
    with pytest.raises(ValueError, match="day of the week"):
        values.weekday_of("t")
    with pytest.raises(ValueError, match="time of day"):
        values.clock_of("22:00+01:00")
