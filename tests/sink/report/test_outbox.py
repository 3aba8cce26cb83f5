import pytest
from sink.events import REFUSED, done, event, given_up

from ringback.event import Tally
from ringback.failure import Failure, Target
from ringback.retry import GiveUp
from ringback.sink.report import MAX_WAITING_ENTRIES, Outbox, SuccessSummary, entry, reported_origin

ORIGIN, OTHER = "https://h:443", "https://i:443"


def filled(*events):
    outbox = Outbox(Tally())
    for one, origin in events:
        outbox.add(one, origin)
    return outbox


def shape(parcel):
    return [entry["kind"] if isinstance(entry, dict) else entry.calls for entry in parcel.entries]


def test_successes_within_a_second_are_one_entry_each_origin():
    outbox = filled(*[(done(), ORIGIN)] * 3, (done(), OTHER), (done(), ORIGIN))
    assert shape(outbox.take(10)) == [4, 1]


def test_another_second_is_another_entry():
    outbox = filled((done(at=1.9), ORIGIN), (done(at=2.0), ORIGIN), (done(at=2.5), ORIGIN))
    assert shape(outbox.take(10)) == [1, 2]


def test_a_failure_comes_between_the_successes_before_and_after_it():
    outbox = filled((done(), ORIGIN), (done(), ORIGIN), (given_up(), ORIGIN), (done(), ORIGIN))
    assert shape(outbox.take(10)) == [2, "tcp.refused", 1]


def test_a_parcel_stays_the_same_until_it_is_done_with():
    outbox = filled((given_up(), ORIGIN), (done(), ORIGIN))
    parcel = outbox.take(1)
    outbox.add(given_up(), ORIGIN)
    assert outbox.take(10) is parcel
    outbox.done()
    following = outbox.take(10)
    assert following.id != parcel.id
    assert shape(following) == [1, "tcp.refused"]
    outbox.done()
    assert outbox.take(10) is None
    assert len(outbox) == 0


def test_it_is_bounded_and_counts_the_calls_that_are_dropped():
    tally = Tally()
    outbox = Outbox(tally)
    for _ in range(5):
        outbox.add(done(), OTHER)
    for _ in range(MAX_WAITING_ENTRIES):
        outbox.add(given_up(), ORIGIN)
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES, 5)
    outbox.take(400)
    for _ in range(10):
        outbox.add(given_up(), ORIGIN)
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES, 15)
    outbox.add(done(), OTHER)  # its run was dropped: this is another
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES, 16)
    outbox.done(dropped=True)
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES - 400, 416)


def test_a_run_says_how_many_calls_and_how_long_they_took():
    run = SuccessSummary("http://h:80")
    for seconds in (0.010, 0.010, 0.5, None):
        run.add(1700000000.5, seconds)
    sent = run.entry()
    assert (sent["at"], sent["origin"], sent["calls"]) == (1700000000.5, "http://h:80", 4)
    (fast, two), (slow, one) = sent["seconds"]
    assert (two, one) == (2, 1)
    assert 0.010 <= fast < 0.0119
    assert 0.5 <= slow < 0.595


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, 1e-4, 1.0, 1e9])
def test_every_duration_has_a_place(seconds):
    run = SuccessSummary("http://h:80")
    run.add(1.0, seconds)
    assert run.entry()["seconds"][0][1] == 1


def test_an_entry_has_no_password_and_no_query():
    target = Target("https://h/a?token=s3cret#part", "https", "h", 443)
    failure = Failure("tcp.refused", message="https://u:s3cret@h/a?token=s3cret refused")
    sent = entry(event(GiveUp(3, failure, "attempts"), target=target), failure, "https://h:443")
    assert sent["url"] == "https://h/a"
    assert "s3cret" not in str(sent)


def test_an_entry_says_what_happened_and_leaves_out_what_is_not_known():
    assert entry(given_up(), REFUSED, "https://h:443") == {
        "at": 1_700_000_000.25,
        "origin": "https://h:443",
        "kind": "tcp.refused",
        "message": "refused",
        "method": "GET",
        "url": "https://h/a",
        "address": "192.0.2.1",
        "attempts": 3,
        "seconds": 0.02,
    }


def test_an_origin_needs_all_its_parts():
    assert reported_origin("https", "H.example", 443) == "https://h.example:443"
    assert reported_origin("http", "::1", 80) == "http://[::1]:80"
    assert reported_origin("http", None, 80) is None
    assert reported_origin(None, "h", 80) is None
    assert reported_origin("http", "h" * 300, 80) is None
