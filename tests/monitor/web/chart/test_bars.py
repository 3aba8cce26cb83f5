from itertools import pairwise

import pytest
from monitor.web.service import NOW

from ringback.monitor.store.interface import RollupBucket
from ringback.monitor.web.chart import (
    WINDOWS,
    check_strip,
    fitting_bars,
    fitting_windows,
    status_bar,
)


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


def test_the_last_checks_are_drawn_as_a_line_of_what_is_alike_the_newest_at_the_end():
    assert check_strip(b"+" * 30) == {"good": "M0 0h30"}
    assert check_strip(b"++-?+") == {"good": "M25 0h2M29 0h1", "bad": "M27 0h1", "none": "M28 0h1"}
    assert check_strip(b"") == {}


@pytest.mark.parametrize(
    ("seconds", "bars", "windows"),
    [
        (54, ["1h"], ["1h"]),
        (3 * 3600, ["6h"], ["1h", "6h"]),
        (20 * 3600, ["24h"], ["1h", "6h", "24h"]),
        (3 * 86400, ["24h", "7d"], ["1h", "6h", "24h", "7d"]),
        (300 * 86400, ["24h", "7d", "90d", "1y"], list(WINDOWS)),
        (3000 * 86400, ["24h", "7d", "90d", "1y"], list(WINDOWS)),
    ],
)
def test_what_is_offered_fits_the_history(seconds, bars, windows):
    assert [window.name for window in fitting_bars(seconds)] == bars
    assert [window.name for window in fitting_windows(seconds)] == windows
