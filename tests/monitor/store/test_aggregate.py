import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.monitor.store.aggregate import (
    PHASES,
    RELATIVE_ERROR,
    Aggregate,
    Histogram,
    bucket_of,
    merged_seconds,
)
from tests.monitor.store.values import AT, check

duration = st.floats(0, 100)
checks = st.lists(
    st.builds(
        lambda up, seconds, timings, kind: check(
            up=up, seconds=seconds, timings=timings, kind=kind if up is False else None
        ),
        st.sampled_from([True, False, None]),
        st.none() | duration,
        st.dictionaries(st.sampled_from(PHASES), duration),
        st.sampled_from(["tcp.refused", "dns.name_not_found", None]),
    ),
    max_size=30,
)


def of(values):
    tally = Aggregate()
    for value in values:
        tally.add(value)
    return tally


def kept(tally):
    kinds = json.dumps(tally.kinds) if tally.kinds else None
    return Aggregate.decode(tally.count, tally.bad, tally.unknown, kinds, tally.encode())


@given(checks, checks)
def test_kept_and_merged_is_as_if_counted_together(one, other):
    merged = kept(of(one))
    merged.merge(kept(of(other)))

    assert merged.bucket(AT) == of(one + other).bucket(AT)


@given(st.lists(checks, max_size=5), st.integers(1, 300))
def test_what_checks_took_is_read_of_many_without_decoding_each(values, times):
    parts = [of(some * times) for some in values]
    whole = Aggregate()
    for part in parts:
        whole.merge(part)

    assert merged_seconds(part.encode() for part in parts) == whole.seconds
    assert not merged_seconds([b"", Aggregate().encode()])


def test_counts_of_any_size_are_read():
    whole = Aggregate()
    whole.seconds.count([400] * 20_000 + [3])
    assert merged_seconds([whole.encode()] * 3).quantiles(0.0, 0.5) == whole.seconds.quantiles(
        0.0, 0.5
    )


def test_a_bucket_says_what_was():
    values = [check(seconds=n / 1000, timings={"dns": n / 2000, "odd": 1.0}) for n in range(1, 101)]
    values += [check(up=False, seconds=30.0), check(up=None)]

    bucket = of(values).bucket(AT)
    assert (bucket.at, bucket.count, bucket.bad, bucket.unknown) == (AT, 101, 1, 1)
    assert bucket.kinds == {"tcp.refused": 1}
    assert (bucket.p50, bucket.p95, bucket.p99) == pytest.approx((0.05, 0.095, 0.099), rel=0.03)
    assert bucket.timings == {"dns": pytest.approx(0.025, rel=0.03)}


def test_a_bucket_of_failures_has_no_percentiles():
    bucket = of([check(up=False, seconds=1.0)]).bucket(AT)

    assert (bucket.p50, bucket.p95, bucket.p99, bucket.timings) == (None, None, None, {})


@given(st.lists(st.floats(0, 1e8), min_size=1, max_size=200), st.lists(st.floats(0, 1), max_size=4))
def test_a_quantile_is_as_near_as_said(values, shares):
    shares.sort()
    histogram = Histogram()
    histogram.count([*map(bucket_of, values)])
    for share, found in zip(shares, histogram.quantiles(*shares), strict=True):
        true = sorted(values)[int(share * (len(values) - 1))]
        assert abs(found - true) <= max(1e-6, RELATIVE_ERROR * true * (1 + 1e-9))


def test_what_takes_for_ever_is_counted():
    histogram = Histogram()
    histogram.count([*map(bucket_of, [1e300, 0.0, 1.0])])
    assert len(set(histogram.quantiles(0.0, 0.5, 1.0))) == 3
