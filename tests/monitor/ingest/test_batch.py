import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitor.ingest.batches import NOW, ORIGIN, body, failed, worked
from sink.events import done, given_up

from ringback.event import Tally
from ringback.incident.model import Check
from ringback.monitor.ingest.batch import EventsInvalid, Inbox, read_batch
from ringback.sink.report import Outbox, request_body_of


def one(event, **more):
    (read,) = read_batch(body(event, **more), now=NOW).checks
    return read


def test_a_failed_call_is_a_check_that_failed():
    read = one(failed(status=503, address="192.0.2.1", seconds=0.25, method="GET", attempts=3))
    assert (read.origin, read.program, read.calls) == (ORIGIN, "shop", 1)
    assert read.check == Check(
        at=NOW,
        endpoint="",
        up=False,
        kind="tcp.refused",
        seconds=0.25,
        origin="call",
        vantage="web1",
        status=503,
        address="192.0.2.1",
        detail="refused",
    )


def test_successful_calls_are_one_check_of_their_median():
    read = one(worked(calls=10, seconds=[[0.5, 4], [0.1, 6]]))
    assert (read.calls, read.check.up, read.check.kind, read.check.seconds) == (10, True, None, 0.1)


@pytest.mark.parametrize("ahead", [-7200.0, -1.0, 0.0, 90.0, 86400.0])
def test_times_are_put_right_by_what_the_senders_clock_differs(ahead):
    sent = body(failed(at=NOW + ahead - 5.0), sent_at=NOW + ahead)
    (read,) = read_batch(sent, now=NOW).checks
    assert read.check.at == pytest.approx(NOW - 5.0)


def test_a_batch_that_comes_twice_counts_once():
    inbox = Inbox()
    sent = body(failed(), id="a", dropped=3)
    assert len(inbox.take(sent, now=NOW)) == 1
    assert inbox.take(sent, now=NOW) == []
    assert len(inbox.take(body(failed(), id="b"), now=NOW)) == 1
    assert (inbox.batches, inbox.repeated, inbox.dropped) == (3, 1, 3)


@pytest.mark.parametrize(
    ("at", "counted"),
    [(NOW + 1.5, (1, 0)), (1e12, (1, 0)), (0.0, (0, 1)), (NOW - 3601, (0, 1))],
)
def test_the_future_becomes_now_and_what_is_long_ago_is_left_out(at, counted):
    inbox = Inbox()
    read = inbox.take(body(failed(at=at), failed()), now=NOW)
    assert [report.check.at for report in read] == [NOW] * (1 + counted[0])
    assert (inbox.clamped, inbox.stale) == counted


def test_a_kind_of_a_later_version_is_unknown():
    assert one(failed(kind="quic.lost")).check.kind == "unknown"


def test_a_failure_of_the_programs_own_blames_nobody():
    assert one(failed(kind="client.resources_exhausted")).check.up is None


def test_members_of_a_later_version_are_left_alone():
    assert one(failed(trace="abc"), language="python").check.up is False


def test_nothing_that_could_forge_a_line_or_is_secret_comes_in():
    read = one(failed(message="a\nb\x1b[31m https://u:s3cret@h/?k=s3cret"), program="a\tb")
    assert read.check.detail == "a b [31m https://h/"
    assert read.program == "a b"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"version": 1, "sent_at": NaN, "events": []}', "not JSON"),
        (b" " * 2_000_000, "larger than"),
        (b"[]", "not a JSON object"),
        (body(version=2), "version"),
        (body(sent_at=None), "sent_at is missing"),
        (body(sent_at="now"), "sent_at is not a number"),
        (body(sent_at=10**400), "sent_at is out of range"),
        (body().replace(b"1700000000.0", b"1e999"), "sent_at is out of range"),
        (body(events=None), "events is not a list"),
        (body(*[failed()] * 1001), "more than 1000 events"),
        (body(7), r"events\[0\] is not an object"),
        (body(failed(), {"at": NOW}), r"events\[1\].origin is not an origin"),
        (body(failed(origin="https://h\n")), "origin is not an origin"),
        (body(failed(origin="https://" + "h" * 300)), "origin is not an origin"),
        (body({"origin": ORIGIN, "calls": 1}), "at is missing"),
        (body(worked(calls=0)), "neither kind nor calls"),
        (body(worked(seconds=[3])), "seconds is not a list"),
        (body(worked(seconds=[[1, 1]] * 201)), "seconds is not a list"),
    ],
)
def test_an_unreadable_batch_is_refused_with_a_reason(sent, reason):
    with pytest.raises(EventsInvalid, match=reason) as caught:
        read_batch(sent, now=NOW)
    assert str(caught.value).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
EVENT = st.fixed_dictionaries(
    {},
    optional={
        name: JSON | st.just(ORIGIN) | st.just(NOW)
        for name in ("at", "origin", "kind", "calls", "seconds", "message", "status", "address")
    },
)
BATCH = st.fixed_dictionaries(
    {"version": st.just(1), "sent_at": st.just(NOW) | JSON, "events": st.lists(EVENT) | JSON},
    optional=dict.fromkeys(("id", "program", "host", "dropped"), JSON),
)


@given(st.binary() | (JSON | BATCH).map(json.dumps).map(str.encode))
def test_whatever_is_sent_it_is_read_or_refused(sent):
    try:
        read = read_batch(sent, now=NOW).checks
    except EventsInvalid:
        return
    assert all(report.check.at <= NOW and report.check.endpoint == "" for report in read)


def test_what_a_program_sends_is_read():
    outbox = Outbox(Tally())
    now = time.time()
    for event in (done(at=now), done(at=now), given_up(at=now), done(at=now)):
        outbox.add(event, "https://h:443")
    parcel = outbox.take(10)
    read = read_batch(request_body_of(parcel, "shop", 7), now=time.time())
    assert (read.id, read.program, read.dropped) == (parcel.id, "shop", 7)
    assert [(report.check.up, report.calls) for report in read.checks] == [
        (True, 2),
        (False, 1),
        (True, 1),
    ]
