import random
import threading

import pytest
from nightly import rest_nightly

from ringback.monitor.store import relational as whole
from ringback.monitor.store import rollup
from ringback.monitor.store.aggregate import PHASES, Aggregate
from ringback.monitor.store.interface import StoreBatch
from tests.monitor.store.values import AT, check

WIDTH = {"5m": 300, "1h": 3600, "1d": 86400}
MIDNIGHT = AT - 12 * 3600


@pytest.fixture
def store(engine):
    store = engine.open()
    yield store
    store.close()


def expected(checks, endpoint, step, since=0.0, until=1e11):
    spans = {}
    for result in checks:
        at = result.at // WIDTH[step] * WIDTH[step]
        if result.endpoint == endpoint and since // WIDTH[step] * WIDTH[step] <= at < until:
            spans.setdefault(at, Aggregate()).add(result)
    return [spans[at].bucket(at) for at in sorted(spans)]


def near(bucket):
    """A bucket without what the last microsecond decides."""
    numbers = [bucket.p50, bucket.p95, bucket.p99, *(bucket.timings.get(p) for p in PHASES)]
    rounded = [None if n is None else round(n, 6) for n in numbers]
    return (bucket.at, bucket.count, bucket.bad, bucket.unknown, dict(bucket.kinds), rounded)


def agree(store, checks, endpoint, **span):
    for step in WIDTH:
        found = store.buckets(endpoint, step, **{"since": 0.0, "until": 1e11, **span})
        wanted = expected(checks, endpoint, step, **span)
        assert [near(span) for span in found] == [near(span) for span in wanted], step
    ends = {"since": 0.0, "until": 1e11, **span}
    days = store.day_counts([endpoint, "nobody", "mail"], **ends).get(endpoint, [])
    known = [(day.at, day.count, day.bad) for day in days]
    whole_days = expected(checks, endpoint, "1d", **span)
    assert known == [(day.at, day.count, day.bad) for day in whole_days]


def looks(chance, at, number):
    for _ in range(number):
        up = chance.choices([True, False, None], [8, 2, 1])[0]
        # Whole microseconds, as they are kept: else a restart may count one in the next bucket.
        phases = chance.sample(PHASES, 3)
        timings = {phase: round(chance.lognormvariate(-4, 1), 6) for phase in phases}
        kind = chance.choice(["tcp.refused", "dns.name_not_found"]) if up is False else None
        endpoint = chance.choice(["web", "db", "mail"])
        seconds = round(chance.lognormvariate(-2, 1), 6)
        yield check(at, endpoint, up, kind=kind, seconds=seconds, timings=timings)
        at += chance.expovariate(1 / 40)


def test_the_open_bucket_is_there_at_once(store):
    store.keep(StoreBatch(checks=[check(seconds=0.1), check(AT + 1, up=False)]))

    for step in WIDTH:
        [bucket] = store.buckets("web", step, AT, AT + 10)
        assert (bucket.count, bucket.bad, bucket.kinds) == (2, 1, {"tcp.refused": 1})
    assert store.buckets("web", "5m", AT + 300, AT + 600) == []
    assert store.buckets("other", "5m", AT, AT + 600) == []


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(rollup, "MERGE_ROWS", 40)
    monkeypatch.setattr(rollup, "WRITE_ENDPOINTS", 2)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("seed", "work"), rest_nightly([(n, 0.0005 if n % 2 else 0.05) for n in range(6)], gate=1)
)
def test_buckets_are_those_of_all_checks(engine, monkeypatch, seed, work):
    monkeypatch.setattr(
        whole, "MAINTAIN_SECONDS", work
    )  # the less, the more spans are left half written
    chance = random.Random(seed)
    store = engine.open()
    kept = list(looks(chance, MIDNIGHT - 4 * 3600, 1500))
    done = 0
    while done < len(kept):
        some = kept[done : done + chance.randrange(1, 120)]
        done += len(some)
        store.keep(StoreBatch(checks=some))
        for _ in range(chance.randrange(3)):
            store.maintain(some[-1].at + chance.choice([0, 40, 400]))
        if chance.random() < 0.2:
            store.close()
            store = engine.open()
        if chance.random() < 0.2:
            late = list(looks(chance, some[0].at - chance.choice([60, 900, 9000, 90000]), 4))
            store.keep(StoreBatch(checks=late))
            kept[:0] = late
            done += len(late)
        if chance.random() < 0.2:
            agree(store, kept[:done], "web")
    for endpoint in ("web", "db", "mail"):
        agree(store, kept, endpoint)
        agree(store, kept, endpoint, since=MIDNIGHT - 1234.5, until=MIDNIGHT + 5000.5)
        agree(store, kept, endpoint, since=MIDNIGHT, until=MIDNIGHT + 3600)
    store.close()


