from itertools import pairwise

import pytest
from monitor.web.service import NOW

from ringback.monitor.store.interface import RollupBucket
from ringback.monitor.web.chart import WINDOWS, status_bar


def bucket(at, count=10, bad=0):
    return RollupBucket(at=at, count=count, bad=bad)


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_the_last_cell_holds_now_and_all_are_there(window):
    bar = status_bar([], window, NOW)

    assert len(bar.cells) == window.cells
    assert bar.cells[-1].at <= NOW < bar.cells[-1].until
    assert all(a.until == b.at for a, b in pairwise(bar.cells))
    assert {cell.look for cell in bar.cells} == {"none"}
    assert bar.uptime is None


def test_buckets_are_put_together_in_cells():
    window = WINDOWS["24h"]
    bar = status_bar([bucket(NOW - 900, bad=1), bucket(NOW - 600, bad=0)], window, NOW)

    assert [(cell.count, cell.bad) for cell in bar.cells[-2:]] == [(20, 1), (0, 0)]
    assert bar.uptime == 0.95
    assert bar.troubled == [bar.cells[-2]]


@pytest.mark.parametrize(
    ("count", "bad", "look"), [(10, 0, "good"), (10, 4, "partly"), (10, 5, "bad"), (0, 0, "none")]
)
def test_a_cell_is_drawn_by_the_share_that_failed(count, bad, look):
    assert status_bar([bucket(NOW, count, bad)], WINDOWS["24h"], NOW).cells[-1].look == look


def test_what_lies_outside_is_left_out():
    bar = status_bar([bucket(NOW - 200 * 86400, bad=10)], WINDOWS["90d"], NOW)

    assert bar.count == 0


@pytest.mark.parametrize(("bad", "depth"), [(0, 0), (1, 11), (500, 14), (1000, 28)])
def test_failures_are_drawn_by_their_share_and_never_too_small_to_see(bad, depth):
    assert status_bar([bucket(NOW, 1000, bad)], WINDOWS["24h"], NOW).cells[-1].depth == depth
