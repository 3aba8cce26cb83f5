import re

from monitor.web.service import NOW

from ringback.monitor.store.interface import RollupBucket
from ringback.monitor.web.chart import HEIGHT, WIDTH, latency_chart

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
