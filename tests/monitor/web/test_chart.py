"""What the charts of a page say of the checks that they draw."""

from monitor.web.service import NOW, incident

from ringback.monitor.store.interface import RollupBucket
from ringback.monitor.web.chart import WIDTH, WINDOWS, incident_bands, latency_chart, status_bar

SINCE = NOW - 3600


def bucket(at, count=10, bad=0, p50=0.04, p99=0.08, **more):
    return RollupBucket(at=at, count=count, bad=bad, p50=p50, p95=p99, p99=p99, **more)


def test_uptime_of_a_bar_is_counted_from_what_is_in_its_window():
    bar = status_bar([bucket(NOW - 900, bad=1), bucket(NOW - 600)], WINDOWS["24h"], NOW)

    assert [(cell.count, cell.bad) for cell in bar.cells[-2:]] == [(20, 1), (0, 0)]
    assert bar.uptime == 0.95
    assert bar.cells[-1].at <= NOW < bar.cells[-1].until
    assert status_bar([bucket(NOW - 500 * 86400)], WINDOWS["90d"], NOW).uptime is None


def test_latency_says_what_was_in_each_span_and_has_a_gap_where_nothing_succeeded():
    failed = RollupBucket(at=SINCE + 300, count=10, bad=10)
    chart = latency_chart([bucket(SINCE), failed, bucket(SINCE + 1500)], 300.0, SINCE, NOW)

    assert chart.paths["p50"].count("M") == 2
    assert [column.bad for column in chart.columns] == [False, True, False]
    assert chart.columns[0].text == "2026-11-21 11:00: p50 40 ms, p95 80 ms, p99 80 ms"
    assert chart.columns[1].text == "2026-11-21 11:05: 10 of 10 failed"
    assert latency_chart([failed], 300.0, SINCE, NOW) is None


def test_incident_is_marked_as_long_as_it_lasted():
    over = incident(opened_at=NOW - 1800, closed_at=NOW - 900, summary="api is down")
    before = incident("inc-3", opened_at=NOW - 9000, closed_at=NOW - 8000)
    (band,) = incident_bands([over, before], SINCE, NOW)

    assert (band.x, band.width) == (WIDTH / 2, WIDTH / 4)
    assert band.text == "2026-11-21 11:30:00: api is down"
