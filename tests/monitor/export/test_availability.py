import pytest
from monitor.export.stores import DAY, HOUR, NOVEMBER, change, check, outage

from ringback.monitor.export.availability import (
    EndpointHistory,
    Outage,
    Span,
    compute_availability,
    months_until,
    outages,
    parse_month,
    parse_time,
)
from ringback.monitor.store.aggregate import Aggregate
from ringback.monitor.store.interface import SpanCounts

MONTH = Span(NOVEMBER, NOVEMBER + 30 * DAY)
END = MONTH.until + DAY
FIRST = change(NOVEMBER - DAY, "unknown", "ok")


def hours(count, *, per_hour=60, unknown=0):
    tally = Aggregate()
    for up in [True] * per_hour + [None] * unknown:
        tally.add(check(NOVEMBER, up=up))
    return {NOVEMBER + number * HOUR: tally for number in range(count)}


def counts(at, width, aggregates):
    whole = Aggregate()
    for aggregate in aggregates:
        whole.merge(aggregate)
    return SpanCounts(at, width, whole.count, whole.bad, whole.unknown, whole.encode())


def history(known, transitions=(), *, kept=True):
    """What a store has of these hours: their days, and the hours themselves while they are kept."""
    days = {}
    for at, aggregate in known.items():
        days.setdefault(at // DAY * DAY, {})[at] = aggregate
    more = {}
    if kept:
        more["hours"] = lambda day: [counts(at, HOUR, [of]) for at, of in days[day].items()]
    return EndpointHistory(
        endpoint="shop",
        transitions=transitions,
        days=[counts(day, DAY, own.values()) for day, own in days.items()],
        incidents=[NOVEMBER - 1, NOVEMBER, NOVEMBER + DAY, MONTH.until],
        **more,
    )


def of(transitions=(), known=None, **more):
    known = hours(720) if known is None else known
    return compute_availability(history(known, [FIRST, *transitions], **more), MONTH, END)


def test_outages_are_subtracted():
    first = outage(NOVEMBER + DAY, NOVEMBER + DAY + 7200)
    second = outage(NOVEMBER + 2 * DAY, NOVEMBER + 2 * DAY + 1440)
    found = of([*first, *second])
    assert found.down == pytest.approx(8640)
    assert found.available == pytest.approx(100 * (1 - 8640 / (30 * DAY)))
    assert (found.outages, found.incidents, found.repair) == (2, 2, pytest.approx(4320))


def test_of_an_outage_that_began_before_only_what_is_within_counts():
    began = outage(NOVEMBER - 1800, NOVEMBER + 1800)
    goes_on = outage(MONTH.until - 600, MONTH.until + 99)[:2]
    found = of([*began, *goes_on])
    assert found.down == pytest.approx(2400)
    assert (found.outages, found.repair) == (2, pytest.approx(3600))


def test_hours_that_nobody_saw_count_neither_way():
    known = hours(360)
    found = of(outage(NOVEMBER + 359 * HOUR, NOVEMBER + 400 * HOUR), known)
    assert (found.known, found.unknown) == (15 * DAY, 15 * DAY)
    assert found.down == HOUR


def test_a_month_without_hours_is_known_by_its_days():
    down = outage(NOVEMBER + DAY, NOVEMBER + DAY + 7200)
    found = of(down, kept=False)
    assert (found.known, found.unknown, found.down) == (30 * DAY, 0.0, 7200)
    assert found.checks == 720 * 60
    # Of the eleventh day six hours were seen, the twelfth and later ones not at all.
    found = of(down, hours(246), kept=False)
    assert (found.known, found.down) == (pytest.approx(10.25 * DAY), 7200)
    found = of(known=hours(720, per_hour=30, unknown=30), kept=False)
    assert (found.known, found.unknown) == (15 * DAY, 15 * DAY)


def test_several_months_come_from_one_reading():
    known = hours(61 * 24)
    record = history(known, [FIRST, *outage(MONTH.until - 600, MONTH.until + 600)])
    december = Span(MONTH.until, MONTH.until + 31 * DAY)
    november, following = (
        compute_availability(record, span, december.until) for span in (MONTH, december)
    )
    assert (november.down, following.down) == (600, 600)
    assert (november.checks, following.checks) == (720 * 60, 31 * 24 * 60)
    assert (november.outages, november.repair) == (1, None)
    assert following.repair == 1200


def test_an_outage_is_from_the_first_failure_to_the_first_success():
    whole = outage(1000.0, 1500.0)
    assert outages(whole) == [Outage(begins=1000.0, ends=1500.0, kind="tcp.refused")]
    for begun in (whole[:2], whole[:3]):  # it is not over
        assert [period.ends for period in outages(begun)] == [None]


def test_a_suspicion_is_none():
    assert outages([change(1.0, "ok", "suspect"), change(2.0, "suspect", "ok")]) == []


def test_one_that_only_seemed_to_end_goes_on():
    limping = [
        *outage(1000.0, 1500.0)[:3],
        change(1510.0, "recovering", "down"),
        change(1600.0, "down", "recovering"),
        change(1700.0, "recovering", "ok"),
    ]
    assert [(period.begins, period.ends) for period in outages(limping)] == [(1000.0, 1600.0)]


NOON = 1_794_916_800.0  # 2026-11-17T12:00:00Z


def test_a_month_begins_and_ends_in_utc():
    assert parse_month("2026-11") == MONTH
    assert parse_month("2026-12").until == parse_month("2027-01").since


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-00", "0000-01", "november", "26-11", ""])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_month(text)


def test_months_are_named_oldest_first():
    assert months_until(NOON, 1) == ["2026-11"]
    assert months_until(NOON, 3) == ["2026-09", "2026-10", "2026-11"]
    assert months_until(1_769_817_600.0, 2) == ["2025-12", "2026-01"]  # on a 31st


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", NOON - 5400),
        ("7d", NOON - 7 * 86_400),
        ("2026-11-17T12:00:00Z", NOON),
        ("2026-11-17T13:00+01:00", NOON),
        ("2026-11-17", NOON - 43_200),
        ("2026-11-17T12:00", NOON),
    ],
)
def test_a_time_is_absolute_or_an_age(text, at):
    assert parse_time(text, NOON) == at


@pytest.mark.parametrize("text", ["", "yesterday", "7 fortnights", "-7d", "99999999d"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(text, NOON)
