import pytest

from ringback.monitor.export.availability import months_until, parse_month, parse_time

NOW = 1_794_916_800.0  # 2026-11-17T12:00:00Z


def test_a_month_begins_and_ends_in_utc():
    span = parse_month("2026-11")
    assert span == (1_793_491_200.0, 1_793_491_200.0 + 30 * 86_400)
    assert parse_month("2026-12").until == parse_month("2027-01").since


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-00", "0000-01", "november", "26-11", ""])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_month(text)


def test_months_are_named_oldest_first():
    assert months_until(NOW, 1) == ["2026-11"]
    assert months_until(NOW, 3) == ["2026-09", "2026-10", "2026-11"]
    assert months_until(1_769_817_600.0, 2) == ["2025-12", "2026-01"]  # on a 31st


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", NOW - 5400),
        ("7d", NOW - 7 * 86_400),
        ("2026-11-17T12:00:00Z", NOW),
        ("2026-11-17T13:00+01:00", NOW),
        ("2026-11-17", NOW - 43_200),
        ("2026-11-17T12:00", NOW),
    ],
)
def test_a_time_is_absolute_or_an_age(text, at):
    assert parse_time(text, NOW) == at


@pytest.mark.parametrize("text", ["", "yesterday", "7 fortnights", "-7d", "99999999d"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(text, NOW)
