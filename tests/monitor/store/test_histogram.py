from hypothesis import given
from hypothesis import strategies as st

from ringback.monitor.store.aggregate import (
    RELATIVE_ERROR,
    Histogram,
    bucket_of,
    put_integer,
    take_integer,
)

durations = st.lists(st.floats(0, 1e8), max_size=200)


def of(values):
    histogram = Histogram()
    for value in values:
        histogram.count([bucket_of(value)])
    return histogram


@given(durations.filter(bool), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_a_quantile_is_as_near_as_said(values, shares):
    shares.sort()
    ordered = sorted(values)

    for share, found in zip(shares, of(values).quantiles(*shares), strict=True):
        true = ordered[int(share * (len(ordered) - 1))]
        assert abs(found - true) <= max(1e-6, RELATIVE_ERROR * true * (1 + 1e-9))


@given(durations, durations)
def test_a_merged_histogram_is_that_of_all(one, other):
    merged = of(one)
    merged.merge(of(other))

    assert merged == of(one + other)


@given(durations)
def test_a_histogram_comes_back_from_bytes(values):
    histogram = of(values)

    assert Histogram.decode(histogram.encode()) == histogram


def test_of_nothing_there_is_no_quantile():
    assert Histogram().quantiles(0.5, 0.99) == [None, None]
    assert Histogram().encode() == b""


def test_what_takes_for_ever_is_counted():
    assert len(set(of([1e300, 0.0, 1.0]).quantiles(0.0, 0.5, 1.0))) == 3


@given(st.lists(st.integers(0, 1 << 70)))
def test_integers_come_back(values):
    out = bytearray()
    for value in values:
        put_integer(out, value)

    at, found = 0, []
    while at < len(out):
        value, at = take_integer(bytes(out), at)
        found.append(value)
    assert found == values
