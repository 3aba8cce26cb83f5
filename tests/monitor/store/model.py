"""What a store must say of what it was given, computed in plain Python."""

from monitor.store.values import AT

from ringback.monitor.store.aggregate import PHASES, Aggregate

WIDTH = {"5m": 300, "1h": 3600, "1d": 86400}
ALWAYS = {"since": 0.0, "until": 1e11}
NAMES = ["web", "db", "mail"]
MIDNIGHT = AT - 12 * 3600


def expected_buckets(checks, endpoint, step, since, until):
    spans = {}
    for seen in checks:
        at = seen.at // WIDTH[step] * WIDTH[step]
        if seen.endpoint == endpoint and since // WIDTH[step] * WIDTH[step] <= at < until:
            spans.setdefault(at, Aggregate()).add(seen)
    return [spans[at].bucket(at) for at in sorted(spans)]


def near(bucket):
    """A bucket without what the last microsecond decides."""
    numbers = [bucket.p50, bucket.p95, bucket.p99, *(bucket.timings.get(p) for p in PHASES)]
    rounded = [None if n is None else round(n, 6) for n in numbers]
    return (bucket.at, bucket.count, bucket.bad, bucket.unknown, dict(bucket.kinds), rounded)


def agree_on_buckets(store, checks, endpoint, span):
    """Assert that rollups are those of all checks, however much of them is written yet."""
    for step in WIDTH:
        found = store.buckets(endpoint, step, **span)
        wanted = expected_buckets(checks, endpoint, step, **span)
        assert [near(one) for one in found] == [near(one) for one in wanted], step
    days = store.day_counts([endpoint, "nobody"], **span).get(endpoint, [])
    wanted = expected_buckets(checks, endpoint, "1d", **span)
    assert [(day.at, day.count, day.bad) for day in days] == [
        (day.at, day.count, day.bad) for day in wanted
    ]


def in_order(checks):
    """Newest first; of the same time in any order, but always the same."""
    return sorted(checks, key=lambda seen: (-seen.at, repr(seen)))