def test_a_long_pause_is_caught_up(store, monkeypatch):
    monkeypatch.setattr(whole, "MAINTAIN_SECONDS", 10.0)
    monkeypatch.setattr(whole, "YIELD_SECONDS", 0.0)
    kept = [check(AT + n * 60) for n in range(100)] + [check(AT + 40 * 86400 + n) for n in range(9)]
    store.keep(StoreBatch(checks=kept[:100]))
    store.maintain(AT + 40 * 86400)
    store.keep(StoreBatch(checks=kept[100:]))
    store.maintain(AT + 40 * 86400)

    [first, last] = store.buckets("web", "1d", 0, 1e11)
    assert (first.count, last.count) == (100, 9)
    assert sum(bucket.count for bucket in store.buckets("web", "1h", 0, 1e11)) == 109


@pytest.mark.parametrize("step", list(WIDTH))
def test_phases_are_those_of_all_checks_together(store, step):
    begins = MIDNIGHT - 7200
    kept = [
        check(begins + n * 10, seconds=n / 100, timings={"dns": n / 1000, "connect": n / 500})
        for n in range(1, 1001)
    ]
    for done in range(0, 1000, 100):
        store.keep(StoreBatch(checks=kept[done : done + 100]))
        store.maintain(kept[done + 99].at)

    found = store.phases("web", step, begins - 86400, MIDNIGHT + 86400)
    assert list(found) == ["dns", "connect"]
    for phase, longest in (("dns", 1.0), ("connect", 2.0)):
        shares = found[phase].p50, found[phase].p95, found[phase].p99
        assert shares == pytest.approx([longest * share for share in (0.5, 0.95, 0.99)], rel=0.03)
    assert store.phases("web", step, MIDNIGHT + 86400, MIDNIGHT + 2 * 86400) == {}
    assert store.phases("other", step, 0.0, 1e11) == {}


def test_a_batch_that_was_not_kept_is_not_counted(store):
    bad = check(AT + 1, "new", status=1 << 70)
    for batch in ([check(), bad], [check(AT + 5)], [check(AT + 9), bad]):
        if bad in batch:
            with pytest.raises(OverflowError):
                store.keep(StoreBatch(checks=batch))
        else:
            store.keep(StoreBatch(checks=batch))

    agree(store, [check(AT + 5)], "web")


def test_a_span_that_is_written_half_is_whole_in_what_is_read(engine, monkeypatch):
    monkeypatch.setattr(rollup, "WRITE_ENDPOINTS", 1)
    monkeypatch.setattr(whole, "MAINTAIN_SECONDS", 0.0005)
    store = engine.open()
    kept = [check(AT + n, endpoint) for n in range(3) for endpoint in ("web", "db", "mail")]
    store.keep(StoreBatch(checks=kept))
    for _ in range(4):
        store.maintain(AT + 400)
        late = [check(AT + 5, endpoint) for endpoint in ("web", "db", "mail")]
        store.keep(StoreBatch(checks=late))
        kept += late
        for endpoint in ("web", "db", "mail"):
            agree(store, kept, endpoint)
        store.close()
        store = engine.open()
        for endpoint in ("web", "db", "mail"):
            agree(store, kept, endpoint)
    store.close()


def test_who_keeps_something_waits_for_a_piece_and_not_for_all_of_it(engine, monkeypatch):
    monkeypatch.setattr(rollup, "WRITE_ENDPOINTS", 1)
    monkeypatch.setattr(whole, "MAINTAIN_SECONDS", 600.0)
    monkeypatch.setattr(whole, "YIELD_SECONDS", 0.2)
    store = engine.open()
    store.keep(StoreBatch(checks=[check(AT, f"e{n}") for n in range(60)]))
    tidying = threading.Thread(target=store.maintain, args=(AT + 400,))
    tidying.start()
    store.keep(StoreBatch(checks=[check(AT + 401)]))
    waited_for_all = not tidying.is_alive()
    monkeypatch.setattr(whole, "YIELD_SECONDS", 0.0)
    tidying.join()
    store.close()
    assert not waited_for_all
