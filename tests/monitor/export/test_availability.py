import pytest
from monitor.export.stores import DAY, HOUR, NOVEMBER, change, check, outage

from ringback.monitor.export.availability import EndpointHistory, Span, compute_availability
from ringback.monitor.store.aggregate import Aggregate
from ringback.monitor.store.interface import SpanCounts

MONTH = Span(NOVEMBER, NOVEMBER + 30 * DAY)
END = MONTH.until + DAY
FIRST = change(NOVEMBER - DAY, "unknown", "ok")


def hours(count, *, per_hour=60, unknown=0, begin=NOVEMBER):
    found = {}
    for number in range(count):
        tally = found[begin + number * HOUR] = Aggregate()
        for _ in range(per_hour):
            tally.add(check(begin))
        for _ in range(unknown):
            tally.add(check(begin, up=None))
    return found


def counts(at, width, aggregates):
    whole = Aggregate()
    for aggregate in aggregates:
        whole.merge(aggregate)
    return SpanCounts(at, width, whole.count, whole.bad, whole.unknown, whole.encode())


def history(known, transitions=(), *, kept=True, fives=None):
    """What a store has of these hours: their days, and the hours themselves while they are kept."""
    days = {}
    for at, aggregate in known.items():
        days.setdefault(at // DAY * DAY, {})[at] = aggregate
    more = {"fives": fives} if fives else {}
    if kept:
        more["hours"] = lambda day: [counts(at, HOUR, [of]) for at, of in days[day].items()]
    return EndpointHistory(
        endpoint="shop",
        transitions=transitions,
        days=[counts(day, DAY, own.values()) for day, own in days.items()],
        incidents=[NOVEMBER - 1, NOVEMBER, NOVEMBER + DAY, MONTH.until],
        **more,
    )


def of(transitions=(), known=None, *, span=MONTH, now=END, **more):
    known = hours(720) if known is None else known
    return compute_availability(history(known, [FIRST, *transitions], **more), span, now)


def test_outages_are_subtracted():
    first = outage(NOVEMBER + DAY, NOVEMBER + DAY + 7200)
    second = outage(NOVEMBER + 2 * DAY, NOVEMBER + 2 * DAY + 1440)
    found = of([*first, *second])
    assert found.down == pytest.approx(8640)
    assert found.available == pytest.approx(100 * (1 - 8640 / (30 * DAY)))
    assert (found.outages, found.repair) == (2, pytest.approx(4320))


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
