import re

from monitor.web.service import NOW

from ringback.monitor.store.interface import RollupBucket
from ringback.monitor.web.chart import HEIGHT, WIDTH, phase_chart, phase_shares

SINCE = NOW - 3600


def bucket(at, **timings):
    return RollupBucket(at=at, count=5, bad=0, timings=timings)


def points(path):
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+) ([\d.]+)", path)]


def test_phases_come_in_the_order_of_a_call_and_fill_the_bar():
    buckets = [bucket(SINCE, tls=0.03, dns=0.01), bucket(SINCE + 300, tls=0.03, dns=0.01)]
    phases = phase_shares(buckets)

    assert [(phase.name, phase.seconds) for phase in phases] == [("dns", 0.01), ("tls", 0.03)]
    assert [(phase.at, phase.share) for phase in phases] == [(0.0, 0.25), (0.25, 0.75)]


def test_each_phase_stands_on_the_one_before():
    chart = phase_chart([bucket(SINCE, dns=0.1, connect=0.1, tls=0.2)], 300.0, SINCE, NOW)

    assert list(chart.paths) == ["dns", "connect", "tls"]
    edges = [sorted({y for _, y in points(path)}, reverse=True) for path in chart.paths.values()]
    assert edges == [[HEIGHT, 165.0], [165.0, 110.0], [110.0, 0.0]]
    assert {x for x, _ in points(chart.paths["dns"])} == {0.0, WIDTH / 12}


def test_where_nothing_is_known_there_is_no_area():
    chart = phase_chart([bucket(SINCE, tls=0.1), bucket(SINCE + 900, tls=0.1)], 300.0, SINCE, NOW)

    assert chart.paths["tls"].count("M") == 2
    assert phase_chart([], 300.0, SINCE, NOW) is None
    assert phase_chart([bucket(SINCE)], 300.0, SINCE, NOW) is None


def test_what_lies_before_the_window_is_not_drawn_beside_it():
    chart = phase_chart([bucket(SINCE - 100, tls=0.1)], 300.0, SINCE, NOW)

    assert {x for x, _ in points(chart.paths["tls"])} == {0.0, 40.0}
