import re

from monitor.web.service import NOW, check, incident, refused

from ringback.monitor.store.interface import RollupBucket
from ringback.monitor.web.chart import HEIGHT, WIDTH, check_chart, incident_bands, latency_chart

SINCE = NOW - 3600


def bucket(at, p50=0.04, p99=0.08, **more):
    return RollupBucket(at=at, count=5, bad=0, p50=p50, p95=p99, p99=p99, **more)


def points(path):
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+) (\S+)", path)]


def test_every_bucket_is_a_point_at_its_middle():
    chart = latency_chart([bucket(SINCE), bucket(SINCE + 300)], 300.0, SINCE, NOW)

    assert [x for x, _ in points(chart.paths["p50"])] == [WIDTH / 24, WIDTH / 8]


def test_more_seconds_stand_higher_and_within_the_rectangle():
    chart = latency_chart(
        [bucket(SINCE + 300 * n, p99=0.01 * n) for n in range(12)], 300, SINCE, NOW
    )
    heights = [y for _, y in points(chart.paths["p99"])]

    assert heights == sorted(heights, reverse=True)
    assert all(0 <= y <= HEIGHT for y in heights)
    assert chart.seconds[-1].value >= 0.11


def test_the_marks_are_round_numbers():
    chart = latency_chart([bucket(SINCE, p99=0.37)], 300.0, SINCE, NOW)

    assert [round(tick.value, 6) for tick in chart.seconds] == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_where_nothing_succeeded_the_line_has_a_gap():
    buckets = [bucket(SINCE + 300 * n) for n in (0, 1, 5, 6)]
    chart = latency_chart(buckets, 300.0, SINCE, NOW)

    assert chart.paths["p50"].count("M") == 2


def test_one_point_can_be_seen():
    chart = latency_chart([bucket(SINCE)], 300.0, SINCE, NOW)

    assert len(points(chart.paths["p50"])) == 2


def test_without_a_success_there_is_no_chart():
    empty = RollupBucket(at=SINCE, count=5, bad=5)

    assert latency_chart([], 300.0, SINCE, NOW) is None
    assert latency_chart([empty], 300.0, SINCE, NOW) is None


def test_each_span_says_what_was_in_it_to_who_points_there():
    buckets = [bucket(SINCE), RollupBucket(at=SINCE + 300, count=10, bad=10)]
    chart = latency_chart(buckets, 300.0, SINCE, NOW)

    assert [(column.x, column.width, column.bad) for column in chart.columns] == [
        (0.0, WIDTH / 12, False),
        (WIDTH / 12, WIDTH / 12, True),
    ]
    assert chart.columns[0].text == "2026-11-21 11:00: p50 40 ms, p95 80 ms, p99 80 ms"
    assert chart.columns[1].text == "2026-11-21 11:05: 10 of 10 failed"


def test_single_checks_are_points_and_a_failure_breaks_the_line():
    checks = [check("a", NOW - 10), refused("a", NOW - 20), check("a", NOW - 30, status=204)]
    chart = check_chart(checks, NOW - 60, NOW)

    assert chart.paths["p50"].count("M") == 2
    assert [column.bad for column in chart.columns] == [False, True, False]
    assert sum(column.width for column in chart.columns) == WIDTH
    assert chart.columns[0].text == "2026-11-21 11:59:30: 42 ms, HTTP 204"
    assert chart.columns[1].text == "2026-11-21 11:59:40: failed: tcp.refused, 1.5 s"
    assert check_chart([refused("a")], NOW - 60, NOW) is None


def test_an_incident_is_marked_as_long_as_it_lasted():
    over = incident(opened_at=NOW - 1800, closed_at=NOW - 900, summary="api is down")
    now_open = incident("inc-2", opened_at=NOW - 1)
    before = incident("inc-3", opened_at=NOW - 9000, closed_at=NOW - 8000)
    bands = incident_bands([over, now_open, before], SINCE, NOW)

    assert [(band.x, band.width) for band in bands] == [(WIDTH / 2, WIDTH / 4), (WIDTH - 2, 2.0)]
    assert bands[0].text == "2026-11-21 11:30:00: api is down"
